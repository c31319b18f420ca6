"""
Combinations of keys in a rule that mean nothing (M002).
"""

from __future__ import annotations

from mappings.nodes import Leaf


def shape_faults(leaf: Leaf, *, listed: bool) -> list[tuple[bool, str, str]]:
    """Combinations of keys that mean nothing; (is it so, Chinese, English)."""
    rule = leaf.rule
    ends = (rule.national is not None) + (rule.province is not None)
    special = rule.given or rule.index is not None or rule.ignore is not None
    several_n, several_p = isinstance(rule.national, tuple), isinstance(rule.province, tuple)
    here = any(not p.segments for p in leaf.province)
    whole = any(not p.segments for p in leaf.national)
    coded = rule.codes is not None
    return [
        (not special and ends != 2, "规则须写明两端", "a rule needs national and province"),
        (special and ends != 1, "此规则只写一端", "this rule has one end only"),
        (
            [
                rule.has_const,
                rule.context is not None,
                rule.index is not None,
                rule.ignore is not None,
            ].count(True)
            > 1,
            "const、context、index、ignore 只能有一个",
            "only one of const, context, index, ignore",
        ),
        (rule.index is not None and rule.national is None, "index 写在国家端", "index is national"),
        (rule.index is not None and not listed, "index 须在列表块内", "index needs each or pivot"),
        (
            rule.ignore is not None and rule.province is None,
            "ignore 写在来源端",
            "ignore is province",
        ),
        (coded and rule.items, "codes 与 items 不可并用", "codes and items exclude each other"),
        (rule.plain and not coded, "plain 须与 codes 并用", "plain needs codes"),
        (
            rule.label is not None and not ((coded and not rule.plain) or rule.items),
            "label 须与 codes 或 items 并用",
            "label needs codes or items",
        ),
        (several_p != bool(rule.join), "多个来源路径须有 join", "join goes with several paths"),
        (several_n != bool(rule.split), "多个国家路径须有 split", "split goes with several paths"),
        (several_n and several_p, "两端不可都有多个路径", "only one end can have several paths"),
        (
            bool(rule.many) and (several_n or several_p or rule.label is not None or leaf.merges),
            "many 不可与 join、split、label 或对象转换并用",
            "many excludes join, split, label and merging transforms",
        ),
        (several_n and (coded or rule.items), "split 不可与 codes 并用", "split excludes codes"),
        (
            special and (coded or rule.items or bool(rule.many)),
            "给定值不可再查代码表",
            "a given value takes no list",
        ),
        (
            any(t.merges for t in leaf.transforms[:-1]) or (leaf.merges and (coded or rule.items)),
            "对象转换须在最后,且不可与 codes 并用",
            "place and material come last and take no list",
        ),
        (here and not listed, "来源路径 . 只用于列表块内", "province path . needs each or pivot"),
        (
            whole and not leaf.merges,
            "国家路径 . 只用于 place、material",
            "national path . needs place or material",
        ),
        (
            rule.as_of and (listed or rule.given or rule.direction == "out"),
            "as_of 只用于列表之外的来源日期",
            "as_of is for a source date outside lists",
        ),
        (
            rule.default is not None and special,
            "default 须有两端",
            "default needs both ends",
        ),
    ]
