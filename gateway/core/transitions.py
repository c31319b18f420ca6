"""
The state machine as one table: documentation, command line and console print this same object.

Source: national format v1, section 5 (project convention). Status belongs to a part. `by`: R
receiving place, H body of the part, N national system, G this gateway, S another window, * any;
`R/H` is R in PROXY and JOINT and H in ONLINE. `to` is a status or a word: `=` unchanged, `before`
the status before the pause or the pre-review, `result` what the decision says, `outcome` what the
part's outcome says. `turn` names who acts next: `-` nobody, `=` unchanged, A the applicant; `R/A`
and `R/H` as above. `release`: parts that waited for this one alone begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.core.case import FINAL, HELD, OPEN

ANY: frozenset[str] = frozenset({"*"})
ASIDE = (
    "evaluation",
    "inquiry",
    "reminder",
    "finding",
    "supervision",
    "handover",
    "verification",
)
"""Kinds that never move a case."""


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
    release: bool = False


def _row(
    kind: str,
    by: str,
    when: str,
    came_from: frozenset[str] | set[str] | str,
    to: str,
    turn: str,
    *clocks: str,
    release: bool = False,
) -> Transition:
    froms = frozenset({came_from}) if isinstance(came_from, str) else frozenset(came_from)
    return Transition(kind, by, when, froms, to, turn, clocks, release)


_SETTLED = FINAL | {"NOTIFIED"}
_UNDER_WAY = OPEN - {"COLLECTED", "PRE_REVIEW"}
_NOT_ACCEPTABLE = {"PUSHED", "CORRECTED", "CORRECTION_REQUESTED"}
_ASKED = "CORRECTION_REQUESTED"
_PAYING = {"APPROVED", "NOTIFIED"}
_HELD_BY_H = ("end PUSH", "start ACCEPT", "start PART", "start DECIDE")
_DECIDED = ("end all", "end DECIDE", "start NOTIFY")

TRANSITIONS: tuple[Transition, ...] = (
    _row("application", "R", "", frozenset(), "COLLECTED", "R", "start PUSH"),
    # Asked before or after the case was pushed, as the window's question and the push race.
    _row("pre_review", "R", "ask", {"COLLECTED", "PUSHED"}, "PRE_REVIEW", "H", "start PRE_REVIEW"),
    _row("pre_review", "H", "passed_in_hand", "PRE_REVIEW", "before", "H", "end PRE_REVIEW"),
    _row("pre_review", "H", "answer", "PRE_REVIEW", "before", "R/A", "end PRE_REVIEW"),
    _row("acceptance", "R", "at_collection", "COLLECTED", "=", "R"),
    _row("acknowledgement", "HN", "received", "COLLECTED", "PUSHED", "H", *_HELD_BY_H),
    _row("acknowledgement", "HN", "received_anew", "TRANSFERRED", "PUSHED", "H", *_HELD_BY_H),
    _row("acknowledgement", "*", "rejected", ANY, "=", "R"),
    _row("acknowledgement", "*", "other", ANY, "=", "="),
    _row("correction_request", "R", "", "COLLECTED", _ASKED, "R/A", "pause PUSH"),
    _row(
        "correction_request",
        "H",
        "",
        HELD,
        _ASKED,
        "R/A",
        "pause DECIDE",
        "pause ACCEPT",
        "start CORRECTION",
    ),
    _row("correction", "R", "asked_by_r", _ASKED, "COLLECTED", "R", "anew PUSH"),
    _row(
        "correction",
        "R",
        "asked_by_h",
        _ASKED,
        "CORRECTED",
        "H",
        "end CORRECTION",
        "anew DECIDE",
        "anew ACCEPT",
    ),
    _row("correction", "R", "asked_by_review", "COLLECTED", "=", "R"),
    _row("correction", "R", "asked_by_review", "PUSHED", "=", "H"),
    _row("acceptance", "H", "accepted", {"PUSHED", "CORRECTED"}, "ACCEPTED", "H", "end ACCEPT"),
    # 行政许可法第三十二条: not told within five days what is lacking, the application is accepted.
    _row("acceptance", "G", "deemed", {"PUSHED", "CORRECTED"}, "ACCEPTED", "H", "end ACCEPT"),
    _row("acceptance", "H", "not_accepted", _NOT_ACCEPTABLE, "NOT_ACCEPTED", "R/H", *_DECIDED),
    _row("progress", "H", "no_outcome", HELD | {"SUSPENDED"}, "=", "="),
    _row("progress", "H", "outcome", HELD, "outcome", "-", "end PART", "end ACCEPT", release=True),
    _row("special_procedure", "H", "start", HELD, "SUSPENDED", "H", "pause DECIDE"),
    _row("special_procedure", "H", "end", "SUSPENDED", "before", "H", "resume DECIDE"),
    _row(
        "decision", "H", "decides", HELD | {"SUSPENDED"}, "result", "R/H", *_DECIDED, release=True
    ),
    _row("decision", "H", "lapses", _ASKED, "result", "R/H", *_DECIDED),
    _row("decision", "H", "ends", OPEN | {"WAITING"}, "result", "R/H", *_DECIDED),
    # The applicant took it back: nobody has to be told, and nothing is left to wait for.
    _row(
        "decision",
        "H",
        "withdrawn",
        OPEN | {"WAITING"},
        "WITHDRAWN",
        "-",
        "cancel all",
        "cancel DECIDE",
    ),
    _row("decision", "H", "supersedes", _SETTLED, "result", "R/H", "anew NOTIFY", release=True),
    _row("transfer", "HR", "return", _UNDER_WAY, "TRANSFERRED", "R", "cancel all", "cancel DECIDE"),
    _row(
        "transfer", "HR", "forward", _UNDER_WAY, "TRANSFERRED", "H", "cancel all", "cancel DECIDE"
    ),
    _row(
        "withdrawal", "R", "", OPEN | {"WAITING"}, "WITHDRAWN", "-", "cancel all", "cancel DECIDE"
    ),
    _row("notification", "R/H", "outcome_told", FINAL, "NOTIFIED", "-", "end NOTIFY"),
    _row("notification", "RH", "other_notice", ANY, "=", "="),
    _row("fee", "H", "fee_open", HELD, "=", "=", "pause DECIDE"),
    _row("fee", "H", "fee_done", HELD, "=", "=", "resume DECIDE"),
    _row("fee", "H", "", HELD | _PAYING, "=", "="),
    _row("benefit_payment", "H", "", _PAYING, "=", "="),
    # Any window may bring a re-certification; only the body that pays says more.
    _row("entitlement_change", "HRS", "recertified", _PAYING, "=", "="),
    _row("entitlement_change", "H", "stopped", _PAYING, "=", "="),
    _row("entitlement_change", "H", "resumed", _PAYING, "=", "="),
    _row("entitlement_change", "H", "changed", _PAYING, "=", "="),
    _row("entitlement_change", "H", "recovery", _PAYING, "=", "="),
    # A parcel that came back puts a told case on somebody's worklist until it is on its way again.
    _row("delivery_of_result", "HR", "came_back", "NOTIFIED", "=", "R/H"),
    _row("delivery_of_result", "HR", "on_its_way", "NOTIFIED", "=", "-"),
    _row("delivery_of_result", "HR", "", _SETTLED, "=", "="),
    _row("objection", "*", "ask", ANY, "=", "=", "start ANSWER"),
    _row("objection", "*", "answers_one", ANY, "=", "="),
    _row("objection", "*", "answer", ANY, "=", "=", "end ANSWER"),
    _row("complaint", "*", "ask", ANY, "=", "=", "start ANSWER"),
    _row("complaint", "*", "answers_one", ANY, "=", "="),
    _row("complaint", "*", "answer", ANY, "=", "=", "end ANSWER"),
    *(_row(kind, "*", "", ANY, "=", "=") for kind in ASIDE),
)

CONDITIONS_ZH = {
    "": "",
    "ask": "提出",
    "answer": "答复",
    "answers_one": "答复,另有异议或投诉待答复",
    "passed_in_hand": "已送达后的预审通过",
    "asked_by_review": "答复预审提出的缺项",
    "at_collection": "收件即受理且事项允许",
    "received": "对申请的已收到回执",
    "received_anew": "新办理地对转办的已收到回执",
    "rejected": "业务拒绝",
    "other": "其他回执",
    "asked_by_r": "由收件地要求",
    "asked_by_h": "由办理地要求",
    "accepted": "受理或视为受理",
    "deemed": "许可事项逾期未告知,视为受理",
    "not_accepted": "不予受理",
    "no_outcome": "无部分结论",
    "outcome": "有部分结论,非决定部分",
    "start": "启动",
    "end": "结束",
    "decides": "决定部分:准予、部分准予、不予",
    "lapses": "补正逾期",
    "ends": "终止、作废",
    "withdrawn": "因撤回而办结",
    "supersedes": "取代已知的原决定",
    "return": "退回",
    "forward": "转办",
    "outcome_told": "结果已告知到;未指明部分时须全部办结",
    "other_notice": "其他告知或未告知到",
    "came_back": "结果被退回或送达失败",
    "on_its_way": "结果已寄出或已签收",
    "recertified": "年度复核或生存认证,任一窗口",
    "stopped": "停发",
    "resumed": "停发后续发;因死亡停发的仅限更正",
    "changed": "变更,未停发",
    "recovery": "追回",
    "fee_open": "待缴且事项规定暂停",
    "fee_done": "已缴或减免且事项规定暂停",
}


def rows_of(kind: str) -> tuple[Transition, ...]:
    return _BY_KIND.get(kind, ())


_BY_KIND = {
    kind: tuple(row for row in TRANSITIONS if row.kind == kind)
    for kind in dict.fromkeys(row.kind for row in TRANSITIONS)
}


CELLS = (
    ("kind", "消息"),
    ("by", "谁"),
    ("when", "条件"),
    ("condition_zh", "说明"),
    ("from", "从"),
    ("to", "到"),
    ("turn", "轮到"),
    ("clocks", "时钟"),
)
"""What a printed row shows, with its headings."""


def lifecycle_rows() -> list[dict[str, Any]]:
    """The table as plain values, in its own order: what every printed form is made of."""
    return [
        {
            "kind": row.kind,
            "by": row.by.replace("*", "any"),
            "when": row.when,
            "condition_zh": CONDITIONS_ZH[row.when],
            "from": [one.replace("*", "any") for one in sorted(row.came_from)],
            "to": row.to,
            "release": row.release,
            "turn": row.turn,
            "clocks": list(row.clocks),
        }
        for row in TRANSITIONS
    ]


def lifecycle_markdown() -> str:
    """The table as Markdown, as documentation and command line show it."""
    lines = [
        "| kind | by | when | 条件 | from | to | turn | clocks |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in lifecycle_rows():
        cells = (
            row["kind"],
            row["by"],
            row["when"],
            row["condition_zh"],
            " ".join(row["from"]) or "–",
            row["to"] + (", release" if row["release"] else ""),
            row["turn"],
            ", ".join(row["clocks"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


__all__ = [
    "ANY",
    "ASIDE",
    "CELLS",
    "CONDITIONS_ZH",
    "TRANSITIONS",
    "Transition",
    "lifecycle_markdown",
    "lifecycle_rows",
    "rows_of",
]
