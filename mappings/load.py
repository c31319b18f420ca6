"""
Folder -> Package: reads mapping.yaml with line numbers and the CSV files. The only module here
that touches files, besides golden.py.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from contracts.errors import Finding
from mappings.codes import EQUIVALENCES, CodeRow, CodeTable, ItemRow, ItemTable
from mappings.engine import CompiledMapping
from mappings.nodes import FILE
from mappings.offers import read_offer, split_cell
from mappings.package import Package
from mappings.plan import make_plan
from mappings.rules import Document, MappingError, problem

PROVINCES = Path(__file__).parent / "provinces"
_WHEN = re.compile(r"^([a-z][a-z0-9_.]*)=([^=+]+(?:\+[^=+]+)*)$")


def load(folder: Path) -> CompiledMapping:
    """
    Read and compile a province's folder; a tenth of a second.

    Raises:
        MappingError: it cannot be used; names every problem with file and line.
    """
    return CompiledMapping(read_package(folder))


def read_package(folder: Path) -> Package:
    """
    Read a province's folder.

    Raises:
        MappingError: it cannot be used; names every problem with file and line.
    """
    package, problems = inspect_package(folder)
    if package is None or problems:
        raise MappingError(problems)
    return package


def inspect_package(folder: Path) -> tuple[Package | None, tuple[Finding, ...]]:
    """Read as much as can be read and say what is wrong; for lint."""
    problems: list[Finding] = []
    document = _read_document(folder, problems)
    if document is None:
        return None, tuple(problems)
    ids = _Ids()
    tables = {}
    for name, ref in sorted(document.lists.items()):
        rows, waived = _code_rows(folder, ref.file, ref.line, ids, problems)
        label = ref.label or name
        tables[name] = CodeTable(name, label, ref.national, ref.file, rows, waived)
    items = None
    if document.items is not None:
        rows_of_items = _item_rows(folder, document.items.file, document.items.line, ids, problems)
        items = ItemTable(document.items.label, document.items.file, rows_of_items)
    plans, faults = make_plan(document)
    package = Package(
        code=folder.name,
        digest=digest_folder(folder),
        document=document,
        plans=plans,
        tables=tables,
        items=items,
    )
    return package, tuple(problems) + faults


def digest_folder(folder: Path) -> str:
    """SHA-256 over the sorted files: for each its path, a NUL, its own SHA-256."""
    whole = hashlib.sha256()
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p, folder)):
        name = file.relative_to(folder).as_posix()
        whole.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in file.relative_to(folder).parts)


# --- YAML -----------------------------------------------------------------------------------


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster


class _Loader(_Base):  # type: ignore[misc]
    """YAML without dates, floats, yes/no, octals: only true/false, whole numbers, null, text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:int", r"^(?:0|-?[1-9][0-9]*)$", "-0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def _read_document(folder: Path, problems: list[Finding]) -> Document | None:
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
        _refuse_aliases(text)
        loader = _Loader(text)
        try:
            tree = _plain(loader, loader.get_single_node(), problems)
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(problem("M001", FILE, 0, "文件无法读取", f"unreadable: {error}"))
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        reason = getattr(error, "problem", None) or "not YAML"
        problems.append(problem("M001", FILE, line, "YAML 写法有误", f"not YAML: {reason}"))
        return None
    try:
        return Document.model_validate(tree)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            where = [part for part in fault["loc"] if part not in ("block", "field")]
            line = _line_at(tree, fault["loc"])
            said = f"{'.'.join(map(str, where))}: {fault['msg']}"
            problems.append(problem("M001", FILE, line, f"不符合格式:{said}", said))
        return None


def _refuse_aliases(text: str) -> None:
    """They can loop and multiply, and groups do what they are for."""
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            said = "aliases are not allowed; use a group"
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=said, problem_mark=mark)


def _plain(loader: _Loader, node: Any, problems: list[Finding]) -> Any:
    """Plain values; mappings of known shapes get the line they stand in."""
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            line = key_node.start_mark.line + 1
            if key is None or key in result or key == "line":
                said = f"key {key!r} stands twice or is not allowed"
                problems.append(problem("M001", FILE, line, "键重复或不允许", said))
                continue
            if key in ("const", "in", "out"):
                result[key] = _value(loader, value_node)
            else:
                result[key] = _plain(loader, value_node, problems)
            if key in ("lists", "groups", "kinds") and isinstance(result[key], dict):
                result[key].pop("line", None)
        result["line"] = node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        # lists become tuples: the shapes are frozen
        return tuple(_plain(loader, entry, problems) for entry in node.value)
    return _value(loader, node)


def _value(loader: _Loader, node: Any) -> Any:
    return None if node is None else loader.construct_object(node, deep=True)


