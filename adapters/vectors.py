"""
Known answers of a province's signatures and digests, run through this code.

A described algorithm is not trusted before a vector made elsewhere confirms it (quirk Q15). Files:
`vectors/*.json`; grammar in adapters/README.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.connection import ConnectionProfile, load_connection
from adapters.signers import Signed, Signer
from adapters.soap.security import password_digest
from contracts.adapter import BytePlan
from contracts.errors import AccessDenied


def check_vectors(folder: Path) -> list[str]:
    """
    Run every vector of a folder; returns one sentence per known answer we do not reproduce.

    A signer without a valid vector is a finding too.

    Raises:
        ValueError: connection.yaml or a vector file is not of its shape.
    """
    profile = load_connection(folder)
    wrong: list[str] = []
    confirmed: set[str] = set()
    for path in sorted((folder / "vectors").glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if "username_token" in content:
                wrong += _token(path.name, content["username_token"])
            if "signer" in content:
                wrong += _signer(path.name, content, profile, confirmed)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}: {error}") from None
    missing = sorted(profile.signers.keys() - confirmed)
    return wrong + [f"signer {name} has no valid vector" for name in missing]


def _token(file: str, vector: Mapping[str, str]) -> list[str]:
    made = password_digest(bytes.fromhex(vector["nonce"]), vector["created"], vector["password"])
    return [] if made == vector["digest"] else [f"{file}: another password digest comes out"]


def _signer(
    file: str, content: Mapping[str, Any], profile: ConnectionProfile, confirmed: set[str]
) -> list[str]:
    name = content["signer"]
    rule = profile.signers[name]
    signer = Signer(rule, secret=content["secret"], key_id=content["key_id"])
    now = datetime.fromisoformat(content["at"])
    wrong = []
    for case in content["cases"]:
        signed = Signed(
            method=case.get("method", "POST"),
            path=case.get("path", ""),
            params=case["params"],
            payload=BytePlan((case.get("payload", "").encode(),)),
            body=BytePlan((case.get("body", "").encode(),)),
        )
        fields = {**case["params"], rule.names.sign: case["sign"]}
        try:
            signer.check(signed, fields, now=now)
            accepted = True
        except AccessDenied:
            accepted = False
        if accepted != case["valid"]:
            wrong.append(f"{file}: {case['desc']}: {'accepted' if accepted else 'refused'}")
        elif accepted:
            confirmed.add(name)
    return wrong


__all__ = ["check_vectors"]
