"""
Contract files of a province: vendored, pinned by hash, the only source zeep ever loads from.

No network, no redirect, no `file://`, no path out of the folder: a name that is not in SHA256SUMS
does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from contracts.errors import IntegrityError

SUMS = "SHA256SUMS"
_ROOT = "/contract/"
_WELL_KNOWN = {"http://schemas.xmlsoap.org/soap/encoding/": "soap-encoding.xsd"}
"""Schemas that real WSDLs import without a location, and the pinned file that answers for each."""


def read_contract(folder: Path) -> dict[str, bytes]:
    """
    Every pinned file of `<folder>/contract` by name; empty without that folder.

    Raises:
        IntegrityError: a file is unpinned, missing, or not the pinned one.
    """
    contract = folder / "contract"
    if not contract.is_dir():
        return {}
    pins = _pins(contract)
    present = {
        path.relative_to(contract).as_posix(): path
        for path in sorted(contract.rglob("*"))
        if path.is_file() and path.name != SUMS
    }
    if unpinned := present.keys() - pins.keys():
        raise _broken(
            f"{sorted(unpinned)[0]} 未列入 {SUMS}", f"{sorted(unpinned)[0]} is not pinned"
        )
    files = {}
    for name, digest in pins.items():
        if name not in present:
            raise _broken(f"缺少 {name}", f"{name} is missing")
        content = present[name].read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise _broken(f"{name} 与登记的摘要不符", f"{name} is not the pinned file")
        files[name] = content
    return files


def _pins(contract: Path) -> dict[str, str]:
    sums = contract / SUMS
    if not sums.is_file():
        raise _broken(f"缺少 {SUMS}", f"{SUMS} is missing")
    pins = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        if line.strip():
            digest, _, name = line.partition(" ")
            pins[name.strip().lstrip("*")] = digest.lower()
    return pins


def _broken(zh: str, en: str) -> IntegrityError:
    return IntegrityError(f"接口契约:{zh}", f"contract: {en}")


def load_wsdl(name: str, *, files: Mapping[str, bytes]) -> Any:
    """
    Parse a pinned WSDL with zeep and return its `zeep.wsdl.Document`.

    Raises:
        IntegrityError: it refers to something outside the pinned set, or is no usable WSDL.
    """
    from zeep.exceptions import Error as ZeepError
    from zeep.settings import Settings
    from zeep.wsdl import Document

    if name not in files:
        raise _broken(f"缺少 {name}", f"{name} is missing")
    settings = Settings(
        strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False
    )
    try:
        return Document(_ROOT + name, _pinned_transport()(files), settings=settings)
    except ZeepError as error:
        kind = type(error).__name__
        raise _broken(f"{name} 无法读取({kind})", f"{name} cannot be read ({kind})") from None


@cache
def _pinned_transport() -> Any:
    """The class is made on first use: importing zeep takes 0.3 s, and REST provinces need none."""
    from zeep.transports import Transport

    class PinnedTransport(Transport):
        """Answers `load` from the pinned set; carries nothing."""

        def __init__(self, files: Mapping[str, bytes]) -> None:
            self._files = files
            self._close_session = False

        def load(self, url: str) -> bytes:
            name = _WELL_KNOWN.get(url)
            if name is None and url.startswith(_ROOT):
                name = url.removeprefix(_ROOT)
            content = None if name is None else self._files.get(name)
            if content is None:
                raise _broken(
                    f"引用了未登记的文件 {url[:200]}", f"{url[:200]} is not in the pinned set"
                )
            return content

        def post(self, address: str, message: Any, headers: Any) -> Any:
            raise NotImplementedError("bytes are carried by adapters.http")

        get = post_xml = post

    return PinnedTransport


__all__ = ["SUMS", "load_wsdl", "read_contract"]
