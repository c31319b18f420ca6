from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from contracts.errors import Finding, InvalidDocument
from contracts.message import KINDS, MODELS, parse, to_document
from contracts.scalars import EXTENSIONS_LIMIT
from contracts.text import is_plain
from tests.documents import DOCUMENTS, changed


def refusals(document: Any, *, from_sender: bool = False) -> list[Finding]:
    try:
        parse(document, from_sender=from_sender)
    except InvalidDocument as error:
        return list(error.findings)
    return []


def test_there_is_a_model_for_every_kind_of_the_vocabulary():
    assert tuple(MODELS) == KINDS


def test_all_findings_come_at_once():
    document = changed(
        "application",
        {
            "/message_id": ...,
            "/body/applicant/id_number": ...,
            "/body/applicant/name": 7,
            "/body/materials/1/files/0/digest": "ABC",
            "/body/summary": "a\tb",
            "/occurred_at": "2026-13-02T09:14:05+08:00",
            "/body/dates/application_date": "2026-02-30",
        },
    )
    assert [(one.rule, one.path) for one in refusals(document)] == [
        ("party.id_number_missing", "/body/applicant/id_number"),
        ("field.type", "/body/applicant/name"),
        ("date.impossible", "/body/dates/application_date"),
        ("digest.shape", "/body/materials/1/files/0/digest"),
        ("text.control_character", "/body/summary"),
        ("field.missing", "/message_id"),
        ("time.shape", "/occurred_at"),
    ]


def test_findings_speak_chinese_and_english_and_never_show_the_value():
    secret = "SECRET4711"
    document = changed(
        "application",
        {
            "/body/applicant/phone": secret * 10,
            "/body/applicant/postcode": secret,
            "/body/applicant/birth_month": secret,
            "/body/applicant/sex": secret,
            "/body/mode/code": secret,
            "/kind": "application",
            "/sender/role": secret,
            "/extensions": {secret: 1.5},
        },
    )
    found = refusals(document)
    assert len(found) >= 7
    for one in found:
        assert one.level == "reject"
        assert any("\u4e00" <= character <= "\u9fff" for character in one.message)
        assert one.message_en and one.message_en.isascii()
        assert secret not in one.message + one.message_en


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_what_is_no_object_is_refused(document):
    assert [one.rule for one in refusals(document)] == ["field.type"]


@pytest.mark.parametrize("kind", [..., None, "", 7, ["application"], {}])
def test_a_message_without_a_kind_is_refused(kind):
    (found,) = refusals(changed("reminder", {"/kind": kind}))
    assert found.path == "/kind"


def test_what_the_gateway_sets_is_refused_from_a_sender_only():
    document = DOCUMENTS["application"]
    found = refusals(document, from_sender=True)
    assert {one.rule for one in found} == {"field.gateway_only"}
    assert {"/arrival", "/received_at", "/as_of_date", "/mapping", "/findings", "/case_number"} <= {
        one.path for one in found
    }
    assert refusals(document, from_sender=False) == []


def test_a_follow_up_of_a_sender_names_the_case():
    document = changed("withdrawal", {"/arrival": ..., "/received_at": ..., "/as_of_date": ...})
    assert refusals(document, from_sender=True) == []


def test_a_small_check_character_is_raised():
    document = changed("application", {"/body/applicant/id_number": "11010519491231002x"})
    message = parse(document, from_sender=False)
    assert to_document(message)["body"]["applicant"]["id_number"] == "11010519491231002X"


def test_a_passport_keeps_its_small_letters():
    document = changed("application", {"/body/applicant/id_number": "e00000000x"})
    message = parse(document, from_sender=False)
    assert to_document(message)["body"]["applicant"]["id_number"] == "e00000000x"


def test_lengths_count_code_points():
    rare = "\U00020bb7"  # four bytes in UTF-8, two units in UTF-16, one character of a name
    assert refusals(changed("application", {"/body/applicant/name": rare * 100})) == []
    (found,) = refusals(changed("application", {"/body/applicant/name": rare * 101}))
    assert (found.rule, "100" in found.message) == ("text.too_long", True)


def test_compatibility_ideographs_of_names_stay():
    name = "模拟\uf92c"  # NFC would make U+90CE of it
    message = parse(changed("application", {"/body/applicant/name": name}), from_sender=False)
    assert to_document(message)["body"]["applicant"]["name"] == name


def test_words_of_a_source_stay_as_received():
    document = changed(
        "application",
        {
            "/body/applicant/sex/source/code": "u\u0308",
            "/extensions": {"530303-window": {"/a": "u\u0308\n", "/b": None, "/c": [""]}},
        },
    )
    assert to_document(parse(document, from_sender=False)) == document


def test_half_a_character_is_refused_where_it_stands():
    (found,) = refusals(changed("application", {"/body/applicant/name": "模拟\ud842"}))
    assert (found.rule, found.path) == ("text.surrogate", "/body/applicant/name")


