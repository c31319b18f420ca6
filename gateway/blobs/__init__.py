"""Materials at rest: sealed files, a random key and a random name each."""

from gateway.blobs.blobs import FileBlobs, open_blobs

__all__ = ["FileBlobs", "open_blobs"]
