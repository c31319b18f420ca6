"""
Materials: documents of a case, how they were obtained, and who consented or signed.
"""

from __future__ import annotations

from contracts.coded import (
    Code,
    CommitmentCheckCode,
    LicenceStatusCode,
    MaterialAcquisitionCode,
    OriginalHolderCode,
    TrustLevelCode,
    VerificationSubjectCode,
)
from contracts.fields import Opt, Some, Value, expected, optional, required
from contracts.parties import KnownBody, KnownPlace
from contracts.scalars import (
    Day,
    Flag,
    IdNumber,
    Sha256,
    Text40,
    Text50,
    Text64,
    Text80,
    Text100,
    Text128,
    Text200,
    Text256,
    Text300,
    Text500,
    Text512,
    Text1000,
    Text8000,
    Time,
    Whole,
)
from contracts.vocabulary import SignatureKind


class File(Value):
    """附件 bytes staged before the message, named by their digest."""

    digest: Sha256 = required(
        "内容摘要",
        "unknown digest = reject; salted in leaves, because plain digests can be guessed",
        grade="sensitive",
    )
    media_type: Opt[Text100] = expected("媒体类型")
    size: Opt[Whole] = expected("字节数")
    file_name: Opt[Text200] = optional(
        "附件名称",
        rule="-",
        ref="5.26",
        column="up_pro_material.material_attach_name",
        grade="general",
    )
    page: Opt[Whole] = optional("页序", rule="-")


class Licence(Value):
    """证照 a licence or certificate: handed in as a material, or the result of a decision."""

    name: Opt[Text512] = expected(
        "证照名称",
        ref="8.4",
        column="up_pro_result.result_cetr_name up_lic_data.certificate_name",
        grade="general",
    )
    number: Opt[Text128] = optional(
        "证照编号",
        ref="8.5",
        column="up_pro_result.result_cetr_no up_lic_data.certificate_number",
        grade="sensitive",
        leaf="commitment",
    )
    licence_id: Opt[Text128] = optional(
        "电子证照标识",
        "1.2.156.3005.2…, MOD 37,36",
        column="up_lic_data.certificate_source_id",
        grade="sensitive",
        leaf="commitment",
    )
    type_code: Opt[Text64] = optional(
        "证照类型代码", rule="-", column="up_lic_data.certificate_type_code"
    )
    type_name: Opt[Text256] = optional(
        "证照类型名称", rule="-", column="up_lic_data.certificate_type"
    )
    area: Opt[KnownPlace] = optional(
        "所属管辖地", rule="-", column="up_lic_data.certificate_area_code"
    )
    holder_name: Opt[Text256] = optional(
        "持证主体", column="up_lic_data.certificate_holder", grade="general"
    )
    holder_code: Opt[Text256] = optional(
        "持证主体代码",
        "its type: certificate_holder_type, carried in extensions until its values are known",
        column="up_lic_data.certificate_holder_code",
        grade="sensitive",
    )
    issuer: Opt[KnownBody] = optional(
        "颁发机构", ref="8.8", column="up_lic_data.issue_dept up_lic_data.issue_dept_code"
    )
    issued_on: Opt[Day] = optional(
        "颁发日期", rule="-", column="up_lic_data.issue_date", grade="general"
    )
    valid_to: Opt[Day] = optional("有效期至", ref="8.7", grade="general")
    status: Opt[LicenceStatusCode] = optional(
        "证照状态", "a moved household may freeze it", grade="general"
    )
    file: Opt[File] = optional("证照文件", rule="-", grade="sensitive")


class Owed(Value):
    """容缺 a material that may follow later."""

    due_on: Opt[Day] = expected("补交期限", leaf="plain")
    list_basis: Opt[Text256] = expected("容缺清单依据", "must be on the item's list")
    consequence: Opt[Text500] = optional("逾期后果", rule="-")


