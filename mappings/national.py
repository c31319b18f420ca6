"""
What the national format has at a path, read from its models; for lint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.coded import Code, ListOf
from contracts.fields import FieldSpec
from contracts.kinds import MODELS

Form = Literal["object", "code", "plain", "json"]

INTAKE = frozenset(
    {
        "format_version",
        "kind",
        "environment",
        "simulation_mark",
        "message_id",
        "idempotency_key",
        "data_version",
        "sequence",
        "case_number",
        "sender",
        "receivers",
        "trace_id",
        "extensions",
    }
)
"""Envelope fields that intake sets, not the mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its form, whether it is a list, the code list it is tied to, who sets it."""

    form: Form
    many: bool
    presence: str
    by: str
    code_list: str | None = None
    model: type[BaseModel] | None = None
    others: tuple[type[BaseModel], ...] = ()
    """Further models, of which one is known by a value inside: application forms by form_id."""

    @property
    def models(self) -> tuple[type[BaseModel], ...]:
        return self.others if self.model is None else (self.model, *self.others)


def kinds() -> frozenset[str]:
    return frozenset(MODELS)


def field_at(kind: str, path: tuple[str, ...]) -> Field | None:
    """The field at a path, through the elements of lists; None if there is none."""
    models: tuple[type[BaseModel], ...] = (MODELS[kind],)
    found: list[Field] = []
    for segment in path:
        found = [one for model in models if (one := _fields(model).get(segment)) is not None]
        models = tuple(dict.fromkeys(model for one in found for model in one.models))
    return found[0] if found else None


def fields_below(kind: str, path: tuple[str, ...]) -> Iterator[tuple[str, Field]]:
    """Names and fields of the object at a path (the message itself at the empty one)."""
    if not path:
        yield from ((n, f) for n, f in _fields(MODELS[kind]).items() if n not in INTAKE)
        return
    field = field_at(kind, path)
    if field is not None and field.model is not None:
        yield from _fields(field.model).items()


@cache
def _fields(model: type[BaseModel]) -> dict[str, Field]:
    return {name: _describe(info) for name, info in model.model_fields.items()}


def _describe(info: FieldInfo) -> Field:
    spec = next((m for m in info.metadata if isinstance(m, FieldSpec)), None)
    presence = spec.presence if spec else "required" if info.is_required() else "optional"
    by = spec.by if spec else "sender"
    kind, many, tied, others = _unwrap(info.annotation, list(info.metadata))
    model: type[BaseModel] | None = None
    form: Form = "plain"
    if kind is Code:
        form, model = "code", Code
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        form, model = "object", kind
    elif kind is Any:
        form = "json"
    return Field(
        form=form,
        many=many,
        presence=presence,
        by=by,
        code_list=tied,
        model=model,
        others=tuple(one for one in others if issubclass(one, BaseModel)),
    )


def _unwrap(
    annotation: Any, metadata: list[Any]
) -> tuple[Any, bool, str | None, tuple[type[Any], ...]]:
    """
    The inner type, whether it stands in a list, the code list it is tied to, what else it may be.
    """
    many = False
    tied: str | None = None
    others: tuple[type[Any], ...] = ()
    while True:
        tied = tied or next((m.name for m in metadata if isinstance(m, ListOf)), None)
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *metadata = get_args(annotation)
        elif origin in (Union, UnionType):
            # unions of the format are "or absent", or forms of which one is known
            inner = [one for one in get_args(annotation) if one is not type(None)]
            annotation, metadata = inner[0], []
            others += tuple(one for one in inner[1:] if isinstance(one, type))
        elif origin in (tuple, list):
            many, annotation, metadata = True, get_args(annotation)[0], []
        else:
            return annotation, many, tied, others
