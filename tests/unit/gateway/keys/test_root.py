from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from contracts.errors import IntegrityError
from gateway.keys.root import create_root, derive, read_root
from gateway.world import RealIds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "root.key"
    create_root(path, ids=RealIds())
    return path


def test_a_new_root_key_is_its_owners_alone(path: Path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_root(path)) == 32
    assert read_root(path) == read_root(path)


def test_no_mask_opens_it_to_others(tmp_path: Path):
    before = os.umask(0)
    try:
        create_root(tmp_path / "root.key", ids=RealIds())
    finally:
        os.umask(before)

    read_root(tmp_path / "root.key")


def test_two_root_keys_differ(path: Path, tmp_path: Path):
    create_root(tmp_path / "other.key", ids=RealIds())

    assert read_root(path) != read_root(tmp_path / "other.key")


def test_a_root_key_is_never_overwritten(path: Path):
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        create_root(path, ids=RealIds())

    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660, 0o601, 0o777])
def test_a_file_that_others_may_touch_is_refused(path: Path, mode: int):
    path.chmod(mode)

    with pytest.raises(IntegrityError, match="chmod 600"):
        read_root(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_the_owner_alone_is_read(path: Path, mode: int):
    path.chmod(mode)

    read_root(path)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(IntegrityError, match="belongs to user id"):
        read_root(path)


def test_a_link_is_not_followed(path: Path, tmp_path: Path):
    link = tmp_path / "link.key"
    link.symlink_to(path)

    with pytest.raises(IntegrityError, match="cannot be opened"):
        read_root(link)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(IntegrityError, match=r"absent\.key cannot be opened"):
        read_root(tmp_path / "absent.key")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "00" * 32,
        "tongban-root-key/1\n" + "00" * 31 + "\n",
        "tongban-root-key/1\n" + "0g" * 32 + "\n",
        "tongban-root-key/2\n" + "00" * 32 + "\n",
        "tongban-root-key/1\n" + "00" * 32,
        "tongban-root-key/1\n" + "00" * 32 + "\nmore",
    ],
)
def test_what_is_no_key_file_is_refused_without_being_shown(path: Path, content: str):
    path.write_text(content)

    with pytest.raises(IntegrityError, match="is not a root key file") as refused:
        read_root(path)

    assert "0000" not in f"{refused.value} {refused.value.detail_zh}"


def test_purposes_have_keys_of_their_own():
    root = bytes(32)

    assert len({derive(root, purpose) for purpose in ("wrap", "seal", "index/a", "index/b")}) == 4
    assert derive(root, "wrap") == derive(root, "wrap")
    assert derive(root, "wrap") != derive(bytes([1]) * 32, "wrap")
