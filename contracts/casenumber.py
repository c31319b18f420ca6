"""
The case number: `TB-YYYYMMDD-<receiving county>-<serial>-<check>`; a bundle's begins with `TBB-`.

The check character is ISO 7064 MOD 37,36 over date, county and serial without hyphens. A serial
has 6 to 18 digits or capital letters and begins with T in the test environment only. Project
convention.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.checks import mod37_36
from contracts.errors import Finding

Prefix = Literal["TB", "TBB"]

_NUMBER = re.compile(r"(TBB?)-([0-9]{8})-([0-9]{6})-([0-9A-Z]{6,18})-([0-9A-Z])")
_SERIAL = re.compile(r"[0-9A-Z]{6,18}")
_HYPHENS = str.maketrans({"－": "-", "—": "-", "–": "-", "‐": "-"})


@dataclass(frozen=True, slots=True)
class CaseNumberParts:
    on: date
    county: str
    serial: str
    prefix: Prefix = "TB"

    @property
    def environment(self) -> Literal["test", "production"]:
        return "test" if self.serial.startswith("T") else "production"


def make_case_number(on: date, county: str, serial: str, *, prefix: Prefix = "TB") -> str:
    """
    Raises:
        ValueError: a county that is not six digits, or a serial out of shape.
    """
    if not re.fullmatch(r"[0-9]{6}", county) or not _SERIAL.fullmatch(serial):
        raise ValueError("county needs six digits, serial 6 to 18 digits or capital letters")
    day = on.strftime("%Y%m%d")
    return f"{prefix}-{day}-{county}-{serial}-{mod37_36(day + county + serial)}"


def make_serial(count: int, environment: Literal["test", "production"]) -> str:
    """The serial of the `count`-th case: `000017`, in the test environment `T00017`."""
    return f"T{count:05d}" if environment == "test" else f"{count:06d}"


def normalise_case_number(text: str) -> str:
    """As people type it: surrounding blanks, small letters and wide hyphens are mended."""
    return text.strip().translate(_HYPHENS).upper()


def parse_case_number(text: str) -> CaseNumberParts | None:
    """The parts of a valid number; None for anything else, typing errors included."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    prefix, day, county, serial, check = found.groups()
    if mod37_36(day + county + serial) != check:
        return None
    try:
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None
    return CaseNumberParts(on, county, serial, "TBB" if prefix == "TBB" else "TB")


def check_case_number(text: str, *, path: str | None) -> tuple[Finding, ...]:
    """Reject what is no number of ours; a wrong check character says that it was mistyped."""
    if parse_case_number(text) is not None:
        return ()
    if _NUMBER.fullmatch(text) is None:
        rule, zh, en = (
            "case_number.shape",
            "通办编号格式应为 TB-年月日-收件县区代码-流水号-校验位",
            "a case number is TB-YYYYMMDD-county-serial-check",
        )
    else:
        rule, zh, en = (
            "case_number.check",
            "通办编号校验不符:可能抄错一位或相邻两位颠倒,请对照受理单重新输入",
            "mistyped: one character is wrong or two neighbours are swapped; compare the receipt",
        )
    return (Finding(rule=rule, level="reject", message=zh, path=path, message_en=en),)


__all__ = [
    "CaseNumberParts",
    "check_case_number",
    "make_case_number",
    "make_serial",
    "normalise_case_number",
    "parse_case_number",
]
