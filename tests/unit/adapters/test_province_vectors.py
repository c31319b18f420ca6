from __future__ import annotations

import json
import shutil

import pytest

from adapters.vectors import check_vectors
from tests.adapter_tools import PROVINCES

FOLDERS = sorted(path.parent for path in PROVINCES.glob("*/connection.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_known_answer_of_a_folder_is_reproduced(folder):
    assert check_vectors(folder) == []


@pytest.fixture
def copied(tmp_path):
    def copy(code):
        folder = tmp_path / code
        shutil.copytree(PROVINCES / code, folder)
        return folder

    return copy


def change(path, edit):
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_wrong_answer_is_named(copied):
    folder = copied("510000")
    change(folder / "vectors" / "headers.json", lambda c: c["cases"][0].update(sign="AAAA"))

    assert check_vectors(folder) == [
        "headers.json: signature headers and the digest of the exact body: refused"
    ]


def test_an_answer_that_should_be_refused_but_is_not_is_named(copied):
    folder = copied("530000")
    change(folder / "vectors" / "form.json", lambda c: c["cases"][0].update(valid=False))

    assert check_vectors(folder)[0].endswith(": accepted")


def test_a_signer_nobody_has_confirmed_is_named(copied):
    folder = copied("530000")
    (folder / "vectors" / "form.json").unlink()

    assert check_vectors(folder) == ["signer form has no valid vector"]


def test_a_wrong_password_digest_is_named(copied):
    folder = copied("150000")
    change(
        folder / "vectors" / "username_token.json",
        lambda c: c["username_token"].update(password="other"),
    )

    assert check_vectors(folder) == ["username_token.json: another password digest comes out"]
