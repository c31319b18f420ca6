"""
What else people at a simulated place say around a case, one row per act: pre-review, special
procedures, fees, payments, service of the result, reviews, objections, questions, supervision,
paper on its way. Bodies of national messages; every text says 模拟.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.sandbox.acts import Body, local_date, moment

_BASIS = "模拟引用:无真实条款"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an act may speak of: the case as this place knows it, and what it was told last."""

    at: datetime
    number: str
    place: str
    body: Body | None
    application: Body
    said: Mapping[str, Body]
    """kind → the last body of that kind, heard or spoken here"""
    about: Mapping[str, str]
    """kind → message id of the last message heard of that kind"""

    @property
    def now(self) -> str:
        return moment(self.at)

    def later(self, days: int) -> str:
        return (local_date(self.at) + timedelta(days=days)).isoformat()


@dataclass(frozen=True, slots=True)
class Matter:
    """An act: which kind it sends, what it says, and to which kind heard before it replies."""

    kind: str
    says: Callable[[Scene], Body]
    replies_to: str | None = None


def _code(listed: str, code: str) -> dict[str, str]:
    return {"code": code, "list": listed}


def _by(scene: Scene) -> Body:
    return {"body": scene.body} if scene.body else {}


def _about(scene: Scene, kind: str) -> Body:
    known = scene.about.get(kind)
    return {"about": known} if known else {}


def _ask_pre_review(scene: Scene) -> Body:
    return {"phase": "ASK", "note": "模拟:请预审"}


def _pass_pre_review(scene: Scene) -> Body:
    passed = _code("pre_review_result", "PASSED")
    return {"phase": "ANSWER", "result": passed, "note": "模拟:材料齐全"}


def _complete_pre_review(scene: Scene) -> Body:
    return {
        "phase": "ANSWER",
        "result": _code("pre_review_result", "TO_COMPLETE"),
        "gaps": [
            {
                "gap_id": "p-1",
                "code": _code("gap_code", "UNREADABLE"),
                "what": "模拟:银行卡照片不清",
                "cure": "请重新拍摄",
            }
        ],
    }


def _start_special(scene: Scene) -> Body:
    return {
        "phase": "START",
        "type": _code("special_procedure_type", "2"),
        "name": "入户调查(模拟)",
        "started_at": scene.now,
        "reason": "模拟:家庭经济状况需入户核实",
        "legal_basis": _BASIS,
        "limit": 5,
        "unit": "WORKING_DAY",
        **_by(scene),
    }


def _end_special(scene: Scene) -> Body:
    begun = scene.said.get("special_procedure", {})
    return {
        **_start_special(scene),
        "phase": "END",
        "started_at": begun.get("started_at", scene.now),
        "ended_at": scene.now,
        "result": "模拟:与申报一致",
    }


def _fee(state: str) -> Callable[[Scene], Body]:
    def says(scene: Scene) -> Body:
        order: Body = {
            "order_no": f"MN-FEE-{scene.number[-5:]}",
            "amount_fen": 1000,
            "basis": _BASIS,
            "state": _code("fee_state", state),
        }
        if state == "PAID":
            order |= {"paid_at": scene.now, "receipt_no": f"MN-PJ-{scene.number[-5:]}"}
        return {"fee": order}

    return says


def _pay(scene: Scene) -> Body:
    benefits = scene.application.get("form", {}).get("values", {}).get("subsidy_kinds", [])
    month = local_date(scene.at).isoformat()[:7]
    return {
        "payments": [
            {
                "benefit": _code("subsidy_kind", one["code"]),
                "month": month,
                "amount_fen": 10000,
                "state": _code("payment_state", "PAID"),
                "paid_on": local_date(scene.at).isoformat(),
            }
            for one in benefits
        ],
        "batch_no": f"MN-{month.replace('-', '')}-01",
    }


def _post(state: str) -> Callable[[Scene], Body]:
    def says(scene: Scene) -> Body:
        delivery: Body = {
            "method": _code("delivery_method", "POST"),
            "recipient": "模拟收件人",
            "address": "模拟·模拟街道模拟社区 9 号",
            "carrier": "模拟邮政",
            "waybill": f"MN{scene.number[-5:]}",
            "state": _code("delivery_state", state),
            "sent_at": scene.now,
        }
        if state == "SIGNED":
            delivery |= {"signed_at": scene.now, "signed_by": "模拟收件人"}
        return {"delivery": delivery, **_decision(scene)}

    return says


def _hand_out(method: str) -> Callable[[Scene], Body]:
    """At a window or electronically: it has arrived the moment it is given."""

    def says(scene: Scene) -> Body:
        signed = _code("delivery_state", "SIGNED")
        delivery = {"method": _code("delivery_method", method), "state": signed}
        return {"delivery": {**delivery, "signed_at": scene.now}, **_decision(scene)}

    return says


