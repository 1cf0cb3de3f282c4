"""Findings as JUnit XML: one test case per finding, per undecided rule, and per rule that holds everywhere.

Written so that both schemas in use accept it: the Ant one (windyroad), which wants every attribute and no counts on the
root, and the Jenkins one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.cli.views.findings import place, plain, subject
from sfsetup.model.finding import Finding, in_order
from sfsetup.rules.model import Rule, UnknownVerdict

if TYPE_CHECKING:
    from sfsetup.rules.report import NotJudged, Suppressed

# what XML 1.0 cannot hold, beyond the control characters that `plain` takes away
_ILLEGAL = re.compile("[\ufffe\uffff]")


def to_junit(
    findings: Iterable[Finding],
    rules: Iterable[Rule] = (),
    *,
    unknown: Sequence[UnknownVerdict] = (),
    suppressed: Sequence[Suppressed] = (),
    not_judged: Sequence[NotJudged] = (),
    name: str = "sfsetup",
    timestamp: str = "1970-01-01T00:00:00",
) -> str:
    """The document as text. `timestamp` is UTC without zone, as the schema wants it."""
    from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

    suite = TestSuite(_text(name))
    ordered = in_order(findings)
    for finding in ordered:
        case = TestCase(
            _text(f"{finding.rule} {finding.element or finding.pointer or ''}".strip()), _subject(finding), 0
        )
        failure = Failure(_text(finding.message), finding.rule)
        failure.text = _text(" | ".join(part for part in (place(finding), finding.message, finding.fix) if part))
        case.result = [failure]
        suite.add_testcase(case)
    for verdict in unknown:
        case = TestCase(_text(verdict.rule), _text(str(verdict.component or "not decided")), 0)
        case.result = [Skipped(_text(f"not decided: {verdict.reason}"))]
        suite.add_testcase(case)
    for entry in suppressed:
        case = TestCase(
            _text(f"{entry.finding.rule} {entry.finding.element or ''}".strip()), _subject(entry.finding), 0
        )
        case.result = [Skipped(_text(f"accepted: {entry.reason}"))]
        suite.add_testcase(case)
    for trouble in not_judged:
        case = TestCase(_text(trouble.what).strip() or "file", "not judged", 0)
        case.result = [Error(_text(trouble.reason), "not judged")]
        suite.add_testcase(case)
    spoken_of = {finding.rule for finding in ordered} | {verdict.rule for verdict in unknown}
    spoken_of |= {entry.finding.rule for entry in suppressed} | {trouble.what for trouble in not_judged}
    for rule in rules:
        if rule.id not in spoken_of:
            suite.add_testcase(TestCase(_text(f"{rule.id} {rule.title}"), "holds", 0))
    document = JUnitXml()
    document.add_testsuite(suite)
    return _finished(document, suite, timestamp)


def _finished(document: Any, suite: Any, timestamp: str) -> str:
    """Sets what the Ant schema requires and junitparser leaves out; removes what it does not know."""
    from lxml import etree

    element = suite._elem
    for attribute, value in (("timestamp", timestamp), ("hostname", "localhost"), ("id", "0"), ("package", "sfsetup")):
        element.set(attribute, value)
    element.set("time", "0")
    element.insert(0, element.makeelement("properties", {}, None))
    for tag in ("system-out", "system-err"):
        element.append(element.makeelement(tag, {}, None))
    for case in element.iter("testcase"):
        case.set("time", "0")
    root = document._elem
    root.attrib.clear()
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode("utf-8")


def _subject(finding: Finding) -> str:
    return _text(subject(finding)).strip() or "sfsetup"


def _text(text: str) -> str:
    return _ILLEGAL.sub("", plain(text))