def _line_at(tree: Any, location: tuple[int | str, ...]) -> int:
    line = 0
    for part in location:
        if isinstance(tree, dict):
            line = tree.get("line", line)
            if part in ("block", "field"):
                continue
            tree = tree.get(part)
        elif isinstance(tree, (list, tuple)) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            break
    return int(tree.get("line", line)) if isinstance(tree, dict) else line


# --- CSV ------------------------------------------------------------------------------------


class _Ids:
    """Row ids: unique in the package, in file order."""

    def __init__(self) -> None:
        self.last = -1

    def take(self) -> int:
        self.last += 1
        return self.last


def _csv_rows(
    folder: Path, file: str, line: int, needed: set[str], problems: list[Finding]
) -> list[tuple[int, dict[str, str]]]:
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        problems.append(problem("M001", FILE, line, f"{file} 无法读取", f"{file} is unreadable"))
        return []
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        if missing := needed - set(reader.fieldnames or ()):
            said = ", ".join(sorted(missing))
            problems.append(problem("M001", file, 1, f"缺列:{said}", f"lacks columns: {said}"))
            return []
        rows = []
        for row in reader:
            if None in row:
                said = "more cells than columns"
                problems.append(problem("M001", file, reader.line_num, "单元格多于列", said))
            rows.append((reader.line_num, {k: v.strip() for k, v in row.items() if k is not None}))
    except csv.Error as error:
        problems.append(problem("M001", file, reader.line_num, "CSV 写法有误", f"not CSV: {error}"))
        return []
    return rows


def _code_rows(
    folder: Path, file: str, line: int, ids: _Ids, problems: list[Finding]
) -> tuple[tuple[CodeRow, ...], frozenset[str]]:
    rows, waived = [], set()
    for at, cells in _csv_rows(folder, file, line, {"province", "national"}, problems):
        if not cells["province"]:
            if not cells["national"] or not cells.get("note"):
                said = "a row without province says in its note why the national code is left out"
                problems.append(problem("M001", file, at, "province 为空而 note 未说明", said))
            waived.add(cells["national"])
            continue
        rows.append(
            CodeRow(
                id=ids.take(),
                line=at,
                province=cells["province"],
                label=cells.get("province_label", ""),
                national=cells["national"],
                **_common(file, at, cells, problems),
            )
        )
    return tuple(rows), frozenset(waived)


def _item_rows(
    folder: Path, file: str, line: int, ids: _Ids, problems: list[Finding]
) -> tuple[ItemRow, ...]:
    rows = []
    needed = {"local_code", "name", "catalogue_code", "version"}
    for at, cells in _csv_rows(folder, file, line, needed, problems):
        if empty := [column for column in sorted(needed) if not cells[column]]:
            said = f"{empty[0]} is empty"
            problems.append(problem("M001", file, at, f"{empty[0]} 为空", said))
        try:
            offer = read_offer(cells)
        except ValueError as error:
            offer = None
            problems.append(problem("M001", file, at, "数值或特别程序写法有误", str(error)))
        rows.append(
            ItemRow(
                offer=offer,
                id=ids.take(),
                line=at,
                local_code=cells["local_code"],
                name=cells["name"],
                catalogue_code=cells["catalogue_code"],
                version=cells["version"],
                implementation_code=cells.get("implementation_code", ""),
                handling_item=cells.get("handling_item", ""),
                situation=cells.get("situation", ""),
                when=_when(file, at, cells.get("when", ""), problems),
                materials=split_cell(cells.get("materials", "")),
                **_common(file, at, cells, problems),
            )
        )
    return tuple(rows)


def _when(
    file: str, at: int, text: str, problems: list[Finding]
) -> tuple[tuple[str, ...], frozenset[str]] | None:
    if not text:
        return None
    found = _WHEN.match(text)
    if not found:
        problems.append(problem("M001", file, at, "when 写法有误", f"not a condition: {text!r}"))
        return None
    return tuple(found[1].split(".")), frozenset(found[2].split("+"))


def _common(file: str, at: int, cells: Mapping[str, str], problems: list[Finding]) -> Any:
    equivalence = cells.get("equivalence") or "equal"
    if equivalence not in EQUIVALENCES:
        said = f"equivalence is equal, wider or narrower, not {equivalence!r}"
        problems.append(problem("M001", file, at, "equivalence 取值有误", said))
    bounds = {}
    for column in ("valid_from", "valid_to"):
        bounds[column] = cells.get(column, "")
        try:
            if bounds[column] and date.fromisoformat(bounds[column]).isoformat() != bounds[column]:
                raise ValueError
        except ValueError:
            said = f"{column} is not YYYY-MM-DD"
            problems.append(problem("M001", file, at, f"{column} 不是 YYYY-MM-DD", said))
    if bounds["valid_to"] and bounds["valid_to"] < bounds["valid_from"]:
        said = "valid_to lies before valid_from"
        problems.append(problem("M001", file, at, "有效期止早于起", said))
    return {"equivalence": equivalence, **bounds}
