"""
The rules of the national format in words: stable id, Chinese, English.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.errors import Finding

PATH_LIMIT = 300

# rule -> (Chinese, English); {…} are limits of the format, never what was sent
WORDS: Mapping[str, tuple[str, str]] = {
    "bundle_number.shape": ("一件事编号格式不对", "Not a bundle number"),
    "case_number.shape": (
        "通办编号格式应为 TB-年月日-收件县区-序号-校验位",
        "A case number reads TB-YYYYMMDD-county-serial-check",
    ),
    "code.unknown": (
        "该代码决定办件走向,须为国家代码表所列:{expected}",
        "This code moves the case; it must be one of {expected}",
    ),
    "code.wrong_list": ("此处代码表应为 {expected}", "The code list here is {expected}"),
    "date.shape": ("日期格式应为 YYYY-MM-DD", "A date reads YYYY-MM-DD"),
    "date.impossible": ("没有这一天", "There is no such day"),
    "digest.shape": (
        "摘要应为 64 位小写十六进制 SHA-256",
        "A digest is SHA-256 in 64 lower-case hex digits",
    ),
    "extensions.too_large": ("扩展内容超过 64 KiB", "The extensions are over 64 KiB"),
    "field.empty": ("没有内容的字段请不要填", "Leave a field without content away"),
    "field.invalid": ("内容不符合该字段的要求", "Not what this field may hold"),
    "field.gateway_only": (
        "该字段由网关填写,报送方不得填写",
        "The gateway sets this field; a sender may not",
    ),
    "field.missing": ("缺少必填项", "A required field is missing"),
    "field.null": ("没有值的字段请省略,不要填 null", "Leave the field away instead of null"),
    "field.type": ("类型应为{expected_zh}", "The type must be {expected}"),
    "field.unknown": ("国家格式中没有这个字段", "The national format has no such field"),
    "kind.unknown": ("没有这种消息", "There is no such kind of message"),
    "list.too_short": ("至少需要 {min_length} 项", "At least {min_length} entries are needed"),
    "month.shape": ("月份格式应为 YYYY-MM", "A month reads YYYY-MM"),
    "number.fraction": (
        "须为整数;金额以分为单位",
        "Whole numbers only; money is in fen",
    ),
    "number.range": ("数值超出范围", "The number is out of range"),
    "place.six_digits": ("应为 6 位数字", "Six digits"),
    "place.twelve_digits": (
        "区划代码应为 12 位数字;只知县区的以 0 补足",
        "A place has 12 digits; pad a county with zeros",
    ),
    "text.control_character": (
        "文本含控制字符或此处不允许的换行",
        "The text holds a control character, or a line break where none may stand",
    ),
    "text.surrogate": (
        "文本含有不完整的字符(孤立代理项)",
        "The text holds half a character (a lone surrogate)",
    ),
    "text.too_long": ("超过 {max_length} 个字符", "Over {max_length} characters"),
    "time.shape": (
        "时间格式应为 2026-03-02T09:14:05+08:00,可带至多三位小数",
        "A time reads 2026-03-02T09:14:05+08:00, with at most three decimals",
    ),
    "trace_id.shape": ("跟踪标识应为 32 位小写十六进制", "A trace id is 32 lower-case hex digits"),
    "value.unknown": ("只能是 {expected} 之一", "It must be one of {expected}"),
    "version.unknown": ("格式版本应为 {expected}", "The format version is {expected}"),
    # conditions of format.md that no single field can tell
    "bundle.unknown_material": ("所用材料不在共用材料中", "Not among the shared materials"),
    "case_number.check": (
        "通办编号校验不符:可能抄错一位或相邻两位颠倒",
        "The case number is mistyped: its check character does not fit",
    ),
    "case_number.environment": (
        "测试与生产环境的编号不能混用:测试编号的序号以 T 开头",
        "Numbers do not cross environments: the serial of a test number begins with T",
    ),
    "case_number.missing": (
        "除申请、咨询、投诉和核验外,须填通办编号",
        "All but application, inquiry, complaint and verification name a case",
    ),
    "consent.expired": (
        "授权已过期,不得据此核验",
        "The consent has expired; no verification on it",
    ),
    "consent.missing": (
        "此项核验须有被核验人的有效授权",
        "This verification needs a consent that covers it and has not expired",
    ),
    "evaluation.satisfaction_missing": ("评价须有满意度", "A review needs a satisfaction"),
    "in_reply_to.missing": (
        "补正、答复和回执须指明所答复的消息",
        "A correction, an answer and an acknowledgement name the message they answer",
    ),
    "item.missing": ("申请须填事项", "An application names its item"),
    "item.unresolvable": (
        "事项须有基本编码、实施编码或原编码之一",
        "An item has a catalogue code, an implementation code or its source",
    ),
    "material.duplicate": ("材料标识在办件内须唯一", "A material id is unique in the case"),
    "part.circular": ("办理部分的先后次序成环", "The order of the parts is circular"),
    "part.duplicate": ("办理部分标识须唯一", "A part id is unique in the case"),
    "part.unknown_predecessor": ("前置部分不存在", "The part that should come before is unknown"),
    "party.credit_code_missing": (
        "组织须填统一社会信用代码",
        "An organisation needs its unified social credit code",
    ),
    "party.id_number_missing": ("自然人须填证件号码", "A person needs an identity number"),
    "place.county_mismatch": (
        "县级代码应为区划代码前六位",
        "The county is the first six digits of the place",
    ),
    "result.missing": ("答复须有结果", "An answer needs a result"),
    "reason.missing": (
        "不予受理或不予批准须说明理由,请补填理由后重发",
        "A refusal needs its reason",
    ),
    "special_procedure.end_missing": (
        "特别程序结束须填结束时间",
        "The end of a special procedure needs its time",
    ),
    "text.not_nfc": ("文本须为 Unicode NFC 形式", "Text must be in Unicode form NFC"),
    "verification.person_missing": ("核验请求须填被核验人", "The question names the person"),
}

NOTICES: Mapping[str, tuple[str, str]] = {
    "account.holder_not_beneficiary": (
        "开户人不是受益人;请改用受益人本人账户,或附监护人、代领人的说明",
        "The account belongs to somebody other than the beneficiary; use the beneficiary's own, or "
        "explain on what ground the holder receives it",
    ),
    "authority.expired": (
        "代理依据已过期;请补交有效的委托书、监护证明或村(居)委会证明,或由本人办理",
        "What the agent acts on has expired; bring a valid one, or let the applicant act",
    ),
    "authority.missing": (
        "代理人未附代理依据;请补交委托书、监护证明或村(居)委会证明",
        "The agent shows nothing to act on; bring an authorisation or proof of guardianship",
    ),
    "authority.not_yet": (
        "代理依据尚未生效;请核对生效日期,或由本人办理",
        "What the agent acts on is not yet in force; check its date, or let the applicant act",
    ),
    "authority.out_of_scope": (
        "代理授权范围不含本次办理({what});请补交包含该范围的授权,或由本人办理",
        "The authority does not cover this step ({what}); bring one that does, or let the "
        "applicant act",
    ),
    "minor.without_guardian": (
        "申请人未满十八周岁且无监护人代为申请;请由监护人办理并附监护证明,"
        "无监护人的由村(居)民委员会或民政部门代办",
        "The applicant is under eighteen and no guardian acts; let the guardian apply with proof "
        "of guardianship, or the village committee or civil affairs where there is none",
    ),
    "code.empty": (
        "编码值既无国家代码也无原值",
        "A coded value with neither code nor source says nothing",
    ),
    "code.ended": (
        "代码在取值日期已停用或尚未启用,已收下",
        "The code is not in force on the date it is read for; kept",
    ),
    "code.not_in_list": ("代码不在代码表中,已收下", "The code is not in its list; kept"),
    "commitment.not_chosen": (
        "告知承诺须由申请人自愿选择",
        "A commitment has to be the applicant's own choice",
    ),
    "consent.past": ("授权已过期", "The consent has expired"),
    "contact.telephone_only": (
        "听力、言语残疾人只留电话联系:请另留一种告知方式",
        "Telephone alone does not reach a person with a hearing or speech disability",
    ),
    "correction_request.repeated": (
        "第二次以上要求补正;补正事项应一次性告知",
        "Corrections are asked for again; all gaps should be told once",
    ),
    "entitlement.first_month_differs": (
        "起始月份与申请月份不同",
        "The first month is not that of the application",
    ),
    "field.expected": ("应填而未填", "Expected here, but not given"),
    "material.evidence_missing": (
        "材料按其取得方式应附:{what_zh}",
        "Obtained this way, the material should come with {what}",
    ),
    "notification.other_way": (
        "告知方式不是申请人选择的方式:请再按其选择的方式告知一次",
        "Not a way the applicant chose: tell them again by one of those",
    ),
    "notification.telephone_only": (
        "听力、言语残疾人不能只用电话告知:请再用短信、书面或平台消息告知一次",
        "The telephone does not reach a person with a hearing or speech disability: tell them in "
        "writing as well",
    ),
    "party.birth_month_differs": (
        "出生年月与身份证号码不一致,请核对",
        "The month of birth differs from the identity number",
    ),
    "party.sex_differs": (
        "性别与身份证号码不一致,请核对",
        "The sex differs from the identity number",
    ),
    "phone.shape": ("不像电话号码,请核对", "Does not look like a telephone number"),
    "transfer.application_date_differs": (
        "申请日期与办件不一致,以办件为准",
        "The application date differs from the case's, which stands",
    ),
}


def notice(rule: str, path: str, **details: object) -> Finding:
    """A finding of level warn in the words of `NOTICES`."""
    zh, en = NOTICES[rule]
    return Finding(
        rule=rule,
        level="warn",
        path=path[:PATH_LIMIT] or None,
        message=zh.format(**details),
        message_en=en.format(**details),
    )


def refuse(rule: str, path: str, **limits: object) -> Finding:
    """A finding of level reject in the words of `WORDS`."""
    zh, en = WORDS[rule]
    return Finding(
        rule=rule,
        level="reject",
        path=path[:PATH_LIMIT] or None,
        message=zh.format(**limits),
        message_en=en.format(**limits),
    )


__all__ = ["NOTICES", "PATH_LIMIT", "WORDS", "notice", "refuse"]
