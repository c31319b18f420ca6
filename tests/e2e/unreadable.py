"""
Documents nobody should read: cut off, ambiguous, hostile. Made of a good one where that matters.
"""

from __future__ import annotations

from tests.e2e.door import NAME
from tests.e2e.tongues import ANHUI


def unreadable_json(good: str) -> dict[str, bytes]:
    raw = good.encode()
    return {
        "nothing": b"",
        "not json": NAME.encode(),
        "a list": b"[" + raw + b"]",
        "cut off": raw[:-30],
        "a key twice": raw[:-1] + b', "x": 1, "x": 2}',
        "NaN": raw[:-1] + b', "x": NaN}',
        "too deep": raw[:-1] + b', "x": ' + b"[" * 3000 + b"]" * 3000 + b"}",
        "half a character": raw[:-1] + rb', "x": "\ud83d"}',
        "a number without end": raw[:-1] + b', "x": ' + b"9" * 5000 + b"}",
    }


BOMB = "<!DOCTYPE a [<!ENTITY b '{}'><!ENTITY c '{}'>]><PACKAGE>&c;</PACKAGE>".format(
    "x" * 50, "&b;" * 2000
)


def unreadable_xml(good: str) -> dict[str, bytes]:
    raw = good.encode("gbk")
    return {
        "nothing": b"",
        "not xml": NAME.encode("gbk"),
        "cut off": raw[:-30],
        "an entity bomb": BOMB.encode(),
        "a document type": b"<!DOCTYPE PACKAGE>" + raw,
        "an outside entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        "an unknown entity": raw.replace(b"<NUM>1</NUM>", b"<NUM>&nbsp;</NUM>", 1),
        "two roots": raw + raw,
        "too deep": b"<a>" * 3000 + b"</a>" * 3000,
        "a material that is not base64": ANHUI.change(good, content="***").encode("gbk"),
    }
