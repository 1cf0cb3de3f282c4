"""Checks of every text of the file: secrets that stand in it, characters that no metadata can hold, user names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.spec.reporting import Report
from sfsetup.spec.secrets import places_of_tokens
from sfsetup.text.pointers import join

IN_GENERAL = "A secret stands in the file (it is not shown here)"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML 1.0 document can hold (production Char)."""

_LINE_BREAK = re.compile(r"[\n\r\t\x7f\x85\u2028\u2029]")
_ONE_LINE = frozenset(("name", "label", "url", "my_domain", "token_url", "scope", "operation"))
_USERNAME = re.compile(r"[^@\s]+@[^@\s]+\Z")


def check_texts(report: Report) -> None:
    """All checks of this file; they look at the file as a whole, environments included."""
    source = report.spec.source
    if source is None:
        return
    for pointer in places_of_tokens(source.document.value):
        report.add(
            "SP-007",
            pointer,
            IN_GENERAL,
            "Remove it, write where it can be had, as `{secret: {env: API_KEY}}`, and renew it if the file was shared.",
        )
    for pointer, key, text in _texts(source.tree, "", ""):
        bad = _NOT_XML.search(text)
        if bad is None and key in _ONE_LINE:
            bad = _LINE_BREAK.search(text)
        if bad is not None:
            report.add(
                "SP-032",
                pointer,
                f"The text has the control character U+{ord(bad.group()):04X} at position {bad.start() + 1}",
                "Remove the character.",
            )
    _assigned(report)


def _texts(value: Any, pointer: str, key: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, join(pointer, name), name)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _texts(item, join(pointer, position), key)
    elif isinstance(value, str):
        yield pointer, key, value


def _assigned(report: Report) -> None:
    spec = report.spec
    lists = [("/assign", spec.assign)]
    lists += [
        (join("/environments", name, "assign"), environment.overrides.get("assign") or ())
        for name, environment in spec.environments.items()
    ]
    for pointer, users in lists:
        for position, user in enumerate(users):
            if user != "me" and not _USERNAME.match(user):
                report.add(
                    "SP-036",
                    join(pointer, position),
                    f"`{user}` is no user name: Salesforce's have the form of an e-mail address",
                    "Write the user name, as `integration@acme.example`, or `me` for the deploying user.",
                    severity=Severity.MEDIUM,
                    confidence=Confidence.MEDIUM,
                    certainty=Certainty.DOCUMENTED,
                )
