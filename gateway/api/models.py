"""
Shapes of answers, for the API description; tests hold real answers to them.

Input has models of its own: national messages in `contracts`, queries beside their handlers.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.case import Clock, Item
from contracts.catalogue import Alliance, CatalogueItem
from contracts.kinds import Message


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ProblemItem(Shape):
    """One finding. `pointer` is a JSON Pointer; `path` a place in the sender's own document."""

    rule: str = Field(description="stable rule id")
    level: Literal["reject", "warn", "info"]
    message: str = Field(description="in the language asked for")
    message_en: str | None = Field(None, description="English beside Chinese")
    message_zh: str | None = Field(None, description="Chinese beside English")
    pointer: str | None = None
    path: str | None = None


class Problem(Shape):
    """RFC 9457 problem details. `title`, `detail`, `remedy` are in the language asked for."""

    type: str = Field(description="address of a page that explains the code")
    status: int
    code: str = Field(description="stable error code")
    title: str
    detail: str
    remedy: str = Field(description="下一步 what to do next")
    title_en: str | None = None
    detail_en: str | None = None
    remedy_en: str | None = None
    title_zh: str | None = None
    detail_zh: str | None = None
    remedy_zh: str | None = None
    side: Literal["caller", "gateway", "handling"]
    side_zh: str = Field(description="由哪一方处理")
    retryable: bool = Field(description="the same request may be sent again")
    instance: str
    trace_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    errors: list[ProblemItem] | None = Field(None, description="every finding at once")


class Finding(Shape):
    """Something found in a document that was taken in all the same."""

    rule: str
    level: Literal["reject", "warn", "info"]
    message: str
    message_en: str | None = None
    path: str | None = Field(None, description="JSON Pointer, or a place in the sender's document")


class Links(Shape):
    own: str = Field(alias="self")
    messages: str


class Receipt(Shape):
    """Our answer to a message; a repeat gets the same bytes. After it the message is safe."""

    case_number: str
    message_id: str
    kind: str
    arrival: int = Field(description="the message's place in its case, from 1")
    applied: bool = Field(description="false: came early, late or again; kept and tried later")
    received_at: str
    status: str | None = Field(None, description="this and what follows: for parties of the case")
    status_zh: str | None = None
    turn: str | None = Field(None, description="whose turn it is now")
    turn_zh: str | None = None
    due: list[Clock] | None = Field(None, description="running clocks")
    findings: list[Finding]
    content_digest: str = Field(description="SHA-256 over a secret salt and the bytes you sent")
    links: Links | None = None


class Preview(Shape):
    destination: str
    record: dict[str, Any] = Field(description="the document as the destination would get it")


class Rehearsal(Receipt):
    """What a receipt would say; nothing was stored and nobody was told."""

    dry_run: Literal[True]
    previews: list[Preview]


class Party(Shape):
    system: str
    role: str
    province: str
    name: str | None


class Part(Shape):
    part_id: str
    status: str
    status_zh: str
    turn: str | None
    body_name: str | None
    role: str | None = Field(description="what its body does, list part_role")
    after: list[str] = Field(description="parts it waits for")
    result: str | None = Field(description="what its body decided, also once told")
    entitlement: str | None = Field(description="PAYING or STOPPED, once anything was said of it")
    recertify_by: str | None = Field(description="month the benefit has to be certified again")
    due_on: str | None = Field(description="nearest date a running clock of this part falls due")


class Holding(Shape):
    place: str
    from_at: str
    to_at: str | None


class Delivery(Shape):
    serial: str
    kind: str
    to: str
    state: str
    attempt: int
    next_at: str | None
    reason: str | None = Field(description="for operators and auditors only")


class PrintedLine(Shape):
    heading: str
    text: str


class ForApplicant(Shape):
    """What to tell the applicant. No personal data, no item, no result in it."""

    ways: list[str] = Field(description="codes of contact_method, to be used in this order")
    telephone: str
    sms: list[str] = Field(description="parts of at most 70 characters")
    large_print: list[PrintedLine]


