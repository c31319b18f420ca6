"""
Each folder played from both sides: what one side writes, the other must read as the same record.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from functools import cache

import pytest

from adapters.connection import load_connection
from adapters.counterpart import open_counterparts
from adapters.open import open_adapters, read_folder
from adapters.soap.envelope import around, write_fault
from contracts.adapter import (
    Absent,
    Delivered,
    Found,
    Pulled,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
    WireReply,
    WireRequest,
)
from contracts.errors import AccessDenied, GatewayError, NotFound, Unreadable, Unrenderable
from tests.adapter_tools import (
    PROVINCES,
    SECRETS,
    CountedIds,
    DirectHttp,
    Scans,
    StillClock,
    golden,
)

FOLDERS = sorted(path.parent for path in PROVINCES.glob("*/connection.yaml"))
read_once = cache(read_folder)


@pytest.fixture(autouse=True)
def folders_are_read_once(monkeypatch):
    monkeypatch.setattr("adapters.open.read_folder", read_once)
    monkeypatch.setattr("adapters.counterpart.read_folder", read_once)


class Stage:
    """A folder with the gateway on one side, the place on the other; `behave` scripts it."""

    def __init__(self, code, system=None, *, place_secrets=SECRETS):
        self.profile = load_connection(PROVINCES / code)
        self.system = system or self.profile.systems[0].system
        self.clock, ids = StillClock(), CountedIds()
        self.calls = []
        self.documents = []
        self.behave = None
        self.to_place = DirectHttp(self._place_receives)
        self.to_gateway = DirectHttp(self._gateway_receives)
        self.place = open_counterparts(
            PROVINCES / code,
            addresses={"gateway": "http://gateway.invalid"},
            secrets=place_secrets,
            http=self.to_gateway,
            clock=self.clock,
            ids=ids,
        )[self.system]
        self.gateway = open_adapters(
            PROVINCES / code,
            environment="test",
            addresses={"base": "http://place.invalid/base"},
            secrets=SECRETS,
            http=self.to_place,
            clock=self.clock,
            ids=ids,
        )[self.system]

    async def _place_receives(self, request):
        request = replace(request, path=request.path.removeprefix("/base"))
        try:
            call = self.place.receive(request, now=self.clock.now())
        except GatewayError as error:
            return self.place.deny(request, error)
        self.calls.append(call)
        if call.purpose == "token":
            return self.place.give_token(call)
        if self.behave is not None:
            return self.behave(self.place, call)
        if call.purpose == "upload":
            return self.place.accept(call, values={"file_id": f"f-{len(self.calls)}"})
        return self.place.accept(call, number="N-1")

    async def _gateway_receives(self, request):
        prefix = f"/provinces/{self.profile.province}"
        assert request.path.startswith(prefix)
        request = replace(request, path=request.path.removeprefix(prefix))
        operation = self.gateway.inbound(request)
        if operation is None:
            return WireReply(404, {}, b"")
        try:
            if operation.bearer:
                assert request.headers["authorization"] == f"Bearer {SECRETS['gateway_token']}"
                system = self.system
            else:
                system = self.gateway.authenticate(operation.name, request, now=self.clock.now())
            if operation.purpose == "mailbox":
                cursor = self.gateway.mailbox_cursor(operation.name, request)
                payloads, following = self.mailbox(cursor)
                return self.gateway.mailbox_reply(
                    operation.name, payloads=payloads, cursor=following
                )
            document = self.gateway.decode(operation.name, request, system=system)
        except GatewayError as error:
            problem = {"code": error.code, "status": error.status, "detail": error.detail_zh}
            return self.gateway.refuse(operation.name, problem=problem)
        self.documents.append(document)
        receipt = {
            "case_number": "TB-1",
            "message_id": document.message_id,
            "status": "OPEN",
            "status_zh": "办理中",
        }
        return self.gateway.answer(operation.name, receipt=receipt)

    def mailbox(self, cursor):
        return (), cursor

    async def deliver(self, kind, record, *, scans, serial):
        """What the worker does with a delivery; returns the last outcome and what was prepared."""
        answers, prepared = [], []
        steps = self.gateway.encode(kind, record)
        for step in steps:
            plan = step.plan or self.gateway.render(
                step, kind=kind, record=record, answers=tuple(answers)
            )
            ready = await self.gateway.prepare(
                step.operation, plan, serial=serial, open_material=scans.open
            )
            assert not isinstance(ready, Unavailable), ready.reason
            prepared.append(ready)
            outcome = await self.gateway.transmit(ready, open_material=scans.open)
            if not isinstance(outcome, Delivered):
                break
            answers.append(outcome.receipt)
        return outcome, prepared


def records(pattern, *, outward):
    """(code, kind, file name) of every golden record one side writes."""
    found = []
    for folder in FOLDERS:
        profile = load_connection(folder)
        for path in sorted((folder / "golden").glob(pattern)):
            kind = path.name.split(".")[1]
            inward = any(o.identify and not outward for o in profile.inbound.values())
            if outward and path.name.endswith(".out.record.json") and kind in profile.messages:
                found.append((folder.name, kind, path.name))
            if not outward and not path.name.endswith(".out.record.json") and inward:
                found.append((folder.name, kind, path.name))
    return found


OUT = records("*.out.record.json", outward=True)
IN = records("*.record.json", outward=False)
SERIALS = ("serialNo", "serial_no", "serial", "LSH", "lsh", "Serial")


def serial_in(record):
    for name in SERIALS:
        if name in record:
            return record[name]
    if "Head" in record:
        return record["Head"]["Serial"]
    return record["PACKAGE"]["PACKAGEHEAD"]["SERIALNO"]


def as_text(value):
    """XML has only text; absent and empty elements are the same."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items() if v not in ("", [], {})}
    if isinstance(value, list):
        return [as_text(v) for v in value] if len(value) > 1 else as_text(value[0])
    return {True: "true", False: "false"}.get(value, str(value)) if value is not None else ""


