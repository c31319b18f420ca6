"""
Golden files: documents of a province and what they become. Layout: README.md.

`python -m mappings.golden <code>` runs them, `--write` writes what is expected from what comes out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.errors import Finding, InvalidDocument, Unrenderable
from mappings.engine import CompiledMapping
from mappings.load import PROVINCES, load
from mappings.rules import Direction

CONTEXT = {
    "environment": "test",
    "now": "2026-03-02T09:14:06+08:00",
    "serial": "TB-20260302-530303-T00017-T.1",
}
AS_OF = date(2026, 3, 2)
_INPUTS = {"in": ".record.json", "out": ".out.national.json"}
_OUTPUTS = {"in": ".national.json", "out": ".out.record.json"}
_EXTRAS = {"in": "", "out": ".out"}


@dataclass(frozen=True, slots=True)
class Golden:
    """One case: `stem` is NN-name.<kind> in the folder's golden directory."""

    folder: Path
    stem: str
    kind: str
    direction: Direction

    def file(self, part: str) -> Path:
        """The file of this case that ends so: input, output, findings or context."""
        if part == "input":
            return self.folder / f"{self.stem}{_INPUTS[self.direction]}"
        if part == "output":
            return self.folder / f"{self.stem}{_OUTPUTS[self.direction]}"
        return self.folder / f"{self.stem}{_EXTRAS[self.direction]}.{part}.json"


@dataclass(frozen=True, slots=True)
class Result:
    """What came out; `document` is None if it was refused or could not be rendered."""

    document: dict[str, Any] | None
    findings: tuple[Finding, ...]

    @property
    def listed(self) -> list[dict[str, Any]]:
        """Findings as they stand in a findings file."""
        return [{"rule": f.rule, "level": f.level, "path": f.path} for f in self.findings]


def find_goldens(province: Path) -> tuple[Golden, ...]:
    """All cases of a province, in the order of their names."""
    folder = province / "golden"
    found: list[Golden] = []
    for file in sorted(folder.glob("*.json")):
        direction: Direction
        if file.name.endswith(_INPUTS["out"]):
            direction = "out"
        elif file.name.endswith(_INPUTS["in"]) and not file.name.endswith(_OUTPUTS["out"]):
            direction = "in"
        else:
            continue
        stem = file.name.removesuffix(_INPUTS[direction])
        found.append(Golden(folder, stem, stem.rpartition(".")[2], direction))
    return tuple(found)


def run_golden(golden: Golden, mapping: CompiledMapping) -> Result:
    """Translate the case's input."""
    given = _read(golden.file("context")) if golden.file("context").exists() else {}
    as_of = date.fromisoformat(given.pop("as_of")) if "as_of" in given else None
    context = {"system": mapping.system, **CONTEXT, **given}
    source = _read(golden.file("input"))
    try:
        if golden.direction == "in":
            done = mapping.to_national(golden.kind, source, context=context, as_of=as_of)
        else:
            as_of = as_of or AS_OF
            done = mapping.from_national(golden.kind, source, context=context, as_of=as_of)
    except (Unrenderable, InvalidDocument) as error:
        return Result(None, error.findings)
    return Result(done.document, done.findings)


def check_golden(golden: Golden, mapping: CompiledMapping) -> list[str]:
    """What differs from the expected files; empty if nothing does."""
    result = run_golden(golden, mapping)
    output, findings = golden.file("output"), golden.file("findings")
    wrong: list[str] = []
    expected = _read(output) if output.exists() else None
    if expected is None and result.document is not None:
        wrong.append(f"{output.name} is missing and the document was translated")
    elif expected is not None and result.document is None:
        wrong.append(f"could not be translated: {result.listed}")
    else:
        wrong.extend(differences(expected, result.document))
    if findings.exists():
        if (listed := _read(findings)) != result.listed:
            wrong.append(f"findings: expected {listed}, got {result.listed}")
    elif loud := [one for one in result.listed if one["level"] != "info"]:
        wrong.append(f"findings without a findings file: {loud}")
    return wrong


def differences(expected: Any, got: Any, path: str = "") -> list[str]:
    """Paths at which two documents differ; the order of keys does not count."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        found: list[str] = []
        for key in dict.fromkeys([*expected, *got]):
            one, other = expected.get(key, ...), got.get(key, ...)
            found += differences(one, other, f"{path}/{key}")
        return found
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return [one for i, (a, b) in pairs for one in differences(a, b, f"{path}/{i}")]
    if type(expected) is type(got) and expected == got:
        return []
    return [f"{path}: expected {_shown(expected)}, got {_shown(got)}"]


def write_golden(golden: Golden, mapping: CompiledMapping) -> None:
    """Write the expected files from what comes out; to be read before it is committed."""
    result = run_golden(golden, mapping)
    output, findings = golden.file("output"), golden.file("findings")
    output.unlink(missing_ok=True)
    findings.unlink(missing_ok=True)
    if result.document is not None:
        _write(output, result.document)
    if result.document is None or any(f.level != "info" for f in result.findings):
        _write(findings, result.listed)


def _shown(value: Any) -> str:
    return "nothing" if value is ... else json.dumps(value, ensure_ascii=False)


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Run (or with --write: write) the golden files of the provinces named, or of all."""
    names = [a for a in arguments if not a.startswith("--")]
    folders = [PROVINCES / name for name in names] or sorted(PROVINCES.glob("[0-9]*"))
    failed = 0
    for folder in folders:
        mapping = load(folder)
        for golden in find_goldens(folder):
            if "--write" in arguments:
                write_golden(golden, mapping)
            wrong = check_golden(golden, mapping)
            failed += bool(wrong)
            for text in wrong:
                sys.stdout.write(
                    f"{folder.name}/golden/{golden.stem} ({golden.direction}) {text}\n"
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
