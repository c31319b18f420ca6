"""
The tables partners read, in Chinese: every field with its place in the standards, every problem
with its remedy. Made from the models, their published schema and the error tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.errors import GatewayError
from contracts.fields import Content, FieldSpec, Value, spec_of
from contracts.kinds import MODELS
from contracts.words import NOTICES, WORDS

_PRESENCE = {"required": "必填", "expected": "应填", "optional": "可选"}
_GRADE = {"none": "", "general": "一般", "sensitive": "敏感", "by_use": "随所在字段"}
_LEAF = {"plain": "明文", "commitment": "承诺值", "never": ""}
_BY = {"sender": "报送方", "gateway": "网关", "both": "双方"}
_SIDE = {"caller": "报送方", "gateway": "网关", "handling": "办理方"}
_PATTERNS = {
    r"^[0-9]{4}-(0[1-9]|1[0-2])$": "月份",
    r"^[0-9]{12}$": "12 位数字",
    r"^[0-9]{6}$": "6 位数字",
    r"^[0-9a-f]{64}$": "SHA-256 十六进制",
    r"^[0-9a-f]{32}$": "32 位十六进制",
}

_FIELDS_HEAD = """\
# 国家统一报文格式 v1:字段与标准对照

由 `python -m contracts.publish` 生成,请勿手改。字段名为英文,含义以中文名和数据项为准。

- **必填**:缺少即拒收。**应填**:缺少则收下并提示(warn)。**可选**:可以不写。
  不写就是没有;不填 null、空文本或空列表。
- **数据项**:GB/T 39046-2020 的“表.序号”。**交换列**:国家数据交换表的列。
  两者皆无的为项目约定(project convention)。
- **把握**:A 标准原文;B 一个实际系统或表单;P 项目约定。
- **个人信息**:一般、敏感;未满 14 周岁者的一切信息按敏感处理。**留痕**:审计叶中可出现的形式。
  对象标其内层最高一级,内层字段各自标注;同一路径上从严。
- **填写**:“网关”填写的字段,报送方不得填写。
"""

_COLUMNS = """\
| 字段 | 中文名 | 类型 | 要求 | 级别 | 数据项 | 交换列 | 把握 | 个人信息 | 留痕 | 填写 | 说明 |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""

_PROBLEMS_HEAD = """\
# 问题与规则

由 `python -m contracts.publish` 生成,请勿手改。

## 问题代码

接口按 RFC 9457 返回问题,`code` 固定不变;SOAP 的 Fault、命令行用同样的代码。
“由哪一方处理”说的是下一步由谁来做,不是责任认定。

| code | HTTP | 含义 | meaning | 由哪一方处理 | 可原样重发 | 怎么办 | remedy |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def fields_table(definitions: Mapping[str, Any]) -> str:
    """Envelope, contents by kind, bundle, value objects; then the standard's items backwards."""
    contents = [definitions[m.__name__]["properties"]["body"]["$ref"] for m in MODELS.values()]
    first = ["Envelope", *(ref.rsplit("/", 1)[-1] for ref in contents), "Bundle"]
    messages = {model.__name__ for model in MODELS.values()}
    rest = sorted(definitions.keys() - messages - set(first) - {Content.__name__})
    models = {model.__name__: model for model in _subclasses(Value)}
    shown = [models[name] for name in (*first, *rest)]
    sections = [_section(model, definitions) for model in shown]
    return "\n".join([_FIELDS_HEAD, *sections, _by_item(shown)])


def problems_table() -> str:
    """Every leaf of the error tree, then every rule a finding can name."""
    tree: list[type[GatewayError]] = [GatewayError, *_subclasses(GatewayError)]
    problems = [_problem(error) for error in tree]
    rules = [
        "\n## 规则:拒收 reject\n",
        "一次返回全部问题(`errors`),指明字段位置(JSON Pointer),不含字段内容。\n",
        *_rules(WORDS),
        "\n## 规则:收下并提示 warn\n",
        "证件号码、信用代码、区划等另有校验规则:`contracts/checks.py`、`contracts/places.py`。\n",
        *_rules(NOTICES),
        "",
    ]
    return _PROBLEMS_HEAD + "\n".join([*problems, *rules])