def _decision(scene: Scene) -> Body:
    decided = scene.said.get("decision", {}).get("decision_id")
    return {"decision_id": decided} if decided else {}


def _refuse(scene: Scene) -> Body:
    """A refusal with its reason; where to object, the item says."""
    return {
        "decision_id": f"d-{scene.number[-5:]}-1",
        "result": _code("decision_result", "REFUSED"),
        "decided_at": scene.now,
        **_by(scene),
        "reason": "模拟:不符合条件",
    }


def _decide_anew(scene: Scene) -> Body:
    """The earlier decision was wrong: this one replaces it, with certificate and proof."""
    earlier = scene.said.get("decision", {}).get("decision_id")
    return {
        "decision_id": f"d-{scene.number[-5:]}-2",
        "result": _code("decision_result", "APPROVED"),
        "decided_at": scene.now,
        **_by(scene),
        "reason": "模拟:复核后更正",
        "licences": [{"name": "模拟·补贴资格证明", "number": f"MN-ZZ-{scene.number[-5:]}"}],
        **({"supersedes": earlier} if earlier else {}),
        "supersede_reason": _code("supersede_reason", "CORRECTION"),
        "service": {
            "method": _code("delivery_method", "WINDOW"),
            "state": _code("delivery_state", "SIGNED"),
            "signed_at": scene.now,
            "signed_by": "模拟收件人",
        },
    }


def _change(change: str, reason: str, text: str) -> Callable[[Scene], Body]:
    def says(scene: Scene) -> Body:
        body: Body = {
            "change": _code("entitlement_change_kind", change),
            "effective_month": scene.later(31)[:7],
            "reason_code": _code("entitlement_reason", reason),
            "reason": f"模拟:{text}",
            **_by(scene),
        }
        if change in ("STOPPED", "RECOVERY"):
            body["remedies"] = [
                {
                    "kind": _code("remedy_kind", "RECONSIDERATION"),
                    "body_name": "模拟·人民政府",
                    "limit": 60,
                    "unit": "CALENDAR_DAY",
                }
            ]
        return body | ({"recover_fen": 10000} if change == "RECOVERY" else {})

    return says


def _review(scene: Scene) -> Body:
    return {
        "phase": "REVIEW",
        "satisfaction": _code("satisfaction_gbt39046", "4"),
        "channel": "窗口评价器(模拟)",
        "evaluated_at": scene.now,
        "times": 1,
        "text": "模拟:等得太久",
        "target": "HANDLING",
    }


def _review_step(phase: str, outcome: str) -> Callable[[Scene], Body]:
    return lambda scene: {"phase": phase, "evaluated_at": scene.now, "outcome": f"模拟:{outcome}"}


def _ask(text: str, **more: Any) -> Callable[[Scene], Body]:
    return lambda scene: {"phase": "ASK", "text": f"模拟:{text}", **more}


def _answer(text: str, **more: Any) -> Callable[[Scene], Body]:
    return lambda scene: {"phase": "ANSWER", "answer": f"模拟:{text}", **more}


def _object(scene: Scene) -> Body:
    return {
        **_about(scene, "decision"),
        "phase": "ASK",
        "path": "/body/entitlements/0/amount_fen",
        "text": "模拟:金额与告知标准不同",
    }


def _complain(scene: Scene) -> Body:
    return {
        "phase": "ASK",
        "complaint_kind": _code("complaint_kind", "CANNOT_GET_DONE"),
        "text": "模拟:超过承诺日期仍未办结",
        "wanted": "模拟:请说明原因",
    }


def _remind(scene: Scene) -> Body:
    return {"clock_kind": "DECIDE", "to": "HANDLING", "count": 1, "text": "模拟:即将到期"}


def _find(scene: Scene) -> Body:
    return {
        **_about(scene, "application"),
        "phase": "ASK",
        "issues": [
            {
                "rule": "field.expected",
                "level": "warn",
                "path": "/body/applicant/postcode",
                "message": "模拟:未填邮政编码",
            }
        ],
        "wanted": "模拟:请补充",
    }


def _answer_finding(scene: Scene) -> Body:
    heard = scene.said.get("finding", {})
    issues = heard.get("issues") or _find(scene)["issues"]
    return {"phase": "ANSWER", "issues": issues, "answer": "模拟:已在源系统更正"}


def _supervise(direction: str) -> Callable[[Scene], Body]:
    def says(scene: Scene) -> Body:
        return {
            "phase": "ASK",
            "direction": _code("supervision_direction", direction),
            "authority": {"name": "模拟·补贴监管机构"},
            "subject": "补贴审定结果推送(模拟)",
            "facts": [
                {"name": "decision.result", "value": "APPROVED"},
                {"name": "decision.from_month", "value": "2026-03"},
            ],
            "legal_basis": _BASIS,
            "due_on": scene.later(30),
        }

    return says


