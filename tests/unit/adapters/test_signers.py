from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta

import pytest

from adapters.connection import SignerProfile, load_connection
from adapters.signers import Signed, Signer
from contracts.adapter import BytePlan, MaterialRef
from contracts.errors import AccessDenied
from tests.adapter_tools import NOON, PROVINCES, Scans


def vectors():
    for path in sorted(PROVINCES.glob("*/vectors/*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for case in content.get("cases", ()):
            yield pytest.param(
                path.parts[-3], content, case, id=f"{path.parts[-3]}: {case['desc']}"
            )


@pytest.mark.parametrize(("province", "content", "case"), list(vectors()))
async def test_the_known_answers_of_every_province(province, content, case):
    profile = load_connection(PROVINCES / province).signers[content["signer"]]
    signer = Signer(profile, secret=content["secret"], key_id=content["key_id"])
    signed = Signed(
        method=case.get("method", "POST"),
        path=case.get("path", ""),
        params=case["params"],
        body=BytePlan((case.get("body", "").encode(),)),
    )
    fields = {**case["params"], profile.names.sign: case["sign"]}
    now = datetime.fromisoformat(content["at"])
    stamp = signer.stamp(now=now, nonce=case["params"][profile.names.nonce])
    made = await signer.sign(signed, stamp=stamp, open_material=Scans().open)

    if case["valid"]:
        assert {**case["params"], **stamp} == case["params"]
        assert made == case["sign"]
        assert signer.check(signed, fields, now=now) == case["params"][profile.names.nonce]
    else:
        assert made != case["sign"]
        with pytest.raises(AccessDenied):
            signer.check(signed, fields, now=now)


def profile(**changes):
    base = {
        "algorithm": "hmac-sha256",
        "secret": "s",
        "key_id": "k",
        "names": {"key_id": "appkey", "timestamp": "ts", "nonce": "nonce", "sign": "sign"},
        "text": "{params}",
    }
    return SignerProfile.model_validate({**base, **changes})


EXPECTED = {
    "md5": lambda text: hashlib.md5(text).hexdigest(),
    "sha256": lambda text: hashlib.sha256(text).hexdigest(),
    "sm3": lambda text: hashlib.new("sm3", text).hexdigest(),
    "hmac-md5": lambda text: hmac.new(b"key", text, "md5").hexdigest(),
    "hmac-sha256": lambda text: hmac.new(b"key", text, "sha256").hexdigest(),
    "hmac-sm3": lambda text: hmac.new(b"key", text, "sm3").hexdigest(),
}


@pytest.mark.parametrize("algorithm", EXPECTED)
async def test_each_algorithm_over_a_template(algorithm):
    # Quirk Q10: key + secret + milliseconds.
    signer = Signer(
        profile(algorithm=algorithm, text="{key_id}{secret}{timestamp}"), secret="key", key_id="app"
    )
    stamp = signer.stamp(now=NOON, nonce="n")

    made = await signer.sign(Signed(), stamp=stamp, open_material=Scans().open)

    assert made == EXPECTED[algorithm](b"appkey" + str(int(NOON.timestamp() * 1000)).encode())


def test_sm3_is_the_standards_own_example():
    # GB/T 32905-2016 A.1: the digest of "abc".
    assert hashlib.new("sm3", b"abc").hexdigest() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


async def test_parameters_are_sorted_and_empty_ones_left_out():
    signer = Signer(profile(text="{params}|{method}{path}"), secret="key", key_id="app")
    signed = Signed(method="PUT", path="/a", params={"b": "2", "a": "模拟", "c": "", "sign": "x"})

    made = await signer.sign(signed, stamp={}, open_material=Scans().open)

    assert made == hmac.new(b"key", "a=模拟&b=2|PUT/a".encode(), "sha256").hexdigest()


async def test_a_value_with_a_placeholder_in_it_is_signed_as_it_stands():
    signer = Signer(profile(), secret="key", key_id="app")
    signed = Signed(params={"a": "{value}{name}"})

    made = await signer.sign(signed, stamp={}, open_material=Scans().open)

    assert made == hmac.new(b"key", b"a={value}{name}", "sha256").hexdigest()


@pytest.mark.parametrize("text", ["{body}", "{body_sha256}"])
async def test_a_body_with_a_scan_is_signed_as_it_is_sent(text):
    content = b"scan" * 5000
    scans = Scans(content)
    plan = BytePlan((b"<", MaterialRef(hashlib.sha256(content).hexdigest(), len(content)), b">"))
    signer = Signer(profile(text=text), secret="key", key_id="app")
    stamp = signer.stamp(now=NOON, nonce="n")

    made = await signer.sign(Signed(body=plan), stamp=stamp, open_material=scans.open)

    whole = Signed(body=BytePlan((b"<" + content + b">",)))
    assert signer.check(whole, {**stamp, "sign": made}, now=NOON) == "n"


@pytest.mark.parametrize("form", ["s", "ms", "yyyyMMddHHmmss"])
async def test_a_signature_is_good_only_inside_its_window(form):
    signer = Signer(profile(timestamp=form, window_seconds=60), secret="key", key_id="app")
    stamp = signer.stamp(now=NOON, nonce="n")
    signed = Signed(params=stamp)
    made = await signer.sign(signed, stamp=stamp, open_material=Scans().open)
    fields = {**stamp, "sign": made}

    assert signer.check(signed, fields, now=NOON + timedelta(seconds=59)) == "n"
    for late in (61, -61, 86400 * 365):
        with pytest.raises(AccessDenied):
            signer.check(signed, fields, now=NOON + timedelta(seconds=late))


@pytest.mark.parametrize(
    "change",
    [
        {"appkey": "other"},
        {"nonce": ""},
        {"ts": ""},
        {"ts": "yesterday"},
        {"ts": "9" * 40},
        {"sign": ""},
    ],
)
async def test_what_is_missing_or_changed_is_refused(change):
    signer = Signer(profile(), secret="key", key_id="app")
    stamp = signer.stamp(now=NOON, nonce="n")
    made = await signer.sign(Signed(params=stamp), stamp=stamp, open_material=Scans().open)
    fields = {**stamp, "sign": made, **change}

    with pytest.raises(AccessDenied):
        signer.check(Signed(params=fields), fields, now=NOON)
