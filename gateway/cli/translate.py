"""
`tongban translate`: a document through the mappings, without storing anything.

The file is a record as JSON (`--from`), a national message as JSON (only `--to`), or a record that
goes all the way (`--from` and `--to`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts import strict_json
from contracts.errors import Finding, Refused
from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table
from gateway.settings import Settings
from gateway.usecases.times import local_date, national
from gateway.world import RealClock
from mappings.engine import CompiledMapping
from mappings.explain import explain as explain_rules
from mappings.load import read_package
from mappings.rules import Direction


def run(
    file: Path,
    *,
    kind: str,
    source: str | None,
    target: str | None,
    explain: bool,
    as_json: bool,
) -> int:
    """Print the result; with `explain` also one line per value. 1 when a finding rejects."""
    with explained() as failure:
        if source is None and target is None:
            raise ValueError("请给出 --from 或 --to(give --from or --to)")
        document = strict_json.loads(file.read_bytes())
        findings: list[Finding] = []
        stages: list[dict[str, Any]] = []
        ways: list[tuple[Direction, str | None]] = [("in", source), ("out", target)]
        for direction, code in ways:
            if code is None:
                continue
            stage, document = _stage(direction, code, kind, document, explain=explain)
            stages.append(stage)
            findings += stage["findings"]
        _print(stages, document, as_json=as_json)
        if any(finding.level == "reject" for finding in findings):
            return 1
    return failure.status


def _stage(
    direction: Direction, code: str, kind: str, document: Mapping[str, Any], *, explain: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    from gateway.app import provinces_dir

    folder = provinces_dir(Settings()) / code
    if not (folder / "mapping.yaml").exists():
        raise Refused(f"没有省份目录 {code}", f"there is no province folder {code}")
    mapping = CompiledMapping(read_package(folder))
    now = RealClock().now()
    as_of = None if direction == "in" and kind == "application" else _as_of(document, now)
    context = {"environment": "test", "now": national(now), **_known(document)}
    why, result = explain_rules(mapping, kind, direction, document, context=context, as_of=as_of)
    stage = {
        "direction": direction,
        "province": code,
        "package": mapping.package,
        "findings": result.findings,
        "explained": why if explain else (),
    }
    return stage, result.document


def _as_of(document: Mapping[str, Any], now: Any) -> date:
    try:
        return date.fromisoformat(document["body"]["dates"]["application_date"])
    except (KeyError, TypeError, ValueError):
        return local_date(now)


def _known(document: Mapping[str, Any]) -> dict[str, str]:
    """What a mapping may ask about, where the document itself says it."""
    numbers = document.get("numbers")
    known = {
        "case_number": document.get("case_number"),
        "message_id": document.get("message_id"),
        "receiving_number": numbers.get("receiving") if isinstance(numbers, dict) else None,
    }
    return {name: value for name, value in known.items() if isinstance(value, str)}


def _print(stages: list[dict[str, Any]], document: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "document": document,
                "stages": [
                    {
                        "direction": stage["direction"],
                        "province": stage["province"],
                        "package": stage["package"],
                        "findings": [_finding(one) for one in stage["findings"]],
                        "explained": [
                            {
                                "source": one.source,
                                "raw": one.raw,
                                "rule": one.rule,
                                "row": one.row,
                                "target": one.target,
                                "value": one.value,
                            }
                            for one in stage["explained"]
                        ],
                    }
                    for stage in stages
                ],
            }
        )
        return
    for stage in stages:
        arrow = "→ 国家格式" if stage["direction"] == "in" else "← 国家格式"
        print(f"{stage['province']} {arrow}  映射 {stage['package']}")
        if stage["explained"]:
            print_table(
                [
                    {
                        "source": one.source,
                        "raw": one.raw,
                        "rule": one.rule,
                        "row": one.row,
                        "target": one.target,
                        "value": one.value,
                    }
                    for one in stage["explained"]
                ],
                (
                    ("source", "来源"),
                    ("raw", "原值"),
                    ("rule", "规则"),
                    ("row", "代码行"),
                    ("target", "去处"),
                    ("value", "新值"),
                ),
            )
        for one in stage["findings"]:
            print(f"  {one.level} {one.rule} {one.path or ''} {one.message}")
    print_json(document)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "path": finding.path,
        "message": finding.message,
    }


__all__ = ["run"]
