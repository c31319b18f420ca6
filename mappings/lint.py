"""
What is wrong with a province's folder, before it goes live.

    M001 a file cannot be read or has another shape     M010 an item does not resolve
    M002 keys of a rule that mean nothing together      M011 a code the national list does not have
    M003 unknown transform                              M012 a national required field has no rule
    M004 unknown list, group or items                   M013 national codes without a counterpart
    M005 malformed path                                 M014 a golden file fails
    M006 overlapping validity                           M015 several province codes mean the same
    M007 a rule does not lead back                      M016 unknown context value
    M008 two rules write one place                      M017 no rule gives the as-of date
    M009 the national format has no such field          M018 a national code nobody may choose for
    M030 the local list asks for more than the national item, or a special procedure goes beyond
         its basis (只减不加)

Ids are stable. Level reject: not before this is mended; warn: read it; info: good to know.
`python -m mappings.lint 150000` prints them with file, line and cure.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date

from contracts import catalogue
from contracts.catalogue import compare
from contracts.codelist import code_list, code_list_names
from contracts.errors import Finding
from mappings.codes import CodeTable, ItemRow, national_list, overlapping
from mappings.lint_paths import lint_paths
from mappings.national import field_at
from mappings.nodes import FILE, Leaf, Span
from mappings.package import Package
from mappings.rules import problem
from mappings.transforms import Transform

CONTEXT = frozenset(
    {
        "case_number",
        "environment",
        "handling_number",
        "in_reply_to",
        "message_id",
        "now",
        "receiving_number",
        "serial",
        "simulation_mark",
        "system",
    }
)
_SAMPLES: dict[str, tuple[object, ...]] = {
    "date": ("2026-03-02", "2024-02-29", "1950-12-31"),
    "datetime": ("2026-03-02T09:14:05+08:00", "1999-12-31T23:59:59+08:00"),
    "epoch_ms": ("2026-03-02T09:14:05+08:00", "2026-03-02T09:14:05.120+08:00"),
    "fen_yuan": (0, 5, 10050, 10**12),
    "flag": (True, False),
    "integer": (0, 7, 1024),
    "json": ("1", 2, [3], {"a": True}),
    "material": ({"digest": "0f" * 32, "size": 2097152},),
    "month": ("2015-03", "1999-12"),
    "place": ({"code": "150402990000", "county": "150402"},),
    "prefixed": ("17", "N-N-17"),
    "rfc3339": ("2026-03-02T09:14:05+08:00",),
    "suffixed": ("17", "17/1/1"),
    "upper": ("99000219900101001X", "abx"),
    "absent": ("模拟",),
}


def lint(package: Package, *, on: date) -> tuple[Finding, ...]:
    """Check a package that can be read; `on` is the day for which items must resolve."""
    found = [
        *_lint_tables(package),
        *_lint_items(package, on),
        *_lint_rules(package),
        *(one for plan in package.plans.values() for one in lint_paths(plan, package)),
    ]
    return tuple(dict.fromkeys(found))


# --- code lists -----------------------------------------------------------------------------


def _lint_tables(package: Package) -> Iterator[Finding]:
    used_out = _lists_used_outwards(package)
    for name, table in package.tables.items():
        for rows in table.by_province.values():
            for one, other in overlapping(rows):
                zh = f"与第 {one.line} 行有效期重叠;请改 valid_from 或 valid_to"
                en = f"validity overlaps with line {one.line}; change valid_from or valid_to"
                yield problem("M006", table.file, other.line, zh, en)
        yield from _lint_way_back(table)
        if table.national is not None:
            line = package.document.lists[name].line
            yield from _lint_national(table, line, outwards=name in used_out)


def _lint_way_back(table: CodeTable) -> Iterator[Finding]:
    for rows in table.by_national.values():
        kinds = {row.equivalence for row in rows}
        equal = [row for row in rows if row.equivalence == "equal"]
        pairs = overlapping(equal)
        if pairs:
            zh = f"与第 {equal[0].line} 行同义;对其他来源写出时用第 {equal[0].line} 行"
            en = f"same meaning as line {equal[0].line}, which is written for other sources"
            yield problem("M015", table.file, pairs[0][1].line, zh, en, "info")
        if kinds == {"wider"} and overlapping(rows):
            zh = "只有多个 wider 行,写出时无法选择;请加一行 equal 或 narrower"
            en = "only several wider rows: cannot be written; add an equal or narrower row"
            yield problem("M018", table.file, rows[0].line, zh, en, "warn")


def _lint_national(table: CodeTable, line: int, *, outwards: bool) -> Iterator[Finding]:
    assert table.national is not None
    if table.national not in code_list_names():
        en = f"no national list {table.national!r}"
        yield problem("M011", FILE, line, "没有这个国家代码表", en)
        return
    national = code_list(table.national)
    for row in table.rows:
        if row.national and row.national not in code_list(str(national_list(table, row.national))):
            en = f"{table.national} has no code {row.national!r}"
            yield problem("M011", table.file, row.line, "国家代码表没有该代码", en)
    missing = {one.code for one in national} - set(table.by_national) - table.waived
    if outwards and missing and "*" not in table.waived:
        codes = ", ".join(sorted(missing)[:8]) + (" …" if len(missing) > 8 else "")
        zh = f"国家代码无对应行:{codes};请补行,或以空 province 加 note 说明"
        en = f"no rows for {codes}; add them, or rows without province whose note says why"
        yield problem("M013", table.file, 1, zh, en, "warn")


def _lists_used_outwards(package: Package) -> set[str]:
    used = set()
    for plan in package.plans.values():
        for node in plan.walk():
            if plan.direction == "in" or not node.runs("out"):
                continue
            if isinstance(node, Leaf) and node.rule.codes:
                used.add(node.rule.codes)
            elif isinstance(node, Span) and node.codes:
                used.add(node.codes)
    return used


# --- items ----------------------------------------------------------------------------------


def _lint_items(package: Package, on: date) -> Iterator[Finding]:
    table = package.items
    if table is None:
        return
    for rows in table.by_local.values():
        for one, other in overlapping(rows):
            zh = f"与第 {one.line} 行有效期重叠"
            en = f"validity overlaps with line {one.line}; change valid_from or valid_to"
            yield problem("M006", table.file, other.line, zh, en)
    for row in table.rows:
        for zh, en in _item_faults(row, on):
            yield problem("M010", table.file, row.line, zh, en)
        yield from _lint_offer(row, table.file, on)


def _lint_offer(row: ItemRow, file: str, on: date) -> Iterator[Finding]:
    """An ended row is held against the item as it was on the row's last day."""
    if row.offer is None:
        return
    day = on if row.holds(on.isoformat()) else date.fromisoformat(row.valid_to or row.valid_from)
    for one in compare(row.offer, day):
        if one.rule.startswith("list."):  # whether the item resolves is M010's to say
            yield problem("M030", file, row.line, one.message, f"{one.rule}: {one.message_en}")


