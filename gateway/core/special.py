"""
Special procedures (hearing, inspection, extension …): named basis, and at most half the promise.

Source: policy requirement A5: without a legal basis a special procedure is abolished, and one whose
basis names no limit takes at most half the promised one. The gateway says so and takes it in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contracts.errors import Finding
from gateway.core.case import Case, Part
from gateway.core.clocks import deciders, procedure_limit
from gateway.core.rules import Arrived, Rules


def special_findings(
    case: Case, parts: Iterable[Part], arrived: Arrived, *, rules: Rules
) -> list[Finding]:
    """What is wrong with a special procedure that begins; `case` is as before it."""
    body: Any = arrived.message.body
    found = []
    if not body.legal_basis:
        found.append(
            Finding(
                rule="special_procedure.no_legal_basis",
                level="warn",
                path="/body/legal_basis",
                message="特别程序未写明法律依据;无法定依据的特别程序不得设立,请补充依据或取消",
                message_en="no legal basis named; a special procedure without one is abolished",
            )
        )
    meant = {one.part_id for part in parts for one in deciders(case, part)}
    held = [
        clock
        for clock in case.clocks
        if clock.kind == "DECIDE" and clock.running and clock.part_id in meant
    ]
    for clock in held:
        if body.limit and body.unit in (None, clock.unit):
            longest = procedure_limit(clock, None, arrived, rules)
            if body.limit > longest:
                found.append(
                    Finding(
                        rule="special_procedure.too_long",
                        level="warn",
                        path="/body/limit",
                        message=f"特别程序期限不得超过事项规定或承诺时限的一半({longest}),已按此计",
                        message_en=f"longer than it may be; {longest} is watched",
                    )
                )
                break
    return found


__all__ = ["special_findings"]