class Commitment(Value):
    """告知承诺 a written commitment chosen by the applicant in place of a proof."""

    text_version: Opt[Text50] = expected("承诺书版本", leaf="plain")
    legal_consequence: Opt[Text1000] = expected("法律后果")
    chosen_by_applicant: Opt[Flag] = expected("申请人自愿选择", "must be true", leaf="plain")
    signed_by: Opt[Text100] = expected("承诺人", grade="general", leaf="commitment")
    signed_at: Opt[Time] = expected("承诺时间")
    check_method: Opt[Text500] = expected("后续核查方式")
    check_due_on: Opt[Day] = optional("核查期限", rule="-")
    check_result: Opt[CommitmentCheckCode] = optional(
        "核查结果",
        "FALSE opens a finding to the decider",
        rule="-",
        grade="general",
        leaf="commitment",
    )


class Material(Value):
    """材料 a document of the case."""

    material_id: Text40 = required("材料标识", "unique in the case", leaf="plain")
    code: Opt[Code] = expected("材料代码", "list of the item", grade="general")
    name: Opt[Text200] = expected(
        "材料名称",
        "hidden when sensitive_title",
        ref="4.14 5.21",
        column="up_pro_material.material_name",
        grade="general",
    )
    acquisition: Opt[MaterialAcquisitionCode] = expected(
        "取得方式", ref="5.23", column="up_pro_material.get_type", leaf="plain"
    )
    received: Opt[Flag] = optional("是否收取", rule="-", ref="5.22")
    count: Opt[Whole] = optional("收取数量", rule="-", ref="5.24", column="up_pro_material.get_num")
    received_at: Opt[Time] = optional("收取时间", rule="-", ref="5.25")
    files: Opt[Some[File]] = optional("附件", rule="R", ref="5.26", grade="sensitive")
    trust_level: Opt[TrustLevelCode] = optional("可信程度", leaf="plain")
    original_holder: Opt[OriginalHolderCode] = optional("原件保管方", leaf="plain")
    sensitive_title: Opt[Flag] = expected(
        "标题敏感", "true: never on notices, lists, webhooks, codes"
    )
    licence: Opt[Licence] = optional("电子证照", rule="-", grade="sensitive", leaf="commitment")
    verification_id: Opt[Text64] = optional(
        "核验消息", "evidence of DATA_CHECK", rule="-", leaf="plain"
    )
    carried_from: Opt[Text80] = optional("沿用自", "case number or step", rule="-", leaf="plain")
    owed: Opt[Owed] = optional("容缺", "with OWED", leaf="plain")
    commitment: Opt[Commitment] = optional(
        "告知承诺", "with COMMITMENT", grade="general", leaf="plain"
    )
    remark: Opt[Text1000] = optional(
        "备注", rule="-", column="up_pro_material.remark", grade="general"
    )


class Signature(Value):
    """签名签章 a signature over a part of the message."""

    kind: Opt[SignatureKind] = expected("签名种类", leaf="plain")
    signer: Opt[Text100] = optional("签名人", rule="-", grade="general")
    signed_at: Opt[Time] = expected("签名时间")
    key_id: Opt[Text128] = optional("密钥标识", leaf="plain")
    algorithm: Opt[Text40] = optional(
        "算法", "bound to key_id, never trusted from here", leaf="plain"
    )
    covers: Opt[Text300] = expected("签名范围", "JSON pointer or material_id")
    value: Opt[Text8000] = optional("签名值", grade="general")


class Consent(Value):
    """授权同意 one person's authorisation of a verification, with scope and expiry."""

    consent_id: Text40 = required("授权标识", leaf="plain")
    person_name: Opt[Text100] = expected(
        "授权人", "one consent per person", grade="general", leaf="commitment"
    )
    person_id_number: Opt[IdNumber] = optional(
        "授权人证件号码", grade="sensitive", leaf="commitment"
    )
    subject: Some[VerificationSubjectCode] = required("核验内容", leaf="plain")
    scope: Opt[Text500] = expected("授权范围", grade="general")
    granted_at: Time = required("授权时间", leaf="plain")
    expires_on: Day = required(
        "有效期至", "expired = verification refused and recorded", leaf="plain"
    )
    material_id: Opt[Text40] = optional("授权书", "核对授权书")


__all__ = ["Commitment", "Consent", "File", "Licence", "Material", "Owed", "Signature"]
