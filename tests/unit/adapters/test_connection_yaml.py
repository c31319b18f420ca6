from __future__ import annotations

import pytest
import yaml

from adapters.connection import load_connection
from adapters.open import open_adapters, read_folder
from adapters.yaml_file import read_yaml
from contracts.adapter import BytePlan, Unavailable
from contracts.errors import IntegrityError
from tests.adapter_tools import PROVINCES, CountedIds, Scans, StillClock

FOLDERS = sorted(path.parent for path in PROVINCES.glob("*/connection.yaml"))
MINIMAL = {
    "format": 1,
    "province": "990000",
    "name": "模拟",
    "simulated": True,
    "systems": [{"system": "990001", "name": "模拟", "roles": ["HANDLING"]}],
    "messages": {"application": ["submit"]},
    "operations": {
        "submit": {
            "path": "/cases",
            "outcome": {"success": {"path": "ok", "equals": True}},
            "replies": {"accepted": {"record": {"ok": True}}},
        }
    },
}


def folder(tmp_path, **changes):
    content = {**MINIMAL, **changes}
    (tmp_path / "connection.yaml").write_text(
        yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
    )
    return tmp_path


def operation(**changes):
    return {"submit": {**MINIMAL["operations"]["submit"], **changes}}


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_every_folder_loads_and_agrees_with_itself(path):
    read = read_folder(path)

    assert read.profile.province == path.name
    assert read.profile.simulated
    assert all("模拟" in system.name for system in read.profile.systems)
    assert "模拟" in (read.profile.simulation_mark or "")


def test_all_six_provinces_of_the_demo_are_there():
    names = {path.name for path in FOLDERS}

    assert names >= {"150000", "310000", "340000", "510000", "530000", "990000"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"messages": {"application": ["nothing"]}}, "unknown operation"),
        ({"query": "nothing"}, "unknown operation"),
        ({"operations": operation(credentials=["nothing"])}, "unknown credential"),
        ({"operations": operation(signer="nothing")}, "unknown signer"),
        ({"operations": operation(surprise=1)}, "operations/submit/surprise"),
        ({"operations": operation(transport="soap")}, "go together"),
        ({"operations": operation(path="/cases/{applicant/name}")}, "take variables only"),
        ({"operations": operation(headers={"X-Name": "{applicant/name}"})}, "take variables only"),
        ({"operations": operation(request={"envelope": "field"})}, "needs `field`"),
        (
            {
                "operations": operation(
                    request={"envelope": {"kind": "field", "field": "x"}}, materials=["m/c"]
                )
            },
            "inline materials",
        ),
        ({"inbound": operation()}, "share the names"),
        (
            {"systems": [{**MINIMAL["systems"][0], "capabilities": {"query": True}}]},
            "capability query",
        ),
        ({"systems": []}, "systems"),
        ({"province": "99"}, "province"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, changes, told):
    with pytest.raises(ValueError, match=told) as caught:
        load_connection(folder(tmp_path, **changes))

    assert "connection.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("replies", "read_as"),
    [
        ({"accepted": {"record": {"ok": False}}}, "accepted"),
        ({"refused": {"record": {"ok": True}}}, "refused"),
        ({"absent": {"record": {"ok": False}}}, "absent"),
    ],
)
def test_a_reply_that_its_own_outcome_table_misreads_stops_the_folder(tmp_path, replies, read_as):
    with pytest.raises(ValueError, match=f"the reply `{read_as}` is read as"):
        read_folder(folder(tmp_path, operations=operation(replies=replies)))


def test_a_contract_operation_needs_its_pinned_file(tmp_path):
    inbound = {"wsdl": {"purpose": "contract", "path": "/x", "file": "x.wsdl"}}

    with pytest.raises(IntegrityError):
        read_folder(folder(tmp_path, inbound=inbound))


async def test_a_province_without_address_or_secret_is_unavailable_and_says_which(tmp_path):
    credentials = {"place": {"kind": "bearer", "token": "place_token"}}
    path = folder(tmp_path, credentials=credentials, operations=operation(credentials=["place"]))
    said = []
    for addresses, secrets in [({}, {}), ({"base": "http://h.invalid"}, {})]:
        adapter = open_adapters(
            path,
            environment="test",
            addresses=addresses,
            secrets=secrets,
            http=None,
            clock=StillClock(),
            ids=CountedIds(),
        )["990001"]
        prepared = await adapter.prepare(
            "submit", BytePlan((b"{}",)), serial="S-1", open_material=Scans().open
        )
        assert isinstance(prepared, Unavailable)
        said.append(prepared.reason)

    assert said == ["no address `base` is configured", "no secret `place_token` is configured"]


async def test_names_of_one_system_come_before_those_of_the_folder(tmp_path):
    systems = [
        {"system": name, "name": "模拟", "roles": ["HANDLING"]} for name in ("990001", "990002")
    ]
    adapters = open_adapters(
        folder(tmp_path, systems=systems),
        environment="test",
        addresses={"base": "http://one.invalid/", "990002.base": "http://two.invalid"},
        secrets={},
        http=None,
        clock=StillClock(),
        ids=CountedIds(),
    )
    urls = []
    for adapter in adapters.values():
        prepared = await adapter.prepare(
            "submit", BytePlan((b"{}",)), serial="S-1", open_material=Scans().open
        )
        urls.append(prepared.url)

    assert urls == ["http://one.invalid/cases", "http://two.invalid/cases"]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a: 2026-03-02", {"a": "2026-03-02"}),
        ("a: yes", {"a": "yes"}),
        ("a: on", {"a": "on"}),
        ("a: 0123", {"a": "0123"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: 12", {"a": 12}),
        ("a: 0.5", {"a": 0.5}),
        ("a: true", {"a": True}),
        ("a:", {"a": None}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_codes_in_yaml_stay_text(tmp_path, text, content):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")

    assert read_yaml(path) == content


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: !!python/object:os.system x", "a: [", "{"])
def test_yaml_outside_the_subset_is_refused_with_its_file(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"x\.yaml"):
        read_yaml(path)
