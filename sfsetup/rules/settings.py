"""Configuration of an audit: `[audit]` of sfsetup.toml, or `[tool.sfsetup.audit]` of pyproject.toml.

profile = "default"                     # default, strict or bootstrap
fail_on = "high"
allowed_hosts = ["sms.8x8.com", "*.acme.example"]
development_hosts = ["*.acme-dev.example"]
ignore_paths = ["examples/**"]
disable = ["ES-013"]
minimum_flow_version = 50
many_users = 50
many_users_percent = 50
namespaces = ["acme"]                   # packages of our own

[[audit.suppressions]]
rule = "PS-001"
component = "Profile/Public Site*"      # type/name, wildcards allowed, case-sensitive
element = "Twilio-Sender"               # optional, wildcards allowed
org = ["00D000000000001"]               # optional
reason = "contact form, ticket SEC-123" # required
expires = 2027-03-31                    # required, at most 365 days ahead
owner = "jane@acme.example"             # optional
allow_critical = true                   # needed for critical findings
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Finding, Severity
from sfsetup.rules.model import Profile
from sfsetup.values import dataclass

MAX_SUPPRESSION_DAYS = 365
FAIL_ON = (*(severity.value for severity in Severity), "never")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding that somebody accepts until a day."""

    rule: str
    component: str
    reason: str
    expires: datetime.date
    element: str | None = None
    org: tuple[str, ...] = ()
    owner: str | None = None
    allow_critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """Everything that a user may set about an audit."""

    profile: Profile = Profile.DEFAULT
    fail_on: str = "high"
    allowed_hosts: tuple[str, ...] = ()
    development_hosts: tuple[str, ...] = ()
    ignore_paths: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    minimum_flow_version: int = 50
    many_users: int = 50
    many_users_percent: int = 50
    namespaces: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


_TEXT_LISTS = ("allowed_hosts", "development_hosts", "ignore_paths", "disable", "namespaces")
_NUMBERS = ("minimum_flow_version", "many_users", "many_users_percent")
_KEYS = ("profile", "fail_on", "suppressions", *_TEXT_LISTS, *_NUMBERS)
_SUPPRESSION_KEYS = ("rule", "component", "element", "org", "reason", "expires", "owner", "allow_critical")


def settings_from(table: Mapping[str, Any], *, file: str, known_rules: Sequence[str] = ()) -> AuditSettings:
    """Settings from a parsed table. Raises InvalidInput that carries every problem at once."""
    problems: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    _unknown(table, _KEYS, "", problems)
    for key in _TEXT_LISTS:
        if key in table:
            values[key] = _texts(table[key], key, problems)
    for key in _NUMBERS:
        if key in table:
            number = table[key]
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                problems.append((key, "must be a whole number above 0"))
            else:
                values[key] = number
    profiles = [profile.value for profile in Profile]
    if _choice(table, "profile", profiles, problems):
        values["profile"] = Profile(table["profile"])
    if _choice(table, "fail_on", FAIL_ON, problems):
        values["fail_on"] = table["fail_on"]
    values["suppressions"] = _suppressions(table.get("suppressions", []), known_rules, problems)
    for rule_id in values.get("disable", ()):
        _known_rule(rule_id, "disable", known_rules, problems)
    if problems:
        _refuse(problems, file)
    return AuditSettings(**values)


def _refuse(problems: list[tuple[str, str]], file: str) -> None:
    findings = [
        Finding(rule="GN-903", severity=Severity.HIGH, message=f"{where}: {what}", file=file, element=where)
        for where, what in problems
    ]
    first = f"{problems[0][0]}: {problems[0][1]}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise InvalidInput(f"the audit's configuration cannot be used: {first}{more}", findings=findings, file=file)


def _suppressions(rows: Any, known_rules: Sequence[str], problems: list[tuple[str, str]]) -> tuple[Suppression, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        problems.append(("suppressions", "must be a list of tables: [[audit.suppressions]]"))
        return ()
    result = []
    for number, row in enumerate(rows, start=1):
        before = len(problems)
        where = f"suppressions[{number}]"
        _unknown(row, _SUPPRESSION_KEYS, f"{where}.", problems)
        expires = row.get("expires")
        if isinstance(expires, datetime.datetime):
            expires = expires.date()
        _suppression_values(row, expires, where, problems)
        org = _texts(row.get("org", []), f"{where}.org", problems)
        if isinstance(row.get("rule"), str):
            _known_rule(row["rule"], f"{where}.rule", known_rules, problems)
        if len(problems) == before:
            accepted = {key: row[key] for key in ("element", "owner", "allow_critical") if key in row}
            reason = row["reason"].strip()
            result.append(Suppression(row["rule"], row["component"], reason, expires, org=org, **accepted))
    return tuple(result)


def _suppression_values(row: Mapping[str, Any], expires: Any, where: str, problems: list[tuple[str, str]]) -> None:
    required = ("rule", "component", "reason")
    blank = [key for key in required if not isinstance(row.get(key), str) or not row[key].strip()]
    problems.extend((f"{where}.{key}", "is required and must be text") for key in blank)
    if not isinstance(expires, datetime.date):
        problems.append((f"{where}.expires", "is required and must be a date such as 2027-03-31, without quotes"))
    wrong = [key for key in ("element", "owner") if key in row and not isinstance(row[key], str)]
    problems.extend((f"{where}.{key}", "must be text") for key in wrong)
    if not isinstance(row.get("allow_critical", False), bool):
        problems.append((f"{where}.allow_critical", "must be true or false"))


def _unknown(table: Mapping[str, Any], known: Sequence[str], prefix: str, problems: list[tuple[str, str]]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            problems.append((f"{prefix}{key}", f"is not known{hint}"))


def _known_rule(rule_id: str, where: str, known_rules: Sequence[str], problems: list[tuple[str, str]]) -> None:
    if known_rules and rule_id not in known_rules:
        near = difflib.get_close_matches(rule_id, known_rules, n=1)
        problems.append((where, f"no rule {rule_id}{f'; did you mean {near[0]}?' if near else ''}"))


def _texts(value: Any, where: str, problems: list[tuple[str, str]]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return tuple(value)
    problems.append((where, "must be a list of texts"))
    return ()


def _choice(table: Mapping[str, Any], key: str, choices: Sequence[str], problems: list[tuple[str, str]]) -> bool:
    if key not in table:
        return False
    if table[key] in choices:
        return True
    problems.append((key, f"must be one of {', '.join(choices)}"))
    return False
