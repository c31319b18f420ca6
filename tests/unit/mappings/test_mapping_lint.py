"""Lint finds each mistake it promises to find, in a folder that is otherwise in order."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from mappings.check import check_folder
from mappings.load import PROVINCES

WINDOW = PROVINCES / "530000"
SICHUAN = PROVINCES / "510000"
DOUBLE = "province: LXDH}\n          - {national: phone, province: SJ}"
ON = date(2026, 3, 2)


def changed(tmp_path: Path, source: Path, file: str, old: str, new: str) -> Path:
    """A copy of a real folder with one change; goldens are left out."""
    folder = tmp_path / source.name
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("golden"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def found(folder: Path) -> list[tuple[str, str]]:
    return [(one.rule, (one.path or "").partition(":")[0]) for one in check_folder(folder, on=ON)]


@pytest.mark.parametrize("folder", sorted(p.parent for p in PROVINCES.glob("*/mapping.yaml")))
def test_every_province_is_without_findings_to_mend(folder: Path) -> None:
    assert [one for one in check_folder(folder, on=ON) if one.level != "info"] == []


@pytest.mark.parametrize(
    ("rule", "file", "old", "new"),
    [
        ("M003", "mapping.yaml", 'date("%Y%m%d")', 'day("%Y%m%d")'),
        ("M004", "mapping.yaml", "codes: sex", "codes: sax"),
        ("M007", "mapping.yaml", "kinds:", "x"),
        ("M009", "mapping.yaml", "national: birth_month", "national: birth_year"),
        ("M009", "mapping.yaml", "codes: sex}", "codes: sex, plain: true}"),
        ("M009", "mapping.yaml", "province: XB, codes: sex", "province: XB, codes: grade"),
        ("M009", "mapping.yaml", "province: XB, codes: sex", "province: XB"),
        ("M009", "mapping.yaml", "body.dates.application_time", "body.dates.arrived_at"),
        ("M009", "mapping.yaml", "each: {national: body.materials", "each: {national: body.form"),
        ("M009", "mapping.yaml", 'codes: contact, many: ","', "codes: contact"),
        ("M009", "mapping.yaml", "body.dates.application_time", "sender.system"),
        ("M009", "mapping.yaml", "  application:", "  applications:"),
        ("M012", "mapping.yaml", "province: SJQH,", "province: SJQH, direction: out,"),
        ("M008", "mapping.yaml", "province: LXDH}", DOUBLE),
        ("M016", "mapping.yaml", "context: serial", "context: serial_number"),
        ("M017", "mapping.yaml", "as_of: true", "as_of: false"),
        ("M006", "codes/sex.csv", "\n女", "\n男,男,2,equal,2020-01-01,,\n女"),
        ("M010", "items.csv", "000599999000", "000599999111"),
        ("M010", "items.csv", "11990053300000053N4000599999000", "11990053300000053N4000599998000"),
        ("M010", "items.csv", "|bank_account,", "|bank_acount,"),
        ("M030", "items.csv", ",10,0,township", ",11,0,township"),
        ("M030", "items.csv", ",10,0,township", ",10,100,township"),
        ("M030", "items.csv", "cdpf_review", "village_vote"),
        ("M001", "items.csv", ",10,0,township", ",ten,0,township"),
        ("M011", "codes/sex.csv", "\n女,女性,2", "\n女,女性,7"),
        ("M011", "mapping.yaml", "national: sex}", "national: sexes}"),
        ("M015", "codes/sex.csv", "\n女", "\n男性,男,1,equal,,,\n女"),
    ],
)  # fmt: skip
def test_mistake_is_found(tmp_path: Path, rule: str, file: str, old: str, new: str) -> None:
    if rule == "M007":
        old, new = (
            'SJ, transform: datetime("%Y%m%d%H%M%S")',
            'SJ, transform: datetime("%Y%m%d%H%M")',
        )
        folder = changed(tmp_path, WINDOW, file, old, new)
        text = (folder / file).read_text(encoding="utf-8").replace("    direction: in\n", "")
        (folder / file).write_text(text, encoding="utf-8")
    else:
        folder = changed(tmp_path, WINDOW, file, old, new)

    assert (rule, file) in found(folder)


def test_national_code_without_counterpart_is_found_unless_waived(tmp_path: Path) -> None:
    file = "codes/sex.csv"
    text = (SICHUAN / file).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if ",2," in line)
    folder = changed(tmp_path / "a", SICHUAN, file, row + "\n", "")
    assert ("M013", file) in found(folder)

    columns = text.splitlines()[0].split(",")
    waiver = ",".join({"national": "2", "note": "不区分"}.get(column, "") for column in columns)
    folder = changed(tmp_path / "b", SICHUAN, file, row, waiver)
    assert ("M013", file) not in found(folder)


def test_list_nobody_may_choose_from_is_found(tmp_path: Path) -> None:
    file = "codes/sex.csv"
    text = (SICHUAN / file).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if ",2," in line)
    wider = row.replace("equal", "wider")
    assert wider != row
    folder = changed(tmp_path, SICHUAN, file, row, f"{wider}\nX{wider}")

    assert ("M018", file) in found(folder)


def test_golden_that_fails_is_found(tmp_path: Path) -> None:
    folder = tmp_path / WINDOW.name
    shutil.copytree(WINDOW, folder)
    golden = folder / "golden" / "01-application.application.national.json"
    golden.write_text(
        golden.read_text(encoding="utf-8").replace("PROXY", "JOINT"), encoding="utf-8"
    )

    assert ("M014", "golden/01-application.application") in found(folder)
