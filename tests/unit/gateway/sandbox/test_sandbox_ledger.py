"""The books of a simulated province tell a repeat from a first time, and survive a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.sandbox.faults import Fault, FaultScript, choose
from gateway.sandbox.ledger import Ledger

AT = "2026-03-02T09:14:05+08:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


def effect(ledger: Ledger, serial: str) -> None:
    request = ledger.note_request(
        at=AT, system="990001", operation="submit", serial=serial, digest="0" * 64, fault=None
    )
    ledger.add_effect(
        at=AT,
        system="990001",
        kind="application",
        serial=serial,
        number="MN-1",
        case_number="TB-1",
        request=request,
    )


def test_a_second_effect_of_one_serial_is_counted_as_duplicated(ledger: Ledger) -> None:
    effect(ledger, "s1")
    effect(ledger, "s2")
    effect(ledger, "s2")

    assert ledger.counts() == {
        "990001": {"requests": 3, "effects": 3, "serials": 2, "duplicated": 1}
    }


def test_what_was_written_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from gateway.sandbox.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1])); ledger.write('n', '7')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert Ledger(path).read("n") == "7"


def test_an_outgoing_message_keeps_its_first_words(ledger: Ledger) -> None:
    for words in ("first", "second"):
        ledger.add_outgoing(
            "m-1", at=AT, system="w", kind="application", number=None, record={"x": words},
            way="push",
        )  # fmt: skip

    (message,) = ledger.outgoing()
    assert message.record == {"x": "first"}
    assert message.state == "waiting"


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.transaction():
        effect(ledger, "s1")
        raise RuntimeError

    assert ledger.counts() == {}


def strikes(ledger: Ledger, rule: Fault, calls: int, *, seed: int = 1) -> list[bool]:
    script = FaultScript(seed=seed, rules=(rule,))
    return [
        choose(script, system="990001", names={"submit", "message"}, counters=ledger) is not None
        for _ in range(calls)
    ]


def test_a_fault_strikes_as_often_as_scripted_and_not_again_after_a_restart(
    tmp_path: Path,
) -> None:
    rule = Fault(kind="answer_503", operation="submit", after=1, times=2)
    path = tmp_path / "ledger.db"

    assert strikes(Ledger(path), rule, 3) == [False, True, True]
    assert strikes(Ledger(path), rule, 2) == [False, False]


def test_a_fault_fits_its_own_operation_and_system_only(ledger: Ledger) -> None:
    rule = Fault(kind="garbage", operation="query", system="990002")

    assert strikes(ledger, rule, 2) == [False, False]


def test_a_share_gives_the_same_strikes_for_the_same_seed(tmp_path: Path) -> None:
    rule = Fault(kind="apply_then_drop", times=None, share=0.3)
    first, again, other = (
        strikes(Ledger(tmp_path / f"{n}.db"), rule, 200, seed=seed)
        for n, seed in ((1, 5), (2, 5), (3, 6))
    )

    assert first == again
    assert first != other
    assert 40 <= sum(first) <= 80
