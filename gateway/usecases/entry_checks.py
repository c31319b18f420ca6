"""
What keeps a message that can be read, and that its case would take, from entering all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from contracts.adapter import InlineMaterial
from contracts.errors import Finding, InvalidDocument
from gateway.ports import CaseKey, Gateway, MaterialRow, NumberRow
from gateway.usecases.materials import bind_material
from gateway.usecases.render import Rendered


async def bind_named(
    document: Mapping[str, Any],
    came_inline: Iterable[InlineMaterial],
    *,
    case_number: str,
    key: CaseKey,
    owner: str,
    gw: Gateway,
    carried: Collection[str] = (),
) -> tuple[MaterialRow, ...]:
    """
    Bind every named file that is staged or held; what came inline is bound once it is staged, and
    `carried` digests of an earlier case are bound beside this.

    Raises:
        InvalidDocument: a file nobody knows; all of them at once.
    """
    inline = {material.digest for material in came_inline} | set(carried)
    rows: list[MaterialRow] = []
    unknown: list[Finding] = []
    for path, digest in _digests(document["body"].get("materials", ())):
        row = await bind_material(digest, case_number=case_number, key=key, owner=owner, gw=gw)
        if row is not None:
            rows.append(row)
        elif digest not in inline:
            unknown.append(
                Finding(
                    rule="material.unknown",
                    level="reject",
                    path=path,
                    message="报文引用的材料未上传或已过期;请先上传该材料再提交报文",
                    message_en="the message names a material that was not uploaded, or expired; "
                    "upload it, then send the message again",
                )
            )
    if unknown:
        raise InvalidDocument(findings=unknown)
    return tuple({row.index: row for row in rows}.values())


async def refuse_known_numbers(rows: Iterable[NumberRow], *, gw: Gateway) -> None:
    """
    A system's own number names one case for ever: later messages are found by it.

    Raises:
        InvalidDocument: a number already names another case.
    """
    for row in rows:
        known = await gw.store.case_by_number(row.system, row.index)
        if known is not None and known != row.case_number:
            raise InvalidDocument(
                findings=[
                    Finding(
                        rule="numbers.reused",
                        level="reject",
                        path="/numbers",
                        message=f"本方编号已用于办件 {known};补正请提交补正报文,新办件请用新编号",
                        message_en=f"this number already names case {known}; send a correction, "
                        "or give a new case a new number",
                    )
                ]
            )


def refuse_undeliverable(rendered: Iterable[Rendered]) -> None:
    """
    The window is still there to change an application; nobody is for what comes later.

    Raises:
        InvalidDocument: the handling place cannot carry it; says what it lacks.
    """
    dead = [one for one in rendered if one.delivery.state == "dead"]
    if dead:
        raise InvalidDocument(
            "办理地系统无法承载该申请",
            "the handling place cannot carry this application",
            findings=[finding for one in dead for finding in one.findings],
        )


def _digests(materials: Any) -> list[tuple[str, str]]:
    return [
        (f"/body/materials/{at}/files/{number}/digest", file["digest"])
        for at, material in enumerate(materials)
        for number, file in enumerate(material.get("files", ()))
    ]


__all__ = ["bind_named", "refuse_known_numbers", "refuse_undeliverable"]