class Case(Shape):
    """One case as a party of it sees it."""

    case_number: str
    environment: Literal["test", "production"]
    revision: int
    sentence: str = Field(description="what one would say on the telephone")
    applicant: ForApplicant
    status: str
    status_zh: str
    turn: str | None
    turn_zh: str | None
    item: Item
    mode: str
    application_date: str
    opened_at: str
    updated_at: str
    numbers: dict[str, str]
    parties: list[Party]
    parts: list[Part]
    clocks: list[Clock]
    holders: list[Holding]
    corrections: int
    not_applied: list[int]
    deliveries: list[Delivery]
    timeline: list[dict[str, Any]]


class ClockWarning(Shape):
    """A warning that was given about a clock; once before, at and after its last day."""

    kind: str
    kind_zh: str
    owner: str
    owner_zh: str
    cause: str
    cause_zh: str
    due_on: str
    provisional: bool


class Deadline(Shape):
    """Who has to do what until when."""

    case_number: str
    kind: str
    kind_zh: str
    owner: str
    owner_zh: str
    place: str | None
    part_id: str | None
    due_on: str
    left: int = Field(description="days left, in `unit`")
    late: int = Field(description="days late, in `unit`")
    unit: str
    remaining: str = Field(description="the same as a person says it")
    overdue: bool
    provisional: bool = Field(description="counted in a year that is not announced yet")
    warned: str | None
    item: str


class Deadlines(Shape):
    today: str
    calendar_version: str
    items: list[Deadline]
    more: bool = Field(description="true: too many cases for one answer; ask for fewer days")


class CaseLine(Shape):
    case_number: str
    status: str
    status_zh: str
    turn: str | None
    turn_zh: str | None
    due_on: str | None
    item: str
    mode: str
    sender: str = Field(alias="from")
    handler: str = Field(alias="to")
    opened_at: str
    updated_at: str
    sentence: str | None = None
    notice: str | None = Field(None, description="in the worklist: what a person decides")
    warnings: list[ClockWarning] | None = Field(None, description="in the worklist: given so far")


class BundleReceipt(Shape):
    """Every case of the bundle is safe; each has its own receipt."""

    bundle_number: str
    message_id: str
    received_at: str
    theme: str | None
    theme_zh: str | None
    cases: list[Receipt]
    links: dict[str, str]


class BundleView(Shape):
    """一件事 and the cases of it that you are a party of."""

    bundle_number: str
    theme: str | None
    theme_zh: str | None
    opened_at: str
    finished: int
    total: int
    sentence: str
    cases: list[CaseLine]


class CasePage(Shape):
    items: list[CaseLine]
    next: str | None = Field(description="`cursor` of the next page; null on the last one")


class ArrivedMessage(Shape):
    arrival: int
    applied: bool
    message: Message


class Messages(Shape):
    case_number: str
    items: list[ArrivedMessage]


class MessageLineage(Shape):
    arrival: int
    kind: str
    package: str | None = Field(description="mapping package it was read with")
    codec: str = Field(description="how its bytes became text")
    rules: list[tuple[int, int]] = Field(description="rule number, code-row id or -1")


class Lineage(Shape):
    case_number: str
    items: list[MessageLineage]


class ItemName(Shape):
    catalogue_code: str
    name_zh: str


class BodyName(Shape):
    name: str
    credit_code: str


class Gap(Shape):
    code: str = Field(description="national material code")
    name_zh: str
    to_bring: bool = Field(description="false: fetched or filled in, nobody has to bring it")
    ways: list[str]
    how: list[str] = Field(description="in words for the applicant")


class Option(Shape):
    code: str
    name_zh: str


class Question(Shape):
    field: str = Field(description="field of the request that answers it")
    ask: str
    options: list[Option] = Field(description="where the answer is one or more of a list")


class Choice(Shape):
    code: str = Field(description="national material code")
    chosen: Literal[False] = Field(description="offered beside the ordinary proof; nobody chose")


