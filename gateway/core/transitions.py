"""
The state machine as one table: documentation, command line and console print this same object.

Source: national format v1, section 5 (project convention). Status belongs to a part. `to` is a
status or one of the words: `=` unchanged, `before` the status before the pause, `result` what the
decision says, `outcome` what the part's outcome says. `turn` names who acts next: R receiving
place, H body of the part, A applicant, `-` nobody, `=` unchanged; `R/A` is R in PROXY and JOINT and
A in ONLINE; `R/H` is R where a receiving place exists and H in ONLINE.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.case import FINAL, HELD, OPEN

NOBODY_YET: frozenset[str] = frozenset()
ANY: frozenset[str] = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: who may send what, when it applies, from where to where, and what clocks do."""

    kind: str
    by: str
    when: str
    came_from: frozenset[str]
    to: str
    turn: str
    clocks: tuple[str, ...] = ()


def _row(
    kind: str,
    by: str,
    when: str,
    came_from: frozenset[str] | set[str] | str,
    to: str,
    turn: str,
    *clocks: str,
) -> Transition:
    froms = frozenset({came_from}) if isinstance(came_from, str) else frozenset(came_from)
    return Transition(kind, by, when, froms, to, turn, clocks)


_ASIDE = (
    "evaluation",
    "objection",
    "inquiry",
    "complaint",
    "reminder",
    "finding",
    "supervision",
    "handover",
    "verification",
)
_SETTLED = FINAL | {"NOTIFIED"}

TRANSITIONS: tuple[Transition, ...] = (
    _row("application", "R", "", NOBODY_YET, "COLLECTED", "R", "start PUSH"),
    _row("pre_review", "R", "ask", "COLLECTED", "PRE_REVIEW", "H", "start PRE_REVIEW"),
    _row("pre_review", "H", "answer", "PRE_REVIEW", "COLLECTED", "R/A", "end PRE_REVIEW"),
    _row("acceptance", "R", "at_collection", "COLLECTED", "=", "R"),
    _row(
        "acknowledgement",
        "HN",
        "received",
        {"COLLECTED", "TRANSFERRED"},
        "PUSHED",
        "H",
        "end PUSH",
        "start DECIDE",
        "start ACCEPT",
    ),
    _row("acknowledgement", "*", "rejected", ANY, "=", "R"),
    _row("acknowledgement", "*", "other", ANY, "=", "="),
    _row("correction_request", "R", "", "COLLECTED", "CORRECTION_REQUESTED", "R/A", "cancel PUSH"),
    _row(
        "correction_request",
        "H",
        "",
        HELD,
        "CORRECTION_REQUESTED",
        "R/A",
        "pause DECIDE",
        "start CORRECTION",
    ),
    _row("correction", "R", "asked_by_r", "CORRECTION_REQUESTED", "COLLECTED", "R", "start PUSH"),
    _row(
        "correction",
        "R",
        "asked_by_h",
        "CORRECTION_REQUESTED",
        "CORRECTED",
        "H",
        "end CORRECTION",
        "start DECIDE",
    ),
    _row("acceptance", "H", "accepted", {"PUSHED", "CORRECTED"}, "ACCEPTED", "H", "end ACCEPT"),
    _row(
        "acceptance",
        "H",
        "not_accepted",
        {"PUSHED", "CORRECTED", "CORRECTION_REQUESTED"},
        "NOT_ACCEPTED",
        "R/H",
        "end all",
        "start NOTIFY",
    ),
    _row("progress", "H", "no_outcome", HELD | {"SUSPENDED"}, "=", "="),
    _row("progress", "H", "outcome", HELD, "outcome", "-", "end PART", "release"),
    _row("special_procedure", "H", "start", HELD, "SUSPENDED", "H", "pause DECIDE"),
    _row("special_procedure", "H", "end", "SUSPENDED", "before", "H", "resume DECIDE"),
    _row(
        "decision",
        "H",
        "decides",
        HELD | {"SUSPENDED"},
        "result",
        "R/H",
        "end DECIDE",
        "start NOTIFY",
    ),
    _row(
        "decision",
        "H",
        "lapses",
        "CORRECTION_REQUESTED",
        "result",
        "R/H",
        "end all",
        "start NOTIFY",
    ),
    _row("decision", "H", "ends", OPEN, "result", "R/H", "end all", "start NOTIFY"),
    _row("decision", "H", "supersedes", _SETTLED, "result", "R/H", "start NOTIFY"),
    _row(
        "transfer",
        "HR",
        "return",
        OPEN - {"COLLECTED", "PRE_REVIEW"},
        "TRANSFERRED",
        "R",
        "cancel DECIDE",
        "cancel ACCEPT",
    ),
    _row(
        "transfer",
        "HR",
        "forward",
        OPEN - {"COLLECTED", "PRE_REVIEW"},
        "TRANSFERRED",
        "H",
        "cancel DECIDE",
        "cancel ACCEPT",
    ),
    _row("withdrawal", "R", "", OPEN | {"WAITING"}, "WITHDRAWN", "-", "cancel all"),
    _row("notification", "RH", "outcome_told", FINAL, "NOTIFIED", "-", "end NOTIFY"),
    _row("notification", "RH", "other_notice", ANY, "=", "="),
    _row("fee", "H", "", HELD | {"APPROVED", "NOTIFIED"}, "=", "="),
    _row("benefit_payment", "H", "", {"APPROVED", "NOTIFIED"}, "=", "="),
    _row("entitlement_change", "H", "", {"APPROVED", "NOTIFIED"}, "=", "="),
    _row("delivery_of_result", "HR", "", _SETTLED, "=", "="),
    *(_row(kind, "*", "", ANY, "=", "=") for kind in _ASIDE),
)

CONDITIONS_ZH = {
    "": "",
    "ask": "提出",
    "answer": "答复",
    "at_collection": "收件即受理且事项允许",
    "received": "对申请或转办的已收到回执",
    "rejected": "业务拒绝",
    "other": "其他回执",
    "asked_by_r": "由收件地要求",
    "asked_by_h": "由办理地要求",
    "accepted": "受理或视为受理",
    "not_accepted": "不予受理",
    "no_outcome": "无部分结论",
    "outcome": "有部分结论,非决定部分",
    "start": "启动",
    "end": "结束",
    "decides": "准予、部分准予、不予",
    "lapses": "补正逾期",
    "ends": "终止、作废、撤回",
    "supersedes": "取代原决定",
    "return": "退回",
    "forward": "转办",
    "outcome_told": "已告知结果",
    "other_notice": "其他告知",
}


def lifecycle_markdown() -> str:
    """The table as Markdown, as documentation and `tongban lifecycle` show it."""
    lines = [
        "| kind | by | when | 条件 | from | to | turn | clocks |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in TRANSITIONS:
        came_from = " ".join(sorted(row.came_from)) or "–"
        cells = (
            row.kind,
            row.by,
            row.when,
            CONDITIONS_ZH[row.when],
            came_from.replace("*", "any"),
            row.to,
            row.turn,
            ", ".join(row.clocks),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


__all__ = ["ANY", "CONDITIONS_ZH", "TRANSITIONS", "Transition", "lifecycle_markdown"]