def _answer_supervision(scene: Scene) -> Body:
    asked = scene.said.get("supervision", {})
    direction = asked.get("direction", {}).get("code", "TO_SUPERVISION")
    return {
        **_supervise(direction)(scene),
        "phase": "ANSWER",
        "result": "模拟:已纳入抽查,未发现问题",
    }


def _hand_over(event: str) -> Callable[[Scene], Body]:
    def says(scene: Scene) -> Body:
        begun = scene.said.get("handover", {})
        code = begun.get("handover_code") or f"MN-LZ-{scene.number[-5:]}"
        materials = scene.application.get("materials") or []
        return {
            "handover_code": code,
            "event": _code("handover_event", event),
            **({"material_ids": [materials[-1]["material_id"]]} if materials else {}),
            "condition": "完好,共 1 件(模拟)",
            "happened_at": scene.now,
        }

    return says


def _verify(scene: Scene) -> Body:
    applicant = scene.application["applicant"]
    names = ("kind", "name", "id_type", "id_number")
    return {
        "phase": "ASK",
        "subject": _code("verification_subject", "HOUSEHOLD"),
        "legal_basis": _BASIS,
        "purpose": "补贴资格核验(模拟)",
        "person": {name: applicant[name] for name in names if name in applicant},
    }


def _verified(scene: Scene) -> Body:
    return {
        "phase": "ANSWER",
        "subject": _code("verification_subject", "HOUSEHOLD"),
        "legal_basis": _BASIS,
        "purpose": "补贴资格核验(模拟)",
        "result": _code("verification_result", "CONFIRMED"),
        "facts": [{"name": "household.registered", "value": True}],
        "answered_at": scene.now,
    }


MATTERS: Mapping[str, Matter] = {
    "ask_pre_review": Matter("pre_review", _ask_pre_review),
    "pass_pre_review": Matter("pre_review", _pass_pre_review, "pre_review"),
    "complete_pre_review": Matter("pre_review", _complete_pre_review, "pre_review"),
    "start_special_procedure": Matter("special_procedure", _start_special),
    "end_special_procedure": Matter("special_procedure", _end_special),
    "order_fee": Matter("fee", _fee("ORDERED")),
    "receive_fee": Matter("fee", _fee("PAID")),
    "refuse": Matter("decision", _refuse),
    "decide_anew": Matter("decision", _decide_anew),
    "pay_benefit": Matter("benefit_payment", _pay),
    "post_result": Matter("delivery_of_result", _post("SENT")),
    "result_signed": Matter("delivery_of_result", _post("SIGNED")),
    "result_returned": Matter("delivery_of_result", _post("RETURNED")),
    "hand_out_result": Matter("delivery_of_result", _hand_out("WINDOW")),
    "send_result_online": Matter("delivery_of_result", _hand_out("ELECTRONIC")),
    "recertify": Matter(
        "entitlement_change", _change("RECERTIFIED", "CONFIRMED", "年度复核通过,凭生存认证")
    ),
    "stop_benefit": Matter("entitlement_change", _change("STOPPED", "MOVED", "户籍迁出,次月停发")),
    "resume_benefit": Matter("entitlement_change", _change("RESUMED", "CONFIRMED", "复核后续发")),
    "recover_benefit": Matter("entitlement_change", _change("RECOVERY", "ERROR", "多发一个月")),
    "evaluate": Matter("evaluation", _review),
    "handle_evaluation": Matter("evaluation", _review_step("HANDLING", "已核实"), "evaluation"),
    "reply_evaluation": Matter("evaluation", _review_step("REPLY", "已致歉并改进"), "evaluation"),
    "object": Matter("objection", _object),
    "answer_objection": Matter(
        "objection",
        _answer("按当地现行标准核定", result=_code("objection_result", "DISMISSED")),
        "objection",
    ),
    "inquire": Matter("inquiry", _ask("可否由母亲代为申请?")),
    "answer_inquiry": Matter("inquiry", _answer("可以,请带户口簿"), "inquiry"),
    "complain": Matter("complaint", _complain),
    "answer_complaint": Matter("complaint", _answer("已加急办理"), "complaint"),
    "remind": Matter("reminder", _remind),
    "report_finding": Matter("finding", _find),
    "answer_finding": Matter("finding", _answer_finding, "finding"),
    "push_supervision": Matter("supervision", _supervise("TO_SUPERVISION")),
    "push_approval": Matter("supervision", _supervise("TO_APPROVAL")),
    "answer_supervision": Matter("supervision", _answer_supervision, "supervision"),
    "hand_over": Matter("handover", _hand_over("DISPATCHED")),
    "sign_handover": Matter("handover", _hand_over("SIGNED")),
    "verify": Matter("verification", _verify),
    "answer_verification": Matter("verification", _verified, "verification"),
}
"""Name of the act → what it sends."""

__all__ = ["MATTERS", "Matter", "Scene"]