class Zero(Shape):
    """零材料 零跑动: computed for this item between these places, whatever is at hand now."""

    materials: bool | None = Field(description="nothing to bring; null while a question is open")
    with_commitments: bool | None = Field(description="so if every commitment is chosen")
    visits: int = Field(description="to the receiving place; none to the handling place")
    modes: list[str]


class Precheck(Shape):
    """一次性告知: everything that is missing, at once."""

    item: ItemName
    handling_body: BodyName
    receiving_place: str | None
    handling_place: str
    application_date: str
    complete: bool
    to_bring: int = Field(description="how many materials somebody has to bring")
    gaps: list[Gap]
    fetched: list[str] = Field(description="codes of gaps nobody has to bring")
    may_owe: list[str] = Field(description="容缺: codes of gaps that may follow later")
    may_commit: list[Choice] = Field(description="告知承诺: gaps with a commitment on offer")
    zero: Zero
    questions: list[Question] = Field(description="to be answered before the list is final")
    findings: list[Finding]


class VerifiedFact(Shape):
    name: str
    value: Any
    as_of: str | None = None


class VerificationView(Shape):
    """在线核验 a question to a verification service and, once it has answered, what it said."""

    verification_id: str = Field(description="what a material by data check names")
    state: Literal["asking", "open", "answered", "refused", "failed"] = Field(
        description="open: the service is still working on it"
    )
    subject: str
    subject_zh: str
    service: str = Field(description="system that is asked")
    asked_at: str
    answered_at: str | None = None
    reason: str | None = Field(None, description="code, when refused or failed")
    result: str | None = Field(None, description="code of list verification_result")
    result_zh: str | None = None
    facts: list[VerifiedFact] | None = None
    valid_until: str | None = None


class StagedMaterial(Shape):
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int
    staged: bool
    findings: list[Finding] | None = Field(
        None, description="the bytes are not what the media type says; they are kept all the same"
    )


class LocalItem(Shape):
    """An item as one province offers it."""

    province: str
    catalogue_code: str
    implementation_code: str | None = None
    local_code: str | None = Field(None, description="only the caller's own province's")
    name: str
    version: str
    materials: list[str]
    may_owe: list[str] = Field(description="容缺 may be handed in later")
    by_check: list[str] = Field(description="fetched by a data check instead of asked for")
    by_commitment: list[str] = Field(description="告知承诺 may be replaced by a commitment")
    valid_from: str | None = None
    valid_to: str | None = None


class CatalogueBody(Shape):
    name: str
    credit_code: str
    place: str = Field(description="12 digits")
    serves: str = Field(description="prefix of the places it serves")
    items: list[str] = Field(description="12-digit catalogue codes; empty: all")
    phone: str | None = None
    hours: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class CatalogueCode(Shape):
    code: str
    name: str
    name_en: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class CatalogueForm(Shape):
    form_id: str
    # not `schema`: a model has a method of that name
    form_schema: dict[str, Any] = Field(alias="schema", description="JSON Schema of form.values")


class Catalogue(Shape):
    """
    `changed` false: what was fetched under `since` still holds, and nothing else is sent. Else only
    the sections named in `sections` are sent, each whole; the others still hold.
    """

    version: str
    changed: bool
    sections: list[str] | None = None
    items: list[CatalogueItem] | None = Field(None, description="national items in force today")
    local_items: list[LocalItem] | None = None
    bodies: list[CatalogueBody] | None = None
    materials: list[CatalogueCode] | None = None
    forms: list[CatalogueForm] | None = None
    alliances: list[Alliance] | None = None
    code_lists: dict[str, list[CatalogueCode]] | None = None


class Health(Shape):
    status: Literal["pass", "fail"]
    checks: dict[str, Literal["pass", "fail"]] | None = None


__all__ = [
    "Case",
    "CasePage",
    "Catalogue",
    "Health",
    "Lineage",
    "Messages",
    "Precheck",
    "Problem",
    "Receipt",
    "Rehearsal",
    "Shape",
    "StagedMaterial",
    "VerificationView",
]
