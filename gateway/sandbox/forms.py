"""
Filling in an application at a simulated window: a golden form of the folder, with what differs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.adapter import Record
from gateway.ports import Clock
from gateway.sandbox.acts import Gap, local_date, moment
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.scans import make_scan
from mappings.engine import CompiledMapping

Document = dict[str, Any]


class RefusalError(Exception):
    """The desk cannot do that; the text says why, for the person who asked."""


class Form(BaseModel):
    """
    An application to take: a form already filled in (`form` names a golden document of the folder)
    with what differs for this person. `sizes` are bytes of the scans, by material id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: str = "01-application"
    message_id: str | None = None
    household_place: str | None = Field(None, pattern=r"^[0-9]{12}$")
    household_address: str | None = None
    subsidies: tuple[str, ...] = ()
    applicant: str | None = None
    id_number: str | None = None
    sizes: dict[str, int] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """`ours` reads the folder's golden forms; `scans` is where files lie, named by digest."""

    system: str
    ours: CompiledMapping
    folder: Path
    scans: Path
    ledger: Ledger
    clock: Clock

    @property
    def at(self) -> str:
        return moment(self.clock.now())

    def read(self, record: Record, *, kind: str = "application") -> Document:
        """A document in this place's own words, as it sends it, in national words."""
        context = {"system": self.system, "environment": "test", "now": self.at}
        return self.ours.to_national(kind, record, context=context, as_of=None).document

    def fill(self, form: Form, *, number: str) -> Document:
        """
        Raises:
            RefusalError: no such form.
        """
        file = self.folder / "golden" / f"{form.form}.application.record.json"
        if not file.is_file():
            raise RefusalError(f"no form {form.form} in the folder's golden documents")
        document = self.read(json.loads(file.read_text(encoding="utf-8")))
        now = self.clock.now()
        body, at = document["body"], moment(now)
        dates = {"application_date": local_date(now).isoformat(), "completed_at": at}
        dates |= {"application_time": at} if "application_time" in body["dates"] else {}
        applicant = dict(body["applicant"])
        if form.household_place:
            place = {"code": form.household_place, "county": form.household_place[:6]}
            applicant |= {"household_place": place}
            applicant["household_address"] = form.household_address or "模拟·模拟街道模拟社区 1 号"
        if form.applicant:
            applicant["name"] = form.applicant
        if form.id_number:
            applicant["id_number"] = form.id_number
        if form.subsidies:
            kinds = [{"code": code, "list": "subsidy_kind"} for code in form.subsidies]
            values = {**body["form"]["values"], "subsidy_kinds": kinds}
            body = {**body, "form": {**body["form"], "values": values}}
        materials = [
            self._scan(one, number=number, size=form.sizes.get(one["material_id"]))
            for one in body["materials"]
        ]
        consents = [
            {**one, "granted_at": at, "expires_on": _later(local_date(now), 180)}
            for one in body.get("consents", [])
        ]
        filled = {**body, "dates": dates, "applicant": applicant, "materials": materials}
        filled |= {"consents": consents} if consents else {}
        kept = {name: document[name] for name in ("item", "channel", "operator")}
        return {**kept, "body": filled}

    def _scan(self, material: Document, *, number: str, size: int | None) -> Document:
        files = []
        for one in material.get("files", []):
            name = one.get("file_name") or "材料-模拟.pdf"
            scan = make_scan(
                f"{number}/{name}",
                size=size or int(one["size"]),
                media_type=one.get("media_type", "application/pdf"),
            )
            (self.scans / scan.digest).write_bytes(scan.content)
            self.ledger.add_material(
                scan.digest,
                media_type=scan.media_type,
                file_name=name,
                size=len(scan.content),
            )
            files.append({**one, "digest": scan.digest, "size": len(scan.content)})
        received = {"received_at": self.at} if "received_at" in material else {}
        return {**material, **received, **({"files": files} if files else {})}

    def scan_again(self, material: Document, *, number: str) -> Document:
        """The same material once more, readable this time."""
        return self._scan(
            {
                **material,
                "files": [
                    {**one, "file_name": f"重拍-{one.get('file_name') or '材料-模拟.jpg'}"}
                    for one in material.get("files", [])
                ],
            },
            number=number,
            size=None,
        )


def usual_gaps(materials: Sequence[Document]) -> tuple[Gap, ...]:
    """What is wrong when nobody says otherwise: the last material and one field."""
    return (
        Gap(
            gap_id="g-1",
            code="UNREADABLE",
            material_id=materials[-1]["material_id"],
            what="银行卡照片卡号不清(模拟)",
            cure="请重新拍摄银行卡正面,四角完整",
        ),
        Gap(
            gap_id="g-2",
            code="INCOMPLETE",
            path="/body/applicant/residence_address",
            what="居住地址未写到门牌号(模拟)",
            cure="请补写社区和门牌号",
        ),
    )


def _later(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


__all__ = ["Form", "Forms", "RefusalError", "usual_gaps"]