def _item_faults(row: ItemRow, on: date) -> Iterator[tuple[str, str]]:
    if row.holds(on.isoformat()) and catalogue.item(row.catalogue_code, on) is None:
        yield "国家目录没有该事项", f"no item {row.catalogue_code!r} in the catalogue on {on}"
    code = row.implementation_code
    if code and (len(code) not in (31, 33) or code[19:31] != row.catalogue_code):
        yield (
            "实施编码须为 31 或 33 位且含该基本编码",
            "an implementation code has 31 or 33 characters and holds the catalogue code",
        )
    for material in row.materials:
        if not any(material in code_list(name) for name in catalogue.MATERIAL_LISTS):
            yield "材料代码不在国家代码表中", f"no material {material!r} in the national lists"
    if row.when is not None and field_at("application", row.when[0]) is None:
        yield "when 的路径不在国家格式中", f"no national field {'.'.join(row.when[0])!r}"


# --- rules ----------------------------------------------------------------------------------


def _lint_rules(package: Package) -> Iterator[Finding]:
    for plan in package.plans.values():
        dated = False
        for node in plan.walk():
            if not isinstance(node, Leaf):
                continue
            dated = dated or node.rule.as_of
            context = node.rule.context
            if context is not None and context not in CONTEXT:
                en = f"no context value {context!r}; known: {', '.join(sorted(CONTEXT))}"
                yield problem("M016", FILE, node.line, "没有这个上下文值", en)
            both = plan.direction is None and node.direction is None
            for transform in node.transforms:
                yield from _lint_transform(transform, node.line, both=both)
        if plan.kind == "application" and plan.direction != "out" and not dated:
            line = package.document.kinds[plan.kind].line
            en = "no rule is marked as_of; mark the one that gives the application date"
            yield problem("M017", FILE, line, "没有标明 as_of 的规则", en)


def _lint_transform(transform: Transform, line: int, *, both: bool) -> Iterator[Finding]:
    if not transform.lossless:
        if both and transform.name not in ("upper", "absent"):
            zh = f"{transform.name} 往返会丢失信息;请加 direction,或用更完整的格式"
            en = f"{transform.text} loses something on the way back; set direction"
            yield problem("M007", FILE, line, zh, en, "warn")
        return
    for sample in _SAMPLES[transform.name]:
        try:
            same = transform.read(transform.write(sample)) == sample
        except ValueError:
            same = False
        if not same:
            en = f"{transform.text} does not give a value back as it was"
            yield problem("M007", FILE, line, "转换不可逆", en)
            return


def main(arguments: Sequence[str]) -> int:
    """Lint the provinces named, or all; golden files included."""
    from mappings.check import check_folder, folders

    rejected = 0
    for folder in folders(arguments):
        for one in check_folder(folder):
            rejected += one.level == "reject"
            text = f"{folder.name}/{one.path} {one.rule} {one.level} {one.message}"
            sys.stdout.write(f"{text} / {one.message_en}\n")
    return 1 if rejected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