def without_files(record):
    record = copy.deepcopy(record)
    for material in record.get("materials", []):
        for file in material.get("files", []):
            file.pop("file_id", None)
    return record


# --- gateway calls --------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "kind", "name"), OUT, ids=[f"{c}-{n}" for c, _, n in OUT])
async def test_the_place_reads_what_the_gateway_sends(code, kind, name):
    scans = Scans()
    record = scans.into(golden(code, name))
    stage = Stage(code)
    if stage.gateway.capabilities().mailbox:
        (step,) = stage.gateway.encode(kind, record)
        assert json.loads(step.plan.literal) == record
        return

    outcome, prepared = await stage.deliver(kind, record, scans=scans, serial=serial_in(record))

    assert isinstance(outcome, Delivered), outcome
    assert outcome.receipt.number == "N-1"
    assert outcome.receipt.serial == serial_in(record)
    call = stage.calls[-1]
    assert kind in call.kinds
    assert call.serial == serial_in(record)
    if code == "960000":  # a number is pushed; the data are fetched by it
        assert call.record == {name: record[name] for name in ("bh", "bb", "lsh")}
    elif code == "510000":
        assert without_files(call.record) == without_files(record)
    else:
        assert as_text(call.record) == as_text(record)
    tokens = json.dumps(record).count("material:")
    materials = [material for call in stage.calls for material in call.materials]
    assert len(materials) == tokens
    for material in materials:
        assert hashlib.sha256(material.content).hexdigest() == material.digest
        assert material.digest in json.dumps(record)
        assert material.media_type in ("image/jpeg", "application/pdf", "image/png")
    for ready, request in zip(prepared, _business(stage), strict=True):
        whole = hashlib.sha256(ready.wire_salt + request.body).hexdigest()
        assert ready.wire_digest == whole


def _business(stage):
    return [r for r in stage.to_place.requests if "token" not in r.path]


@pytest.mark.parametrize("code", ["150000", "310000", "340000", "510000", "990000"])
async def test_a_business_no_comes_back_with_code_and_text(code):
    stage = Stage(code)
    scans, record, kind = _first(code)
    rejection = {"150000": "E102", "340000": "-3", "510000": "0102"}.get(code, "4102")
    stage.behave = lambda place, call: (
        place.accept(call, values={"file_id": "f"})
        if call.purpose == "upload"
        else place.reject(call, code=rejection, text="模拟:户籍不在本地")
    )

    outcome, _ = await stage.deliver(kind, record, scans=scans, serial=serial_in(record))

    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.text) == (rejection, "模拟:户籍不在本地")


@pytest.mark.parametrize("code", ["150000", "310000", "340000", "510000", "990000"])
async def test_a_wrong_credential_is_our_mistake_and_is_never_delivered(code):
    stage = Stage(code, place_secrets=dict.fromkeys(SECRETS, "other"))
    scans, record, kind = _first(code)

    if code == "310000":
        (step,) = stage.gateway.encode(kind, record)
        outcome = await stage.gateway.prepare(
            step.operation, step.plan, serial="S-1", open_material=scans.open
        )
        assert outcome == Unavailable("token call: HTTP 401")
    else:
        outcome, _ = await stage.deliver(kind, record, scans=scans, serial=serial_in(record))
        assert isinstance(outcome, Unavailable)
        assert outcome.reason.startswith("our mistake")
    assert not stage.calls or all(call.purpose == "token" for call in stage.calls)


