"""
A message to a province as ordered steps: uploads first, then what needs their answers. Pure.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.connection import MessageStep, Upload
from adapters.materials import read_token
from adapters.operation import CompiledOperation
from adapters.paths import getter, split
from contracts.adapter import BytePlan, ProvinceReceipt, Record, Step
from contracts.errors import Finding, Unrenderable


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an upload's list, with the objects around it, outermost first."""

    record: Record
    around: tuple[Record, ...]

    def look(self, name: str) -> Any:
        """A path in the element, else in the nearest object around it that has it."""
        find = getter(name)
        for level in (self.record, *reversed(self.around)):
            found = find(level)
            if found is not None:
                return found
        return None


def encode_steps(
    entries: Sequence[MessageStep], record: Record, *, operations: Mapping[str, CompiledOperation]
) -> tuple[Step, ...]:
    """
    Steps of a message; a plan is None while it needs answers of uploads before it.

    Raises:
        Unrenderable
    """
    steps: list[Step] = []
    for entry in entries:
        operation = operations[entry.called]
        if entry.upload is None:
            waits = any(step.material_id is not None for step in steps)
            plan = None if waits else _plan(operation, record)
            steps.append(Step(operation.name, plan))
            continue
        for element in upload_elements(entry.upload, record):
            plan = operation.request.encode(element.record, look=element.look)
            steps.append(Step(operation.name, plan, material_id=f"upload-{len(steps) + 1}"))
    return tuple(steps)


def _plan(operation: CompiledOperation, record: Record) -> BytePlan:
    """The record, or what the operation says of it: a number whose data are fetched later."""
    if operation.profile.record is None:
        return operation.request.encode(record)
    return operation.own_request(lambda name: getter(name)(record))


def render_step(
    step: Step,
    entries: Sequence[MessageStep],
    record: Record,
    *,
    answers: Sequence[ProvinceReceipt],
    operations: Mapping[str, CompiledOperation],
) -> BytePlan:
    """
    The payload of a step that waited: answers of the uploads put where their tokens stood.

    Raises:
        Unrenderable: an upload's answer lacks the value that is needed.
    """
    filled = copy.deepcopy(record)
    position = 0
    for entry in entries:
        if entry.upload is None:
            if entry.operation == step.operation:
                break
            position += 1
            continue
        for element in list(upload_elements(entry.upload, filled)):
            if position >= len(answers):
                raise _no_answer(entry.upload)
            _fill(element.record, entry.upload, answers[position])
            position += 1
    return operations[step.operation].request.encode(filled)


def upload_elements(upload: Upload, record: Record) -> Iterator[Element]:
    """Elements whose token is a material, in the order of the document."""
    token = getter(upload.token)
    for element in _walk(record, split(upload.each), ()):
        if read_token(token(element.record)) is not None:
            yield element


def _walk(value: Any, path: tuple[str, ...], around: tuple[Record, ...]) -> Iterator[Element]:
    if isinstance(value, list):
        for part in value:
            yield from _walk(part, path, around)
    elif isinstance(value, dict):
        if not path:
            yield Element(value, around)
        elif path[0] == "*":
            for part in value.values():
                yield from _walk(part, path[1:], (*around, value))
        elif path[0] in value:
            yield from _walk(value[path[0]], path[1:], (*around, value))


def _fill(element: Record, upload: Upload, answer: ProvinceReceipt) -> None:
    for name, value in upload.answer.items():
        if value not in answer.values:
            raise _no_answer(upload)
        element[name] = answer.values[value]
    if upload.token not in upload.answer:
        element.pop(upload.token, None)


def _no_answer(upload: Upload) -> Unrenderable:
    message = f"上传接口 {upload.operation} 的应答缺少所需的值"
    return Unrenderable(
        message,
        f"an answer of {upload.operation} lacks a value that is needed",
        findings=[Finding(rule="upload.no_answer", level="reject", message=message)],
    )


__all__ = ["Element", "encode_steps", "render_step", "upload_elements"]
