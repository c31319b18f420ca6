"""Keys: a root key file, keys derived from it, case keys in a store of their own."""

from gateway.keys.keys import POOL, FileKeys, open_keys
from gateway.keys.root import create_root, read_root

__all__ = ["POOL", "FileKeys", "create_root", "open_keys", "read_root"]
