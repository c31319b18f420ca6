"""What is wrong with a folder is said with file and line, and no text of it becomes code."""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mappings.load import inspect_package, load
from mappings.rules import MappingError
from tests.unit.mappings.small import FILES, MAPPING, write_small


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(p.rule, p.path or "") for p in inspect_package(folder)[1]]


def test_small_folder_is_without_problems(tmp_path: Path) -> None:
    assert problems(write_small(tmp_path)) == []


def line_of(text: str, document: str = MAPPING) -> int:
    found = [i for i, line in enumerate(document.splitlines(), 1) if text in line]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("province: Head/Version", "provence: Head/Version", "M001"),
        ("transform: fen_yuan", "transform: euro", "M003"),
        ("transform: fen_yuan", "transform: [fen_yuan, euro]", "M003"),
        ("codes: told", "codes: tald", "M004"),
        ("person}, use: person}", "person}, use: persons}", "M004"),
        ("province: Amount", "province: Amount//x", "M005"),
        ("national: numbers.receiving", "national: numbers..receiving", "M005"),
        ("national: numbers.receiving", "national: /numbers.receiving", "M005"),
        ("national: numbers.receiving", "national: Numbers.x", "M005"),
        ("province: Amount,", "province: Amount, const: 1,", "M002"),
        ("province: Amount,", "", "M002"),
        ("codes: told, plain: true", "plain: true", "M002"),
        ("codes: subsidy, many: ","codes: subsidy, label: X, many: ", "M002"),
        ("transform: prefixed", "as_of: true, const: 1, transform: prefixed", "M002"),
        ('province: ".", transform: material', 'province: x, transform: "integer"', "M002"),
        ("ignore: transport", "ignore: transport, national: x", "M002"),
        ("split: ", "join: ", "M002"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert MAPPING.count(old) == 1
    folder = write_small(tmp_path, mapping=MAPPING.replace(old, new))

    assert (rule, f"mapping.yaml:{line_of(old)}") in problems(folder)
    with pytest.raises(MappingError):
        load(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: 1\nformat: 1\n", "stands twice"),
        ("format: 1\nkinds: {application: {fields: [*x]}}\n", "alias"),
        ("format: [1\n", "not YAML"),
        ("format: 2\nversion: '1'\nsystem: 'a'\nkinds: {}\n", "format"),
        ("format: 1\nversion: 1\nsystem: 'a'\nkinds: {}\n", "version"),
        ("format: 1\nversion: '../x'\nsystem: 'a'\nkinds: {}\n", "version"),
        (
            "format: 1\nversion: '1'\nsystem: 'a'\nkinds: {}\nlists: {x: {file: ../../x.csv}}\n",
            "file",
        ),
    ],
)
def test_document_of_another_shape_is_refused(tmp_path: Path, text: str, said: str) -> None:
    folder = write_small(tmp_path, mapping=text)

    with pytest.raises(MappingError) as refused:
        load(folder)

    assert said in str(refused.value)


def test_groups_that_refer_to_each_other_are_refused(tmp_path: Path) -> None:
    looped = MAPPING.replace("kinds:\n", "  loop: [{use: loop}]\nkinds:\n", 1)
    looped = looped.replace(
        "  progress:\n    fields:\n", "  progress:\n    fields:\n      - use: loop\n"
    )

    assert "M004" in [rule for rule, _ in problems(write_small(tmp_path, mapping=looped))]


@pytest.mark.parametrize(
    ("file", "text", "path"),
    [
        ("codes/sex.csv", "province,national\nM,1,x\n", "codes/sex.csv:2"),
        ("codes/sex.csv", "province,meaning\nM,1\n", "codes/sex.csv:1"),
        ("codes/sex.csv", "province,national,equivalence\nM,1,same\n", "codes/sex.csv:2"),
        ("codes/sex.csv", "province,national,valid_from\nM,1,2026-02-30\n", "codes/sex.csv:2"),
        ("codes/sex.csv", "province,national,valid_from\nM,1,20260201\n", "codes/sex.csv:2"),
        ("codes/sex.csv", "province,national,note\n,9,\n", "codes/sex.csv:2"),
        (
            "codes/sex.csv",
            "province,national,valid_from,valid_to\nM,1,2026-02-02,2026-02-01\n",
            "codes/sex.csv:2",
        ),
        ("items.csv", "local_code,name,catalogue_code\nL,x,000599999000\n", "items.csv:1"),
        ("items.csv", "local_code,name,catalogue_code,version\nL,x,,1\n", "items.csv:2"),
        ("items.csv", "local_code,name,catalogue_code,version,when\nL,x,1,1,a b\n", "items.csv:2"),
    ],
)
def test_mistake_in_a_table_is_named_with_its_line(tmp_path, file, text, path) -> None:
    folder = write_small(tmp_path)
    (folder / file).write_text(text, encoding="utf-8")

    assert ("M001", path) in problems(folder)


