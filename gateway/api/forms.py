"""
Bodies of the admin socket as models.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import Finding, InvalidDocument
from gateway.api.call import Call

Form = TypeVar("Form", bound=BaseModel)


async def read_form(call: Call, model: type[Form]) -> Form:
    """
    Raises:
        InvalidDocument: with every wrong field.
    """
    try:
        return model.model_validate_json(await call.body(call.gw.limits.body))
    except ValidationError as error:
        findings = [
            Finding(
                rule="form.field",
                level="reject",
                path="".join(f"/{part}" for part in found["loc"]) or "/",
                message="缺失、未知或格式不符",
                message_en="missing, unknown or of a wrong form",
            )
            for found in error.errors()
        ]
        raise InvalidDocument(findings=findings) from None


__all__ = ["read_form"]
