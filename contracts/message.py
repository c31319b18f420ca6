"""
The message of the national format: from a plain document to a checked value and back.

`parse` refuses what is wrong, all of it at once; `warnings` tells what is taken in all the same.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast, get_args

from pydantic import ValidationError

from contracts.bundle import Bundle
from contracts.cautions import find_cautions
from contracts.conditions import find_bundle_conditions, find_conditions
from contracts.errors import Finding, InvalidDocument
from contracts.fields import FROM_SENDER, Value
from contracts.kinds import MODELS, Message
from contracts.refusals import explain
from contracts.text import is_plain, refuse_text, serialise
from contracts.vocabulary import MessageKind
from contracts.words import refuse

KINDS: tuple[str, ...] = get_args(MessageKind)

M = TypeVar("M", bound=Value)


def check(document: dict[str, Any], *, from_sender: bool) -> tuple[Message, tuple[Finding, ...]]:
    """
    `parse` and `warnings` in one, which looks at the texts once: what intake does.

    Raises:
        InvalidDocument: with every finding at once.
    """
    plain = _is_plain(document)
    message = _parse(document, from_sender=from_sender, plain=plain)
    return message, tuple(find_cautions(message, plain=plain))


def parse(document: dict[str, Any], *, from_sender: bool) -> Message:
    """
    Check a document and give the message it is.

    `from_sender`: the document is as its sender wrote it, and fields the gateway sets are refused.
    The message keeps every text as it came, but that the check character of an identity number is
    made a capital X.

    Raises:
        InvalidDocument: with every finding at once.
    """
    return _parse(document, from_sender=from_sender, plain=_is_plain(document))


def _parse(document: dict[str, Any], *, from_sender: bool, plain: bool) -> Message:
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in MODELS:
        raise InvalidDocument(findings=[_no_kind(document)])
    found = find_conditions(document)
    if from_sender and kind == "application" and "case_number" in document:
        found.append(refuse("field.gateway_only", "/case_number"))
    model = MODELS[kind]
    return cast("Message", _validate(document, model, found, from_sender=from_sender, plain=plain))


def parse_bundle(document: dict[str, Any], *, from_sender: bool) -> Bundle:
    """
    Check a bundle (一件事); it is expanded into applications at intake.

    Raises:
        InvalidDocument: with every finding at once.
    """
    if not isinstance(document, dict):
        raise InvalidDocument(findings=[_no_kind(document)])
    found = find_bundle_conditions(document)
    plain = _is_plain(document)
    return _validate(document, Bundle, found, from_sender=from_sender, plain=plain)


def warnings(message: Message | Bundle) -> tuple[Finding, ...]:
    """
    Everything of level warn about a parsed message, in the order of their paths.

    Codes and regions are looked up as of `as_of_date`, before it is set as of the application date.
    Nothing about mapped codes that are wider or narrower: the mapping has said so.
    """
    return tuple(find_cautions(message))


def to_document(message: Value) -> dict[str, Any]:
    """The plain JSON form of a message: what was set, nothing else."""
    return message.model_dump(mode="json", exclude_unset=True)


def _validate(
    document: dict[str, Any],
    model: type[M],
    found: list[Finding],
    *,
    from_sender: bool,
    plain: bool,
) -> M:
    message: M | None = None
    if not plain:
        found += refuse_text(document)
    try:
        message = model.model_validate(document, context=FROM_SENDER if from_sender else None)
    except ValidationError as error:
        told = {(finding.rule, finding.path) for finding in found}
        found += [one for one in explain(error) if (one.rule, one.path) not in told]
    if message is None or found:
        raise InvalidDocument(findings=sorted(found, key=lambda one: (one.path or "", one.rule)))
    return message


def _is_plain(document: object) -> bool:
    data = serialise(document)
    return data is not None and is_plain(data)


def _no_kind(document: object) -> Finding:
    if not isinstance(document, dict):
        return refuse("field.type", "", expected_zh="对象", expected="an object")
    if "kind" not in document:
        return refuse("field.missing", "/kind")
    return refuse("kind.unknown", "/kind")


__all__ = [
    "KINDS",
    "MODELS",
    "Bundle",
    "Message",
    "check",
    "parse",
    "parse_bundle",
    "to_document",
    "warnings",
]
