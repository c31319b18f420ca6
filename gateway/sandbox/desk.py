"""
What people at a simulated place do: take an application, accept, ask for corrections, decide, tell.

Each act becomes a document in the place's own words and stands in its books before anything is
sent. Where we are pulled it waits for the gateway's next question; else it is pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.adapter import Record
from gateway.sandbox import acts
from gateway.sandbox.acts import Gap, GapAnswer, local_date
from gateway.sandbox.bodies import ServedBy, body_for
from gateway.sandbox.forms import Form, Forms, RefusalError, usual_gaps
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.matters import MATTERS, Scene
from gateway.sandbox.place import Place
from gateway.sandbox.rows import Filed, Received

Document = dict[str, Any]


class Act(BaseModel):
    """One act on a case of this place, which `number` (ours or its own) names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: str
    number: str
    message_id: str | None = None
    gaps: tuple[Gap, ...] = ()
    step: str = "县级残联审核(模拟)"
    to_place: str | None = Field(None, pattern=r"^[0-9]{12}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    place: Place
    forms: Forms
    bodies: Sequence[ServedBy]
    new_id: Callable[[], str]

    @property
    def ledger(self) -> Ledger:
        return self.place.ledger

    # --- the window -----------------------------------------------------------------------

    def take_application(self, form: Form) -> str:
        """
        Fill in a form at the window; returns the own case number.

        Raises:
            RefusalError: no such form.
        """
        number = self.place.new_number()
        document = self.forms.fill(form, number=number)
        message_id = form.message_id or self.new_id()
        record = self.place.write(
            "application",
            document,
            message_id=message_id,
            number=number,
            case_number=None,
            as_of=local_date(self.place.clock.now()),
        )
        return self.take_record(record, number=number, message_id=message_id)

    def take_record(self, record: Record, *, number: str, message_id: str) -> str:
        """Take an application that is already in this place's own words."""
        with self.ledger.transaction():
            self._file(record, number=number)
            self._send("application", record, number=number, message_id=message_id)
        return number

    def correct(self, act: Act) -> str:
        """
        Hand in everything the last correction request asked for.

        Raises:
            RefusalError: nothing was asked for.
        """
        case = self._case(act.number)
        asked = self._last(case, "correction_request")
        request = self.place.read("correction_request", asked.record)
        held = {one["material_id"]: one for one in self._application(case)["body"]["materials"]}
        answers, materials = [], []
        for gap in request["body"]["gaps"]:
            if (wanted := gap.get("material_id")) in held:
                materials.append(self.forms.scan_again(held[wanted], number=case.number))
                answers.append(GapAnswer(gap_id=gap["gap_id"], material_ids=(wanted,)))
            elif path := gap.get("path"):
                value = "模拟·模拟街道模拟社区 9 号"
                answers.append(GapAnswer(gap_id=gap["gap_id"], path=path, value=value))
            else:
                answers.append(GapAnswer(gap_id=gap["gap_id"]))
        body = acts.correct(answers, at=self.place.clock.now(), materials=materials)
        reply_to = request.get("message_id")
        return self._act("correction", body, case=case, act=act, reply_to=reply_to)

    def notify(self, act: Act) -> str:
        """Tell the applicant the result, as they wished to be told."""
        case = self._case(act.number)
        decided = self.place.read("decision", self._last(case, "decision").record)
        application = self._application(case)
        person = "GUARDIAN" if application["body"].get("agent") else "APPLICANT"
        wished = application["body"].get("preferred_contact") or [{"code": "SMS"}]
        body = acts.notify(
            at=self.place.clock.now(),
            about=decided.get("message_id"),
            method=wished[0]["code"],
            person=person,
            text="模拟:补贴已审定合格,自申请当月起计发;不服可申请复议或提起诉讼",
        )
        return self._act("notification", body, case=case, act=act)

    def withdraw(self, act: Act) -> str:
        body = acts.withdraw(at=self.place.clock.now(), reason="模拟:申请人撤回")
        return self._act("withdrawal", body, case=self._case(act.number), act=act)

    # --- the handling place ---------------------------------------------------------------

    def accept(self, act: Act) -> str:
        case = self._case(act.number)
        body = acts.accept(
            at=self.place.clock.now(), body=self._body(case), document_no=self._document("受理")
        )
        return self._act("acceptance", body, case=case, act=act)

    def request_correction(self, act: Act) -> str:
        """Tell all gaps at once; without `gaps`, one of a material and one of a field."""
        case = self._case(act.number)
        gaps = act.gaps or usual_gaps(self._application(case)["body"]["materials"])
        body = acts.request_correction(
            gaps, at=self.place.clock.now(), document_no=self._document("补正")
        )
        return self._act("correction_request", body, case=case, act=act)

    def progress(self, act: Act) -> str:
        case = self._case(act.number)
        body = acts.progress(act.step, at=self.place.clock.now(), body=self._body(case))
        return self._act("progress", body, case=case, act=act)

    def decide(self, act: Act) -> str:
        case = self._case(act.number)
        form = self._application(case)["body"].get("form", {}).get("values", {})
        body = acts.decide(
            [one["code"] for one in form.get("subsidy_kinds", [])],
            at=self.place.clock.now(),
            body=self._body(case),
            decision_id=f"d-{self.ledger.next_number('decision')}",
            document_no=self._document("审定"),
        )
        return self._act("decision", body, case=case, act=act)

    def transfer(self, act: Act) -> str:
        """Forward to `to_place`, or return when none is named: not competent, never a refusal."""
        case = self._case(act.number)
        document = self._application(case)["body"]
        body = acts.transfer(
            at=self.place.clock.now(),
            way="FORWARD" if act.to_place else "RETURN",
            reason_code="MOVED",
            reason="模拟:申请日前户籍已迁出",
            from_place=self.place.profile.place or "",
            to_place=act.to_place,
            application_date=date.fromisoformat(document["dates"]["application_date"]),
        )
        return self._act("transfer", body, case=case, act=act)

    # --- either side ----------------------------------------------------------------------

    def say(self, act: Act) -> str:
        """
        Any other act of the table `MATTERS`; an answer replies to the last message of its kind.

        Raises:
            RefusalError: there is nothing to answer.
        """
        case, matter = self._case(act.number), MATTERS[act.act]
        heard = {one.kind: one for one in self._heard(case)}
        if matter.replies_to is not None and matter.replies_to not in heard:
            raise RefusalError(f"no {matter.replies_to} has come for case {case.number}")
        read = {kind: self.place.read(kind, one.record) for kind, one in heard.items()}
        scene = Scene(
            at=self.place.clock.now(),
            number=case.number,
            place=self.place.profile.place or "",
            body=self._body(case),
            application=self._application(case).get("body", {}),
            said={**{kind: one["body"] for kind, one in read.items()}, **self._spoken(case)},
            about={kind: one["message_id"] for kind, one in read.items() if "message_id" in one},
        )
        reply_to = scene.about.get(matter.replies_to) if matter.replies_to else None
        return self._act(matter.kind, matter.says(scene), case=case, act=act, reply_to=reply_to)

    def _heard(self, case: Filed) -> list[Received]:
        rows = self.ledger.received(system=self.place.system)
        return [one for one in rows if one.number == case.number]

    def _spoken(self, case: Filed) -> dict[str, Document]:
        """The last body of each kind this place itself sent about the case."""
        rows = self.ledger.outgoing(system=self.place.system)
        return {
            one.kind: self.forms.read(one.record, kind=one.kind).get("body", {})
            for one in rows
            if one.number == case.number
            and one.kind in ("special_procedure", "handover", "decision")
        }

    # --- books ----------------------------------------------------------------------------

    def _file(self, record: Record, *, number: str) -> None:
        self.ledger.add_filed(
            number,
            at=self.place.at,
            system=self.place.system,
            case_number=None,
            serial=None,
            record=record,
        )

    def _act(
        self, kind: str, body: Document, *, case: Filed, act: Act, reply_to: str | None = None
    ) -> str:
        message_id = act.message_id or self.new_id()
        record = self.place.write(
            kind,
            {"body": body, **({"in_reply_to": reply_to} if reply_to else {})},
            message_id=message_id,
            number=case.number,
            case_number=case.case_number,
            as_of=local_date(self.place.clock.now()),
            handles=case.serial is not None,
        )
        self._send(kind, record, number=case.number, message_id=message_id)
        return message_id

    def _send(self, kind: str, record: Record, *, number: str, message_id: str) -> None:
        self.ledger.add_outgoing(
            message_id,
            at=self.place.at,
            system=self.place.system,
            kind=kind,
            number=number,
            record=record,
            way="pull" if self.place.profile.capabilities.pull else "push",
        )

    def _case(self, number: str) -> Filed:
        case = self.ledger.find_filed([number], system=self.place.system)
        if case is None:
            raise RefusalError(f"no case {number} in the books of {self.place.system}")
        return case

    def _last(self, case: Filed, kind: str) -> Received:
        found = [one for one in self._heard(case) if one.kind == kind]
        if not found:
            raise RefusalError(f"no {kind} has come for case {case.number}")
        return found[-1]

    def _application(self, case: Filed) -> Document:
        """The application in national words, read from the books of whichever side this is."""
        if case.serial is None:
            return self.forms.read(case.record)
        return self.place.read("application", case.record)

    def _document(self, word: str) -> str:
        """Number of a written notice; the place's own case number is nobody else's business."""
        year = local_date(self.place.clock.now()).year
        return f"模拟{word}〔{year}〕{self.ledger.next_number(f'document:{word}')}号"

    def _body(self, case: Filed) -> Document | None:
        applicant = self._application(case).get("body", {}).get("applicant", {})
        household = applicant.get("household_place", {})
        return body_for(
            household.get("code", ""),
            self.bodies,
            system=self.place.system,
            on=local_date(self.place.clock.now()),
        )


_REMEMBERED = frozenset({"special_procedure", "handover", "decision"})
"""Kinds whose later messages repeat something of the earlier ones."""

ACTS: Mapping[str, Callable[[Desk, Act], str]] = {
    "accept": Desk.accept,
    "request_correction": Desk.request_correction,
    "progress": Desk.progress,
    "decide": Desk.decide,
    "transfer": Desk.transfer,
    "correct": Desk.correct,
    "notify": Desk.notify,
    "withdraw": Desk.withdraw,
    **dict.fromkeys(MATTERS, Desk.say),
}


__all__ = ["ACTS", "Act", "Desk"]
