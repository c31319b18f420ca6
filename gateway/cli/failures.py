"""
A command that fails says what was found, whose move it is and what to do; never a stack of code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from contracts.errors import GatewayError, NotFound, Refused, TryLater


@dataclass(slots=True)
class Failure:
    status: int = 0


@contextmanager
def explained() -> Iterator[Failure]:
    """Turn our errors into text on standard error and an exit status."""
    failure = Failure()
    try:
        yield failure
    except GatewayError as error:
        sys.stderr.write(f"错误 {error.code}  {error.detail_zh}({error.detail_en})\n")
        for finding in error.findings:
            sys.stderr.write(f"  {finding.rule} {finding.path or ''} {finding.message}\n")
        sys.stderr.write(f"下一步 {error.remedy_zh}({error.remedy_en})\n")
        failure.status = _status(error)
    except ValidationError as error:
        for found in error.errors():
            name = "_".join(str(part) for part in found["loc"]).upper()
            sys.stderr.write(f"设置有误 TONGBAN_{name}: {found['msg']}\n")
        failure.status = 2
    except (OSError, ValueError) as error:
        sys.stderr.write(f"错误 {error}\n")
        failure.status = 2


def _status(error: GatewayError) -> int:
    if isinstance(error, TryLater):
        return 3
    if isinstance(error, NotFound):
        return 1
    return 4 if isinstance(error, Refused) else 2


__all__ = ["Failure", "explained"]
