"""
Checked once, then known: values that come in every message, such as coded values and places.

A value that passed is kept under all it says, so that the next one that says the same need not be
looked at again. Values are frozen; messages share them. What a sender may write and what the
gateway may write are kept apart. Not for values that name a person: they would outlive the message.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

LIMIT = 512
"""Values kept per field type, a bound of ours; when it is reached all are forgotten."""


class Recall:
    """
    Annotation: values of this type are recalled by their JSON text, names in the order they came.

    Of JSON values no two that differ have the same text. NaN, which is not one, would read as null;
    so nothing with a null in it is kept.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bool, bytes], Any] = {}

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return self.wrap(handler(source))

    def wrap(self, schema: core_schema.CoreSchema) -> core_schema.CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._recall, schema)

    def _recall(
        self,
        value: Any,
        check: core_schema.ValidatorFunctionWrapHandler,
        info: core_schema.ValidationInfo[Any],
    ) -> Any:
        try:
            key = (info.context is None, orjson.dumps(value))
            return self._known[key]
        except KeyError:
            checked = check(value)
        except (TypeError, RecursionError):  # lone surrogates, or no JSON
            return check(value)
        if len(self._known) >= LIMIT:
            self._known.clear()
        if b"null" not in key[1]:
            self._known[key] = checked
        return checked


__all__ = ["LIMIT", "Recall"]
