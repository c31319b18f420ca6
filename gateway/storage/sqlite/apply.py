"""
One `Change` onto the tables, in an order that lets the plainest conflict speak first.
"""

from __future__ import annotations

import apsw

from gateway.ports import Change
from gateway.storage.sqlite.access import put_access, put_cursor
from gateway.storage.sqlite.bundles import put_applicant, put_bundle
from gateway.storage.sqlite.calendars import put_calendar
from gateway.storage.sqlite.cases import put_case, put_number, put_parties
from gateway.storage.sqlite.lists import count_use, put_announcement
from gateway.storage.sqlite.materials import put_material
from gateway.storage.sqlite.memory import Memory
from gateway.storage.sqlite.messages import mark_applied, put_message, put_receipt
from gateway.storage.sqlite.outbox import move_delivery, put_delivery
from gateway.storage.sqlite.steps import put_answer, put_attempt, put_steps
from gateway.storage.sqlite.values import micros
from gateway.storage.sqlite.verifications import put_verification


def apply(db: apsw.Connection, change: Change, *, memory: Memory) -> tuple[str, ...]:
    """
    Write a change and return the ids of its leaves. The caller holds a savepoint and rolls back.

    Raises:
        DuplicateReceiptError, RevisionConflictError, FenceLostError
    """
    # A twin of an answered message hears that first: it finds its answer, not a moved case.
    for receipt in change.receipts:
        put_receipt(db, receipt)
    if change.case is not None:
        put_case(db, change.case)
    for other in change.more_cases:
        put_case(db, other)
    if change.bundle is not None:
        put_bundle(db, change.bundle)
    for applicant in change.applicants:
        put_applicant(db, applicant)
    if change.parties:
        put_parties(db, change.parties)
    for number in change.numbers:
        put_number(db, number)
    for message in change.messages:
        put_message(db, message)
    for case_number, arrival in change.now_applied:
        mark_applied(db, case_number, arrival)
    for material in change.materials:
        put_material(db, material)
    case = change.case
    new = case.number if case is not None and case.revision == 1 else None
    if change.updates:
        intents = {attempt.serial for attempt in change.attempts if attempt.ended_at is None}
        for update in change.updates:
            holds = update.state == "sending" or update.serial in intents
            move_delivery(db, update, leases=memory.leases, holds=holds)
    # After the updates: what ends in this change stands in nobody's way.
    until = None if change.lease_until is None else micros(change.lease_until)
    alone = new is not None and len(change.deliveries) == 1
    for delivery in change.deliveries:
        put_delivery(db, delivery, leases=memory.leases, lease_until=until, alone=alone)
    if change.steps:
        put_steps(db, change.steps, new={row.serial for row in change.deliveries})
    for step in change.answered:
        put_answer(db, step)
    for attempt in change.attempts:
        put_attempt(db, attempt)
    for verification in change.verifications:
        put_verification(db, verification)
    if change.cursor is not None:
        put_cursor(db, change.cursor)
    for calendar in change.calendars:
        put_calendar(db, calendar)
    for announcement in change.announcements:
        put_announcement(db, announcement)
    for use in change.old_uses:
        count_use(db, use)
    for access in change.access:
        put_access(db, access)
    return memory.ledger.append(db, change.leaves, new_case=new)


__all__ = ["apply"]