def _first(code):
    scans = Scans()
    _, kind, name = next(entry for entry in OUT if entry[0] == code)
    return scans, scans.into(golden(code, name)), kind


@pytest.mark.parametrize(
    ("code", "system"), [("150000", None), ("310000", None), ("510000", None), ("990000", "990001")]
)
async def test_a_question_about_a_serial_is_answered(code, system):
    stage = Stage(code, system)

    stage.behave = lambda place, call: place.found(call, number="N-7")
    found = await stage.gateway.query("TB-1/甲.2")
    stage.behave = lambda place, call: place.absent(call)
    absent = await stage.gateway.query("TB-1/甲.2")

    assert isinstance(found, Found)
    assert (found.receipt.number, found.receipt.serial) == ("N-7", "TB-1/甲.2")
    assert isinstance(absent, Absent)
    assert [call.purpose for call in stage.calls if call.purpose != "token"] == ["query", "query"]
    assert stage.calls[-1].serial == "TB-1/甲.2"


async def test_a_repeat_that_the_place_recognises_is_delivered_once():
    stage = Stage("990000", "990002")
    scans, record, kind = _first("990000")
    stage.behave = lambda place, call: place.already(call, number="N-1")

    outcome, _ = await stage.deliver(kind, record, scans=scans, serial=serial_in(record))
    other, _ = await stage.deliver(kind, record, scans=scans, serial="SOMEBODY-ELSES")

    assert isinstance(outcome, Delivered)
    assert isinstance(other, Unknown)


async def test_pulled_events_are_identified_and_the_cursor_moves():
    names = sorted(
        path.name
        for path in (PROVINCES / "150000" / "golden").glob("*.record.json")
        if ".out." not in path.name
    )
    events = [golden("150000", name) for name in names if name.startswith("0")]
    stage = Stage("150000")
    stage.behave = lambda place, call: place.page(call, events=events, cursor="17")

    page = await stage.gateway.pull("5")
    again = await stage.gateway.pull("5")

    assert isinstance(page, Pulled)
    assert stage.calls[0].cursor == "5"
    assert page.cursor == "17"
    assert [d.kind for d in page.documents] == [n.split(".")[1] for n in names if n[0] == "0"]
    for document, event in zip(page.documents, events, strict=True):
        assert document.message_id == event["EventId"]
        assert document.data_version == int(event["DataVersion"])
        assert document.party_number == event["CaseNo"]
        assert as_text(document.record) == as_text(event)
    assert again == page


async def test_one_event_without_identity_does_not_hold_up_the_others():
    good = golden("150000", "05-acceptance.acceptance.record.json")
    stage = Stage("150000")
    stage.behave = lambda place, call: place.page(
        call, events=[{**good, "EventType": "??"}, good], cursor="17"
    )

    page = await stage.gateway.pull("")

    assert [document.kind for document in page.documents] == ["unknown", "acceptance"]


async def test_an_empty_page_keeps_the_cursor():
    stage = Stage("150000")
    stage.behave = lambda place, call: place.page(call, events=[], cursor="")

    assert await stage.gateway.pull("5") == Pulled((), "5")


async def test_a_page_that_fails_is_asked_for_again():
    stage = Stage("150000")
    stage.behave = lambda place, call: WireReply(503, {"retry-after": "9"}, b"")

    answer = await stage.gateway.pull("5")

    assert isinstance(answer, Unanswered)
    assert answer.retry_after is not None


# --- the place calls ------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "kind", "name"), IN, ids=[f"{c}-{n}" for c, _, n in IN])
async def test_the_gateway_reads_what_the_place_sends(code, kind, name):
    scans = Scans()
    record = scans.into(golden(code, name))
    stage = Stage(code)

    outcome = await stage.place.send(kind, record, open_material=scans.open)

    assert isinstance(outcome, Delivered), outcome
    assert outcome.receipt.number == "TB-1"
    (document,) = stage.documents
    assert document.kind == kind
    assert document.message_id == serial_in(record)
    assert document.system == stage.system
    assert as_text(document.record) == as_text(record)
    for material in document.materials:
        assert material.digest in json.dumps(record)
    if code == "340000":
        assert document.charset_rule == "connection:gb18030"
        assert len(document.materials) == json.dumps(record).count("material:")


