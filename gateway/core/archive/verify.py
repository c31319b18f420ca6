"""
Checks an archive package with nothing but the package: no gateway, no database, no keys.

Only the standard library is used, so that this one file can be carried elsewhere and run alone:
`python verify.py FILE [SHA-256 of the manifest]`. It gives every fault at once, with its place.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

FORMAT = "tongban-archive/1"
MANIFEST = "manifest.json"
_MOMENT = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20
_LARGEST_INDEX = 256 << 20
"""bytes; no list of ours comes near it, and a forged one shall not fill the memory"""

RULES = {
    "package.unreadable": ("不是可读的归档包", "not a readable package"),
    "package.entry": (
        "压缩包条目与约定不符(重名、压缩、时间或附加内容)",
        "an odd zip entry (twice, packed, another time, or something added)",
    ),
    "package.outside": (
        "条目不在办件编号文件夹之内",
        "an entry lies outside the folder of the case",
    ),
    "manifest.missing": ("缺少清单", "the manifest is missing"),
    "manifest.unreadable": ("清单无法读取", "the manifest cannot be read"),
    "manifest.forged": (
        "清单不是所指的那一份:摘要不同",
        "not the manifest that was meant: another digest",
    ),
    "file.changed": ("文件内容与清单不符", "the file is not what the manifest says"),
    "file.missing": ("清单所列文件缺失", "a file of the manifest is missing"),
    "file.extra": ("文件不在清单之内", "a file the manifest does not name"),
    "index.unreadable": ("目录文件无法读取", "a list cannot be read"),
    "message.unproven": (
        "来文原始字节与审计叶中的摘要不符",
        "no audit leaf vouches for the bytes of this message",
    ),
    "message.missing": (
        "审计叶记录的来文不在包内",
        "an audit leaf tells of a message that is not inside",
    ),
    "material.misnamed": (
        "材料内容与其名称(摘要)不符",
        "a material does not have the digest it is named by",
    ),
    "leaf.changed": ("审计叶与其哈希不符", "an audit leaf does not have its hash"),
    "leaf.chain": ("审计叶前后不相接", "the chain of audit leaves is broken"),
    "leaf.foreign": ("审计叶属于别的办件", "an audit leaf of another case"),
}
"""Rule -> what is said of it, zh-CN and English."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where: a path in the package, with a leaf id or line behind `#`."""

    rule: str
    where: str

    @property
    def message(self) -> str:
        return RULES[self.rule][0]

    @property
    def message_en(self) -> str:
        return RULES[self.rule][1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`manifest_digest` is to be compared with the one the gateway recorded at export."""

    case_number: str | None
    files: int
    manifest_digest: str | None
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def verify(file: IO[bytes], *, manifest_digest: str | None = None) -> Verdict:
    """
    Check a package; nothing in it is believed before it is checked.

    `manifest_digest`: SHA-256 hex of the manifest that is expected, where the caller knows it.
    """
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Verdict(None, 0, None, (Fault("package.unreadable", ""),))
    with package:
        return _Check(package).run(manifest_digest)


class _Check:
    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._faults: list[Fault] = []

    def run(self, wanted: str | None) -> Verdict:
        root = self._list_entries()
        raw = self._read(MANIFEST) if MANIFEST in self._entries else None
        if raw is None:
            self._fault("manifest.missing", MANIFEST)
            return self._verdict(None, None)
        digest = hashlib.sha256(raw).hexdigest()
        if wanted is not None and wanted.lower() != digest:
            self._fault("manifest.forged", MANIFEST)
        number, listed = _manifest(raw)
        if number is None or number != root:
            self._fault("manifest.unreadable", MANIFEST)
            return self._verdict(None, digest)
        self._compare(listed)
        leaves = self._leaves(number)
        self._messages(leaves)
        self._materials()
        return self._verdict(number, digest)

    # --- zip and manifest ---

    def _list_entries(self) -> str:
        infos = self._package.infolist()
        root = infos[0].filename.partition("/")[0] if infos else ""
        if self._package.comment:
            self._fault("package.entry", "")
        for info in infos:
            folder, _, path = info.filename.partition("/")
            odd = info.compress_type != zipfile.ZIP_STORED or info.date_time != _MOMENT
            if folder != root or not path or ".." in path.split("/"):
                self._fault("package.outside", info.filename)
            elif path in self._entries or odd or info.comment or info.extra:
                self._fault("package.entry", path)
                self._entries.setdefault(path, info)
            else:
                self._entries[path] = info
        return root

    def _compare(self, listed: dict[str, tuple[str, int]]) -> None:
        for path in sorted(set(self._entries) - set(listed) - {MANIFEST}):
            self._fault("file.extra", path)
        for path, (digest, size) in sorted(listed.items()):
            info = self._entries.get(path)
            if info is None:
                self._fault("file.missing", path)
            elif info.file_size != size or self._digest(path) != digest:
                self._fault("file.changed", path)

    # --- what the files say of one another ---

    def _leaves(self, number: str) -> list[dict[str, Any]]:
        raw, index = self._read("audit/leaves.jsonl"), self._json("audit/leaves.json", list)
        if raw is None or index is None:
            return []
        lines = raw.split(b"\n")[:-1]
        found, before = [], None
        if len(lines) != len(index):
            self._fault("leaf.chain", "audit/leaves.jsonl")
        for line, told in zip(lines, index, strict=False):
            leaf = _object(line)
            name = str(leaf.get("leaf_id"))
            where = f"audit/leaves.jsonl#{name[:80]}"
            hashed = hashlib.sha256(b"\x00" + line).hexdigest()
            if not isinstance(told, dict) or (told.get("leaf_id"), told.get("leaf_hash")) != (
                name,
                hashed,
            ):
                self._fault("leaf.changed", where)
            if leaf.get("case_number") != number:
                self._fault("leaf.foreign", where)
            if leaf.get("prev_case_leaf") != before:
                self._fault("leaf.chain", where)
            before = name
            found.append(leaf)
        return found

    def _messages(self, leaves: Sequence[dict[str, Any]]) -> None:
        vouched = [
            str(leaf["content_digest"])
            for leaf in leaves
            if leaf.get("event") == "message.received" and "content_digest" in leaf
        ]
        for one in self._json("messages.json", list) or []:
            told = one if isinstance(one, dict) else {}
            paths = told.get("files")
            path = str(paths.get("raw")) if isinstance(paths, dict) else ""
            digest = self._salted(path, str(told.get("salt")))
            if digest in vouched:
                vouched.remove(digest)
            else:
                self._fault("message.unproven", path or "messages.json")
        if vouched:
            self._fault("message.missing", "messages.json")

    def _materials(self) -> None:
        for path in sorted(self._entries):
            folder, _, name = path.partition("/")
            if folder == "materials" and self._digest(path) != name:
                self._fault("material.misnamed", path)

    # --- reading ---

    def _pieces(self, path: str) -> Iterator[bytes]:
        with self._package.open(self._entries[path]) as file:
            while piece := file.read(_PIECE):
                yield piece

    def _digest(self, path: str, start: bytes = b"") -> str | None:
        digest = hashlib.sha256(start)
        try:
            for piece in self._pieces(path):
                digest.update(piece)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError):
            return None
        return digest.hexdigest()

    def _salted(self, path: str, salt: str) -> str | None:
        try:
            start = bytes.fromhex(salt)
        except ValueError:
            return None
        return self._digest(path, start) if path in self._entries else None

    def _read(self, path: str) -> bytes | None:
        info = self._entries.get(path)
        if info is None or info.file_size > _LARGEST_INDEX:
            return None
        try:
            return b"".join(self._pieces(path))
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError):
            return None

    def _json(self, path: str, kind: type) -> Any:
        raw = self._read(path)
        try:
            value = None if raw is None else json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, kind):
            self._fault("index.unreadable", path)
            return None
        return value

    def _fault(self, rule: str, where: str) -> None:
        self._faults.append(Fault(rule, where))

    def _verdict(self, number: str | None, digest: str | None) -> Verdict:
        return Verdict(number, len(self._entries), digest, tuple(self._faults))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _manifest(raw: bytes) -> tuple[str | None, dict[str, tuple[str, int]]]:
    """(case number, path -> digest and size); no number when it is not a manifest of ours."""
    told = _object(raw)
    number, listed = told.get("case_number"), told.get("files")
    if told.get("format") != FORMAT or not isinstance(number, str) or not isinstance(listed, dict):
        return None, {}
    found = {}
    for path, one in listed.items():
        if not isinstance(one, dict) or not isinstance(one.get("size"), int):
            return None, {}
        found[path] = (str(one.get("sha256")), one["size"])
    return number, found


def main(words: Sequence[str]) -> int:
    """0: nothing is wrong; 1: something is; 2: the file cannot be opened."""
    if not 1 <= len(words) <= 2:
        sys.stderr.write("verify.py FILE [SHA-256]\n")
        return 2
    try:
        with open(words[0], "rb") as file:  # noqa: PTH123 - pathlib would be one more import
            verdict = verify(file, manifest_digest=words[1] if len(words) > 1 else None)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for fault in verdict.faults:
        sys.stdout.write(f"{fault.rule} {fault.where} {fault.message} {fault.message_en}\n")
    sys.stdout.write(f"manifest sha256 {verdict.manifest_digest}\n")
    return 0 if verdict.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


__all__ = ["FORMAT", "RULES", "Fault", "Verdict", "main", "verify"]
