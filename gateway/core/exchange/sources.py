"""
Where the value of every exchange column comes from; the fields carry the same column in `contracts`
(a test compares). Columns without a source, and why, stand here too.

A source is `document:path`; of several the first that has a value is taken. A path through a list
joins its values. `case:` names a value of the folded case.
"""

from __future__ import annotations

from collections.abc import Mapping

SOURCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "up_pro_accept": {
        "project_no": ("case:number",),
        "catalog_code": ("case:catalogue_code",),
        "local_catalog_code": ("application:item.local_catalogue_code",),
        "task_code": ("application:item.implementation_code",),
        "local_task_code": ("application:item.local_code",),
        "task_handle_item": ("application:item.handling_item",),
        "task_name": ("application:item.name",),
        "task_version": ("application:item.item_version",),
        "applyer_name": ("application:body.applicant.name",),
        "applyer_type": ("application:body.applicant.kind",),
        "applyer_page_type": ("application:body.applicant.id_type",),
        "applyer_page_code": (
            "application:body.applicant.id_number",
            "application:body.applicant.credit_code",
        ),
        "legal": ("application:body.applicant.legal_representative",),
        "contact_name": ("application:body.agent.person.name",),
        "contact_type": ("application:body.agent.person.id_type",),
        "contact_code": ("application:body.agent.person.id_number",),
        "contact_mobile": (
            "application:body.agent.person.phone",
            "application:body.applicant.phone",
        ),
        "zip_code": ("application:body.applicant.postcode",),
        "address": ("application:body.applicant.postal_address",),
        "apply_date": (
            "application:body.dates.application_time",
            "application:body.dates.application_date",
        ),
        "apply_type": ("application:body.apply_type",),
        "org_name": ("acceptance:body.body.name",),
        "org_code": ("acceptance:body.body.local_code", "acceptance:body.body.credit_code"),
        "handle_user_name": ("acceptance:operator.name",),
        "accept_date": ("acceptance:body.accepted_at",),
        "accept_doc_no": ("acceptance:body.document_no",),
        "project_name": ("application:body.summary",),
        "project_type": ("acceptance:body.case_type", "application:item.case_type"),
        "promise_date": ("acceptance:body.promised_on",),
    },
    "up_pro_process": {
        "project_no": ("case:number",),
        "process_name": ("progress:body.step_name",),
        "event_name": ("progress:body.action",),
        "handle_user_name": ("progress:operator.name",),
        "handle_explain": ("progress:body.opinion",),
        "event_start_time": ("progress:body.started_at", "progress:occurred_at"),
        # none on the way out: the start is repeated (national format v1)
        "event_end_time": (
            "progress:body.ended_at",
            "progress:body.started_at",
            "progress:occurred_at",
        ),
        "remark": ("progress:body.remark",),
    },
    "up_pro_special_procedure": {
        "project_no": ("case:number",),
        "special_type": ("start:body.type", "end:body.type"),
        "special_name": ("start:body.name", "end:body.name"),
        "special_time": ("start:body.started_at",),
        "special_reason": ("start:body.reason", "end:body.reason"),
        "applyer_user_name": ("start:body.requested_by", "end:body.requested_by"),
        "end_time": ("end:body.ended_at",),
        "result": ("end:body.result",),
        "special_explain": ("end:body.opinion", "start:body.opinion"),
        "handle_user": ("end:operator.name", "start:operator.name"),
        "remark": ("end:body.remark", "start:body.remark"),
    },
    "up_pro_result": {
        "project_no": ("case:number",),
        "handle_user_name": ("decision:operator.name",),
        "result_type": ("decision:body.result",),
        "result_date": ("decision:body.decided_at",),
        "result_explain": ("decision:body.reason",),
        "result_cetr_name": ("decision:body.licences.name",),
        "result_cetr_no": ("decision:body.licences.number",),
        "is_delivery_results": (
            "delivery:body.delivery.method",
            "decision:body.service.method",
            "application:body.delivery_wish.method",
        ),
        "satisfaction": ("evaluation:body.satisfaction",),
        "remark": ("decision:body.remark",),
    },
    "up_pro_material": {
        "project_no": ("case:number",),
        "material_name": ("material:name",),
        "material_attach_name": ("material:files.file_name",),
        "get_type": ("material:acquisition",),
        "get_num": ("material:count",),
        "remark": ("material:remark",),
    },
    "up_lic_data": {
        "certificate_name": ("licence:name",),
        "certificate_number": ("licence:number",),
        "certificate_source_id": ("licence:licence_id",),
        "certificate_type": ("licence:type_name",),
        "certificate_type_code": ("licence:type_code",),
        "certificate_holder": ("licence:holder_name",),
        "certificate_holder_code": ("licence:holder_code",),
        "certificate_area_code": ("licence:area.code",),
        "issue_dept": ("licence:issuer.name",),
        "issue_dept_code": ("licence:issuer.credit_code",),
        "issue_date": ("licence:issued_on",),
    },
}
"""Table -> column -> its sources."""

BY_FEED = frozenset({"row_guid", "cd_operation", "cd_time", "cd_batch", "data_source"})
"""Columns the feed itself fills."""

NO_SOURCE: Mapping[str, str] = {
    "up_lic_data.certificate_holder_type": "取值表未知,原值留在扩展中 values not known",
}
"""Columns of fed tables that have no counterpart in the national format, and why."""

NOT_FED: Mapping[str, str] = {
    "up_task_directory": "事项目录不属于办件;设定依据、行使层级、事项状态无对应字段",
    "up_task_general_basic": "实施清单不属于办件;多个必填列(权力来源、受理条件等)无对应字段",
    "up_task_general_extend": "同上:网办深度、快递、终端等必填列无对应字段",
    "up_task_general_material": "同上:材料必要性、排序等必填列无对应字段",
    "up_zone_organization": "机构表不属于办件;部门简称、排序等必填列无对应字段",
}
"""Tables that a case does not fill, and why."""

KNOWN_LISTS = frozenset(
    {
        "case_type",
        "certificate_type",
        "satisfaction_gbt39046",
        "service_object",
        "special_procedure_type",
    }
)
"""
Lists of a standard, whose codes are handed on as they are (the tables' own value lists are not
known [B]). Codes of our own lists need a row in the receiver's code table.
"""

YES_NO = frozenset({"up_pro_result.is_delivery_results"})
"""Columns that only ask whether it goes by post: POST is 1, all else 0 (national format v1)."""

__all__ = ["BY_FEED", "KNOWN_LISTS", "NOT_FED", "NO_SOURCE", "SOURCES", "YES_NO"]