def test_paragraphs_may_break_lines_and_lines_may_not():
    assert refusals(changed("pre_review_answer", {"/body/gaps/0/cure": "一\n二\r\n三"})) == []
    assert refusals(changed("withdrawal", {"/body/reason": "a\x00"}))[0].rule == (
        "text.control_character"
    )
    for character in "\n\r\t\x00\x7f\x85\u2028":
        (found,) = refusals(changed("fee", {"/body/fee/order_no": f"a{character}b"}))
        assert found.rule == "text.control_character"


@pytest.mark.parametrize("value", [1.5, [1, {"a": 2.0}], 2**53, -(2**53)])
def test_open_values_hold_no_fractions_and_no_inexact_integers(value):
    found = refusals(changed("correction", {"/body/answers/1/changes/0/value": value}))
    assert [one.path for one in found] == ["/body/answers/1/changes/0/value"]
    assert found[0].rule in ("number.fraction", "number.range")


@pytest.mark.parametrize("value", [None, True, "", [], {"a": [None, 1, "x"]}])
def test_open_values_are_any_other_json(value):
    assert refusals(changed("correction", {"/body/answers/1/changes/0/value": value})) == []


def test_extensions_end_at_64_kib():
    text = "字" * 1000
    many = {f"/{index}": text for index in range(EXTENSIONS_LIMIT // 3000 + 1)}
    (found,) = refusals(changed("application", {"/extensions": {"530303-window": many}}))
    assert (found.rule, found.path) == ("extensions.too_large", "/extensions")


def test_a_contact_person_need_not_be_identified_but_a_guardian_must():
    nobody = {"kind": {"code": "1", "list": "service_object"}, "name": "模拟联系人"}
    contact = {"kind": {"code": "OTHER", "list": "agent_kind"}, "person": nobody}
    guardian = {"kind": {"code": "GUARDIAN", "list": "agent_kind"}, "person": nobody}
    assert refusals(changed("application", {"/body/agent": contact})) == []
    (found,) = refusals(changed("application", {"/body/agent": guardian}))
    assert (found.rule, found.path) == (
        "party.id_number_missing",
        "/body/agent/person/id_number",
    )


def test_members_of_a_household_are_identified_too():
    member = {"kind": {"code": "1", "list": "service_object"}, "name": "模拟成员"}
    (found,) = refusals(changed("application", {"/body/household_members": [member]}))
    assert found.path == "/body/household_members/0/id_number"


@pytest.mark.parametrize(
    "kind", ["application_as_sent", "inquiry", "complaint", "verification_ask"]
)
def test_kinds_that_need_no_case(kind):
    document = changed(kind, {})
    document.pop("case_number", None)
    assert refusals(document) == []


def test_the_same_part_twice_is_refused():
    document = changed("application_parts", {"/body/parts/1/part_id": "township"})
    rules = {one.rule for one in refusals(document)}
    assert "part.duplicate" in rules


def test_messages_are_immutable():
    message = parse(DOCUMENTS["reminder"], from_sender=False)
    with pytest.raises(ValueError, match="frozen"):
        message.kind = "decision"


def test_pointers_escape_what_json_pointer_reserves():
    (found,) = refusals(changed("reminder", {"/body/x": 1}) | {"a/b~c": 1} | {"body": {}})[:1]
    assert found.path == "/a~1b~0c"


def test_the_quick_look_at_text_passes_nothing_that_nfc_would_change():
    for point in range(0x80, 0x110000):
        if 0xD800 <= point < 0xE000 or not is_plain(chr(point).encode()):
            continue
        assert unicodedata.is_normalized("NFC", chr(point))
        assert not unicodedata.combining(chr(point))
        assert unicodedata.is_normalized("NFC", f"a{chr(point)}가{chr(point)}か{chr(point)}")


def test_a_consent_is_good_on_its_last_day():
    last = {"/body/consents/0/expires_on": "2026-03-02"}
    assert refusals(changed("verification_ask", last)) == []


def test_an_expired_consent_for_another_subject_is_no_obstacle():
    other = {
        "/body/consents/0/expires_on": "2026-03-01",
        "/body/consents/0/subject": [{"code": "HOUSEHOLD", "list": "verification_subject"}],
    }
    assert refusals(changed("verification_ask", other)) == []


@pytest.mark.parametrize("example", ["acknowledgement", "correction", "objection_answer"])
def test_what_answers_names_the_message_it_answers(example):
    (found,) = refusals(changed(example, {"/in_reply_to": ...}))
    assert (found.rule, found.path) == ("in_reply_to.missing", "/in_reply_to")


def test_empty_extensions_are_left_away():
    (found,) = refusals(changed("application", {"/extensions": {}}))
    assert (found.rule, found.path) == ("field.empty", "/extensions")


def test_a_coded_value_is_closed_against_unknown_fields():
    for path in ("/body/mode/label", "/channel/label", "/body/materials/0/code/label"):
        (found,) = refusals(changed("application", {path: "x"}))
        assert (found.rule, found.path) == ("field.unknown", path)
