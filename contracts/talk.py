"""
What the sides tell each other about a case: gaps, corrections, facts, findings.
"""

from __future__ import annotations

from contracts.coded import GapCodeCode
from contracts.fields import Opt, Some, Value, expected, optional, required
from contracts.scalars import (
    Day,
    JsonValue,
    Para500,
    Sha256,
    Text40,
    Text60,
    Text100,
    Text300,
    Text500,
)
from contracts.vocabulary import FindingLevel


class Gap(Value):
    """补正事项 one thing that is missing or wrong, and its cure."""

    gap_id: Text40 = required("事项标识", leaf="plain")
    code: Opt[GapCodeCode] = optional("缺项代码", leaf="plain")
    material_id: Opt[Text40] = optional("涉及材料", rule="-")
    path: Opt[Text300] = optional("涉及字段", "national path", rule="-")
    what: Para500 = required("缺什么", "words for the applicant", grade="general")
    cure: Opt[Para500] = expected("怎么补", grade="general")


class FieldChange(Value):
    """字段更正 a new value for one field of the application."""

    path: Text300 = required("字段", "national path")
    value: JsonValue = required("新值", "typed as that field", grade="sensitive")


class GapAnswer(Value):
    """补正答复 the answer to one gap."""

    gap_id: Text40 = required("事项标识", "unknown = warn", leaf="plain")
    material_ids: Opt[Some[Text40]] = optional("补交材料", rule="-")
    changes: Opt[Some[FieldChange]] = optional("补正内容", rule="-", grade="sensitive")
    note: Opt[Para500] = optional("说明", rule="-", grade="general")


class Fact(Value):
    """核验事实 a named fact of a verification or supervision."""

    name: Text100 = required("事实", "e.g. certificate.status")
    value: JsonValue = required("值", grade="sensitive", leaf="commitment")
    as_of: Opt[Day] = optional("数据时点")


class Issue(Value):
    """问题 a finding as it travels in a message; no personal data."""

    rule: Text40 = required("规则编号", "stable id", leaf="plain")
    level: FindingLevel = required("级别", leaf="plain")
    path: Opt[Text300] = optional("字段", "no values in it", rule="-", leaf="plain")
    message: Text500 = required("说明", "codes, positions and digests, no personal data")


class MappingUse(Value):
    """映射来源 with which mapping the message was read."""

    package: Text100 = required("映射包", "province@version", leaf="plain", by="gateway")
    package_digest: Sha256 = required("包摘要", leaf="plain", by="gateway")
    codec: Opt[Text60] = optional(
        "解码方式", "charset and the rule that fired", rule="-", leaf="plain", by="gateway"
    )
    raw_digest: Sha256 = required(
        "原文摘要", "leaf holds its own salted digest", grade="sensitive", by="gateway"
    )


__all__ = ["Fact", "FieldChange", "Gap", "GapAnswer", "Issue", "MappingUse"]
