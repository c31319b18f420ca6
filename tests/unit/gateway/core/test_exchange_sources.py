"""The table of sources says what the fields of the national format say, for every column."""

from __future__ import annotations

import pytest

from contracts.exchange import exchange_tables
from contracts.fields import Value, held, spec_of
from contracts.kinds import MODELS
from contracts.material import Licence, Material
from gateway.core.exchange.sources import (
    BY_FEED,
    KNOWN_LISTS,
    NO_SOURCE,
    NOT_FED,
    SOURCES,
    YES_NO,
)

DOCUMENTS: dict[str, type[Value]] = {
    "application": MODELS["application"],
    "acceptance": MODELS["acceptance"],
    "progress": MODELS["progress"],
    "start": MODELS["special_procedure"],
    "end": MODELS["special_procedure"],
    "decision": MODELS["decision"],
    "delivery": MODELS["delivery_of_result"],
    "evaluation": MODELS["evaluation"],
    "material": Material,
    "licence": Licence,
}
ELSEWHERE = {
    "decision:body.licences.name",
    "decision:body.licences.number",
    "application:body.agent.person.name",
    "application:body.agent.person.id_type",
    "application:body.agent.person.id_number",
}
"""The column stands at the object around the field."""
OURS = {
    "up_pro_accept.catalog_code": "the folded case knows it also when the sender did not say it",
    "up_pro_accept.project_no": "the number of the side that feeds: numbers.receiving, .handling",
    "up_pro_process.project_no": "the same",
    "up_pro_special_procedure.project_no": "the same",
    "up_pro_result.project_no": "the same",
    "up_pro_material.project_no": "the same",
}
PATHS = [
    (f"{table}.{column}", path)
    for table, columns in SOURCES.items()
    for column, paths in columns.items()
    for path in paths
    if not path.startswith("case:")
]
AS_WELL = {
    ("up_pro_accept.org_code", "acceptance:body.body.credit_code"),
    ("up_lic_data.certificate_area_code", "licence:area.code"),
    ("up_lic_data.issue_dept", "licence:issuer.name"),
    ("up_lic_data.issue_dept_code", "licence:issuer.credit_code"),
    ("up_pro_process.event_end_time", "progress:body.started_at"),
    ("up_pro_process.event_end_time", "progress:occurred_at"),
}
"""Second choices, and plain values inside an object that carries the column."""


def columns_on(path: str) -> list[set[str]]:
    """The columns named by each field on the way, the last one's at the end."""
    document, _, inner = path.partition(":")
    model: type[Value] | None = DOCUMENTS[document]
    found = []
    for name in inner.split("."):
        assert model is not None, path
        field = model.model_fields[name]
        found.append(set(spec_of(field).column.split()))
        inside = held(field.annotation)
        model = inside.model if inside else None
    return found


@pytest.mark.parametrize(("column", "path"), PATHS, ids=lambda one: one)
def test_a_source_is_the_field_that_names_the_column(column: str, path: str) -> None:
    named = columns_on(path)

    if (column, path) in AS_WELL:
        return
    if path in ELSEWHERE:
        assert any(column in one for one in named[:-1]) or column in named[-1]
    else:
        assert column in named[-1]


def test_every_column_has_a_source_or_a_reason() -> None:
    for table, columns in exchange_tables().items():
        if table in NOT_FED:
            assert table not in SOURCES
            continue
        for column in columns:
            ways = (
                column.name in SOURCES[table],
                column.name in BY_FEED,
                column.full_name in NO_SOURCE,
            )
            assert sum(ways) == 1, column.full_name
    known = {column.full_name for columns in exchange_tables().values() for column in columns}
    assert set(NO_SOURCE) | YES_NO | set(OURS) <= known
    assert {f"{table}.{name}" for table, names in SOURCES.items() for name in names} <= known


def test_columns_a_field_names_are_fed_or_belong_to_a_table_that_is_not() -> None:
    sources = {column for column, _ in PATHS} | set(OURS)
    named: set[str] = set()
    seen: set[type[Value]] = set()
    todo: list[type[Value]] = [*MODELS.values()]
    while todo:
        model = todo.pop()
        if model in seen:
            continue
        seen.add(model)
        for field in model.model_fields.values():
            named |= set(spec_of(field).column.split())
            if inside := held(field.annotation):
                todo.append(inside.model)

    left = {one for one in named - sources if one.partition(".")[0] not in NOT_FED}

    assert {one.partition(".")[2] for one in left} <= BY_FEED


def test_codes_handed_on_as_they_are_belong_to_a_standard() -> None:
    from contracts.codelist import code_list

    for name in KNOWN_LISTS:
        assert code_list(name) is not None
    assert not KNOWN_LISTS & {"apply_type", "decision_result", "material_acquisition"}
