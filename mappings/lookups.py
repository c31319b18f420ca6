"""
Look-ups that generated functions call: coded values, items, places and material tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.codes import CodeRow, CodeTable, ItemRow, ItemTable, national_list, remember
from mappings.runtime import EMPTY, Run
from mappings.transforms import Transform

# --- coded values ---------------------------------------------------------------------------


def code_in(run: Run, table: CodeTable, value: Any, rule: int, path: str, label: Any) -> Any:
    """The coded value of a province code; `code` is None if it leads nowhere."""
    code = value if type(value) is str else _plain_text(value)
    known = table.known_in.get((run.system, code, run.as_of))
    if known is not None and (not label or label == known[0].label):
        run.lineage.append((rule, known[0].id))
        return known[1]
    row, ended = _find_row(run, table, code, path)
    source: dict[str, Any] = {"system": run.system, "list": table.label, "code": code}
    found = row or ended
    name = label if type(label) is str and label else found.label if found else ""
    if name:
        source["label"] = name
    if row is None or not row.national:
        run.lineage.append((rule, -1 if ended is None else ended.id))
        return {"code": None, "list": table.national, "source": source}
    source["equivalence"] = row.equivalence
    run.lineage.append((rule, row.id))
    coded = {
        "code": row.national,
        "list": national_list(table, row.national),
        "source": source,
    }
    if row.equivalence == "equal" and name == row.label:
        remember(table.known_in, (run.system, code, run.as_of), (row, coded))
    return coded


def plain_in(
    run: Run, table: CodeTable, value: Any, rule: int, path: str, source: str, whole: Any
) -> Any:
    """The bare national code, or None (then the whole source value is kept)."""
    row, ended = _find_row(run, table, _plain_text(value), path)
    if row is None or not row.national:
        run.lineage.append((rule, -1 if ended is None else ended.id))
        run.kept[source] = whole
        return None
    run.lineage.append((rule, row.id))
    return row.national


def _find_row(
    run: Run, table: CodeTable, code: str, path: str
) -> tuple[CodeRow | None, CodeRow | None]:
    row = table.inward(code, run.as_of or "")
    if row is None:
        ended = table.ended_row(code)
        run.find("code.unmapped" if ended is None else "code.ended", path)
        return None, ended
    if not row.national:
        run.find("code.unmapped", path)
    elif row.equivalence != "equal":
        run.find(f"code.{row.equivalence}", path)
    return row, None


def code_out(run: Run, table: CodeTable, value: Any, rule: int, path: str, must: bool) -> Any:
    """(province code, label) of a coded value or a bare code, or None."""
    if type(value) is dict:
        source = value.get("source")
        if source and source.get("system") == run.system and source.get("code"):
            code = source["code"]
            row = table.inward(code, run.as_of or "") or table.ended_row(code)
            run.lineage.append((rule, row.id if row else -1))
            return code, source.get("label") or (row.label if row else "")
        national = value.get("code")
    else:
        national = _plain_text(value)
    known = table.known_out.get((national, run.as_of))
    if known is not None:
        run.lineage.append((rule, known.id))
        return known.province, known.label
    row = table.outward(national, run.as_of or "") if national else None
    if row is None:
        ended = national and table.by_national.get(national)
        rule_id = "code.ended" if ended and not _in_force(run, ended) else "code.unmapped"
        if must:
            run.stop(rule_id, path)
        else:
            run.find(rule_id, path)
        return None
    if row.equivalence == "equal":
        remember(table.known_out, (national, run.as_of), row)
    else:
        run.find(f"code.{row.equivalence}", path)
    run.lineage.append((rule, row.id))
    return row.province, row.label


def _in_force(run: Run, rows: tuple[CodeRow, ...]) -> bool:
    return any(row.holds(run.as_of or "") for row in rows)


def _plain_text(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)


# --- items ----------------------------------------------------------------------------------


def item_in(run: Run, table: ItemTable, value: Any, rule: int, path: str, label: Any) -> Any:
    """The national item object of a local code."""
    code = _plain_text(value)
    row = table.inward(code, run.as_of or "")
    source: dict[str, Any] = {"system": run.system, "list": table.label, "code": code}
    if row is None:
        known = table.by_local.get(code)
        if type(label) is str and label:
            source["label"] = label
        run.find("item.ended" if known else "item.unmapped", path)
        run.lineage.append((rule, known[-1].id if known else -1))
        return {"local_code": code, "source": source}
    run.lineage.append((rule, row.id))
    source["label"] = label if type(label) is str and label else row.name
    source["equivalence"] = row.equivalence
    if row.equivalence != "equal":
        run.find(f"code.{row.equivalence}", path)
    return _item(row, source)


def _item(row: ItemRow, source: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"name": row.name, "catalogue_code": row.catalogue_code}
    if row.implementation_code:
        item["implementation_code"] = row.implementation_code
        # 18 characters body, 1 level, 12 catalogue code: domain guide 2.1
        if len(row.implementation_code) in (31, 33):
            level = row.implementation_code[18]
            item["exercise_level"] = {"code": level, "list": "exercise_level"}
            item["implementing_body_code"] = row.implementation_code[:18]
    if row.handling_item:
        item["handling_item"] = row.handling_item
    item["local_code"] = row.local_code
    item["item_version"] = row.version
    if row.situation:
        item["situations"] = row.situation.split("|")
    item["source"] = source
    return item


def item_out(
    run: Run, table: ItemTable, item: Any, document: Mapping[str, Any], rule: int, path: str
) -> Any:
    """(local code, name) for a national item, or None after stopping the run."""
    source = item.get("source") or EMPTY
    if source.get("system") == run.system and source.get("code"):
        known = table.by_local.get(source["code"])
        run.lineage.append((rule, known[-1].id if known else -1))
        return source["code"], source.get("label") or (known[-1].name if known else "")
    rows = table.outward(item.get("catalogue_code") or "", run.as_of or "", document)
    if len(rows) != 1:
        run.stop("item.ambiguous" if rows else "item.unmapped", path)
        return None
    run.lineage.append((rule, rows[0].id))
    if rows[0].equivalence != "equal":
        run.find(f"code.{rows[0].equivalence}", path)
    return rows[0].local_code, rows[0].name


# --- objects --------------------------------------------------------------------------------


def object_in(run: Run, transform: Transform, value: Any) -> dict[str, Any]:
    """
    Raises:
        ValueError: not a place or material token in the declared form.
    """
    found: dict[str, Any] = transform.read(value)
    if transform.digits:
        found["source"] = {
            "system": run.system,
            "list": transform.list_label,
            "code": str(value),
            "equivalence": "equal",
        }
    return found


def object_out(run: Run, transform: Transform, value: Any, path: str) -> Any:
    """
    Raises:
        ValueError: the object cannot be written.
    """
    if transform.digits:
        source = value.get("source") or EMPTY
        if source.get("system") == run.system and source.get("code"):
            return source["code"]
        code = transform.write(value)
        if value["code"][transform.digits :].strip("0"):
            run.find("place.coarser", path)
        return code
    return transform.write(value)
