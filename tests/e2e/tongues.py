"""
Three provinces' own words for the same application, and how each hears a no: what a test changes is
named once, and each tongue knows where it stands.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from adapters.asking import no_material
from contracts.adapter import BytePlan, Prepared
from gateway.provinces import SHIPPED
from tests.e2e.door import ACCOUNT, ID_NUMBER, NAME, PHONE, STREET, Door, Reply

NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Heard:
    """A dialect's answer: its own code, the text its people read, our number for the case."""

    code: str
    text: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Tongue:
    """
    `fields` says where a thing stands: path in JSON, element in XML. `no` gives its code for ours,
    `yes` its word for a yes.
    """

    province: str
    system: str
    charset: str
    fields: Mapping[str, str]
    no: Mapping[str, str]
    yes: str
    hear: Callable[[Reply], Heard]

    @property
    def is_xml(self) -> bool:
        return self.charset == "gbk"

    def application(self, **changes: Any) -> str:
        """The golden application, of the person of these tests, under a new identity."""
        golden = SHIPPED / self.province / "golden"
        if self.is_xml:
            wire = (golden / "01-application.wire.xml").read_bytes()
            text = wire.decode("gb18030").split("?>", 1)[1]
        else:
            text = (golden / "01-application.application.record.json").read_text("utf-8")
        number = next(NUMBERS)
        person = {
            "name": NAME,
            "id_number": ID_NUMBER,
            "phone": PHONE,
            "street": STREET,
            "account": ACCOUNT,
            "serial": f"e2e-{number}",
            "own_number": f"MN-e2e-{number}",
        }
        return self.change(text, **{**person, **changes})

    def change(self, text: str, **changes: Any) -> str:
        """Other values at some places; None takes the field away."""
        if self.is_xml:
            for name, value in changes.items():
                tag = self.fields[name]
                new = "" if value is None else f"<{tag}>{value}</{tag}>"
                text, found = re.subn(rf"<{tag}(/>|>[^<]*</{tag}>)", new, text, count=1)
                assert found, name
            return text
        record = json.loads(text)
        for name, value in changes.items():
            *way, last = self.fields[name].split("/")
            at = record
            for step in way:
                at = at[int(step)] if isinstance(at, list) else at[step]
            if value is None:
                at.pop(last, None)
            else:
                at[last] = value
        return json.dumps(record, ensure_ascii=False)

    async def prepare(self, door: Door, payload: str | bytes) -> Prepared:
        """The payload in the province's envelope, with its credential or signature."""
        place = door.places[self.system]
        operation = place._carrier("application")
        data = payload if isinstance(payload, bytes) else payload.encode(self.charset)
        prepared = await place._caller.prepare(
            operation, BytePlan((data,)), serial="", open_material=no_material
        )
        assert isinstance(prepared, Prepared)
        return prepared

    async def say(self, door: Door, payload: str | bytes, **headers: str) -> Reply:
        prepared = await self.prepare(door, payload)
        return await send(door, prepared, **headers)


async def send(door: Door, prepared: Prepared, **headers: str) -> Reply:
    fields = {**prepared.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
    path = prepared.url.removeprefix(door.url)
    return await door.ask(prepared.method, path, prepared.body.literal, **fields)


def _hear_json(code: str, text: str, number: str) -> Callable[[Reply], Heard]:
    def hear(reply: Reply) -> Heard:
        at: Any = reply.json
        found = at
        for name in number.split("/"):
            found = found.get(name) if isinstance(found, dict) else None
        return Heard(at[code], at[text], found)

    return hear


def _hear_soap(reply: Reply) -> Heard:
    """XML in a string in an envelope, all of it in GBK."""
    text = html.unescape(reply.body.decode("gbk"))
    found = {
        name: (re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL) or ["", ""])[1]
        for name in ("RESULT", "MESSAGE", "TBNO")
    }
    return Heard(found["RESULT"], html.unescape(found["MESSAGE"]), found["TBNO"] or None)


YUNNAN = Tongue(
    "530000",
    "530303-window",
    "utf-8",
    {
        "serial": "LSH",
        "kind": "YWLX",
        "version": "BBH",
        "own_number": "BJBH",
        "case_number": "TBBH",
        "item": "SXBM",
        "date": "SQRQ",
        "name": "SQR/XM",
        "id_number": "SQR/SFZHM",
        "id_type": "SQR/ZJLX",
        "phone": "SQR/LXDH",
        "household": "SQR/HJQH",
        "street": "SQR/HJDZ",
        "residence": "SQR/JZQH",
        "account": "SQB/YHKH",
        "materials": "CLLB",
        "material_code": "CLLB/0/CLBM",
        "digest": "CLLB/0/FJ/0/ZY",
    },
    {
        "unreadable": "4002",
        "invalid_document": "4003",
        "unroutable": "4004",
        "message_id_reused": "4005",
        "not_found": "4007",
        "access_denied": "4001",
    },
    "0",
    _hear_json("FHM", "FHXX", "SJ/TBBH"),
)
ANHUI = Tongue(
    "340000",
    "340100-window",
    "gbk",
    {
        "serial": "SERIALNO",
        "kind": "BUSINESSTYPE",
        "version": "VERSION",
        "own_number": "CASENO",
        "case_number": "TBNO",
        "item": "ITEMID",
        "date": "APPLYDATE",
        "name": "NAME",
        "id_number": "CARDNO",
        "id_type": "CARDTYPE",
        "phone": "PHONE",
        "household": "HUJIAREA",
        "street": "HUJIADDR",
        "residence": "LIVEAREA",
        "account": "ACCOUNTNO",
        "material_code": "MATERIALCODE",
        "content": "CONTENT",
    },
    {
        "unreadable": "-2",
        "invalid_document": "-3",
        "unroutable": "-4",
        "message_id_reused": "-5",
        "not_found": "-7",
        "access_denied": "-10",
    },
    "0",
    _hear_soap,
)
SHANGHAI = Tongue(
    "310000",
    "310000",
    "utf-8",
    {
        "serial": "serialNo",
        "kind": "messageType",
        "version": "dataVersion",
        "own_number": "receiveCaseNo",
        "case_number": "tbNo",
        "item": "itemCode",
        "date": "applyDate",
        "name": "applicant/name",
        "id_number": "applicant/certNo",
        "id_type": "applicant/certType",
        "phone": "applicant/mobile",
        "household": "applicant/registerRegion",
        "street": "applicant/registerAddress",
        "residence": "applicant/liveRegion",
        "account": "form/accountNo",
        "subsidies": "form/subsidyTypes",
        "materials": "materials",
        "material_code": "materials/0/materialCode",
        "digest": "materials/0/files/0/digest",
    },
    {
        "unreadable": "4001",
        "invalid_document": "4002",
        "unroutable": "4003",
        "message_id_reused": "4005",
        "transition_not_allowed": "4009",
        "not_found": "4040",
        "access_denied": "401",
        "forbidden": "401",
    },
    "200",
    _hear_json("code", "message", "data/tbNo"),
)
TONGUES = {"yunnan": YUNNAN, "anhui": ANHUI, "shanghai": SHANGHAI}
