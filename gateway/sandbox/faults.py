"""
Scripted faults of a simulated province, as data.

A script is a seed and a list of rules; the first rule that fits a call and still has uses left
decides. Whether a rule with a share below 1 strikes is a function of seed, rule and how many
fitting calls there were before, so that the same script on the same calls does the same again. Uses
are counted in the ledger and survive a restart. Faults are shown at invented places only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from gateway.sandbox.seeded import draw

FaultKind = Literal[
    "answer_503",  # certain no: nothing is done, Retry-After is named
    "refuse",  # a business no, in the place's own code
    "apply_then_drop",  # done, then the connection closes without a byte
    "apply_then_hang",  # done, then silence for `seconds`
    "reset_mid_reply",  # done, then the answer breaks off with a TCP reset
    "half_reply",  # done, then the answer ends early although its length was announced
    "slow",  # done, the answer drips over `seconds`
    "garbage",  # done, the answer is not a document of this province
]


class Fault(BaseModel):
    """
    One rule. `operation` is the name of an operation, its purpose (message, query, pull, …) or a
    kind of message; it and `system` fit everything when "*". `after` lets that many fitting calls
    pass first; `times` None means for ever. `seconds` and `retry_after` are seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    operation: str = "*"
    system: str = "*"
    after: int = Field(0, ge=0)
    times: int | None = Field(1, ge=1)
    share: float = Field(1.0, gt=0, le=1)
    retry_after: int = Field(1, ge=0)
    seconds: float = Field(30.0, gt=0)

    @property
    def applies(self) -> bool:
        """Whether the business act is done although the answer fails."""
        return self.kind not in ("answer_503", "refuse")

    def fits(self, *, system: str, names: Collection[str]) -> bool:
        return self.system in ("*", system) and (self.operation == "*" or self.operation in names)


class FaultScript(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    rules: tuple[Fault, ...] = ()


class Counters(Protocol):
    """Where uses are counted: the ledger."""

    def next_number(self, name: str) -> int: ...

    def read(self, name: str) -> str | None: ...


def choose(
    script: FaultScript, *, system: str, names: Collection[str], counters: Counters
) -> Fault | None:
    """
    Name the fault that strikes this call, and count it; None lets the call pass.

    `names` are all names by which a rule may mean the call.
    """
    for index, rule in enumerate(script.rules):
        if not rule.fits(system=system, names=names):
            continue
        name = f"fault:{script.seed}:{index}:{rule.kind}"
        seen = counters.next_number(f"{name}:seen")
        if seen <= rule.after or draw(name, seen) >= rule.share:
            continue
        if rule.times is not None and int(counters.read(f"{name}:used") or 0) >= rule.times:
            continue
        counters.next_number(f"{name}:used")
        return rule
    return None


__all__ = ["Counters", "Fault", "FaultKind", "FaultScript", "choose"]