def _section(model: type[Value], definitions: Mapping[str, Any]) -> str:
    published = definitions[model.__name__]["properties"]
    rows = [
        _row(name, spec_of(field), _type(published[name], definitions))
        for name, field in model.model_fields.items()
    ]
    return "\n".join([f"## {_heading(definitions, model.__name__)}\n", _COLUMNS, *rows, ""])


def _heading(definitions: Mapping[str, Any], name: str) -> str:
    chinese = definitions[name]["description"].split()[0].rstrip(".")
    return f"{name} {chinese}"


def _row(name: str, spec: FieldSpec, kind: str) -> str:
    cells = (
        f"`{name}`",
        spec.label,
        kind,
        _PRESENCE[spec.presence],
        spec.rule,
        spec.ref,
        "<br>".join(spec.column.split()),
        spec.confidence,
        _GRADE[spec.grade],
        _LEAF[spec.leaf],
        _BY[spec.by],
        spec.note.replace("|", "\\|"),
    )
    return "| " + " | ".join(cells) + " |"


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A published type in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        if name == Content.__name__:
            return "随消息种类"
        anchor = _heading(definitions, name).lower().replace(" ", "-").replace("/", "")
        return f"[{name}](#{anchor})"
    match schema.get("type"):
        case "array":
            return f"列表:{_type(schema['items'], definitions)}"
        case "integer":
            return "整数"
        case "boolean":
            return "true / false"
        case "object" if "list" in schema.get("properties", {}):
            listed = schema["properties"]["list"].get("const")
            return f"编码值 `{listed}`"
        case "object":
            return "对象"
        case "string":
            return _text_type(schema)
        case _ if "anyOf" in schema:
            return _type(schema["anyOf"][0], definitions)
        case _:
            return "任意 JSON"


def _text_type(schema: Mapping[str, Any]) -> str:
    if "const" in schema or "enum" in schema:
        allowed = schema.get("enum") or [schema["const"]]
        return " ".join(f"`{one}`" for one in allowed)
    if "maxLength" in schema:
        lines = "段落" if "x09" in schema["pattern"] else "文本"
        return f"{lines}≤{schema['maxLength']}"
    pattern = str(schema["pattern"])
    if "T(" in pattern:
        return "时间 +08:00"
    if pattern.startswith("^TB"):
        return "编号 " + pattern[1:4].rstrip("-") + "-…"
    return _PATTERNS.get(pattern, "日期")


def _by_item(shown: list[type[Value]]) -> str:
    """GB/T 39046-2020 the other way round: which fields carry a data item."""
    carried: dict[tuple[int, int], list[str]] = {}
    for model in shown:
        for name, field in model.model_fields.items():
            for item in _items(spec_of(field).ref):
                carried.setdefault(item, []).append(f"`{model.__name__}.{name}`")
    lines = ["## GB/T 39046-2020 数据项 → 字段\n", "| 数据项 | 字段 |", "| --- | --- |"]
    for (table, number), names in sorted(carried.items()):
        lines.append(f"| {table}.{number} | {' '.join(dict.fromkeys(names))} |")
    return "\n".join([*lines, ""])


def _items(ref: str) -> Iterator[tuple[int, int]]:
    """`5.6-5.8 6.2` → (5,6) (5,7) (5,8) (6,2)"""
    for one in ref.split():
        first, _, last = one.partition("-")
        table, number = map(int, first.split("."))
        end = int(last.split(".")[1]) if last else number
        yield from ((table, item) for item in range(number, end + 1))


def _problem(error: type[GatewayError]) -> str:
    return (
        f"| `{error.code}` | {error.status} | {error.title_zh} | {error.title_en} "
        f"| {_SIDE[error.side]} {error.side} | {'是 yes' if error.retryable else '否 no'} "
        f"| {error.remedy_zh} | {error.remedy_en} |"
    )


def _rules(words: Mapping[str, tuple[str, str]]) -> list[str]:
    rows = [f"| `{rule}` | {zh} | {en} |" for rule, (zh, en) in sorted(words.items())]
    return ["| rule | 含义 | meaning |", "| --- | --- | --- |", *rows]


def _subclasses(model: type[Any]) -> Iterator[type[Any]]:
    """All classes below one, in the order they were written."""
    for one in model.__subclasses__():
        yield one
        yield from _subclasses(one)


__all__ = ["fields_table", "problems_table"]