@pytest.mark.parametrize("code", ["310000", "340000", "510000", "530000", "990000"])
async def test_our_no_reaches_the_place_in_its_own_codes(code):
    stage = Stage(code)
    record = _unknown_kind(code)
    kind = next(
        kind
        for o in stage.profile.inbound.values()
        if o.identify
        for kind in o.identify.kinds.values()
    )

    outcome = await stage.place.send(kind, record)

    assert isinstance(outcome, Rejected)
    assert "报文类型" in outcome.text
    assert stage.documents == []


def _unknown_kind(code):
    _, _, name = next(entry for entry in IN if entry[0] == code)
    record = golden(code, name)
    for field in ("messageType", "biz_type", "YWLX", "kind"):
        if field in record:
            return {**record, field: "??"}
    record["PACKAGE"]["PACKAGEHEAD"]["BUSINESSTYPE"] = "??"
    record["PACKAGE"]["DATA"]["RECORD"].pop("MATERIALS", None)
    return record


@pytest.mark.parametrize("code", ["340000", "530000"])
async def test_a_wrong_secret_at_the_window_is_refused_in_its_dialect(code):
    stage = Stage(code, place_secrets={**SECRETS, "window_licence": "x", "app_secret": "x"})
    _, kind, name = next(entry for entry in IN if entry[0] == code)
    scans = Scans()

    outcome = await stage.place.send(kind, scans.into(golden(code, name)), open_material=scans.open)

    assert isinstance(outcome, Unavailable)
    assert outcome.reason.startswith("our mistake")
    assert stage.documents == []


async def test_a_signed_form_is_good_once():
    stage = Stage("530000")
    await stage.place.send("withdrawal", golden("530000", _named("530000", "withdrawal")))
    (request,) = stage.to_gateway.requests
    request = replace(request, path="/ywbl/tj")

    with pytest.raises(AccessDenied):
        stage.gateway.authenticate("window_submit", request, now=stage.clock.now())
    stage.clock.advance(1000)
    with pytest.raises(AccessDenied):
        stage.gateway.authenticate("window_submit", request, now=stage.clock.now())


async def test_a_signed_form_that_was_changed_on_the_way_is_refused():
    stage = Stage("530000")
    await stage.place.send("withdrawal", golden("530000", _named("530000", "withdrawal")))
    (request,) = stage.to_gateway.requests
    fresh = Stage("530000")
    for change in (
        lambda body: body.replace(b"%22CH%22", b"%22SQ%22"),
        lambda body: body + b"&extra=1",
        lambda body: body.replace(b"version=1.0", b"version=2.0"),
    ):
        body = change(request.body)
        assert body != request.body
        with pytest.raises(AccessDenied):
            fresh.gateway.authenticate(
                "window_submit",
                replace(request, path="/ywbl/tj", body=body),
                now=fresh.clock.now(),
            )


def _named(code, kind):
    return next(name for c, k, name in IN if c == code and k == kind)


async def test_the_mailbox_hands_out_records_and_moves_its_cursor():
    stage = Stage("530000")
    waiting = [(kind, golden(c, name)) for c, kind, name in OUT if c == "530000"][:3]
    payloads = tuple(stage.gateway.encode(kind, record)[0].plan.literal for kind, record in waiting)
    asked = []

    def mailbox(cursor):
        asked.append(cursor)
        return (payloads, "S-9") if cursor == "" else ((), cursor)

    stage.mailbox = mailbox
    page = await stage.place.fetch("")
    rest = await stage.place.fetch(page.cursor)

    assert [dict(record) for record in page.records] == [record for _, record in waiting]
    assert (page.cursor, rest.records, rest.cursor) == ("S-9", (), "S-9")
    assert asked == ["", "S-9"]


def test_anhui_reads_the_contract_we_publish():
    stage = Stage("340000")
    request = WireRequest("GET", "/HallService.asmx", {"wsdl": ""}, {}, b"")

    operation = stage.gateway.inbound(request)
    reply = stage.gateway.answer(operation.name, receipt={})

    assert operation.purpose == "contract"
    assert reply.body == (PROVINCES / "340000" / "contract" / "hall.wsdl").read_bytes()
    assert stage.gateway.inbound(replace(request, query={})) is None


def test_anhui_cannot_carry_what_gbk_lacks_and_the_finding_says_where():
    stage = Stage("340000")
    record = golden("340000", next(n for c, k, n in OUT if c == "340000" and k == "decision"))
    record["PACKAGE"]["DATA"]["RECORD"]["APPLICANTNAME"] = "模拟𠮷"

    with pytest.raises(Unrenderable) as caught:
        stage.gateway.encode("decision", record)

    (finding,) = caught.value.findings
    assert finding.path == "/PACKAGE/DATA/RECORD/APPLICANTNAME"
    assert "U+20BB7" in finding.message


