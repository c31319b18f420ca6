"""
Bundles and the cases they became; and which cases one person has of one item.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import apsw

from gateway.ports import ApplicantRow, BundleRow
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, micros


def put_bundle(db: apsw.Connection, row: BundleRow) -> None:
    db.execute(
        "INSERT INTO bundles (number, environment, theme, sender, opened_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (row.number, row.environment, row.theme, row.sender, micros(row.opened_at)),
    )
    made = db.last_insert_rowid()
    db.executemany(
        "INSERT INTO bundle_cases (bundle_id, position, case_number) VALUES (?, ?, ?)",
        [(made, place, number) for place, number in enumerate(row.cases)],
    )


def bundle(db: apsw.Connection, number: str) -> BundleRow | None:
    row = fetch_one(
        db,
        "SELECT id, number, environment, theme, sender, opened_at FROM bundles WHERE number = ?",
        (number,),
    )
    if row is None:
        return None
    cases = fetch(
        db,
        "SELECT case_number FROM bundle_cases WHERE bundle_id = ? ORDER BY position",
        (row[0],),
    )
    return BundleRow(
        number=row[1],
        environment=row[2],
        theme=row[3],
        sender=row[4],
        opened_at=instant(row[5]),
        cases=tuple(one[0] for one in cases),
    )


def put_applicant(db: apsw.Connection, row: ApplicantRow) -> None:
    db.execute(
        "INSERT INTO applicants (person_item, case_number, environment, application_date) "
        "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (row.index, row.case_number, row.environment, row.application_date.isoformat()),
    )


def applications(db: apsw.Connection, index: bytes, *, but: Collection[str]) -> list[ApplicantRow]:
    """The first and the last case of that person and item whose status is none of `but`."""
    marks = ",".join("?" * len(but))
    one = (
        "SELECT * FROM (SELECT a.id, person_item, case_number, a.environment, application_date "
        "FROM applicants a JOIN cases c ON c.number = case_number "
        f"WHERE person_item = ? AND c.status NOT IN ({marks}) ORDER BY a.id {{}} LIMIT 1)"
    )
    rows = fetch(
        db,
        f"{one.format('ASC')} UNION {one.format('DESC')} ORDER BY id",
        (index, *but, index, *but),
    )
    return [
        ApplicantRow(
            index=row[1],
            case_number=row[2],
            environment=row[3],
            application_date=date.fromisoformat(row[4]),
        )
        for row in rows
    ]


__all__ = ["applications", "bundle", "put_applicant", "put_bundle"]
