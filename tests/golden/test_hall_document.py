"""Anhui's document as its bytes arrive: GBK, empty elements, attributes, materials inside."""

from __future__ import annotations

import json

from adapters.charset import decode
from adapters.layers import MaterialPath
from adapters.materials import take_inline
from adapters.xml import parse_xml, to_record
from mappings.load import PROVINCES, load

GOLDEN = PROVINCES / "340000" / "golden"
MATERIAL = MaterialPath(
    path="PACKAGE/DATA/RECORD/MATERIALS/MATERIAL/CONTENT", media_type="FILETYPE"
)


def test_the_bytes_become_what_the_golden_file_says_but_for_the_files() -> None:
    text = decode((GOLDEN / "01-application.wire.xml").read_bytes())
    assert text.rule == "declaration:gb18030"
    record = {"PACKAGE": to_record(parse_xml(text.text))}
    inline = take_inline(record, (MATERIAL,))

    translated = load(PROVINCES / "340000").to_national(
        "application", record, context={"system": "340100-window"}, as_of=None
    )

    expected = json.loads((GOLDEN / "01-application.application.national.json").read_text("utf-8"))
    files = [m["files"][0] for m in translated.document["body"]["materials"]]
    for material, one in zip(expected["body"]["materials"], inline, strict=True):
        material["files"][0] |= {"digest": one.digest, "size": len(one.content)}
    assert translated.document == expected
    assert [file["media_type"] for file in files] == [one.media_type for one in inline]
