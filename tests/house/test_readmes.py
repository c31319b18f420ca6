"""The two READMEs say the same, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


def commands(text: str) -> list[str]:
    """Every line of the fenced shell blocks, and every `make …` and `tongban …` in the text."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.strip().splitlines()]
    return lines + sorted(set(re.findall(r"`((?:make|tongban|docker) [^`]+)`", text)))


def links(text: str) -> list[str]:
    return sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", text)) - {"README.md", CHINESE.name})


def test_both_languages_give_the_same_commands() -> None:
    assert commands(ENGLISH.read_text("utf-8")) == commands(CHINESE.read_text("utf-8"))


def test_both_languages_link_to_the_same_places() -> None:
    assert links(ENGLISH.read_text("utf-8")) == links(CHINESE.read_text("utf-8"))


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_what_a_readme_links_to_exists(readme: Path) -> None:
    assert [link for link in links(readme.read_text("utf-8")) if not (ROOT / link).exists()] == []


def test_every_command_of_the_readme_is_one_tongban_knows() -> None:
    from typer.main import get_command

    from gateway.cli.main import app

    root = get_command(app)
    for line in commands(ENGLISH.read_text("utf-8")):
        words = line.removeprefix(".venv/bin/").split()
        if words[0] != "tongban":
            continue
        command = root
        for word in words[1:]:
            known = getattr(command, "commands", None)
            if known is None or word.startswith("-"):
                break
            assert word in known, line
            command = known[word]


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for line in commands(ENGLISH.read_text("utf-8")):
        if line.startswith("make "):
            assert re.search(rf"^{line.split()[1]}:", makefile, flags=re.MULTILINE), line
