"""
What a person would say on the phone: where a case stands, whose turn it is, until when; and one
line per message of its history.

Chinese, for people. No name of a person and no free text about one: codes, places, bodies, dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from contracts.calendar import SHIPPED, Calendars
from contracts.codelist import code_list
from contracts.places import place_name
from gateway.core.case import ENDED, Case, Clock, Part

Document = Mapping[str, Any]

_STATUS = {
    "WAITING": "等待前一部分办结",
    "COLLECTED": "已收件,尚未送达办理地",
    "PRE_REVIEW": "预审中",
    "PUSHED": "已送达办理地,等待受理",
    "CORRECTION_REQUESTED": "已一次性告知补正,等待补正",
    "CORRECTED": "补正已送达办理地",
    "ACCEPTED": "已受理,正在办理",
    "SUSPENDED": "特别程序进行中,办理时限暂停",
    "TRANSFERRED": "已转出原办理地",
    "PASSED": "本部分已通过",
    "NOT_PASSED": "本部分未通过",
    "APPROVED": "已办结:准予或合格",
    "REFUSED": "已办结:不予或不合格",
    "NOT_ACCEPTED": "不予受理",
    "LAPSED": "补正逾期,已办结",
    "TERMINATED": "已终止",
    "VOID": "已作废",
    "WITHDRAWN": "申请已撤回,办件结束",
    "NOTIFIED": "结果已告知申请人,办件结束",
}
_DUTY = {
    "PUSH": "推送",
    "ACCEPT": "决定是否受理",
    "DECIDE": "作出决定",
    "PART": "办结本部分",
    "NOTIFY": "告知申请人",
    "CORRECTION": "补正",
    "PRE_REVIEW": "答复预审",
    "OWED": "补交容缺材料",
    "ANSWER": "答复",
}
_TODO = {
    "COLLECTED": "推送",
    "PRE_REVIEW": "答复预审",
    "PUSHED": "决定是否受理",
    "CORRECTION_REQUESTED": "补正",
    "CORRECTED": "继续办理",
    "ACCEPTED": "作出决定",
    "SUSPENDED": "办结特别程序",
}


def case_sentence(case: Case, *, today: date, calendars: Calendars = SHIPPED) -> str:
    """Status, whose turn, and the nearest date: the first line of every page about a case."""
    said = [_status(case)]
    clock = _nearest(case)
    if clock is not None:
        said.append(
            f"{_who(case, clock.owner)}须在{_day(clock.due_on, today)}前{_DUTY[clock.kind]},"
            f"{remaining(clock, today, calendars)}"
        )
    elif case.turn is not None:
        said.append(f"现在轮到{_who(case, case.turn)}{_todo(case)}")
    paused = [one for one in case.clocks if one.state == "PAUSED" and one.kind == "DECIDE"]
    if paused and case.status != "SUSPENDED":
        said.append("办理时限暂停计算")
    return ";".join(said) + "。"


def timeline_entry(document: Document, *, case: Case, applied: bool) -> dict[str, Any]:
    """
    One message as a person reads it: when, who, what. `document` is the stored national message.
    """
    kind = str(document["kind"])
    what = _what(document)
    if not applied:
        what += "(已收下,尚未生效)"
    at = datetime.fromisoformat(document["occurred_at"]).strftime("%Y-%m-%d %H:%M")
    who = _sender(document, case)
    entry = {
        "arrival": document.get("arrival"),
        "at": document["occurred_at"],
        "received_at": document.get("received_at"),
        "kind": kind,
        "kind_zh": code_list("message_kind").label(kind),
        "part_id": document.get("part_id"),
        "who": who,
        "what": what,
        "text": f"{at} {who}:{what}",
        "applied": applied,
    }
    return {name: value for name, value in entry.items() if value is not None}


# --- the sentence ---------------------------------------------------------------------------


def _status(case: Case) -> str:
    status = case.status
    said = _STATUS[status]
    if status == "NOTIFIED" and case.decisions:
        result = list(case.decisions.values())[-1]
        said = f"{said}({code_list('decision_result').label(result)})"
    if status == "TRANSFERRED":
        back = case.turn == "RECEIVING"
        said = "已被退回,须重新确定办理地" if back else "已转办,等待新的办理地接收"
    if status == "CORRECTION_REQUESTED" and case.corrections > 1:
        said = f"第 {case.corrections} 轮补正已告知,等待补正"
    part = _current(case)
    if part is not None and len(case.parts) > 1:
        place = [one.part_id for one in case.parts].index(part.part_id) + 1
        name = f":{part.body_name}" if part.body_name else ""
        said = f"第 {place}/{len(case.parts)} 部分{name},{said}"
    return said


def _current(case: Case) -> Part | None:
    return next((part for part in case.parts if part.required and part.status not in ENDED), None)


def _nearest(case: Case) -> Clock | None:
    """The running clock that falls due first; on one day that of whose turn it is."""
    running = [clock for clock in case.clocks if clock.state == "RUNNING"]
    return min(running, key=lambda one: (one.due_on, one.owner != case.turn), default=None)


def _who(case: Case, actor: str) -> str:
    if actor == "APPLICANT":
        return "申请人"
    if actor == "RECEIVING" and case.mode == "ONLINE":
        return "受理平台"
    label = code_list("actor").label(actor)
    place = case.receiving_place if actor == "RECEIVING" else case.handling_place
    name = place_name(place) if actor in ("RECEIVING", "HANDLING") else None
    return f"{label}({name})" if name else label


def _todo(case: Case) -> str:
    if case.status == "NOTIFIED":
        return "重新送达被退回的结果"
    if case.turn == "RECEIVING" and case.status in ENDED:
        return "告知申请人"
    if case.turn == "RECEIVING" and case.status == "CORRECTION_REQUESTED":
        return "告知并收取补正"
    return _TODO.get(case.status, "处理")


def remaining(clock: Clock, today: date, calendars: Calendars) -> str:
    """How long a clock has left or is late, in its own unit; marked where provisional."""
    mark = "(暂定,待公布放假安排)" if clock.provisional else ""
    if clock.due_on == today:
        return f"今天到期{mark}"
    if clock.unit == "WORKING_DAY":
        left, unit = calendars.of(clock.region).between(today, clock.due_on), "个工作日"
    else:
        left, unit = (clock.due_on - today).days, "天"
    return f"还剩 {left} {unit}{mark}" if clock.due_on > today else f"已超期 {-left} {unit}{mark}"


def _day(day: date, today: date) -> str:
    year = "" if day.year == today.year else f"{day.year} 年 "
    return f" {year}{day.month} 月 {day.day} 日"


# --- the timeline ---------------------------------------------------------------------------


def _sender(document: Document, case: Case) -> str:
    sender = document["sender"]
    role = code_list("endpoint_role").label(sender["role"])
    name = (sender.get("body") or {}).get("name") or _party_name(case, sender["system"])
    if name is None and sender.get("place"):
        name = place_name(sender["place"]["code"])
    return f"{role}({name})" if name else role


def _party_name(case: Case, system: str) -> str | None:
    return next((party.name for party in case.parties if party.system == system), None)


def _label(value: Mapping[str, Any] | None) -> str:
    """Chinese name of a coded value; the sender's own word where no national code fits."""
    if not value:
        return "未说明"
    if value.get("code") is not None:
        return code_list(value["list"]).label(value["code"])
    return str((value.get("source") or {}).get("label") or "其他")


