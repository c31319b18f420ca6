"""
What the applicant is told about a case, and by which way: where it stands, who has until when,
what there is to do, where to ask.

Words of everyday Chinese for the telephone, for text messages and for large print. Never a name,
a number, the item or the result of a person: a text message is read over shoulders. The case number
stands on the receipt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from contracts.calendar import SHIPPED, Calendars
from contracts.content_checks import HEARING_OR_SPEECH
from contracts.places import place_name
from gateway.core.case import ENDED, Case, Clock

SMS_PART = 70
"""Characters in one part of a text message in Chinese: 140 octets, two for each."""
HOTLINE = "12345"
"""政务服务便民热线 the number that answers everywhere."""

_STANDS = {
    "WAITING": "您的申请要等前一步办完再接着办",
    "COLLECTED": "您的申请材料已经收下，还没有送到办理地",
    "PRE_REVIEW": "工作人员正在提前看您的申请材料",
    "PUSHED": "您的申请已经送到办理地，还没有受理",
    "CORRECTION_REQUESTED": "您的申请还缺材料或有内容要改",
    "CORRECTED": "您补的材料已经送到办理地",
    "ACCEPTED": "您的申请已经受理，正在办理",
    "SUSPENDED": "您的申请正在走法律规定的另外程序，办理时间先不计算",
    "TRANSFERRED": "您的申请正在换一个地方办理，申请日期不变",
    "PASSED": "您的申请有一步已经办完",
    "NOT_PASSED": "您的申请有一步没有通过，还没有最后决定",
    "APPROVED": "您的申请已经办完，结果出来了",
    "REFUSED": "您的申请已经办完，结果出来了",
    "NOT_ACCEPTED": "您的申请没有被受理",
    "LAPSED": "您没有在期限内补材料，这件申请已经结束",
    "TERMINATED": "这件申请已经终止",
    "VOID": "这件申请已经作废",
    "WITHDRAWN": "您的申请已经撤回，这件申请结束了",
    "NOTIFIED": "结果已经告诉您，这件申请办完了",
}
_DUTY = {
    "PUSH": "把材料送到办理地",
    "ACCEPT": "决定受理不受理",
    "DECIDE": "作出决定",
    "PART": "办完这一步",
    "NOTIFY": "把结果告诉您",
    "CORRECTION": "补齐材料",
    "PRE_REVIEW": "看完材料并答复您",
    "OWED": "交上还没交的材料",
    "ANSWER": "答复您",
}
_CONTEST = "对结果不服，可以按决定书上写的办法申请复议或者起诉"
_TODO = {
    "CORRECTION_REQUESTED": "请照一次性告知单补齐",
    "REFUSED": _CONTEST,
    "NOT_ACCEPTED": "可以看不予受理的书面理由；不服的可以申请复议或者起诉",
    "LAPSED": "还想办的，可以重新申请",
    "WITHDRAWN": "还想办的，可以重新申请",
    "VOID": "还想办的，可以重新申请",
}
_OTHERS = {"SERVICE": "核验单位", "GATEWAY": "通办平台"}
_WRITTEN = ("SMS", "PLATFORM", "LETTER")
"""Ways that need no hearing, in the order they are offered (project convention)."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    One answer to the applicant in its sentences, each without its full stop; `until` and `todo` may
    hold several. `short_ask` is where to ask, in few words.
    """

    stands: str
    until: tuple[str, ...]
    todo: tuple[str, ...]
    ask: str
    short_ask: str

    @property
    def telephone(self) -> str:
        """To be read out as one piece."""
        return "。".join((self.stands, *self.until, *self.todo, self.ask)) + "。"

    @property
    def sms(self) -> tuple[str, ...]:
        """Parts of at most `SMS_PART` characters; a sentence is cut only where it is longer."""
        parts = [""]
        for sentence in (self.stands, *self.until, *self.todo, self.short_ask):
            rest = f"{sentence}。"
            if parts[-1] and len(parts[-1]) + len(rest) > SMS_PART:
                parts.append("")
            while len(rest) > SMS_PART:
                parts[-1], rest = rest[:SMS_PART], rest[SMS_PART:]
                parts.append("")
            parts[-1] += rest
        return tuple(part for part in parts if part)

    @property
    def large_print(self) -> tuple[tuple[str, str], ...]:
        """(heading, sentence) of every line of a page in large type."""
        lines = [("现在到哪一步", self.stands)]
        lines += [("最晚什么时候", one) for one in self.until]
        lines += [("您要做什么", one) for one in self.todo]
        lines.append(("到哪里问", self.ask))
        return tuple((heading, f"{text}。") for heading, text in lines)


def tell_applicant(case: Case, *, today: date, calendars: Calendars = SHIPPED) -> Told:
    """
    What a person says to the applicant about a case today.

    A date that lies in a year whose holidays are not announced is said to be 暂定. A limit that
    has passed is told as passed, whoever owns it.
    """
    clocks = _told_clocks(case)
    until = [_until(clock, case, today, calendars) for clock in clocks]
    if any(one.state == "PAUSED" and one.kind == "DECIDE" for one in case.clocks) and (
        case.status != "SUSPENDED"
    ):
        until.append("补材料这段时间不算在办理时间里")
    where = "网上申请平台" if case.mode == "ONLINE" else "收件窗口"
    place = None if case.mode == "ONLINE" else place_name(case.receiving_place)
    full = f"{where}（{place}）" if place else where
    return Told(
        stands=_stands(case),
        until=tuple(until),
        todo=_todo(case, clocks, where),
        ask=f"有不明白的，请问{full}，或者拨打 {HOTLINE}",
        short_ask=f"请问{where}或 {HOTLINE}",
    )


def ways_to_tell(preferred: Iterable[str], disability_categories: Collection[str]) -> list[str]:
    """
    Ways to tell a person something (codes of contact_method), the wished ones first and in order.

    Somebody who does not hear or speak is never left with the telephone alone: what can be read is
    added (domain guide, section 5). Without a wish a text message comes first (project convention).
    """
    ways = list(dict.fromkeys(preferred)) or ["SMS"]
    if _cannot_telephone(disability_categories) and set(ways) == {"TELEPHONE"}:
        return [*_WRITTEN, "TELEPHONE"]
    return ways


def way_finding(
    used: str, preferred: Collection[str], disability_categories: Collection[str]
) -> str | None:
    """
    The rule that a way of telling somebody breaks (a key of `contracts.words`), if it does.
    """
    if used == "TELEPHONE" and _cannot_telephone(disability_categories):
        return "notification.telephone_only"
    if preferred and used not in ways_to_tell(preferred, disability_categories):
        return "notification.other_way"
    return None


def _cannot_telephone(categories: Collection[str]) -> bool:
    return bool(HEARING_OR_SPEECH.intersection(categories))


# --- the sentences --------------------------------------------------------------------------


def _stands(case: Case) -> str:
    said = _STANDS[case.status]
    if case.status == "TRANSFERRED" and case.turn == "RECEIVING":
        said = "您的申请被退回收件的地方，正在重新确定由哪里办，申请日期不变"
    if case.status == "CORRECTION_REQUESTED" and case.corrections > 1:
        said = f"您的申请还要再补一次材料（第 {case.corrections} 次）"
    if len(case.parts) > 1 and case.status not in ENDED:
        done = sum(part.status in ENDED for part in case.parts)
        said += f"（一共 {len(case.parts)} 步，已办完 {done} 步）"
    return said


def _told_clocks(case: Case) -> list[Clock]:
    """The nearest limit of the others and the nearest of the applicant, earliest first."""
    running = sorted((c for c in case.clocks if c.state == "RUNNING"), key=lambda c: c.due_on)
    mine = next((one for one in running if one.owner == "APPLICANT"), None)
    theirs = next((one for one in running if one.owner != "APPLICANT"), None)
    return sorted((one for one in (mine, theirs) if one is not None), key=lambda c: c.due_on)


def _until(clock: Clock, case: Case, today: date, calendars: Calendars) -> str:
    year = "" if clock.due_on.year == today.year else f"{clock.due_on.year} 年 "
    day = f" {year}{clock.due_on.month} 月 {clock.due_on.day} 日"
    mark = "，日期是暂定的" if clock.provisional else ""
    duty = _DUTY[clock.kind]
    mine = clock.owner == "APPLICANT"
    who = "您" if mine else _who(clock.owner, case)
    if clock.due_on < today:
        late = f"已经过了 {_days(clock, today, calendars)}"
        return f"{who}本应在{day}前{duty}，{late}{mark}"
    if clock.due_on == today:
        return f"{'请您' if mine else who + '要'}在今天{duty}{mark}"
    left = f"还有 {_days(clock, today, calendars)}"
    return f"{'请您最晚' if mine else who + '最晚'}在{day}{duty}，{left}{mark}"


def _days(clock: Clock, today: date, calendars: Calendars) -> str:
    if clock.unit == "WORKING_DAY":
        return f"{abs(calendars.of(clock.region).between(today, clock.due_on))} 个工作日"
    return f"{abs((clock.due_on - today).days)} 天"


def _who(owner: str, case: Case) -> str:
    if owner == "RECEIVING":
        return "申请平台" if case.mode == "ONLINE" else "收件窗口"
    return _OTHERS.get(owner, "办理地")


def _todo(case: Case, clocks: list[Clock], where: str) -> tuple[str, ...]:
    said = []
    if case.status == "NOTIFIED" and "REFUSED" in case.decisions.values():
        said.append(_CONTEST)
    elif case.status in _TODO:
        said.append(_TODO[case.status])
    if case.turn == "APPLICANT" or any(one.owner == "APPLICANT" for one in clocks):
        said.append(f"材料交到{where}就行，不用到办理地去")
    if not said and case.status in ENDED:
        return () if case.status in ("NOTIFIED", "TERMINATED") else ("请等通知领取或查看结果",)
    return tuple(said) or ("您现在不用做什么，等通知就行",)


__all__ = ["SMS_PART", "Told", "tell_applicant", "way_finding", "ways_to_tell"]
