"""API names, labels and their lengths (metadata-types 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.base import Fact
    from sfsetup.localorg.judge.context import Context

_THINGS = {
    "ExternalCredential": "External Credential",
    "NamedCredential": "Named Credential",
    "ExternalServiceRegistration": "External Service Registration",
    "PermissionSet": "Permission Set",
    "Flow": "Flow",
}
_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9]{0,14}__)?(?P<own>[A-Za-z](?:_?[A-Za-z0-9])*)\Z")
_VERSIONED = re.compile(r"-\d+\Z")
MAX_NAME = MAX_LABEL = 80
MAX_DESCRIPTION = 255

API_NAME = Check(
    "NAME-01",
    "*",
    "Name: The {thing} API Name can only contain underscores and alphanumeric characters. It must be unique, "
    "begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.",
    "messages 1, API name (field and thing are filled in by type)",
    Wording.REPORTED,
)
TOO_LONG = Check(
    "NAME-02",
    "*",
    "Value too long for field: {field} maximum length is:{most}",
    "metadata-types 1 (seen for fullName; 80 documented for named credentials and permission set labels)",
    Wording.REPORTED,
)

CHECKS = (API_NAME, TOO_LONG)


def judge(fact: Fact, context: Context) -> Iterator[Problem]:
    """What is wrong with the names of one of our types."""
    thing = _THINGS.get(fact.metadata_type)
    if thing is None:
        return
    name = _VERSIONED.sub("", fact.full_name) if fact.metadata_type == "Flow" else fact.full_name
    match = _NAME.match(name)
    if match is None:
        yield from context.report(API_NAME, fact.line, thing=thing)
    elif len(match.group("own")) > MAX_NAME:
        yield from context.report(TOO_LONG, fact.line, field="fullName", most=MAX_NAME)
    if fact.metadata_type in ("NamedCredential", "PermissionSet"):
        if len(getattr(fact, "label", None) or "") > MAX_LABEL:
            yield from context.report(TOO_LONG, fact.line_of("label"), field="label", most=MAX_LABEL)
        if fact.metadata_type == "PermissionSet" and len(getattr(fact, "description", None) or "") > MAX_DESCRIPTION:
            line = fact.line_of("description")
            yield from context.report(TOO_LONG, line, field="description", most=MAX_DESCRIPTION)
