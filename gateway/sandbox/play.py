"""
Play one story from window to window: application, acceptance, one correction round, progress,
decision, notification. Every step waits until the other side has learned of it in its own words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.ports import Clock
from gateway.sandbox.stage import GaveUpError, Stage
from gateway.sandbox.stories import Story

POLL = 0.1
PATIENCE = 45.0
"""Seconds a step may take, a restart of the gateway and a retry schedule included."""

STEPS = ("申请", "送达", "受理", "补正告知", "补正", "过程", "办结", "告知")


@dataclass(slots=True)
class Played:
    """How far a story has come. `step` counts steps done, of `STEPS`."""

    story: Story
    step: int = 0
    doing: str = ""
    number: str = ""
    handling_number: str = ""
    case_number: str = ""
    failed: str = ""
    sent: list[str] = field(default_factory=list)
    """message ids of everything that window and handling place said"""


Report = Callable[[Played], None]


async def play(played: Played, *, stage: Stage, report: Report) -> None:
    """
    Play to the end.

    Raises:
        GaveUpError: a step did not happen in time; `played.failed` says which.
    """
    actor = _Actor(played, stage, report)
    try:
        await actor.play()
    except GaveUpError as error:
        played.failed = str(error)
        report(played)
        raise


async def wait_for(what: str, look: Callable[[], Awaitable[Any]], *, clock: Clock) -> Any:
    """
    Look until there is something.

    Raises:
        GaveUpError: nothing came within `PATIENCE`.
    """
    until = clock.monotonic() + PATIENCE
    while True:
        if found := await look():
            return found
        if clock.monotonic() > until:
            raise GaveUpError(f"{PATIENCE:.0f} 秒内没有等到:{what}")
        await clock.sleep(POLL)


@dataclass(slots=True)
class _Actor:
    played: Played
    stage: Stage
    report: Report

    async def play(self) -> None:
        story, played = self.played.story, self.played
        self._begin("窗口收件")
        form = {"form": story.form, **story.changes}
        taken = await self.stage.desk(story.window, "applications", form)
        played.number = taken["number"]
        sent = await self._until("网关收下申请", self._answered)
        played.case_number = sent["case_number"]
        self._done("网关收下,正在送达")
        filed = await self._until("办理地收到申请", self._filed)
        played.handling_number = filed["number"]
        self._done("办理地已收到")
        for act, kind in (("accept", "acceptance"), ("request_correction", "correction_request")):
            await self._handler_says(act, kind)
        await self._window_says("correct", "correction")
        for act, kind in (("progress", "progress"), ("decide", "decision")):
            await self._handler_says(act, kind)
        await self._window_says("notify", "notification")
        played.doing = "已办结并告知申请人"
        self.report(played)

    async def _handler_says(self, act: str, kind: str) -> None:
        story, played = self.played.story, self.played
        self._begin(f"办理地:{_ACTS[act]}")
        await self._act(story.handler, act, played.handling_number)
        await self._until(f"窗口得知{_ACTS[act]}", lambda: self._received(story.window, kind))
        self._done(f"窗口已得知:{_ACTS[act]}")

    async def _window_says(self, act: str, kind: str) -> None:
        story, played = self.played.story, self.played
        self._begin(f"窗口:{_ACTS[act]}")
        await self._act(story.window, act, played.number)
        await self._until(f"办理地得知{_ACTS[act]}", lambda: self._received(story.handler, kind))
        self._done(f"办理地已得知:{_ACTS[act]}")

    async def _act(self, system: str, act: str, number: str) -> None:
        said = await self.stage.desk(system, "acts", {"act": act, "number": number})
        self.played.sent.append(said["message_id"])

    # --- what the books say ---------------------------------------------------------------

    async def _answered(self) -> Any:
        """The window's application once the gateway has answered it."""
        window = self.played.story.window
        for one in await self.stage.desk(window, f"outgoing?case={self.played.number}"):
            if one["state"] == "refused":
                raise GaveUpError(f"{window} 的申请被退回:{one['answer']}")
            if one["kind"] == "application" and one["state"] == "taken":
                return one
        return None

    async def _filed(self) -> Any:
        path = f"cases?case={self.played.case_number}"
        return next(iter(await self.stage.desk(self.played.story.handler, path)), None)

    async def _received(self, system: str, kind: str) -> Any:
        own = {self.played.story.window: self.played.number}.get(
            system, self.played.handling_number
        )
        rows = await self.stage.desk(system, f"received?case={own}")
        return next((row for row in rows if row["kind"] == kind), None)

    async def _until(self, what: str, look: Callable[[], Awaitable[Any]]) -> Any:
        return await wait_for(what, look, clock=self.stage.clock)

    def _begin(self, what: str) -> None:
        self.played.doing = what
        self.report(self.played)

    def _done(self, what: str) -> None:
        self.played.step += 1
        self.played.doing = what
        self.report(self.played)


_ACTS = {
    "accept": "受理",
    "request_correction": "一次性补正告知",
    "correct": "补正",
    "progress": "审核过程",
    "decide": "办结",
    "notify": "告知申请人",
}

__all__ = ["STEPS", "Played", "play", "wait_for"]
