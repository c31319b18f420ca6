"""
Real province folders behind a real socket: each province calls in its own words, gets its own yes
and no, and hostile documents harm nobody.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import asynccontextmanager
from io import BytesIO
from xml.sax.saxutils import escape

import aiohttp
import pytest

from gateway.api.server import serving
from gateway.app import open_gateway
from gateway.provinces import SHIPPED
from gateway.settings import Settings
from gateway.telemetry import configure_logs
from gateway.usecases.access import grant_access
from gateway.usecases.caller import Caller

LICENCE = "licence-of-a-test"
OPERATOR = Caller(
    client_id="os.test", role="operator", system=None, province=None, trace_id="1" * 32
)
SOAP = """<?xml version="1.0" encoding="GBK"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
<soap:Body><doService xmlns="{space}"><licenceCode>{licence}</licenceCode><xml>{xml}</xml>
</doService></soap:Body></soap:Envelope>"""


class Door:
    """The served gateway of one test."""

    def __init__(self, url, http, gw, tokens):
        self.url, self.http, self.gw, self.tokens = url, http, gw, tokens

    async def post(self, path, data, **fields):
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        async with self.http.post(self.url + path, data=data, headers=headers) as response:
            return response.status, await response.read()

    async def shanghai(self, record, token="310000"):
        status, body = await self.post(
            "/provinces/310000/messages",
            json.dumps(record, ensure_ascii=False).encode(),
            Authorization=f"Bearer {self.tokens[token]}",
            Content_Type="application/json",
        )
        return status, json.loads(body)

    async def anhui(self, xml, licence=LICENCE, envelope=SOAP):
        space = _namespace()
        text = envelope.format(space=space, licence=licence, xml=escape(xml))
        return await self.post(
            "/provinces/340000/HallService.asmx",
            text.encode("gbk"),
            Content_Type="text/xml; charset=gbk",
            SOAPAction='""',
        )

    async def cases(self):
        return (await self.gw.store.counts())["cases"]


def _namespace() -> str:
    wsdl = (SHIPPED / "340000" / "contract" / "hall.wsdl").read_text("utf-8")
    return wsdl.split('targetNamespace="')[1].split('"')[0]


@asynccontextmanager
async def _open(folder):
    connections = folder / "connections.json"
    secrets = {"window_licence": LICENCE, "gateway_licence": "x"}
    half = {"340000": {"addresses": {}, "secrets": secrets}}
    connections.write_text(json.dumps({"test": half}))
    provinces = folder / "provinces"
    provinces.mkdir()
    for code in ("310000", "340000", "510000"):
        (provinces / code).symlink_to(SHIPPED / code)
    settings = Settings(data_dir=folder / "data", connections=connections, provinces_dir=provinces)
    async with open_gateway(settings) as opened, aiohttp.ClientSession() as http:
        gw, tokens = opened.gw, {}
        for system in ("310000", "510000"):
            granted = await grant_access(
                system, role="partner", system=system, expires_at=None, caller=OPERATOR, gw=gw
            )
            tokens[system] = granted.token
        async with serving(gw, host="127.0.0.1", port=0) as listening:
            yield Door(listening.url, http, gw, tokens)


@pytest.fixture
async def door(tmp_path):
    async with _open(tmp_path) as opened:
        yield opened


@pytest.fixture
def logged():
    stream = BytesIO()
    configure_logs(stream=stream)
    yield stream
    configure_logs()


def _shanghai_record():
    path = SHIPPED / "310000" / "golden" / "01-application.application.record.json"
    return json.loads(path.read_text("utf-8"))


async def _stage(door, record):
    """Give the materials of a record real bytes and stage them."""
    for number, material in enumerate(record["materials"]):
        content = f"scan {number}".encode() * 1000
        digest = hashlib.sha256(content).hexdigest()
        material["files"] = [{**material["files"][0], "digest": digest, "size": len(content)}]
        async with door.http.put(
            f"{door.url}/v1/materials/{digest}",
            data=content,
            headers={
                "Authorization": f"Bearer {door.tokens['310000']}",
                "Content-Type": "image/jpeg",
            },
        ) as response:
            assert response.status == 200


def _anhui_xml():
    raw = (SHIPPED / "340000" / "golden" / "01-application.wire.xml").read_bytes()
    return raw.decode("gb18030").split("?>", 1)[1]


async def test_shanghai_hands_in_a_case_in_its_json_and_hears_its_own_yes_twice_alike(door):
    record = _shanghai_record()
    await _stage(door, record)

    first = await door.shanghai(record)
    again = await door.shanghai(record)

    status, body = first
    assert (status, body["success"], body["code"]) == (200, True, "200"), body
    assert body["data"]["serialNo"] == record["serialNo"]
    assert body["data"]["tbNo"].startswith("TB-")
    assert again == first
    assert await door.cases() == 1


async def test_the_same_serial_with_other_content_gets_shanghais_own_no(door):
    record = _shanghai_record()
    await _stage(door, record)
    await door.shanghai(record)

    status, body = await door.shanghai({**record, "itemVersion": "13"})

    assert (status, body["success"], body["code"]) == (422, False, "4005")
    assert await door.cases() == 1


async def test_a_material_nobody_uploaded_is_refused(door):
    status, body = await door.shanghai(_shanghai_record())

    assert (status, body["code"]) == (422, "4002")
    assert "材料" in body["message"]
    assert await door.cases() == 0


async def test_a_token_of_another_province_is_refused(door):
    status, body = await door.shanghai(_shanghai_record(), token="510000")

    assert (status, body["code"]) == (403, "401")
    assert await door.cases() == 0


async def test_what_cannot_be_identified_or_resolved_is_refused(door):
    record = _shanghai_record()
    await _stage(door, record)

    for changes, code in (
        ({"serialNo": ""}, "4001"),
        ({"messageType": "WHAT"}, "4001"),
        ({"itemCode": "no-such-item"}, "4002"),
        ({"applyDate": "2020-01-01"}, "4002"),
        ({"messageType": "SUPPLEMENT", "tbNo": "TB-20260302-530303-T00017-T"}, "4040"),
    ):
        status, body = await door.shanghai({**record, **changes})
        assert 400 <= status < 500, changes
        assert (body["success"], body["code"]) == (False, code), changes
    assert await door.cases() == 0


async def test_somebody_of_a_place_nobody_serves_cannot_be_routed(door):
    record = _shanghai_record()
    await _stage(door, record)
    record["applicant"]["registerRegion"] = "659999000000"

    status, body = await door.shanghai(record)

    assert (status, body["code"]) == (422, "4003")
    assert await door.cases() == 0


async def test_anhui_hands_in_a_case_in_gbk_inside_soap(door):
    status, body = await door.anhui(_anhui_xml())

    text = body.decode("gb18030")
    assert status == 200, text
    assert "TB-" in text, text
    assert await door.cases() == 1


async def test_metrics_show_commits_keys_and_what_was_taken_in(door):
    await door.anhui(_anhui_xml())
    granted = await grant_access(
        "watch", role="operator", system=None, expires_at=None, caller=OPERATOR, gw=door.gw
    )

    headers = {"Authorization": f"Bearer {granted.token}"}
    async with door.http.get(f"{door.url}/metrics", headers=headers) as response:
        values = dict(
            line.rsplit(" ", 1)
            for line in (await response.text()).splitlines()
            if not line.startswith("#")
        )

    assert float(values["tongban_commit_group_size_count"]) > 0
    assert float(values["tongban_key_pool_ready"]) > 0
    assert float(values['tongban_queue_depth{state="pending"}']) >= 1
    taken = 'tongban_messages_accepted_total{kind="application",sender="340100-window"}'
    assert float(values[taken]) >= 1


async def test_anhui_reads_back_its_own_wsdl_without_a_credential(door):
    async with door.http.get(f"{door.url}/provinces/340000/HallService.asmx?wsdl") as response:
        assert response.status == 200
        assert b"doService" in await response.read()


async def test_a_wrong_licence_is_refused_in_gbk(door):
    _, body = await door.anhui(_anhui_xml(), licence="wrong")

    assert "TB-" not in body.decode("gb18030")
    assert await door.cases() == 0


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "'
    + "a" * 50
    + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    + "]>"
)
HOSTILE = {
    "entity bomb": BOMB + "<PACKAGE>&i;</PACKAGE>",
    "file entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><PACKAGE>&x;</PACKAGE>',
    "external dtd": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><PACKAGE/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><PACKAGE/>',
    "deep": "<a>" * 20_000 + "</a>" * 20_000,
    "wide": "<PACKAGE>" + "<a/>" * 200_000 + "</PACKAGE>",
    "attributes": "<PACKAGE " + " ".join(f'a{n}="1"' for n in range(60_000)) + "/>",
    "cut": "<PACKAGE><PACKAGEHEAD>",
    "not xml": "hello",
    "empty": "",
    "instruction": "<?xml-stylesheet href='http://127.0.0.1:1/'?><PACKAGE/>",
}


@pytest.mark.parametrize("inside", [True, False], ids=["in the string", "as the envelope"])
async def test_hostile_xml_is_refused_quickly_and_stores_nothing(door, logged, inside):
    for name, document in HOSTILE.items():
        logged.seek(0)
        logged.truncate()
        started = time.process_time()
        if inside:
            _, body = await door.anhui(document)
        else:
            _, body = await door.post(
                "/provinces/340000/HallService.asmx",
                document.encode("gbk"),
                Content_Type="text/xml; charset=gbk",
                SOAPAction='""',
            )

        assert time.process_time() - started < 1, name
        (line,) = [json.loads(line) for line in logged.getvalue().splitlines()]
        assert (line["event"], line["code"]) == ("request.refused", "unreadable"), name
        assert "TB-" not in body.decode("gb18030"), name
    assert await door.cases() == 0
