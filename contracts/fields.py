"""
How a field of the national format is declared: its name, its origin, how it is guarded.

`required` is cardinality 1 with rule R: its absence refuses the document. `expected` is cardinality
1 with rule W: its absence is a finding. `optional` is everything else; `rule` is then the level of
what may be wrong with it.

`ref` is the data item of GB/T 39046-2020 (table.item), `column` the column of the national exchange
tables, `form` says that a real application form asks for it. Confidence follows: A from a data
item, B from a column or form, P for project convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, core_schema

Grade = Literal["none", "general", "sensitive", "by_use"]
"""Personal data: none, general (一般), sensitive (敏感); by_use: that of the field holding it."""
Leaf = Literal["plain", "commitment", "never"]
"""What an audit leaf may show of it; the stricter mark on the path wins."""
SetBy = Literal["sender", "gateway", "both"]
Presence = Literal["required", "expected", "optional"]
Rule = Literal["R", "W", "-"]
Confidence = Literal["A", "B", "P"]

FROM_SENDER = {"from_sender": True}
"""Validation context of a document as its sender wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """What the format says about one field beside its type; stands in the field's metadata."""

    label: str
    note: str
    presence: Presence
    rule: Rule
    grade: Grade
    leaf: Leaf
    by: SetBy
    ref: str
    column: str
    form: bool

    @property
    def confidence(self) -> Confidence:
        return "A" if self.ref else "B" if self.column or self.form else "P"

    def publish(self, schema: dict[str, Any]) -> None:
        """Add to a published field what is not its default: set by a sender, not personal."""
        said: dict[str, Any] = {
            "x-rule": self.rule,
            "x-confidence": self.confidence,
            "x-expected": self.presence == "expected",
            "x-set-by": "" if self.by == "sender" else self.by,
            "x-grade": "" if self.grade == "none" else self.grade,
            "x-audit-leaf": "" if self.leaf == "never" else self.leaf,
            "x-gbt39046": self.ref,
            "x-exchange-column": self.column,
        }
        schema.update({name: value for name, value in said.items() if value})
        schema.pop("default", None)  # absent is absent: null is no value to fall back to


class Value(BaseModel):
    """A value object of the national format: immutable, closed against unknown fields."""

    # Built at first use: a process pays only for the kinds it meets.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Content(Value):
    """消息内容 what a message of one kind says: the `body` of its envelope."""


class _NotNull:
    """Absent is absent: an optional field is left away, never null (format 1.7)."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


class _GatewayOnly:
    """Refused when a sender sends it (format 1.15); costs nothing where the field is absent."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(_refuse_senders, handler(source))


def _refuse_senders(value: Any, info: core_schema.ValidationInfo[Any]) -> Any:
    if info.context is FROM_SENDER:
        raise PydanticCustomError("field.gateway_only", "set by the gateway")
    return value


T = TypeVar("T")
Opt = Annotated[T | None, _NotNull()]
"""A field that may be absent."""
Given = Annotated[T | None, _NotNull(), _GatewayOnly()]
"""A field that may be absent and that only the gateway sets."""
Some = Annotated[tuple[T, ...], Field(min_length=1)]
"""At least one; an empty list is left away (format 1.7)."""
TwoOrMore = Annotated[tuple[T, ...], Field(min_length=2)]


def required(
    label: str,
    note: str = "",
    *,
    ref: str = "",
    column: str = "",
    form: bool = False,
    grade: Grade = "none",
    leaf: Leaf = "never",
    by: SetBy = "sender",
) -> Any:
    """Declare a field without which the document is refused."""
    return _declare(
        FieldSpec(
            label=label,
            note=note,
            presence="required",
            rule="R",
            grade=grade,
            leaf=leaf,
            by=by,
            ref=ref,
            column=column,
            form=form,
        ),
        default=...,
    )


def expected(
    label: str,
    note: str = "",
    *,
    ref: str = "",
    column: str = "",
    form: bool = False,
    grade: Grade = "none",
    leaf: Leaf = "never",
    by: SetBy = "sender",
) -> Any:
    """Declare a field whose absence is a finding of level warn."""
    return _declare(
        FieldSpec(
            label=label,
            note=note,
            presence="expected",
            rule="W",
            grade=grade,
            leaf=leaf,
            by=by,
            ref=ref,
            column=column,
            form=form,
        ),
        default=None,
    )


def optional(
    label: str,
    note: str = "",
    *,
    rule: Rule = "W",
    ref: str = "",
    column: str = "",
    form: bool = False,
    grade: Grade = "none",
    leaf: Leaf = "never",
    by: SetBy = "sender",
) -> Any:
    """Declare a field that may be absent."""
    return _declare(
        FieldSpec(
            label=label,
            note=note,
            presence="optional",
            rule=rule,
            grade=grade,
            leaf=leaf,
            by=by,
            ref=ref,
            column=column,
            form=form,
        ),
        default=None,
    )


def spec_of(field: FieldInfo) -> FieldSpec:
    """
    What the format says about a field.

    Raises:
        LookupError: it was not declared with `required`, `expected` or `optional`.
    """
    for mark in field.metadata:
        if isinstance(mark, FieldSpec):
            return mark
    raise LookupError("a field of the national format without its specification")


@dataclass(frozen=True, slots=True)
class Held:
    """What objects a field holds: of which class, one or a list."""

    model: type[Value]
    many: bool


def held(annotation: Any) -> Held | None:
    """The objects behind a field's annotation, None when it holds plain values."""
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return Held(annotation, many=False)
    many = get_origin(annotation) is tuple
    for inner in get_args(annotation):
        if found := held(inner):
            return Held(found.model, many=many or found.many)
    return None


def _declare(spec: FieldSpec, *, default: Any) -> Any:
    field: FieldInfo = Field(
        default, title=spec.label, description=spec.note or None, json_schema_extra=spec.publish
    )
    field.metadata.append(spec)
    return field


__all__ = [
    "FROM_SENDER",
    "Confidence",
    "Content",
    "FieldSpec",
    "Given",
    "Grade",
    "Held",
    "Leaf",
    "Opt",
    "Presence",
    "Rule",
    "SetBy",
    "Some",
    "TwoOrMore",
    "Value",
    "expected",
    "held",
    "optional",
    "required",
    "spec_of",
]
