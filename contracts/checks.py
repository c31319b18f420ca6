"""
Checks of numbers by their own standards. Pure; every finding warns and never repeats the value.

A wrong check character is no reason to refuse: the receiving place checks form only, and real data
holds such numbers (domain guide, section 6). What prevents routing or identification is refused by
the models, not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from operator import mul

from contracts.errors import Finding
from contracts.places import ever_known

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ALPHABET_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_ID = re.compile(r"[0-9]{17}[0-9X]")
_CREDIT = re.compile(rf"[{_CREDIT_ALPHABET}]{{18}}")
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])([0-9])([0-9])(B[0-9]+)?")
_LICENCE = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{6,18})\.([0-9A-Z]+)\.([0-9]{3})\.([0-9A-Z])"
)
_ITEM = re.compile(r"([0-9A-Z]{18})([1-7])([0-9]{12})([0-9]{2})?")
_RESIDENCE = re.compile(r"[0-9A-Z]{15}|9[0-9]{17}")

ID_CARD = "111"
PERMANENT_RESIDENCE = "553"
"""Codes of the list certificate_type (GA/T 2000.156-2016)."""


@dataclass(frozen=True, slots=True)
class ItemCode:
    """A national implementation code of 31 or 33 characters cut into its parts [A by samples]."""

    body: str
    level: str
    catalogue_code: str
    handling_item: str | None = None


def mod37_36(text: str) -> str:
    """
    Check character of ISO 7064 MOD 37,36 over digits and capital letters.

    Raises:
        ValueError: another character.
    """
    rest = 36
    for char in text:
        rest = (rest + _ALPHABET_36.index(char)) % 36 or 36
        rest = rest * 2 % 37
    return _ALPHABET_36[(37 - rest) % 36]


def split_item_code(code: str) -> ItemCode | None:
    """The parts of a 31/33-character code; None for any other shape, which needs mapping."""
    found = _ITEM.fullmatch(code)
    return ItemCode(*found.groups()) if found else None


# --- findings -------------------------------------------------------------------------------


def id_number(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Identity number, GB 11643: shape, check character, birth date, region of issue."""
    value = value.upper()
    if not _ID.fullmatch(value):
        return (
            _warn(
                "id_number.shape",
                path,
                "身份证号码应为 18 位:17 位数字加校验位",
                "an identity number has 17 digits and a check character",
            ),
        )
    found = []
    if not _id_check_fits(value):
        found.append(
            _warn(
                "id_number.check",
                path,
                "身份证号码校验位不符,请核对是否抄错",
                "the check character of the identity number does not fit",
            )
        )
    if not _birth_date_exists(value):
        found.append(
            _warn(
                "id_number.birth_date",
                path,
                "身份证号码中的出生日期不存在,请核对",
                "the birth date inside the identity number does not exist",
            )
        )
    if not ever_known(value[:6]):
        found.append(
            _warn(
                "id_number.region_unknown",
                path,
                "身份证号码前六位不在行政区划表中(旧码或虚构码),已收下",
                "the first six digits are not in the region tables; kept",
            )
        )
    return tuple(found)


