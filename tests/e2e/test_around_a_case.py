"""
Everything two provinces say about a case beside deciding it, told as it happens, over real sockets.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

import contracts
from gateway.sandbox.play import wait_for
from gateway.sandbox.stage import Stage
from gateway.world import RealClock, RealIds
from tests.e2e.cast import Pair, text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("processes"),
]

EXAMPLES = Path(contracts.__file__).parent / "examples" / "v1" / "valid"
HUANGPU = {"household_place": "310101990000", "household_address": "模拟·模拟街道 1 号"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("around")
    stage = Stage(folder, ("310000", "510000", "530000"), RealClock(), RealIds())
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()


async def test_a_shanghai_window_and_guangan_talk_a_case_through_to_its_end(stage: Stage) -> None:
    one = Pair(stage, window="310000", handler="510000")
    await one.hand_in()

    # The window asks Guang'an to look first; somebody there does, and says it is complete.
    asked = await one.window_says("ask_pre_review", "pre_review")
    assert (asked["biz_type"], asked["phase"]) == ("05", "1")
    assert (await one.case())["status"] == "PRE_REVIEW"
    passed = await one.handler_says("pass_pre_review", "pre_review")
    assert (passed["phase"], passed["preReviewResult"]) == ("answer", "passed")
    case = await one.case()
    assert (case["status"], case["turn"]) == ("PUSHED", "HANDLING")
    assert [clock["state"] for clock in case["clocks"] if clock["kind"] == "PRE_REVIEW"] == ["MET"]

    # Accepted. A visit at home stops the clock and starts it again.
    await one.handler_says("accept", "acceptance")
    started = await one.handler_says("start_special_procedure", "special_procedure")
    assert (started["phase"], started["specialType"], started["limit"]) == ("start", "special", 5)
    case = await one.case()
    assert case["status"] == "SUSPENDED"
    assert _clock(case, "DECIDE") == "PAUSED"
    ended = await one.handler_says("end_special_procedure", "special_procedure")
    assert ended["phase"] == "end"
    assert ended["startTime"] == started["startTime"]
    case = await one.case()
    assert (case["status"], _clock(case, "DECIDE")) == ("ACCEPTED", "RUNNING")

    # A fee is ordered and paid: yuan there, fen here.
    ordered = await one.handler_says("order_fee", "fee")
    assert (ordered["amountFen"], ordered["feeState"]) == (1000, "ordered")
    paid = await one.handler_says("receive_fee", "fee")
    assert (paid["feeState"], paid["orderNo"]) == ("paid", ordered["orderNo"])
    assert paid["receiptNo"].startswith("MN-PJ-")

    # Two pieces of paper go by post under one code, and are signed for.
    sent = await one.window_says("hand_over", "handover")
    signed = await one.handler_says("sign_handover", "handover")
    assert (sent["handover_event"], signed["event"]) == ("01", "signed")
    assert signed["handoverCode"] == sent["handover_code"]

    # Reminded, asked, answered.
    assert (await one.window_says("remind", "reminder"))["remind_to"] == "2"
    question = await one.window_says("inquire", "inquiry")
    answer = await one.handler_says("answer_inquiry", "inquiry")
    assert (question["phase"], answer["phase"]) == ("1", "answer")

    # Guang'an found something wrong with the data; Shanghai mends it where it came from.
    wrong = await one.handler_says("report_finding", "finding")
    assert wrong["issues"][0]["level"] == "warn"
    mended = await one.window_says("answer_finding", "finding")
    assert mended["answer_no"] == wrong["messageNo"]

    # Decided, told, paid, sent; the parcel comes back once and is signed for the second time.
    await one.handler_says("decide", "decision")
    await one.window_says("notify", "notification")
    money = await one.handler_says("pay_benefit", "benefit_payment")
    assert {row["payState"] for row in money["payments"]} == {"paid"}
    posted = await one.handler_says("post_result", "delivery_of_result")
    assert (posted["deliveryWay"], posted["deliveryState"]) == ("post", "sent")
    back = await one.handler_says("result_returned", "delivery_of_result")
    assert back["deliveryState"] == "returned"
    handed = await one.window_says("hand_out_result", "delivery_of_result")
    assert (handed["is_delivery_results"], handed["delivery_state"]) == ("02", "03")

    # The applicant is only half content. Shanghai's best mark is 5, the national best is 1.
    review = await one.window_says("evaluate", "evaluation")
    assert (review["phase"], review["satisfaction"], review["target"]) == ("1", "4", "2")
    shanghai = (await _sent(one, "evaluation"))[0]
    assert shanghai["satisfaction"] == "2"
    await one.handler_says("handle_evaluation", "evaluation")
    reply = await one.handler_says("reply_evaluation", "evaluation")
    assert (reply["phase"], reply["answerTo"]) == ("reply", shanghai["serialNo"])

    # An objection and a complaint, each with its clock and its answer.
    await one.window_says("object", "objection")
    await one.window_says("complain", "complaint")
    assert _running(await one.case(), "ANSWER") == 1
    dismissed = await one.handler_says("answer_objection", "objection")
    assert dismissed["objectionResult"] == "dismissed"
    assert _running(await one.case(), "ANSWER") == 1
    await one.handler_says("answer_complaint", "complaint")
    assert _running(await one.case(), "ANSWER") == 0

    # A year on: still alive, so it goes on; then moved away, so it ends and a month is asked back.
    for act, code in (
        ("recertify", "recertified"),
        ("stop_benefit", "stopped"),
        ("resume_benefit", "resumed"),
        ("recover_benefit", "recovery"),
    ):
        changed = await one.handler_says(act, "entitlement_change")
        assert changed["changeType"] == code
    assert changed["recoverFen"] == 10000

    asked = await one.window_says("verify", "verification")
    assert asked["verify_subject"] != "HOUSEHOLD"
    confirmed = await one.handler_says("answer_verification", "verification")
    assert confirmed["verifyResult"] == "confirmed"

    case = await one.case()
    assert (case["status"], case["not_applied"]) == ("NOTIFIED", [])
    assert {row["state"] for row in case["deliveries"]} == {"delivered"}


async def test_a_yunnan_window_fetches_what_shanghai_says(stage: Stage) -> None:
    one = Pair(stage, window="530303-window", handler="310000")
    await one.hand_in(**HUANGPU)

    assert (await one.window_says("ask_pre_review", "pre_review"))["messageType"] == "PRE_REVIEW"
    gaps = await one.handler_says("complete_pre_review", "pre_review")
    assert (gaps["YSJG"], gaps["BZSX"][0]["SXBS"]) == ("需补充", "p-1")
    assert (await one.case())["turn"] == "RECEIVING"
    await one.handler_says("accept", "acceptance")
    assert (await one.handler_says("start_special_procedure", "special_procedure"))["JD"] == "启动"
    assert (await one.handler_says("end_special_procedure", "special_procedure"))["JD"] == "结束"
    assert (await one.handler_says("order_fee", "fee"))["JE"] == "10.00"
    assert (await one.window_says("hand_over", "handover"))["event"] == "dispatched"
    assert (await one.handler_says("sign_handover", "handover"))["LZDZ"] == "签收"
    await one.handler_says("decide", "decision")
    await one.window_says("notify", "notification")
    assert (await one.handler_says("post_result", "delivery_of_result"))["SDZT"] == "已寄出"
    assert (await one.window_says("evaluate", "evaluation"))["satisfaction"] == "2"
    assert (await one.handler_says("reply_evaluation", "evaluation"))["JD"] == "回复"
    assert (await one.window_says("object", "objection"))["phase"] == "ask"
    assert (await one.handler_says("answer_objection", "objection"))["YYJG"] == "不成立"
    assert (await one.window_says("complain", "complaint"))["complaintType"] == "cannotGetDone"
    assert (await one.handler_says("answer_complaint", "complaint"))["JD"] == "答复"
    assert (await one.window_says("inquire", "inquiry"))["messageType"] == "INQUIRY"
    assert (await one.handler_says("answer_inquiry", "inquiry"))["JD"] == "答复"
    assert (await one.window_says("remind", "reminder"))["remindTo"] == "handler"
    assert (await one.handler_says("report_finding", "finding"))["WTLB"][0]["JB"] == "提醒"
    assert (await one.window_says("answer_finding", "finding"))["phase"] == "answer"
    assert (await one.handler_says("pay_benefit", "benefit_payment"))["FFMX"][0]["FFZT"] == "已发"
    assert (await one.handler_says("stop_benefit", "entitlement_change"))["BDZL"] == "停发"
    heard = await one.received(one.window, "entitlement_change")
    assert one.handling_number not in text(heard[0])


async def test_a_refusal_says_why_and_where_to_object_and_a_later_decision_replaces_it(
    stage: Stage,
) -> None:
    one = Pair(stage, window="310000", handler="510000")
    await one.hand_in()
    await one.handler_says("accept", "acceptance")

    refused = await one.handler_says("refuse", "decision")

    # Guang'an named no remedies: the item's stand in their place, in the window's own words.
    assert refused["reason"] == "模拟:不符合条件"
    assert [(row["limit"], row["limitUnit"]) for row in refused["remedies"]] == [
        (60, "day"),
        (6, "month"),
    ]
    assert all(row["organ"] for row in refused["remedies"])
    assert (await one.case())["status"] == "REFUSED"

    anew = await one.handler_says("decide_anew", "decision")

    assert anew["replacedDecision"] == refused["decisionId"]
    assert anew["licences"][0]["licenceNo"].startswith("MN-ZZ-")
    assert anew["service"]["deliveryState"] == "signed"
    assert (await one.case())["status"] == "APPROVED"


async def test_a_native_refusal_without_a_reason_is_sent_back(stage: Stage) -> None:
    one = Pair(stage, window="530303-window", handler="310000")
    await one.hand_in(**HUANGPU)

    status, problem = await one.native("310000", _native("decision", one, result="REFUSED"))

    assert status == 422
    assert [found["rule"] for found in problem["errors"]] == ["reason.missing"]
    assert (await one.case())["status"] == "PUSHED"


async def test_the_authority_that_subscribed_hears_of_the_decision_and_answers(
    stage: Stage,
) -> None:
    one = Pair(stage, window="310000", handler="510000")
    await one.hand_in()
    await one.handler_says("decide", "decision")
    await stage.desk("510000", "acts", {"act": "push_supervision", "number": one.handling_number})

    async def pushed() -> Any:
        return await stage.desk("510000-supervision", f"received?case={one.case_number}")

    (row,) = await wait_for("the push", pushed, clock=stage.clock)
    # Only what the subscription covers, and nothing of the case itself.
    assert [fact["name"] for fact in row["record"]["facts"]] == ["decision.result"]
    assert row["record"]["direction"] == "01"

    own = row["number"]
    await stage.desk("510000-supervision", "acts", {"act": "answer_supervision", "number": own})
    answer = await one.hears("510000", "supervision")
    assert (answer["phase"], answer["answer_no"]) == ("2", row["record"]["message_no"])
    assert answer["supervise_result"] == "模拟:已纳入抽查,未发现问题"

    # And the other way round: the authority asks, the handling place answers.
    await stage.desk("510000-supervision", "acts", {"act": "push_approval", "number": own})
    asked = await one.hears("510000", "supervision")
    assert asked["direction"] == "02"
    assert await one.received("310000", "supervision") == []

    # It is a party to the exchange, not a reader of the case.
    assert await _status(stage, "510000-supervision", f"/v1/cases/{one.case_number}") == 404
    assert await _status(stage, "510000", f"/v1/cases/{one.case_number}") == 200


async def test_a_case_withdrawn_before_a_dead_place_heard_of_it_never_gets_there(
    stage: Stage,
) -> None:
    await stage.sandboxes["510000"].kill()
    one = Pair(stage, window="310000", handler="510000")
    await one.apply()
    await stage.desk("310000", "acts", {"act": "withdraw", "number": one.number})

    async def withdrawn() -> Any:
        case = await one.case()
        return case if case["status"] == "WITHDRAWN" else None

    case = await wait_for("the withdrawal", withdrawn, clock=stage.clock)
    assert [(row["kind"], row["state"]) for row in case["deliveries"]] == [
        ("application", "superseded"),
        ("withdrawal", "superseded"),
    ]

    # The place is back, takes what comes next, and knows nothing of the one withdrawn.
    await stage.start_sandbox("510000")
    later = Pair(stage, window="310000", handler="510000")
    await later.hand_in()
    assert await stage.desk("510000", f"cases?case={one.case_number}") == []


NATIVE = (
    # published example, who says it
    ("pre_review_ask", "window"),
    ("pre_review_answer", "handler"),
    ("acceptance", "handler"),
    ("special_procedure_start", "handler"),
    ("special_procedure_end", "handler"),
    ("fee", "handler"),
    ("inquiry", "window"),
    ("inquiry_answer", "handler"),
    ("reminder", "window"),
    ("finding", "handler"),
    ("handover", "window"),
    ("verification_ask", "window"),
    ("verification_answer", "handler"),
    ("decision", "handler"),
    ("notification", "window"),
    ("benefit_payment", "handler"),
    ("delivery_of_result", "handler"),
    ("entitlement_change", "handler"),
    ("evaluation", "window"),
    ("objection_ask", "window"),
    ("objection_answer", "handler"),
    ("complaint", "window"),
)


async def test_every_kind_travels_from_a_sender_that_speaks_the_national_format(
    stage: Stage,
) -> None:
    one = Pair(stage, window="530303-window", handler="310000")
    await one.hand_in(**HUANGPU)
    last: dict[str, str] = {}

    for example, side in NATIVE:
        system = one.window if side == "window" else one.handler
        document = _native(example, one, side=side, reply_to=last)
        status, answer = await one.native(system, document)

        assert (status, answer.get("applied")) == (202, True), (example, answer)
        last[document["kind"]] = document["message_id"]
        other = one.handler if side == "window" else one.window
        assert document["message_id"] in text(await one.hears(other, document["kind"])), example


# --- helpers --------------------------------------------------------------------------------


def _clock(case: Mapping[str, Any], kind: str) -> str:
    return str([clock["state"] for clock in case["clocks"] if clock["kind"] == kind][-1])


def _running(case: Mapping[str, Any], kind: str) -> int:
    return sum(clock["kind"] == kind and clock["state"] == "RUNNING" for clock in case["clocks"])


def _native(
    example: str,
    one: Pair,
    *,
    side: str = "handler",
    result: str | None = None,
    reply_to: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A published example as its sender would write it about this case."""
    whole = json.loads((EXAMPLES / f"{example}.json").read_text("utf-8"))
    kind = whole["kind"]
    role, system = ("HANDLING", one.handler) if side == "handler" else ("RECEIVING", one.window)
    kept = ("format_version", "kind", "environment", "simulation_mark", "data_version", "body")
    document: dict[str, Any] = _spoken({name: whole[name] for name in kept if name in whole})
    document |= {
        "message_id": f"e2e-{example}-{one.case_number}",
        "case_number": one.case_number,
        "occurred_at": whole["occurred_at"],
        "sender": {"system": system, "province": f"{system[:2]}0000", "role": role},
    }
    document["body"].pop("clocks", None)
    if document["body"].get("phase") == "ANSWER":
        document["in_reply_to"] = (reply_to or {})[kind]
    if result is not None:
        document["body"] = {
            "decision_id": "d-1",
            "result": {"code": result, "list": "decision_result"},
            "decided_at": whole["occurred_at"],
        }
    return document


def _spoken(value: Any) -> Any:
    """Without the words of the province the example came from."""
    if isinstance(value, dict):
        return {name: _spoken(inner) for name, inner in value.items() if name != "source"}
    return [_spoken(one) for one in value] if isinstance(value, list) else value


async def _status(stage: Stage, system: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {stage.tokens[system]}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stage.gateway_url}{path}", headers=headers) as reply,
    ):
        return reply.status


async def _sent(one: Pair, kind: str) -> list[Any]:
    rows = await one.stage.desk(one.window, f"outgoing?case={one.number}")
    return [row["record"] for row in rows if row["kind"] == kind]
