"""
What the models refuse, as findings: stable rule, JSON Pointer, two languages, never the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts import scalars
from contracts.errors import Finding
from contracts.form import FORMS
from contracts.text import escape
from contracts.words import WORDS, refuse

_PATTERNS = {
    scalars.LINE: "text.control_character",
    scalars.PARAGRAPH: "text.control_character",
    scalars.DATE: "date.shape",
    scalars.MONTH: "month.shape",
    scalars.TIME: "time.shape",
    scalars.CASE_NUMBER: "case_number.shape",
    scalars.BUNDLE_NUMBER: "bundle_number.shape",
    scalars.SHA256: "digest.shape",
    scalars.TRACE_ID: "trace_id.shape",
    scalars.SIX_DIGITS: "place.six_digits",
    scalars.TWELVE_DIGITS: "place.twelve_digits",
}

_TYPES = {
    "string_type": ("文本", "text"),
    "string_sub_type": ("文本", "text"),
    "int_type": ("整数", "a whole number"),
    "bool_type": ("true 或 false", "true or false"),
    "tuple_type": ("列表", "a list"),
    "model_type": ("对象", "an object"),
    "model_attributes_type": ("对象", "an object"),
    "dict_type": ("对象", "an object"),
}

_TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""The form_id of a form names no form, or there is none."""

_RULES = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "string_too_long": "text.too_long",
    "string_too_short": "field.empty",
    "string_unicode": "text.surrogate",
    "int_from_float": "number.fraction",
    "greater_than_equal": "number.range",
    "less_than_equal": "number.range",
    "int_parsing_size": "number.range",
}


def explain(error: ValidationError) -> Iterator[Finding]:
    """Every error of a validation as a finding; the value itself is looked at but never shown."""
    details = error.errors(include_url=False)
    paths = [pointer(_place(detail)) for detail in details]
    for detail, path in zip(details, paths, strict=True):
        # A list whose entries are wrong is also told to be too short: once is enough.
        if detail["type"] == "too_short" and any(p.startswith(f"{path}/") for p in paths):
            continue
        yield _explain(detail, path)


def _place(detail: ErrorDetails) -> Sequence[int | str]:
    """Where in the document: without the tag of a form, and at the tag if that is what is wrong."""
    said = detail["loc"]
    place = [
        one for at, one in enumerate(said) if not (at and said[at - 1] == "form" and one in FORMS)
    ]
    return [*place, "form_id"] if detail["type"] in _TAGS else place


def pointer(location: Sequence[int | str]) -> str:
    """JSON Pointer (RFC 6901) of a place in the document; "" is the whole."""
    return "".join(f"/{escape(part)}" for part in location)


def _explain(detail: ErrorDetails, path: str) -> Finding:
    kind, context, value = detail["type"], dict(detail.get("ctx", {})), detail["input"]
    if kind in _TAGS:
        return _explain_tag(kind, value, path)
    if kind == "literal_error":
        return _explain_literal(detail, path)
    if value is None and kind not in _RULES:
        return refuse("field.null", path)
    if isinstance(value, float) and kind == "int_type":
        return refuse("number.fraction", path)
    if kind in _TYPES:
        zh, en = _TYPES[kind]
        return refuse("field.type", path, expected_zh=zh, expected=en)
    if kind == "string_pattern_mismatch":
        return refuse(_PATTERNS[str(context["pattern"])], path)
    if kind == "too_short":
        few = context["min_length"] == 1
        return refuse("field.empty" if few else "list.too_short", path, **context)
    rule = kind if kind in WORDS else _RULES.get(kind, "field.invalid")
    return refuse(rule, path, **context)


def _explain_tag(kind: str, form: object, path: str) -> Finding:
    given = form.get("form_id") if isinstance(form, dict) else None
    if kind == "union_tag_not_found" or given is None:
        named = isinstance(form, dict) and "form_id" in form
        return refuse("field.null" if named else "field.missing", path)
    return refuse("value.unknown", path, expected=", ".join(FORMS))


def _explain_literal(detail: ErrorDetails, path: str) -> Finding:
    expected = str(detail["ctx"]["expected"]).replace(" or ", ", ").replace("'", "")
    match detail["loc"]:
        case ("format_version",):
            return refuse("version.unknown", path, expected=expected)
        case (*_, "list"):
            return refuse("code.wrong_list", path, expected=expected)
        case (*_, "code"):
            return refuse("code.unknown", path, expected=expected)
        case _ if detail["input"] is None:
            return refuse("field.null", path)
        case _:
            return refuse("value.unknown", path, expected=expected)


__all__ = ["explain", "pointer"]
