"""Every rule against its table of cases: metadata that breaks it and metadata that does not.

One file per rule, `cases/<id>.yaml`:

    rule: FL-001
    fails:                      # each finds exactly what `finds` lists
      - why: one sentence
        files:
          flows/Send.flow: |    # the children of the root; the root element is put around them
            <actionCalls>…</actionCalls>
        finds:
          - {component: Flow/Send, element: action Send, severity: high, line: 2, says: words of the message}
    passes:                     # none of these finds anything; `unknown: true` where the rule cannot decide
      - why: one sentence
        files: {…}

Optional in a case: `evidence` (what OrgEvidence.from_json takes, the org itself has a default), `complete` (types that
were read whole), `settings` (the table [audit]), `today` (a date), `production: true` (the org is one), `desired`
(files that our own spec renders). A file may also be given as a mapping of elements instead of XML. Files whose name does not end in a metadata suffix (Apex, static resources) are taken as they stand.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import yaml

from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import type_of_file
from sfsetup.rules.catalogue import rule
from sfsetup.rules.context import AuditContext
from sfsetup.rules.evidence import from_json
from sfsetup.rules.model import NotApplicable, Problem, Unknown, Verdict
from sfsetup.rules.settings import settings_from

CASES = Path(__file__).parent / "cases"
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
ORG = {
    "id": "00D000000000001EAA",
    "username": "admin@acme.example",
    "user_id": "005000000000001AAA",
    "type": "sandbox",
    "api_version": "66.0",
    "instance_url": "https://acme--uat.sandbox.my.salesforce.com",
}


def tables() -> dict[str, dict[str, Any]]:
    """Every table by its rule."""
    found = {}
    for path in sorted(CASES.glob("*.yaml")):
        table = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        assert table["rule"] == path.stem, path
        found[path.stem] = table
    return found


TABLES = tables()


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(rule_id, case, id=f"{rule_id}-{kind}-{number}")
        for rule_id, table in TABLES.items()
        for number, case in enumerate(table.get(kind, ()), start=1)
    ]


def elements(values: dict[str, Any]) -> str:
    """Elements with their texts; a list stands for an element that is repeated."""
    lines = []
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            text = "\n" + elements(each) if isinstance(each, dict) else escape(plain(each))
            lines.append(f"<{name}>{text}</{name}>\n")
    return "".join(lines)


def plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def entry(name: str, content: str | dict[str, Any]) -> bytes:
    """The file as it would lie in a project."""
    text = elements(content) if isinstance(content, dict) else content
    found = type_of_file(name)
    is_xml = found is not None and found[0].adapter in (None, "decomposed", "default")
    if not is_xml or text.lstrip().startswith("<?xml"):
        return text.encode()
    kind = found[0].name if found else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{NAMESPACE}">\n{text}</{kind}>\n'.encode()


def facts_of(contents: dict[str, Any]) -> FactSet:
    files = {name: entry(name, content) for name, content in contents.items()}
    facts = read_facts(read_entries(files))
    assert not facts.unreadable, facts.unreadable
    return facts


def context_of(case: dict[str, Any]) -> AuditContext:
    """What the rule is given."""
    facts = facts_of(case.get("files", {}))
    evidence = None
    if "evidence" in case or "complete" in case or case.get("production"):
        org = {**ORG, "type": "production"} if case.get("production") else ORG
        rows = case.get("evidence", {})
        evidence = from_json({"retrieved": case.get("complete", []), **rows, "org": {**org, **rows.get("org", {})}})
    settings = settings_from(case.get("settings", {}), file="sfsetup.toml")
    today = case.get("today", datetime.date(2026, 6, 1))
    desired = facts_of(case["desired"]) if "desired" in case else None
    return AuditContext.of(
        facts,
        evidence=evidence,
        settings=settings,
        today=today,
        report_key=b"k" * 16,
        desired=desired,
    )


def verdicts(rule_id: str, case: dict[str, Any]) -> list[Verdict]:
    check = rule(rule_id).check
    assert check is not None
    return list(check(context_of(case)))


def component(problem: Problem) -> str:
    ref = getattr(problem.subject, "ref", problem.subject)
    return f"{ref.type}/{ref.full_name}"


def seen(rule_id: str, problem: Problem, wanted: dict[str, Any]) -> dict[str, Any]:
    """The finding in the words of the table: only the keys that it names."""
    held = rule(rule_id)
    whole = {
        "component": component(problem),
        "element": problem.element,
        "severity": (problem.severity or held.severity).value,
        "confidence": (problem.confidence or held.confidence).value,
        "line": problem.line,
        "says": wanted["says"] if "says" in wanted and wanted["says"] in problem.message else problem.message,
    }
    return {key: whole[key] for key in wanted}


@pytest.mark.parametrize(("rule_id", "case"), cases("fails"))
def test_the_rule_finds(rule_id: str, case: dict[str, Any]) -> None:
    problems = [verdict for verdict in verdicts(rule_id, case) if isinstance(verdict, Problem)]
    found = sorted(problems, key=lambda one: (component(one), one.element or ""))
    wanted = sorted(case["finds"], key=lambda one: (one["component"], one.get("element") or ""))
    assert [(component(one), one.element) for one in found] == [
        (one["component"], one.get("element")) for one in wanted
    ], case["why"]
    assert [seen(rule_id, one, expected) for one, expected in zip(found, wanted, strict=True)] == wanted


@pytest.mark.parametrize(("rule_id", "case"), cases("passes"))
def test_the_rule_is_silent(rule_id: str, case: dict[str, Any]) -> None:
    result = verdicts(rule_id, case)
    assert [one for one in result if isinstance(one, Problem)] == [], case["why"]
    assert bool([one for one in result if isinstance(one, Unknown)]) == case.get("unknown", False), case["why"]
    assert bool([one for one in result if isinstance(one, NotApplicable)]) == case.get("not_applicable", False)


@pytest.mark.parametrize("rule_id", TABLES)
def test_every_table_has_both_kinds(rule_id: str) -> None:
    assert TABLES[rule_id].get("fails"), "no case that the rule finds"
    assert TABLES[rule_id].get("passes"), "no case on which the rule stays silent"
