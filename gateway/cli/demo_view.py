"""
What the demo shows: a live table on a terminal, plain lines elsewhere, and the account at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.side_by_side import Row
from gateway.sandbox.play import STEPS, Played
from gateway.sandbox.reckon import Reckoning

NUMERALS = "①②③④⑤⑥⑦⑧⑨"
PLAIN_WIDTH = 160


class View:
    """
    Progress while the stories run. `quiet` keeps standard output free (for --json): what is told
    then goes to standard error.
    """

    def __init__(
        self, played: Sequence[Played], *, seconds: Callable[[], float], quiet: bool
    ) -> None:
        self._played = played
        self._seconds = seconds
        self._console = Console(file=sys.stderr if quiet else sys.stdout, highlight=False)
        if not self._console.is_terminal:
            self._console = Console(
                file=self._console.file, highlight=False, width=PLAIN_WIDTH, soft_wrap=True
            )
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, text: str) -> None:
        self._console.print(f"[{self._seconds():5.1f} 秒] {text}", markup=False)

    def report(self, played: Played) -> None:
        """A story moved on."""
        if self._console.is_terminal:
            self._live.update(self._table())
        if self._said.get(played.story.key) != played.doing:
            self._said[played.story.key] = played.doing
            story = played.story
            number = NUMERALS[self._played.index(played)]
            self.tell(f"{number} {story.window_zh} → {story.handler_zh}:{played.doing}")

    def _table(self) -> RenderableType:
        table = Table(title="跨省通办演示 · 各方均为模拟", title_justify="left", expand=False)
        for heading in ("办件", "网关编号", "进度", "正在做"):
            table.add_column(heading)
        for index, one in enumerate(self._played):
            bar = "●" * one.step + "○" * (len(STEPS) - one.step)
            state = Text("✕ " + one.failed, style="red") if one.failed else Text(one.doing)
            route = f"{NUMERALS[index]} {one.story.window_zh} → {one.story.handler_zh}"
            table.add_row(route, one.case_number or "–", bar, state)
        return table


class Account:
    """The account at the end, on standard output."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        self._console = Console(highlight=False, width=None if terminal else PLAIN_WIDTH)

    def say(self, text: str = "") -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def timeline(self, index: int, told: Reckoning, incidents: Sequence[tuple[str, str]]) -> None:
        """
        A case as a person wants to read it: the sentence, then who did what and when.

        `incidents` are (RFC 3339 at +08:00, text).
        """
        story = told.played.story
        self.say()
        self.say(f"{NUMERALS[index]} {story.title}({story.item_zh},模拟)")
        self.say(f"   {told.case['sentence']}")
        self.say(
            f"   网关编号 {told.played.case_number} · {story.window_zh}编号 {told.played.number}"
            f" · {story.handler_zh}编号 {told.played.handling_number}"
        )
        lines = [
            (entry["at"], f"{entry['who']}:{entry['what']}") for entry in told.case["timeline"]
        ]
        for at, text in sorted([*lines, *incidents], key=lambda line: line[0]):
            self.say(f"   {at[11:19]} {text}")

    def side_by_side(self, title: str, headings: Sequence[str], rows: Sequence[Row]) -> None:
        self.say(f"\n{title}")
        table = Table()
        for heading in ("含义", *headings):
            table.add_column(heading, overflow="fold")
        for row in rows:
            sender, receiver = (f"{name} = {value}" for name, value in (row.sender, row.receiver))
            table.add_row(*map(Text, (row.label, sender, row.national, receiver)))
        self._console.print(table)

    def counts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Messages promised to each system and effects in its own books."""
        table = Table()
        for heading in ("系统", "应达报文", "业务效果", "重复", "收到请求", "结论"):
            table.add_column(heading)
        for row in rows:
            equal = row["promised"] == row["effects"] and not row["duplicated"]
            numbers = (row["promised"], row["effects"], row["duplicated"], row["requests"])
            table.add_row(row["system"], *map(str, numbers), "✓ 相等" if equal else "✕ 不相等")
        self._console.print(table)


__all__ = ["NUMERALS", "Account", "View"]
