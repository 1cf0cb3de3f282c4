"""Names of a document that cannot all be told apart, or kept, once Salesforce has encoded them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from sfsetup.openapi.encode import MAX_CLASS_NAME, MAX_DEVELOPER_NAME, encode

if TYPE_CHECKING:
    from sfsetup.openapi.check_schema import Link, Unit

_LONGEST_ESCAPE: Final = 12
"""Characters that one character of a name takes at most: three for each of the four bytes of UTF-8."""
_SHOWN: Final = 60
_ESCAPED = re.compile(r"x(?:[23][0-9a-f]|40|5[b-f]|60|7[b-e]|[c-f][0-9a-f]x[89ab][0-9a-f])")


def may_hold_escapes(text: str) -> bool:
    """False if no name in a text could be the encoded form of another, as Salesforce writes it: in small letters."""
    return "z0" in text or _ESCAPED.search(text) is not None


def twins(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that are equal in Apex, letter case ignored: the first with each later one."""
    listed = list(names)
    escaped = may_hold_escapes("\n".join(listed).lower())
    first: dict[str, str] = {}
    found = []
    for name in listed:
        key = encode(name).lower() if escaped else name.lower()
        if key in first:
            found.append((first[key], name))
        else:
            first[key] = name
    return found


def likeness(first: str, second: str) -> str:
    """How two twins are alike, as the end of a sentence."""
    if first == second:
        return "have one name"
    if first.lower() == second.lower():
        return "differ in letter case alone"
    return f"have one name once they are encoded, {encode(first)}"


def check_length(unit: Unit, link: Link, what: str, name: str) -> None:
    """Notes a name that Salesforce shortens or, as it is a part of class names, refuses once it is encoded."""
    if len(name) * _LONGEST_ESCAPE <= MAX_DEVELOPER_NAME:
        return
    length = len(encode(name))
    if length <= MAX_DEVELOPER_NAME:
        return
    from sfsetup.model.finding import Severity
    from sfsetup.openapi.rule_table import Effect

    shown = name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…"
    message = f"The {what} {shown} has {length} characters once it is encoded"
    if length > MAX_CLASS_NAME:
        message += f", and a class name {MAX_CLASS_NAME} at most: the registration fails."
        unit.add("OA-C15", link, message, severity=Severity.HIGH, effect=Effect.AFTER_FIT)
    else:
        unit.add("OA-C15", link, f"{message}: Salesforce shortens it in a way that is not known.")
