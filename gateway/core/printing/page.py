"""
One A4 page of HTML that needs nothing from outside: style and QR code stand in it, no script does.

The tree is built node by node, so that no text can become markup, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import segno
from lxml import etree

Node: TypeAlias = "etree._Element"

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for such a page: nothing but what is in it."""
_STYLE = """
@page{size:A4;margin:16mm}
html{font-size:16px}
html.large{font-size:24px}
body{margin:0 auto;max-width:178mm;color:#16212e;line-height:1.6;
font-family:"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.7rem;margin:.4rem 0}
h2{font-size:1.1rem;margin:1rem 0 .2rem;border-bottom:1px solid #435264}
p,ul{margin:.2rem 0}
li,tr,.top{break-inside:avoid}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #435264;padding:.2rem .5rem;text-align:left;vertical-align:top}
.mark{border:2px solid #a92a20;color:#a92a20;padding:.2rem .6rem;font-weight:bold}
.top{display:flex;justify-content:space-between;align-items:center;gap:1rem}
.number{font-size:1.4rem;font-weight:bold;overflow-wrap:anywhere}
.lead{font-size:1.2rem;font-weight:bold}
.small{color:#435264;font-size:.85rem}
img{width:34mm;height:34mm}
"""
_MARKS = {"test": "测试环境：本页不是正式凭证"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    What stands at the top of every page. `code` is printed as text and as QR code; it is a number
    that reveals nothing about a person.
    """

    title: str
    environment: str
    simulated: bool
    large: bool = False
    code: str | None = None
    code_name: str = "办件编号"
    lead: str | None = None


def html_page(page: Page, content: Iterable[Node]) -> str:
    """The whole document. Large type is 18 pt in print, ordinary 12 pt."""
    marks = [_MARKS[page.environment]] if page.environment in _MARKS else []
    marks += ["模拟：其中的单位、人员和数据均为虚构"] if page.simulated else []
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width,initial-scale=1"),
        element("title", page.title),
        element("style", _STYLE),
    )
    body = element("body", *(element("p", text, **{"class": "mark"}) for text in marks))
    body.append(element("h1", page.title))
    if page.code is not None:
        body.append(_top(page.code, page.code_name))
    if page.lead is not None:
        body.append(element("p", page.lead, **{"class": "lead"}))
    body.extend(list(content))
    large = {"class": "large"} if page.large else {}
    root = element("html", head, body, lang="zh-CN", **large)
    return etree.tostring(root, method="html", encoding="unicode", doctype="<!DOCTYPE html>")


def element(tag: str, *content: str | Node, **attributes: str) -> Node:
    """A node with texts and nodes in it. Characters that XML cannot hold are left away."""
    node = etree.Element(tag, {name: _plain(value) for name, value in attributes.items()})
    last: Node | None = None
    for one in content:
        if not isinstance(one, str):
            node.append(one)
            last = one
        elif last is None:
            node.text = (node.text or "") + _plain(one)
        else:
            last.tail = (last.tail or "") + _plain(one)
    return node


def section(heading: str, *content: Node) -> list[Node]:
    """A heading and what stands under it; nothing where nothing does."""
    return [element("h2", heading), *content] if content else []


def table(rows: Iterable[tuple[str, ...]], *, head: tuple[str, ...] = ()) -> Node:
    """Rows of texts; the first cell of each names it, where no heading does."""
    made = [element("tr", *(element("th", text) for text in head))] if head else []
    for first, *rest in rows:
        named = element("td" if head else "th", first)
        made.append(element("tr", named, *(element("td", text) for text in rest)))
    return element("table", *made)


def bullets(texts: Iterable[str]) -> Node:
    return element("ul", *(element("li", text) for text in texts))


def _top(code: str, name: str) -> Node:
    # error correction M: a fold or a stain is repaired
    picture = segno.make(code, error="m", micro=False).svg_data_uri(scale=4, border=4)
    number = element("div", element("div", name), element("div", code, **{"class": "number"}))
    return element("div", number, element("img", src=picture, alt=code), **{"class": "top"})


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one in "\n\t")


__all__ = ["CSP", "Node", "Page", "bullets", "element", "html_page", "section", "table"]
