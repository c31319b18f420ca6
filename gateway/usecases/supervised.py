"""
审管双推送: results go to the supervising authorities that subscribed, their findings come back.

A subscription is a row of a province's folder: which authority, for which places and items, which
facts, on which legal basis. An authority takes part in the exchange only; it reads no case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from contracts.errors import Finding
from gateway.core.case import Case, Party
from gateway.ports import Gateway, Subscription

EVERY = "*"


def subscriptions(case: Case, *, on: date, gw: Gateway) -> tuple[Subscription, ...]:
    """Those that cover a case on a day."""
    return tuple(
        one
        for one in gw.provinces.subscriptions()
        if case.handling_place.startswith(one.serves)
        and (not one.items or case.catalogue_code in one.items)
        and (one.valid_from is None or one.valid_from <= on)
        and (one.valid_to is None or on <= one.valid_to)
    )


def with_authorities(case: Case, *, on: date, gw: Gateway) -> Case:
    """The case with the authorities that subscribed to it among its parties."""
    known = {one.system for one in case.parties if one.role == "AUTHORITY"}
    added = []
    for one in subscriptions(case, on=on, gw=gw):
        target = gw.provinces.system(one.authority, gw.environment)
        if one.authority not in known and target is not None:
            known.add(one.authority)
            added.append(
                Party(
                    system=one.authority,
                    role="AUTHORITY",
                    province=target.province,
                    place=target.place,
                    name=target.name,
                )
            )
    return replace(case, parties=(*case.parties, *added)) if added else case


def pushed_to(
    document: Mapping[str, Any], *, case: Case, role: str, on: date, gw: Gateway
) -> list[tuple[str, Mapping[str, Any]]]:
    """Who gets a message of supervision, and what of it: only the facts a subscription covers."""
    if role == "AUTHORITY":
        return [(system, document) for system in case.systems("HANDLING")]
    if role != "HANDLING":
        return []
    covered: dict[str, set[str]] = {}
    for one in subscriptions(case, on=on, gw=gw):
        covered.setdefault(one.authority, set()).update(one.facts)
    return [
        (system, _only(document, covered.get(system, set())))
        for system in case.systems("AUTHORITY")
        if system in covered
    ]


def nobody_subscribed() -> Finding:
    return Finding(
        rule="supervision.not_subscribed",
        level="warn",
        path="/kind",
        message="没有监管机构订阅本办件:推送已记入办件,未向任何机构发送;如应推送,请登记订阅",
        message_en="no authority subscribed to this case: the push is kept and goes to nobody; "
        "register a subscription if it should",
    )


def _only(document: Mapping[str, Any], facts: Sequence[str] | set[str]) -> Mapping[str, Any]:
    body = dict(document["body"])
    if EVERY not in facts and "facts" in body:
        body["facts"] = [one for one in body["facts"] if one["name"] in facts]
        if not body["facts"]:
            del body["facts"]
    return {**document, "body": body}


__all__ = ["nobody_subscribed", "pushed_to", "subscriptions", "with_authorities"]