def credit_code(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Unified social credit code, GB 32100: shape and check character."""
    value = value.upper()
    if not _CREDIT.fullmatch(value):
        return (
            _warn(
                "credit_code.shape",
                path,
                "统一社会信用代码应为 18 位,且不含 I、O、S、V、Z",
                "a unified social credit code has 18 characters without I, O, S, V, Z",
            ),
        )
    if not _credit_check_fits(value):
        return (
            _warn(
                "credit_code.check",
                path,
                "统一社会信用代码校验位不符,请核对",
                "the check character of the unified social credit code does not fit",
            ),
        )
    return ()


def disability_certificate(
    value: str,
    *,
    path: str | None,
    holder_id_number: str | None = None,
    category: str | None = None,
    grade: str | None = None,
) -> tuple[Finding, ...]:
    """
    Disability certificate: identity number, category digit, grade digit, `B` and digits once lost.

    The optional arguments are what the form says; each is compared when given. Only the first 20
    characters are compared: a replacement carries B1, B2 … after them [B].
    """
    parts = _CERTIFICATE.fullmatch(value.upper())
    if parts is None:
        return (
            _warn(
                "disability_certificate.shape",
                path,
                "残疾人证号应为 20 位:身份证号码、类别、等级;补办证件其后带 B 和次数",
                "a disability certificate has 20 characters, and B and digits once replaced",
            ),
        )
    number, own_category, own_grade, _ = parts.groups()
    rules = (
        (
            _id_check_fits(number) and _birth_date_exists(number),
            "disability_certificate.id_number",
            "残疾人证号前 18 位不是有效的身份证号码,请核对",
            "the first 18 characters are no valid identity number",
        ),
        (
            own_category in "1234567",
            "disability_certificate.category",
            "残疾人证号第 19 位应为残疾类别 1 至 7",
            "character 19 is the category, 1 to 7",
        ),
        (
            own_grade in "1234",
            "disability_certificate.grade",
            "残疾人证号第 20 位应为残疾等级 1 至 4",
            "character 20 is the grade, 1 to 4",
        ),
        (
            holder_id_number is None or holder_id_number.upper() == number,
            "disability_certificate.id_number_differs",
            "残疾人证号与申请人身份证号码不一致,请核对",
            "the certificate belongs to another identity number than the applicant's",
        ),
        (
            category is None or category == own_category,
            "disability_certificate.category_differs",
            "表中残疾类别与残疾人证号第 19 位不一致,请核对",
            "the category in the form differs from character 19",
        ),
        (
            grade is None or grade == own_grade,
            "disability_certificate.grade_differs",
            "表中残疾等级与残疾人证号第 20 位不一致,请核对",
            "the grade in the form differs from character 20",
        ),
    )
    return tuple(_warn(rule, path, zh, en) for fits, rule, zh, en in rules if not fits)


def licence_id(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """
    Electronic licence identifier 电子证照标识: prefix, type, issuer, serial, version, check.

    The check is ISO 7064 MOD 37,36 over the four parts without dots; issuers given as a region code
    occur in real identifiers and pass.
    """
    parts = _LICENCE.fullmatch(value.upper())
    if parts is None:
        return (
            _warn(
                "licence_id.shape",
                path,
                "电子证照标识格式不符:1.2.156.3005.2.类型.颁发机构.流水号.版本.校验位",
                "not 1.2.156.3005.2.type.issuer.serial.version.check",
            ),
        )
    *body, check = parts.groups()
    if mod37_36("".join(body)) != check:
        return (
            _warn(
                "licence_id.check",
                path,
                "电子证照标识校验位不符,请核对",
                "the check character of the licence identifier does not fit",
            ),
        )
    return ()


def item_code(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Implementation code of an item: 31 or 33 characters with a valid body inside."""
    parts = split_item_code(value.upper())
    if parts is None:
        return (
            _warn(
                "item_code.needs_mapping",
                path,
                "不是 31 或 33 位国家实施编码,需按地方编码对照",
                "not a national code of 31 or 33 characters: needs mapping",
            ),
        )
    if credit_code(parts.body, path=path):
        return (
            _warn(
                "item_code.body_check",
                path,
                "实施编码前 18 位不是有效的统一社会信用代码,请核对",
                "the first 18 characters of the item code are no valid credit code",
            ),
        )
    return ()


def mobile_number(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Mobile number: 11 digits, a leading +86 aside."""
    if re.fullmatch(r"[0-9]{11}", value.removeprefix("+86").strip()):
        return ()
    return (
        _warn(
            "mobile_number.shape", path, "手机号码应为 11 位数字", "a mobile number has 11 digits"
        ),
    )


def permanent_residence_card(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Card of a foreign permanent resident: 15 characters, or since 2023-12 9 and 17 digits."""
    if _RESIDENCE.fullmatch(value.upper()):
        return ()
    return (
        _warn(
            "permanent_residence_card.shape",
            path,
            "外国人永久居留证号码应为 15 位,或以 9 开头的 18 位数字",
            "a permanent-residence card has 15 characters, or 18 digits beginning with 9",
        ),
    )


def certificate_number(kind: str, value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Check a number by its certificate type; types without a known rule pass."""
    if kind == ID_CARD:
        return id_number(value, path=path)
    if kind == PERMANENT_RESIDENCE:
        return permanent_residence_card(value, path=path)
    return ()


def long_case_number(value: str, *, path: str | None) -> tuple[Finding, ...]:
    """Case number of 43 characters: implementation code, date, daily serial (Guangdong) [A]."""
    parts = re.fullmatch(r"(.{31})([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{4})", value.upper())
    if parts and not item_code(parts[1], path=path) and _day_exists(*parts.groups()[1:4]):
        return ()
    return (
        _warn(
            "long_case_number.shape",
            path,
            "43 位办件编号应由 31 位实施编码、8 位日期和 4 位流水号组成",
            "43 characters are a 31-character item code, a date and four digits",
        ),
    )


# --- arithmetic -----------------------------------------------------------------------------


def _id_check_fits(value: str) -> bool:
    total = sum(map(mul, value[:17].encode(), _ID_WEIGHTS)) - ord("0") * sum(_ID_WEIGHTS)
    return _ID_CHECKS[total % 11] == value[17]


def _credit_check_fits(value: str) -> bool:
    pairs = zip(value, _CREDIT_WEIGHTS, strict=False)
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in pairs)
    return _CREDIT_ALPHABET[(31 - total % 31) % 31] == value[17]


def _birth_date_exists(value: str) -> bool:
    return _day_exists(value[6:10], value[10:12], value[12:14])


def _day_exists(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _warn(rule: str, path: str | None, message: str, message_en: str) -> Finding:
    return Finding(rule=rule, level="warn", message=message, path=path, message_en=message_en)


__all__ = [
    "ID_CARD",
    "PERMANENT_RESIDENCE",
    "ItemCode",
    "certificate_number",
    "credit_code",
    "disability_certificate",
    "id_number",
    "item_code",
    "licence_id",
    "long_case_number",
    "mobile_number",
    "mod37_36",
    "permanent_residence_card",
    "split_item_code",
]
