"""
Who and where: places, bodies, endpoints, persons and organisations, numbers.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from contracts.coded import (
    AgentKindCode,
    AuthorityScopeCode,
    CertificateTypeCode,
    CodeSource,
    EthnicGroupCode,
    FamilyRelationCode,
    IdentityMethodCode,
    ImplementingBodyNatureCode,
    MaritalStatusCode,
    ServiceObjectCode,
    SexCode,
)
from contracts.fields import Opt, Some, Value, expected, optional, required
from contracts.recall import Recall
from contracts.scalars import (
    Day,
    Digits6,
    Digits12,
    IdNumber,
    Month,
    Text18,
    Text20,
    Text30,
    Text40,
    Text50,
    Text64,
    Text100,
    Text128,
    Text200,
    Text300,
    Text1000,
    Time,
)
from contracts.vocabulary import EndpointRole


class Place(Value):
    """地点 a place: 12 digits, padded with zeros where only the county is known."""

    code: Digits12 = required(
        "十二位区划代码",
        "county only: padded with zeros",
        ref="5.19 6.13 8.9 9.9",
        grade="by_use",
        leaf="plain",
    )
    county: Digits6 = required(
        "县级代码", "first six digits of code; looked up as of a date", grade="by_use", leaf="plain"
    )
    name: Opt[Text200] = optional("名称", rule="-", grade="by_use")
    source: Opt[CodeSource] = optional(
        "原值", "6, 9 or 12 digits as received", rule="-", grade="by_use"
    )

    @model_validator(mode="after")
    def _county_begins_code(self) -> Self:
        if self.code[:6] != self.county:
            raise PydanticCustomError("place.county_mismatch", "county is not part of code")
        return self


KnownPlace = Annotated[Place, Recall()]
"""A place as fields hold it."""


class Body(Value):
    """机构 a public body."""

    name: Opt[Text200] = expected("机构名称", ref="4.6 6.5 7.8", column="up_pro_accept.org_name")
    credit_code: Opt[Text18] = optional(
        "统一社会信用代码", "GB 32100", ref="4.7 6.6 7.9", leaf="plain"
    )
    local_code: Opt[Text64] = optional(
        "机构原编码", rule="-", column="up_pro_accept.org_code", leaf="plain"
    )
    nature: Opt[ImplementingBodyNatureCode] = optional(
        "机构性质", rule="-", ref="4.8", column="up_task_general_basic.dept_type"
    )
    place: Opt[KnownPlace] = optional("所在地", leaf="plain")
    phone: Opt[Text30] = optional(
        "咨询电话", "office, not private", rule="-", column="up_task_general_basic.link_way"
    )


KnownBody = Annotated[Body, Recall()]
"""A public body as fields hold it."""


class Endpoint(Value):
    """收发方 a system that sends or receives messages."""

    system: Text40 = required(
        "系统标识",
        "id of the connection; data_source of every table",
        column="up_pro_accept.data_source",
        leaf="plain",
    )
    province: Digits6 = required(
        "省级代码", "000000 = this gateway and national systems", leaf="plain"
    )
    role: EndpointRole = required("角色", leaf="plain")
    place: Opt[KnownPlace] = optional("地点", leaf="plain")
    body: Opt[KnownBody] = optional("机构", leaf="plain")


KnownEndpoint = Annotated[Endpoint, Recall()]
"""An endpoint as fields hold it."""


class Assertion(Value):
    """身份核验 somebody's identity was checked by the province's own means."""

    system: Text40 = required("核验系统", "the province's own identity system", leaf="plain")
    method: Opt[IdentityMethodCode] = optional("核验方式", leaf="plain")
    level: Opt[Text20] = optional("可信等级", "as issued", rule="-", leaf="plain")
    asserted_at: Opt[Time] = expected("核验时间")
    reference: Opt[Text128] = optional("核验流水号", rule="-", grade="general")


class Party(Value):
    """当事人 applicant, member of the household, agent or person to be verified."""

    kind: ServiceObjectCode = required(
        "申请人类型",
        "1 person, 2-6 organisation",
        ref="4.12",
        column="up_pro_accept.applyer_type",
        leaf="plain",
    )
    name: Text100 = required(
        "姓名或名称",
        ref="5.6",
        column="up_pro_accept.applyer_name",
        grade="general",
        leaf="commitment",
    )
    id_type: Opt[CertificateTypeCode] = optional(
        "证件类型",
        "with id_number",
        rule="R",
        ref="5.7",
        column="up_pro_accept.applyer_page_type",
        grade="general",
    )
    id_number: Opt[IdNumber] = optional(
        "证件号码",
        "a person needs it: missing = reject, wrong check or region = warn; x upper-cased",
        rule="R",
        ref="5.8",
        column="up_pro_accept.applyer_page_code",
        grade="sensitive",
        leaf="commitment",
    )
    credit_code: Opt[Text18] = optional(
        "统一社会信用代码",
        "an organisation needs it",
        rule="R",
        ref="5.8",
        column="up_pro_accept.applyer_page_code",
        leaf="commitment",
    )
    sex: Opt[SexCode] = optional("性别", form=True, grade="general")
    birth_month: Opt[Month] = optional(
        "出生年月", "compared with the number", form=True, grade="general"
    )
    ethnic_group: Opt[EthnicGroupCode] = optional(
        "民族", "only where the item's form asks", rule="-", grade="sensitive"
    )
    marital_status: Opt[MaritalStatusCode] = optional("婚姻状况", rule="-", grade="general")
    phone: Opt[Text30] = optional(
        "联系电话", ref="5.12", column="up_pro_accept.contact_mobile", grade="general"
    )
    household_place: Opt[KnownPlace] = optional(
        "户籍地",
        "reject only when routing needs it; leaf may show the handling county instead",
        rule="R",
        ref="5.19",
        grade="general",
    )
    household_address: Opt[Text300] = optional("户籍地址", form=True, grade="general")
    residence_place: Opt[KnownPlace] = optional("居住地", grade="general")
    residence_address: Opt[Text300] = optional("居住地址", form=True, grade="general")
    postal_address: Opt[Text1000] = optional(
        "通讯地址", rule="-", ref="5.14", column="up_pro_accept.address", grade="general"
    )
    postcode: Opt[Digits6] = optional(
        "邮政编码", ref="5.13", column="up_pro_accept.zip_code", grade="general"
    )
    legal_representative: Opt[Text100] = optional(
        "法定代表人", "organisation", ref="5.15", column="up_pro_accept.legal", grade="general"
    )
    identity_check: Opt[Assertion] = optional("身份核验", grade="general")


class Authority(Value):
    """委托或监护证明 on what an agent acts, and how far it reaches."""

    material_id: Opt[Text40] = optional("证明材料")
    scope: Opt[Some[AuthorityScopeCode]] = expected("授权范围", leaf="plain")
    valid_from: Opt[Day] = optional("生效日期", rule="-")
    valid_to: Opt[Day] = optional("截止日期", "past = warn")


class Agent(Value):
    """代理人 who acts for the applicant; absent when the applicant acts."""

    kind: Opt[AgentKindCode] = expected(
        "代理人类型", "self = no agent object", form=True, grade="general", leaf="commitment"
    )
    relation: Opt[FamilyRelationCode] = optional("与申请人关系", form=True, grade="general")
    relation_text: Opt[Text50] = optional("关系说明", "as written", rule="-", grade="general")
    person: Party = required(
        "代理人",
        "a mere contact person (联系人) is an agent of kind OTHER without authority",
        ref="5.9-5.12",
        column="up_pro_accept.contact_name up_pro_accept.contact_type "
        "up_pro_accept.contact_code up_pro_accept.contact_mobile",
        grade="sensitive",
        leaf="commitment",
    )
    authority: Opt[Authority] = optional("代理依据", leaf="commitment")


class Operator(Value):
    """经办人 who worked at the window or desk; the map to the person stays with the province."""

    operator_id: Text64 = required(
        "经办人标识", "pseudonym; the map stays with the province", leaf="plain"
    )
    name: Opt[Text100] = optional(
        "经办人姓名",
        rule="-",
        ref="6.7 7.4 7.21 8.2",
        column="up_pro_accept.handle_user_name up_pro_process.handle_user_name "
        "up_pro_special_procedure.handle_user up_pro_result.handle_user_name",
        grade="general",
    )
    window_id: Opt[Text64] = optional("窗口标识", leaf="plain")
    identity_check: Opt[Assertion] = optional("身份核验", grade="general")


class PartyNumber(Value):
    """一方编号 the number one system gave the case."""

    system: Text40 = required("系统标识", leaf="plain")
    number: Text100 = required("编号", grade="general", leaf="commitment")


class Numbers(Value):
    """各方编号 the numbers all parties know the case by; never query passwords."""

    receiving: Opt[Text50] = optional(
        "收件地编号",
        ref="5.1",
        column="up_pro_accept.project_no",
        grade="general",
        leaf="commitment",
        by="both",
    )
    handling: Opt[Text50] = optional(
        "办理地编号",
        ref="6.1 7.1 8.1 9.1",
        column="up_pro_process.project_no up_pro_special_procedure.project_no "
        "up_pro_result.project_no up_pro_material.project_no",
        grade="general",
        leaf="commitment",
        by="both",
    )
    national: Opt[Text50] = optional(
        "国家系统编号", rule="-", grade="general", leaf="commitment", by="both"
    )
    others: Opt[Some[PartyNumber]] = optional(
        "其他编号",
        "prefixed, reporting and local serial numbers; query passwords never",
        rule="-",
        ref="5.20",
        grade="general",
        leaf="commitment",
        by="both",
    )


__all__ = [
    "Agent",
    "Assertion",
    "Authority",
    "Body",
    "Endpoint",
    "KnownBody",
    "KnownEndpoint",
    "KnownPlace",
    "Numbers",
    "Operator",
    "Party",
    "PartyNumber",
    "Place",
]
