"""Findings as SARIF 2.1.0: one run, within GitHub's limits, with fingerprints that survive moves.

Sources: OASIS SARIF 2.1.0; docs.github.com 'SARIF support for code scanning' and 'results exceed limit' (20 runs a
file, 25,000 results a run, 20 tags a rule); security-severity bands: github.blog changelog 2021-07-19.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sfsetup import __version__
from sfsetup.cli.views.findings import plain
from sfsetup.model.finding import Finding, Severity, in_order
from sfsetup.rules.catalogue import describe
from sfsetup.rules.model import Category, Rule

if TYPE_CHECKING:
    from sfsetup.rules.report import Suppressed

MAX_RESULTS = 25_000
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_WORD = re.compile("[A-Za-z0-9]+")
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SECURITY_SEVERITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}


def to_sarif(
    findings: Iterable[Finding],
    rules: Iterable[Rule] = (),
    *,
    suppressed: Sequence[Suppressed] = (),
    incomplete: bool = False,
    notes: Sequence[str] = (),
) -> str:
    """The document as JSON text. Suppressed findings stay in it, marked; `incomplete`: some evidence was not read, and
    `notes` say what."""
    reported = [(finding, None) for finding in in_order(findings)]
    kept = [(entry.finding, entry) for entry in suppressed]
    results = [*reported, *kept]
    cut = len(results) - MAX_RESULTS
    results = results[:MAX_RESULTS]
    known = {rule.id: rule for rule in rules}
    used = list(dict.fromkeys(sorted({finding.rule for finding, _ in results} | set(known))))
    index = {rule_id: position for position, rule_id in enumerate(used)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "sfsetup",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule_id, known.get(rule_id)) for rule_id in used],
            }
        },
        "invocations": [{"executionSuccessful": not incomplete}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule], entry) for finding, entry in results],
    }
    told = [text for note in notes if (text := plain(note))]
    if cut > 0:
        told.append(f"{cut} findings of the lowest severity are left out")
    if told:
        run["invocations"][0]["toolExecutionNotifications"] = [
            {"level": "warning", "message": {"text": text}} for text in told
        ]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule_id: str, rule: Rule | None) -> dict[str, Any]:
    # a finding may come from a reader, before any rule was asked: a document that is no JSON
    rule = rule or describe(rule_id)
    if rule is None:
        return {"id": rule_id, "shortDescription": {"text": rule_id}}
    about_security = rule.category is not Category.CORRECTNESS and rule.severity.at_least(Severity.MEDIUM)
    properties: dict[str, Any] = {
        "tags": ["security" if about_security else "maintainability", rule.category.value],
        "precision": _PRECISION[rule.confidence.value],
        "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[_LEVELS[rule.severity]],
    }
    # with it GitHub files a result among the security alerts: a document that Salesforce cannot read is none
    if rule.severity in _SECURITY_SEVERITY and rule.category is not Category.CORRECTNESS:
        properties["security-severity"] = _SECURITY_SEVERITY[rule.severity]
    sources = "".join(f"\n- {source}" for source in rule.sources)
    return {
        "id": rule.id,
        "name": "".join(word[:1].upper() + word[1:] for word in _WORD.findall(rule.title))[:255],
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {
            "text": f"{rule.why}\n\nFix: {rule.fix}",
            "markdown": f"{rule.why}\n\n**Fix.** {rule.fix}\n\nSources:{sources}",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(finding: Finding, rule_index: int, entry: Suppressed | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": plain(f"{finding.message} {finding.fix}".strip()) or finding.rule},
        "locations": [_location(finding)],
        # GitHub reads primaryLocationLineHash alone; the other name is for everybody else
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "sfsetup/v1": finding.fingerprint,
        },
        "properties": {"severity": finding.severity.value, "confidence": finding.confidence.value},
    }
    if entry is not None:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": plain(entry.reason) or entry.by,
                "properties": {"expires": entry.expires, "by": entry.by},
            }
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    component = finding.component
    location: dict[str, Any] = {}
    if finding.file:
        artifact: dict[str, Any] = {"uri": quote(plain(finding.file).replace("\\", "/").removeprefix("./"), safe="/")}
        if not finding.file.startswith("/"):
            artifact["uriBaseId"] = "%SRCROOT%"
    else:
        # GitHub shows only results with a physical location; an org's component gets a name that stays the same
        name = f"{component.type}/{component.full_name}" if component else finding.rule
        artifact = {"uri": quote(f"salesforce-org/{plain(name)}", safe="/"), "uriBaseId": "%SRCROOT%"}
    location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": finding.line or 1}}
    if component is not None:
        location["logicalLocations"] = [
            {"fullyQualifiedName": plain(f"{component.type}/{component.full_name}"), "kind": "resource"}
        ]
    return location
