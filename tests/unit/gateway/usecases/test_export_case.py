"""The archive package of a case: what is in it, that it repeats, and that no change escapes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import IntegrityError, NotFound, TransitionNotAllowed
from gateway.core.archive import verify as verifier
from gateway.core.archive.layout import json_bytes, leaf_hash
from gateway.core.archive.pack import MOMENT, RIGHTS
from gateway.core.archive.verify import verify
from gateway.usecases.caller import Caller
from gateway.usecases.export_case import export_case
from gateway.usecases.read_cases import read_case
from tests.cases import SCAN, apply, close, follow
from tests.world import HANDLER, World, a_world

OPERATOR = Caller(
    client_id="os.tester", role="operator", system=None, province=None, trace_id="1" * 32
)
Files = dict[str, bytes]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def exported(
    world: World, number: str, *, include_open: bool = False
) -> tuple[bytes, str, Files]:
    """The package, the digest of its manifest, and its files by path."""
    made = await export_case(
        number, reason="归档移交", include_open=include_open, caller=OPERATOR, gw=world.gw
    )
    data = b"".join([chunk async for chunk in made.chunks])
    with zipfile.ZipFile(BytesIO(data)) as package:
        files = {name.removeprefix(f"{number}/"): package.read(name) for name in package.namelist()}
    return data, made.manifest_digest, files


def again(files: Files, number: str, **odd: Any) -> bytes:
    """A package of these files, as somebody who changed them would write it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for path, content in files.items():
            info = zipfile.ZipInfo(f"{odd.get('root', number)}/{path}", odd.get("at", MOMENT))
            info.external_attr = RIGHTS
            package.writestr(info, content)
    return out.getvalue()