def _what(document: Document) -> str:
    kind, body = str(document["kind"]), document["body"]
    if say := _SAY.get(kind):
        return say(document, body)
    phase = body.get("phase")
    label = code_list("message_kind").label(kind)
    return f"{label}:{code_list('phase').label(phase)}" if phase else label


def _application(document: Document, body: Mapping[str, Any]) -> str:
    name = (document.get("item") or {}).get("name") or "事项"
    count = len(body.get("materials", ()))
    return f"提交申请:{name},材料 {count} 份"


def _pre_review(document: Document, body: Mapping[str, Any]) -> str:
    return "请求预审" if body["phase"] == "ASK" else f"预审答复:{_label(body.get('result'))}"


def _acceptance(document: Document, body: Mapping[str, Any]) -> str:
    said = _label(body["result"])
    return f"收件即{said}" if body.get("at_collection") else said


def _correction_request(document: Document, body: Mapping[str, Any]) -> str:
    round_ = f"(第 {body['round']} 轮)" if body.get("round") else ""
    return f"一次性告知补正 {len(body['gaps'])} 项{round_}"


def _correction(document: Document, body: Mapping[str, Any]) -> str:
    return f"补正 {len(body.get('answers', ()))} 项,材料 {len(body.get('materials', ()))} 份"


