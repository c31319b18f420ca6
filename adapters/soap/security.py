"""
WS-Security UsernameToken with password digest, nonce and created: written and checked.

OASIS Web Services Security UsernameToken Profile 1.1 section 3.1:
Password_Digest = Base64(SHA-1(nonce + created + password)).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from adapters.soap.envelope import SoapParts
from adapters.xml import text_of
from contracts.errors import AccessDenied

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str
    digest: bool = True
    window: timedelta = timedelta(seconds=300)


def write_header(login: Login, *, nonce: bytes, created: datetime) -> str:
    """The Security header element; `nonce` is used once."""
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if login.digest:
        kind, secret = "PasswordDigest", password_digest(nonce, stamp, login.password)
    else:
        kind, secret = "PasswordText", text_of(login.password, "")
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soap:mustUnderstand="1">'
        f"<wsse:UsernameToken><wsse:Username>{text_of(login.username, '')}</wsse:Username>"
        f'<wsse:Password Type="{_PROFILE}#{kind}">{secret}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{stamp}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def password_digest(nonce: bytes, created: str, password: str) -> str:
    joined = nonce + created.encode("utf-8") + password.encode("utf-8")
    return base64.b64encode(hashlib.sha1(joined, usedforsecurity=False).digest()).decode()


def check_header(parts: SoapParts, login: Login, *, now: datetime) -> bytes:
    """
    Check the token of a request and return its nonce, which the caller must not accept twice.

    Raises:
        AccessDenied: no token, wrong user or password, or created outside the window.
    """
    token = None if parts.header is None else parts.header.find(f".//{{{WSSE}}}UsernameToken")
    if token is None:
        raise _denied("缺少 UsernameToken", "no UsernameToken")
    username, password = _text(token, WSSE, "Username"), _text(token, WSSE, "Password")
    created, nonce = _text(token, WSU, "Created"), _nonce(token)
    _check_time(created, window=login.window, now=now)
    plain = login.password
    expected = password_digest(nonce, created, plain) if login.digest else plain
    right = hmac.compare_digest(username.encode(), login.username.encode())
    right &= hmac.compare_digest(password.encode(), expected.encode())
    if not right:
        raise _denied("用户名或口令摘要不正确", "wrong user name or password digest")
    return nonce


def _nonce(token: etree._Element) -> bytes:
    try:
        nonce = base64.b64decode(_text(token, WSSE, "Nonce"), validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    if len(nonce) < 8:
        raise _denied("Nonce 缺失或过短", "the nonce is missing or too short")
    return nonce


def _check_time(created: str, *, window: timedelta, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(created)
    except ValueError:
        raise _denied("Created 不是时间", "Created is not a time") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if abs(now - at) > window:
        raise _denied("Created 超出允许的时间窗口", "Created is outside the window")


def _text(token: etree._Element, namespace: str, name: str) -> str:
    return (token.findtext(f"{{{namespace}}}{name}") or "").strip()


def _denied(zh: str, en: str) -> AccessDenied:
    return AccessDenied(f"WS-Security:{zh}", f"WS-Security: {en}")


__all__ = ["Login", "check_header", "password_digest", "write_header"]
