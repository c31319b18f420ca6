"""
Code lists and implementation lists: rows with validity, looked up as of a date.

Dates are compared as ISO text, which sorts like the calendar. Row ids are unique in a package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from contracts.catalogue import MATERIAL_LISTS, LocalOffer
from contracts.codelist import code_list

Equivalence = Literal["equal", "wider", "narrower"]
EQUIVALENCES: frozenset[str] = frozenset({"equal", "wider", "narrower"})
NEVER = "9999-12-31"
KNOWN = 1024
"""Look-ups a table remembers, a bound of ours; when it is reached all are forgotten."""

KeyIn = tuple[str, str, str | None]
"""system, province code, as-of date"""
KeyOut = tuple[str | None, str | None]
"""national code, as-of date"""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """`equivalence` says what the national code is, seen from the province code."""

    id: int
    line: int
    province: str
    label: str
    national: str
    equivalence: Equivalence = "equal"
    valid_from: str = ""
    valid_to: str = ""

    def holds(self, as_of: str) -> bool:
        return self.valid_from <= as_of <= (self.valid_to or NEVER)


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One list of one province, with look-ups both ways."""

    name: str
    label: str
    national: str | None
    file: str
    rows: tuple[CodeRow, ...]
    waived: frozenset[str] = frozenset()
    """National codes that the list leaves out on purpose, with its reason in the note."""
    by_province: Mapping[str, tuple[CodeRow, ...]] = field(init=False)
    by_national: Mapping[str, tuple[CodeRow, ...]] = field(init=False)
    known_in: dict[KeyIn, tuple[CodeRow, dict[str, Any]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Equal codes that were looked up, as the coded values they are: documents share them."""
    known_out: dict[KeyOut, CodeRow] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """National codes that were looked up and have an equal one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_province", _grouped(self.rows, "province"))
        object.__setattr__(self, "by_national", _grouped(self.rows, "national"))

    def inward(self, code: str, as_of: str) -> CodeRow | None:
        """The row of a province code in force; `ended_row` tells an ended one from none."""
        for row in self.by_province.get(code, ()):
            if row.holds(as_of):
                return row
        return None

    def ended_row(self, code: str) -> CodeRow | None:
        rows = self.by_province.get(code)
        return rows[-1] if rows else None

    def outward(self, code: str, as_of: str) -> CodeRow | None:
        """
        The row that may stand for a national code: the first equal one, else the first narrower
        one, else a wider one if it is the only one (a wider one says more than was said to us).
        """
        narrower = None
        wider: list[CodeRow] = []
        for row in self.by_national.get(code, ()):
            if not row.holds(as_of):
                continue
            if row.equivalence == "equal":
                return row
            if row.equivalence == "narrower":
                narrower = narrower or row
            else:
                wider.append(row)
        if narrower or len(wider) != 1:
            return narrower
        return wider[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """
    One local item. `when` is (national path, the codes that must be there as a set) or None.
    """

    id: int
    line: int
    local_code: str
    name: str
    catalogue_code: str
    version: str
    implementation_code: str = ""
    handling_item: str = ""
    situation: str = ""
    when: tuple[tuple[str, ...], frozenset[str]] | None = None
    equivalence: Equivalence = "equal"
    materials: tuple[str, ...] = ()
    offer: LocalOffer | None = None
    """What the row says that can be held against the catalogue; None: it could not be read."""
    valid_from: str = ""
    valid_to: str = ""

    def holds(self, as_of: str) -> bool:
        return self.valid_from <= as_of <= (self.valid_to or NEVER)

    def fits(self, document: Mapping[str, Any]) -> bool:
        """Whether the row's condition holds for a national message."""
        if self.when is None:
            return True
        value: Any = document
        for segment in self.when[0]:
            value = value.get(segment) if isinstance(value, dict | Mapping) else None
        return codes_of(value) == self.when[1]


@dataclass(frozen=True, slots=True)
class ItemTable:
    label: str
    file: str
    rows: tuple[ItemRow, ...]
    by_local: Mapping[str, tuple[ItemRow, ...]] = field(init=False)
    by_catalogue: Mapping[str, tuple[ItemRow, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_local", _grouped(self.rows, "local_code"))
        object.__setattr__(self, "by_catalogue", _grouped(self.rows, "catalogue_code"))

    def inward(self, code: str, as_of: str) -> ItemRow | None:
        for row in self.by_local.get(code, ()):
            if row.holds(as_of):
                return row
        return None

    def outward(
        self, catalogue_code: str, as_of: str, document: Mapping[str, Any]
    ) -> Sequence[ItemRow]:
        """Rows in force whose condition holds; one is an answer, several are ambiguous."""
        rows = self.by_catalogue.get(catalogue_code, ())
        return [row for row in rows if row.holds(as_of) and row.fits(document)]


def national_list(table: CodeTable, code: str) -> str | None:
    """The list a national code of a table is of: materials stand in several (MATERIAL_LISTS)."""
    if table.national in MATERIAL_LISTS:
        held = (name for name in (table.national, *MATERIAL_LISTS) if code in code_list(name))
        return next(held, table.national)
    return table.national


def remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= KNOWN:
        known.clear()
    known[key] = value


def codes_of(value: Any) -> frozenset[str]:
    """The code of a coded value, the text of a plain one, or those of a list, as a set."""
    if value is None:
        return frozenset()
    if isinstance(value, list):
        return frozenset().union(*(codes_of(entry) for entry in value))
    if isinstance(value, dict | Mapping):
        code = value.get("code")
        return frozenset() if code is None else frozenset({str(code)})
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    return frozenset({str(value)})


def overlapping(rows: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Pairs of rows of one code whose validity overlaps: a look-up could not choose."""
    ordered = sorted(rows, key=lambda row: row.valid_from)
    return [
        (one, other)
        for i, one in enumerate(ordered)
        for other in ordered[i + 1 :]
        if other.valid_from <= (one.valid_to or NEVER)
    ]


def _grouped(rows: Iterable[Any], key: str) -> dict[str, tuple[Any, ...]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        if getattr(row, key):
            groups.setdefault(getattr(row, key), []).append(row)
    return {code: tuple(found) for code, found in groups.items()}