def _progress(document: Document, body: Mapping[str, Any]) -> str:
    said = str(body.get("step_name") or "过程环节")
    if body.get("part_outcome"):
        return f"{said}:本部分{_label(body['part_outcome'])}"
    return f"{said}:{_label(body['action'])}" if body.get("action") else said


def _special(document: Document, body: Mapping[str, Any]) -> str:
    name = body.get("name") or _label(body.get("type"))
    return f"特别程序{'开始' if body['phase'] == 'START' else '结束'}:{name}"


def _decision(document: Document, body: Mapping[str, Any]) -> str:
    said = f"办结:{_label(body['result'])}"
    return f"{said}(取代原决定)" if body.get("supersedes") else said


def _transfer(document: Document, body: Mapping[str, Any]) -> str:
    if body["transfer_kind"]["code"] == "RETURN":
        return f"退回收件地:{_label(body.get('reason_code'))}"
    to = body.get("to_place") or {}
    name = place_name(to["code"]) if to else None
    return f"转办至{name or to.get('code', '未指明的地点')}:{_label(body.get('reason_code'))}"


def _notification(document: Document, body: Mapping[str, Any]) -> str:
    told = "已告知" if body["succeeded"] else "未能告知"
    return f"{told}申请人:{_label(body['notice_kind'])}"


def _fee(document: Document, body: Mapping[str, Any]) -> str:
    return f"缴费单:{_label(body['fee'].get('state'))}"


def _delivery(document: Document, body: Mapping[str, Any]) -> str:
    delivery = body["delivery"]
    return f"结果送达:{_label(delivery.get('method'))},{_label(delivery.get('state'))}"


def _acknowledgement(document: Document, body: Mapping[str, Any]) -> str:
    return f"回执:{code_list('ack_status').label(body['status'])}"


def _withdrawal(document: Document, body: Mapping[str, Any]) -> str:
    return "撤回申请"


def _reminder(document: Document, body: Mapping[str, Any]) -> str:
    to = code_list("actor").label(body["to"])
    cause = body.get("cause")
    if cause is None:
        times = f"(第 {body['count']} 次)" if body.get("count") else ""
        return f"催办{to}{times}"
    clocks = [
        f"{code_list('clock_kind').label(one['kind'])}({one['due_on']})"
        for one in body.get("clocks", ())
    ]
    return f"提醒{to}:{'、'.join(clocks)}{code_list('reminder_cause').label(cause)}"


_SAY: dict[str, Callable[[Document, Mapping[str, Any]], str]] = {
    "application": _application,
    "pre_review": _pre_review,
    "acceptance": _acceptance,
    "correction_request": _correction_request,
    "correction": _correction,
    "progress": _progress,
    "special_procedure": _special,
    "decision": _decision,
    "transfer": _transfer,
    "notification": _notification,
    "fee": _fee,
    "delivery_of_result": _delivery,
    "acknowledgement": _acknowledgement,
    "withdrawal": _withdrawal,
    "reminder": _reminder,
}


__all__ = ["case_sentence", "timeline_entry"]
