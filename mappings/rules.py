"""
The shape of mapping.yaml. What each key means is in README.md, which is the grammar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from contracts.errors import Finding, Level

Direction = Literal["in", "out"]
Paths = str | tuple[str, ...]


class MappingError(ValueError):
    """A folder that cannot be used as it stands; carries every problem found at once."""

    def __init__(self, problems: Sequence[Finding]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path} {p.rule} {p.message_en}" for p in problems))


def problem(rule: str, file: str, line: int, zh: str, en: str, level: Level = "reject") -> Finding:
    """A finding about the folder itself: `path` is file:line; rule ids are listed in lint.py."""
    return Finding(rule, level, zh, f"{file}:{line}", en)


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ListRef(Shape):
    """A code list: its file, the name the province gives it, the national list it leads to."""

    file: str = Field(pattern=r"^(codes/)?[A-Za-z0-9_-]+\.csv$")
    label: str = ""
    national: str | None = None
    line: int = 0


class ItemsRef(Shape):
    file: str = Field(default="items.csv", pattern=r"^[A-Za-z0-9_-]+\.csv$")
    label: str = "事项编码"
    line: int = 0


class Condition(Shape):
    """One side, one test. Several conditions of a rule must all hold."""

    national: str | None = None
    province: str | None = None
    is_: tuple[str, ...] | None = Field(default=None, alias="is")
    not_: tuple[str, ...] | None = Field(default=None, alias="not")
    present: bool | None = None
    line: int = 0

    @field_validator("is_", "not_", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return as_tuple(value)


class Default(Shape):
    in_: Any = Field(default=None, alias="in")
    out: Any = None
    line: int = 0


class Ruled(Shape):
    """What rules and blocks share."""

    line: int = 0
    when: tuple[Condition, ...] = ()
    direction: Direction | None = None

    @field_validator("when", mode="before")
    @classmethod
    def _conditions(cls, value: Any) -> Any:
        return as_tuple(value)

    def runs(self, direction: Direction) -> bool:
        return self.direction in (None, direction)


class FieldRule(Ruled):
    """A national path and a province path joined by a transform, a list, or a given value."""

    national: Paths | None = None
    province: Paths | None = None
    join: str | None = None
    split: str | None = None
    transform: tuple[str, ...] = ()
    codes: str | None = None
    plain: bool = False
    label: str | None = None
    items: bool = False
    many: bool | str = False
    const: Any = None
    context: str | None = None
    default: Default | None = None
    index: str | None = None
    ignore: str | None = None
    required: bool | Direction = False
    as_of: bool = False

    @field_validator("transform", mode="before")
    @classmethod
    def _chain(cls, value: Any) -> Any:
        return as_tuple(value)

    @field_validator("national", "province", mode="before")
    @classmethod
    def _paths(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @property
    def given(self) -> bool:
        """The value comes from the rule or the caller, not from the other side."""
        return self.has_const or self.context is not None

    @property
    def has_const(self) -> bool:
        return "const" in self.model_fields_set

    def needs(self, direction: Direction) -> bool:
        return self.required is True or self.required == direction


class Ends(Shape):
    national: str | None = None
    province: str | None = None
    line: int = 0


class Pivot(Ends):
    key: str
    codes: str


class Block(Ruled):
    """Rules that stand inside an object, a list, or a pivot; or a group without either."""

    at: Ends | None = None
    each: Ends | None = None
    pivot: Pivot | None = None
    use: str | None = None
    fields: tuple[Rule, ...] = ()


def _kind_of(value: Any) -> str:
    keys = value if isinstance(value, dict) else value.model_fields_set
    return "block" if {"at", "each", "pivot", "use", "fields"} & set(keys) else "field"


Rule = Annotated[
    Annotated[FieldRule, Tag("field")] | Annotated[Block, Tag("block")], Discriminator(_kind_of)
]


class Kind(Shape):
    """How one message kind is mapped."""

    direction: Direction | None = None
    fields: tuple[Rule, ...]
    line: int = 0


class Document(Shape):
    """mapping.yaml as a whole."""

    format: Literal[1]
    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$")
    system: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*$")
    lists: dict[str, ListRef] = Field(default_factory=dict)
    items: ItemsRef | None = None
    groups: dict[str, tuple[Rule, ...]] = Field(default_factory=dict)
    kinds: dict[str, Kind]
    line: int = 0


def as_tuple(value: Any) -> Any:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


Block.model_rebuild()
Kind.model_rebuild()
Document.model_rebuild()