async def test_anhui_travels_in_gbk_bytes_with_a_gbk_declaration_inside():
    stage = Stage("340000")
    _, kind, name = next(entry for entry in OUT if entry[0] == "340000")
    await stage.deliver(kind, golden("340000", name), scans=Scans(), serial="S-1")
    (request,) = stage.to_place.requests

    assert request.headers["content-type"] == "text/xml; charset=GBK"
    assert request.headers["soapaction"] == '"http://tempuri.org/doService"'
    assert request.body.startswith(b'<?xml version="1.0" encoding="GBK"?>')
    assert b'encoding="GBK"?&gt;' in request.body
    assert "模拟".encode("gbk") in request.body
    with pytest.raises(UnicodeDecodeError):
        request.body.decode("utf-8")


async def test_a_document_that_declares_gbk_but_is_utf8_is_read_all_the_same():
    stage = Stage("340000")
    _, kind, name = next(entry for entry in IN if entry[0] == "340000" and entry[1] == "withdrawal")
    record = golden("340000", name)
    await stage.place.send(kind, record)
    (request,) = stage.to_gateway.requests
    lying = replace(
        request, path="/HallService.asmx", body=request.body.decode("gbk").encode("utf-8")
    )

    document = stage.gateway.decode("hall_submit", lying, system="340100-window")

    assert as_text(document.record) == as_text(record)
    assert "utf-8" in document.charset_rule


# --- doors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [folder.name for folder in FOLDERS])
def test_an_unknown_path_is_nobodys(code):
    stage = Stage(code)

    assert stage.gateway.inbound(WireRequest("POST", "/nothing", {}, {}, b"")) is None
    with pytest.raises(NotFound):
        stage.place.receive(WireRequest("POST", "/nothing", {}, {}, b""), now=stage.clock.now())


@pytest.mark.parametrize(
    ("code", "operation", "path"),
    [
        ("530000", "window_submit", "/ywbl/tj"),
        ("340000", "hall_submit", "/HallService.asmx"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xff\xff",
        b"<a/>",
        b"bw=1",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
    ],
)
def test_an_unreadable_request_is_refused_not_an_accident(code, operation, path, body):
    stage = Stage(code)
    request = WireRequest("POST", path, {}, {}, body)

    assert stage.gateway.inbound(request).name == operation
    with pytest.raises((AccessDenied, Unreadable)):
        stage.gateway.authenticate(operation, request, now=stage.clock.now())
    with pytest.raises(Unreadable):
        stage.gateway.decode(operation, request, system="x")


async def test_a_token_is_renewed_early_and_once_on_401():
    stage = Stage("310000")
    scans, record, kind = _first_of("310000", "notification")
    serial = serial_in(record)

    async def deliver():
        outcome, _ = await stage.deliver(kind, record, scans=scans, serial=serial)
        assert isinstance(outcome, Delivered), outcome
        return [call.purpose for call in stage.calls].count("token")

    assert await deliver() == 1
    assert await deliver() == 1
    stage.clock.advance(545)  # 600 s less 60 s early
    assert await deliver() == 2
    stage.place.forget_tokens()
    assert await deliver() == 3


async def test_a_place_that_always_says_401_is_asked_twice_and_no_more():
    stage = Stage("310000")
    scans, record, kind = _first_of("310000", "notification")
    stage.behave = lambda place, call: WireReply(401, {}, b"")

    outcome, _ = await stage.deliver(kind, record, scans=scans, serial=serial_in(record))

    assert isinstance(outcome, Unknown)
    assert [call.purpose for call in stage.calls] == ["token", "message", "token", "message"]


def _first_of(code, kind):
    scans = Scans()
    name = next((n for c, k, n in OUT if c == code and k == kind), None)
    record = golden(code, name) if name else {"messageType": "NOTICE", "serialNo": "S-1"}
    return scans, scans.into(record), kind


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(("fault", "kind"), [("Client", Unavailable), ("Server", Unknown)])
async def test_a_soap_fault_means_the_same_with_any_status(status, fault, kind):
    stage = Stage("150000")
    scans, record, message = _first("150000")
    before, after = around("1.2", header="", charset="utf-8")
    content = write_fault("1.2", code=fault, reason="模拟").encode()
    reply = WireReply(status, {"content-type": "application/soap+xml"}, before + content + after)
    stage.behave = lambda place, call: reply

    outcome, _ = await stage.deliver(message, record, scans=scans, serial=serial_in(record))

    assert type(outcome) is kind