def with_new_manifest(files: Files) -> Files:
    """What a forger does who changes a file and writes the manifest anew."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        path: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in files.items()
        if path != "manifest.json"
    }
    return {**files, "manifest.json": json_bytes(manifest)}


def faults(data: bytes, **known: Any) -> set[tuple[str, str]]:
    return {(fault.rule, fault.where) for fault in verify(BytesIO(data), **known).faults}


async def a_package(world: World) -> tuple[str, bytes, str, Files]:
    number = await apply(world, scan=SCAN)
    await close(world, number)
    return number, *(await exported(world, number))


async def test_a_closed_case_becomes_one_package_with_everything_of_it(world: World) -> None:
    number, data, digest, files = await a_package(world)

    material = f"materials/{hashlib.sha256(SCAN).hexdigest()}"
    assert files[material] == SCAN
    kinds = [one["kind"] for one in json.loads(files["messages.json"])]
    assert kinds == ["application", "acknowledgement", "acceptance", "decision", "notification"]
    raw = json.loads(files["messages/0001-application.raw"])
    assert raw["numbers"]["receiving"] == "MN-1"
    assert json.loads(files["messages/0001-application.json"])["case_number"] == number
    assert json.loads(files["receipts/0001.json"])["case_number"] == number
    assert {one["destination"] for one in json.loads(files["deliveries.json"])} >= {HANDLER}
    leaves = await world.gw.store.leaves(number)
    lines = files["audit/leaves.jsonl"].split(b"\n")[:-1]
    assert lines == [data for _, data in leaves[: len(lines)]]
    assert json.loads(files["audit/leaves.json"])[0] == {
        "leaf_id": leaves[0][0],
        "leaf_hash": hashlib.sha256(b"\x00" + leaves[0][1]).hexdigest(),
    }
    assert "GB/T 42727-2023" in files["NOTES.md"].decode()
    metadata = json.loads(files["metadata.json"])
    assert (metadata["status"], metadata["closed"]) == ("NOTIFIED", True)
    assert verify(BytesIO(data), manifest_digest=digest).ok


async def test_the_same_case_gives_the_same_bytes_whoever_reads_it_in_between(
    world: World,
) -> None:
    number, first, _, _ = await a_package(world)

    await read_case(number, caller=OPERATOR, gw=world.gw)
    world.clock.pass_(seconds=86_400)

    assert (await exported(world, number))[0] == first


async def test_the_read_is_recorded_with_its_reason_and_the_digest(world: World) -> None:
    number, _, digest, files = await a_package(world)

    leaf = json.loads((await world.gw.store.leaves(number))[-1][1])

    assert (leaf["event"], leaf["reason"], leaf["purpose"]) == (
        "case.exported",
        "归档移交",
        "archive",
    )
    assert leaf["manifest_digest"] == digest
    assert hashlib.sha256(files["manifest.json"]).hexdigest() == digest


async def test_a_case_that_is_not_closed_is_refused_with_what_is_open(world: World) -> None:
    number = await apply(world)

    with pytest.raises(TransitionNotAllowed) as refused:
        await exported(world, number)
    assert "PUSHED" in refused.value.detail_en and "turn of HANDLING" in refused.value.detail_en
    assert "--open" in refused.value.detail_zh
    assert not any(b"case.exported" in leaf for _, leaf in await world.gw.store.leaves(number))

    data, _, files = await exported(world, number, include_open=True)
    assert verify(BytesIO(data)).ok
    assert json.loads(files["metadata.json"])["closed"] is False


async def test_a_decided_case_with_an_undelivered_message_is_not_closed(world: World) -> None:
    number = await apply(world)
    world.provinces.remove("530303-window")  # nothing reaches it any more
    ended = {"list": "decision_result", "code": "WITHDRAWN"}
    await follow(world, number, "decision", result=ended)
    row = await world.gw.store.case(number)
    assert row is not None and (row.status, row.turn) == ("WITHDRAWN", None)

    with pytest.raises(TransitionNotAllowed) as refused:
        await exported(world, number)
    assert "not settled" in refused.value.detail_en


async def test_an_unknown_case_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await exported(world, "TB-20260302-530303-T00099-1")


async def test_a_damaged_material_breaks_the_export_off(world: World, tmp_path: Path) -> None:
    number = await apply(world, scan=SCAN)
    await close(world, number)
    (blob,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    damaged = bytearray(blob.read_bytes())
    damaged[-1] ^= 1
    blob.write_bytes(bytes(damaged))

    with pytest.raises(IntegrityError):
        await exported(world, number)


# --- nothing escapes the check ---------------------------------------------------------------


async def test_every_changed_byte_of_every_file_is_named(world: World) -> None:
    number, _, _, files = await a_package(world)
    for path in files:
        if path == "manifest.json":
            continue
        middle = len(files[path]) // 2  # one of a message the gateway wrote itself is empty
        changed = files[path][:middle] + b"~" + files[path][middle + 1 :]
        assert ("file.changed", path) in faults(again({**files, path: changed}, number))


async def test_missing_and_added_files_are_named(world: World) -> None:
    number, _, _, files = await a_package(world)
    for path in files:
        rest = {name: content for name, content in files.items() if name != path}
        rule = "manifest.missing" if path == "manifest.json" else "file.missing"
        assert (rule, path) in faults(again(rest, number))

    assert faults(again({**files, "materials/note.txt": b"x"}, number)) >= {
        ("file.extra", "materials/note.txt"),
        ("material.misnamed", "materials/note.txt"),
    }


async def test_a_manifest_written_anew_has_another_digest(world: World) -> None:
    number, _, digest, files = await a_package(world)
    document = files["messages/0004-decision.json"].replace(b"APPROVED", b"REFUSED")
    assert document != files["messages/0004-decision.json"]
    forged = again(with_new_manifest({**files, "messages/0004-decision.json": document}), number)

    assert faults(forged, manifest_digest=digest) == {("manifest.forged", "manifest.json")}
    assert verify(BytesIO(forged)).manifest_digest != digest


def leaf_changed(files: Files) -> Files:
    return {
        **files,
        "audit/leaves.jsonl": files["audit/leaves.jsonl"].replace(b'"decision"', b'"fee"', 1),
    }


def leaf_left_out(files: Files) -> Files:
    lines = files["audit/leaves.jsonl"].split(b"\n")[:-1]
    del lines[1]
    index = [
        {"leaf_id": json.loads(line)["leaf_id"], "leaf_hash": leaf_hash(line)} for line in lines
    ]
    return {
        **files,
        "audit/leaves.jsonl": b"".join(line + b"\n" for line in lines),
        "audit/leaves.json": json_bytes(index),
    }


def message_left_out(files: Files) -> Files:
    index = json.loads(files["messages.json"])
    return {**files, "messages.json": json_bytes(index[:-1])}


def raw_changed(files: Files) -> Files:
    path = "messages/0003-acceptance.raw"
    return {**files, path: files[path] + b" "}


def material_swapped(files: Files) -> Files:
    (path,) = [name for name in files if name.startswith("materials/")]
    return {**files, path: SCAN + b"!"}


@pytest.mark.parametrize(
    ("forge", "rule"),
    [
        (leaf_changed, "leaf.changed"),
        (leaf_left_out, "leaf.chain"),
        (message_left_out, "message.missing"),
        (raw_changed, "message.unproven"),
        (material_swapped, "material.misnamed"),
    ],
)
async def test_a_forger_with_a_new_manifest_still_contradicts_himself(
    world: World, forge: Callable[[Files], Files], rule: str
) -> None:
    number, _, _, files = await a_package(world)

    assert rule in {found for found, _ in faults(again(with_new_manifest(forge(files)), number))}


async def test_leaves_of_another_case_are_named(world: World) -> None:
    number, _, _, files = await a_package(world)
    other = await apply(world, "2")
    await close(world, other)
    _, _, strange = await exported(world, other)
    mixed = {**files, **{p: c for p, c in strange.items() if p.startswith("audit/")}}

    found = {rule for rule, _ in faults(again(with_new_manifest(mixed), number))}

    assert {"leaf.foreign", "message.unproven"} <= found


async def test_what_is_hidden_in_the_zip_itself_is_found(world: World) -> None:
    number, data, _, files = await a_package(world)

    assert ("package.entry", "metadata.json") in faults(
        again(files, number, at=(2026, 1, 1, 0, 0, 0))
    )
    assert {rule for rule, _ in faults(again(files, number, root="TB-other"))} == {
        "manifest.unreadable"
    }
    with_more = BytesIO(data)
    with zipfile.ZipFile(with_more, "a") as package:
        package.writestr("../outside.txt", b"x")
    assert ("package.outside", "../outside.txt") in faults(with_more.getvalue())
    assert faults(data[: len(data) // 2]) == {("package.unreadable", "")}
    assert faults(b"not a zip") == {("package.unreadable", "")}


async def test_a_package_with_hostile_lists_is_refused_and_not_obeyed(world: World) -> None:
    number, _, _, files = await a_package(world)
    for path in ("messages.json", "audit/leaves.json", "manifest.json"):
        for content in (b"[" * 100_000, b"null", b"\xff", b'{"a": 1}', b"[1, null, {}]"):
            hostile = {**files, path: content}
            forged = hostile if path == "manifest.json" else with_new_manifest(hostile)
            assert faults(again(forged, number)), (path, content[:9])


async def test_the_check_runs_alone_with_the_standard_library(world: World, tmp_path: Path) -> None:
    number, data, digest, files = await a_package(world)
    program = Path(str(verifier.__file__))
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(data)
    bad.write_bytes(again({**files, "metadata.json": b"{}"}, number))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # -I -S: no environment, no installed packages, nothing of ours on the path
        return subprocess.run(
            [sys.executable, "-I", "-S", str(program), *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = run(str(good), digest)
    assert (done.returncode, done.stdout) == (0, f"manifest sha256 {digest}\n")
    done = run(str(bad))
    assert done.returncode == 1
    assert done.stdout.startswith("file.changed metadata.json ")
    assert run(str(good), "0" * 64).returncode == 1
