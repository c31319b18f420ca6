"""
The measures of a report and what each means: the one place they are defined, printed with it.

Counts add up: a total is the sum of its rows. A rate is a share of two counts, in per cent with one
decimal, and has no value where its base is 0. An average is the same, in working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    name: str
    label_zh: str
    meaning_zh: str
    meaning_en: str


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `base`, both counts; `complement` turns it into what is left of the base."""

    name: str
    label_zh: str
    part: str
    base: str
    meaning_zh: str
    meaning_en: str
    per_cent: bool = True
    complement: bool = False

    def of(self, counts: Mapping[str, int]) -> float | None:
        """Rounded half to even to one decimal, as Python rounds; None where nothing is measured."""
        base = counts.get(self.base, 0)
        if base == 0:
            return None
        part = base - counts.get(self.part, 0) if self.complement else counts.get(self.part, 0)
        return round((100 if self.per_cent else 1) * part / base, 1)


COUNTS: tuple[Count, ...] = (
    Count("received", "收件量", "期内网关收到申请的办件", "cases taken in within the period"),
    Count(
        "closed",
        "办结量",
        "期内收到办结报文(决定、不予受理、撤回)且全部必经部分已结束的办件;以下各项均以此为范围",
        "cases whose closing message came within the period; the base of what follows",
    ),
    Count(
        "on_time",
        "按时办结",
        "至报告日收件地与办理地无一时限超期",
        "no limit of either place was missed by the day of the report",
    ),
    Count("late_receiving", "收件地超期", "收件地有时限超期", "the receiving place missed a limit"),
    Count("late_handling", "办理地超期", "办理地有时限超期", "the handling place missed a limit"),
    Count("late_applicant", "申请人逾期", "申请人补正等逾期", "the applicant missed a limit"),
    Count("closed_approved", "准予", "结果为准予或部分准予", "approved, wholly or in part"),
    Count("closed_refused", "不予", "结果为不予", "refused"),
    Count("closed_not_accepted", "不予受理", "不予受理", "not accepted"),
    Count("closed_withdrawn", "撤回", "撤回", "withdrawn"),
    Count("closed_other", "其他结果", "终止、作废、补正逾期等", "ended, void, lapsed"),
    Count("returned", "退回或转办", "曾被退回或转办", "was returned or forwarded"),
    Count("corrected", "要求补正", "至少一次补正告知", "corrections were asked for"),
    Count("corrected_twice", "二次补正", "两次及以上补正告知", "asked for twice or more"),
    Count(
        "total_days",
        "总历时(工作日)",
        "申请日期次日至办结报文到达日的工作日,按办理地日历",
        "working days from application date to closing, calendar of the handling place",
    ),
    Count(
        "limited",
        "有办理时限",
        "末个已结束办理时限以工作日计的办件",
        "with a deciding limit in working days",
    ),
    Count("limit_days", "办理时限合计", "上述办件办理时限之和", "sum of those limits"),
    Count(
        "used_days",
        "办理用时合计(工作日)",
        "上述办件实际用时之和,扣除暂停",
        "working days used, without pauses",
    ),
    Count(
        "online", "网上申请", "申报来源为网上,或模式为全程网办", "applied online, or mode ONLINE"
    ),
    Count("wholly_online", "全程网办", "模式为全程网办", "mode ONLINE"),
    Count("materials", "材料数", "申请所列材料", "materials of the application"),
    Count(
        "materials_spared",
        "免交材料",
        "以电子证照、数据核验、告知承诺、沿用取得;容缺不算",
        "by licence, data check, commitment or carried over; owed does not count",
    ),
    Count("reviewed", "已评价", "至报告日有评价", "reviewed by the day of the report"),
    Count("badly_reviewed", "差评", "有不满意或非常不满意的评价", "a review dissatisfied or worse"),
    Count("followed_up", "差评已回访", "差评后有处理或回复", "handled or answered after it"),
    Count(
        "open",
        "在办",
        "期末前收到、至报告日未办结",
        "taken in before the period's end, not closed on the day of the report",
    ),
    Count(
        "open_overdue",
        "在办超期",
        "在办且有时限已过到期日",
        "open, with a limit past its due date",
    ),
)

SHARES: tuple[Share, ...] = (
    Share("on_time_rate", "按时办结率", "on_time", "closed", "按时办结/办结量", "on time"),
    Share("returned_rate", "退回率", "returned", "closed", "退回或转办/办结量", "returned"),
    Share(
        "corrected_twice_rate",
        "二次补正率",
        "corrected_twice",
        "closed",
        "二次补正/办结量",
        "asked twice",
    ),
    Share(
        "average_days",
        "平均办理用时",
        "used_days",
        "limited",
        "办理用时合计/有办理时限(工作日)",
        "working days used by the handling place, on average",
        per_cent=False,
    ),
    Share(
        "average_total_days",
        "平均总历时",
        "total_days",
        "closed",
        "总历时/办结量(工作日)",
        "working days from application to closing, on average",
        per_cent=False,
    ),
    Share("online_rate", "网上办理率", "online", "closed", "网上申请/办结量", "done online"),
    Share(
        "wholly_online_rate",
        "全程网办率",
        "wholly_online",
        "closed",
        "全程网办/办结量",
        "wholly online",
    ),
    Share("review_rate", "主动评价率", "reviewed", "closed", "已评价/办结量", "active evaluation"),
    Share(
        "follow_up_rate",
        "差评回访率",
        "followed_up",
        "badly_reviewed",
        "差评已回访/差评",
        "bad reviews followed up",
    ),
    Share(
        "materials_saved_rate",
        "材料减免率",
        "materials_spared",
        "materials",
        "免交材料/材料数",
        "materials saved",
    ),
    Share(
        "limit_saved_rate",
        "时限压缩率",
        "used_days",
        "limit_days",
        "(办理时限合计-办理用时合计)/办理时限合计;超期多于提前时为负",
        "share of the limits not used; negative where more was used than allowed",
        complement=True,
    ),
)
MEASURES: tuple[Count | Share, ...] = (*COUNTS, *SHARES)
NAMES = tuple(one.name for one in COUNTS)

__all__ = ["COUNTS", "MEASURES", "NAMES", "SHARES", "Count", "Share"]