def test_missing_table_is_named(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    (folder / "codes" / "told.csv").unlink()

    assert ("M001", f"mapping.yaml:{line_of('codes/told.csv')}") in problems(folder)


# --- no text becomes code -------------------------------------------------------------------

PAYLOADS = (
    """'); BOOM(); (\"); BOOM(); ('''\"); BOOM() # {BOOM()} \\""",
    "x\nBOOM()\n'\nBOOM()\n\"\nBOOM()",
)
NAMES = {
    *("run", "r", "d", "C", "S", "A", "n", "o", "v", "x", "str", "len", "list", "dict"),
    *(
        "enumerate",
        "ValueError",
        "TypeError",
        "AttributeError",
        "COMPOUND",
        "EMPTY",
        "NOTHING",
        "NUMBERS",
    ),
    *("among", "dig", "hang", "merge", "code_in", "code_out", "plain_in"),
    *("item_in", "item_out", "object_in", "object_out"),
}
METHODS = {
    *("get", "setdefault", "append", "extend", "pop", "split", "join", "items", "add"),
    *(
        "find",
        "keep",
        "odd",
        "unread",
        "stop",
        "trace",
        "used",
        "lineage",
        "as_of",
        "today",
        "kept",
    ),
    "__class__",
}


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every text in a document, keys of lists, groups and kinds included."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if path in (("lists",), ("groups",)):
                yield (*path, key, "KEY")
            yield from places(value, (*path, key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from places(value, (*path, i))
    elif isinstance(tree, str):
        yield path


def replaced(tree: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    if isinstance(tree, dict):
        if path[1:] == ("KEY",):
            return {text if key == path[0] else key: value for key, value in tree.items()}
        return {k: replaced(v, path[1:], text) if k == path[0] else v for k, v in tree.items()}
    return [replaced(v, path[1:], text) if i == path[0] else v for i, v in enumerate(tree)]


def assert_only_known_names(source: str) -> None:
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, (ast.Import, ast.ImportFrom, ast.Lambda, ast.Global))
        if isinstance(node, ast.Name):
            known = node.id in NAMES or (node.id[:1].isalpha() and node.id[1:].isdigit())
            assert known, node.id
        if isinstance(node, ast.Attribute):
            assert node.attr in METHODS, node.attr
        if isinstance(node, ast.FunctionDef):
            assert node.name == "run"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_the_mapping_becomes_code(tmp_path: Path, payload: str) -> None:
    tree = yaml.load(MAPPING, Loader=yaml.BaseLoader)
    folder = write_small(tmp_path)
    compiled = 0
    for path in places(tree):
        text = json.dumps(_typed(replaced(tree, path, payload)))  # YAML reads JSON
        (folder / "mapping.yaml").write_text(text, encoding="utf-8")
        try:
            mapping = load(folder)
        except MappingError:
            continue
        compiled += 1
        for kind in ("application", "progress"):
            for direction in ("in", "out"):
                assert_only_known_names(mapping.source(kind, direction))
    assert compiled > 20  # province paths, labels, affixes, constants … are free text


def _typed(tree: Any) -> Any:
    """BaseLoader reads everything as text; the numbers and booleans of the language come back."""
    if isinstance(tree, dict):
        return {
            k: 1 if k == "format" else True if v == "true" and k != "is" else _typed(v)
            for k, v in tree.items()
        }
    return [_typed(v) for v in tree] if isinstance(tree, list) else tree


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_a_table_becomes_code(tmp_path: Path, payload: str) -> None:
    folder = write_small(tmp_path)
    for name in FILES:
        if not name.endswith(".csv"):
            continue
        rows = list(csv.reader(io.StringIO(FILES[name])))
        columns = {"province", "province_label", "national", "local_code", "name", "situation"}
        keep = [i for i, column in enumerate(rows[0]) if column in columns]
        for row in rows[1:]:
            for i in keep:
                row[i] += payload
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        (folder / name).write_text(out.getvalue(), encoding="utf-8", newline="")

    mapping = load(folder)

    for kind in ("application", "progress"):
        for direction in ("in", "out"):
            assert "BOOM" not in mapping.source(kind, direction)
