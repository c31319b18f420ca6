"""What a material is, by its bytes."""

from __future__ import annotations

import io
import zipfile

import pytest

from gateway.core.media import HEAD, OFD, PDF, TAIL, judge_media, media_type_of


def package(*names: str) -> bytes:
    """A ZIP package with entries of some size."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, b"\x01\x02" * 20_000)
    return held.getvalue()


def ends(data: bytes) -> tuple[bytes, bytes]:
    return data[:HEAD], data[-TAIL:]


FORMS = {
    PDF: b"%PDF-1.7\n...",
    OFD: package("OFD.xml", "Doc_0/Document.xml"),
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"0" * 20,
    "image/png": b"\x89PNG\r\n\x1a\n" + b"0" * 20,
    "image/tiff": b"II*\x00" + b"0" * 20,
    "image/gif": b"GIF89a",
    "image/bmp": b"BM" + b"0" * 20,
}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_is_known_by_its_bytes_and_gives_no_finding(name: str) -> None:
    head, tail = ends(FORMS[name])

    assert media_type_of(head, tail) == name
    assert judge_media(name, seen=name) == ()


def test_an_ofd_is_found_by_the_directory_at_its_end() -> None:
    head, tail = ends(package("Doc_0/Document.xml", "Doc_0/Res/image.png", "OFD.xml"))

    assert b"OFD.xml" not in head
    assert media_type_of(head, tail) == OFD


def test_a_zip_that_is_no_ofd_is_not_taken_for_one() -> None:
    head, tail = ends(package("malware.exe"))

    (found,) = judge_media(OFD, seen=media_type_of(head, tail))
    assert (found.rule, found.level) == ("material.content_differs", "warn")


@pytest.mark.parametrize(
    ("declared", "data", "rule"),
    [
        ("image/jpeg", FORMS[PDF], "material.content_differs"),
        (PDF, b"MZ\x90\x00", "material.content_differs"),
        ("application/zip", FORMS[OFD], "material.content_differs"),
        ("application/x-msdownload", b"MZ\x90\x00", "material.media_type_unusual"),
    ],
)
def test_what_is_not_what_it_says_is_told_with_a_cure(
    declared: str, data: bytes, rule: str
) -> None:
    (found,) = judge_media(declared, seen=media_type_of(*ends(data)))

    assert found.rule == rule
    assert "请由上传方" in found.message
    assert found.message_en


def test_another_name_of_the_same_form_is_no_difference() -> None:
    assert judge_media("image/jpg", seen="image/jpeg") == ()
