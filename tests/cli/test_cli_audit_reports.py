"""Reports of findings: valid in their formats, and harmless whatever names and labels hold."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from report_schemas import check_junit, check_sarif

from sfsetup.cli.views import audit as audit_view
from sfsetup.cli.views import sarif
from sfsetup.cli.views.csv import to_csv
from sfsetup.cli.views.findings import findings_text
from sfsetup.cli.views.github import to_github
from sfsetup.cli.views.html import to_html
from sfsetup.cli.views.junit import to_junit
from sfsetup.cli.views.markdown import MAX_CHARACTERS, to_markdown
from sfsetup.cli.views.sarif import to_sarif
from sfsetup.model.finding import ComponentRef, Finding, Severity, numbered
from sfsetup.rules.catalogue import describe, rule
from sfsetup.rules.model import UnknownVerdict
from sfsetup.rules.report import AuditReport, NotJudged, Scope, Suppressed

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;owned\x07title",
    "\x9b2J",
    "a\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    "::error file=x::stolen",
    "line\r\n::warning::second",
    "100%25 %0A::error::",
    "| a | b |",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](https://evil.example)",
    "@everyone",
    "]]>",
    "&amp;",
    "\ud800half",
    "\ufffe",
    "\x00nul",
    "x" * 5000,
    "",
    " ",
)
RULES = ("NC-002", "FL-001", "SM-001", "RS-004")


def findings() -> tuple[Finding, ...]:
    made = []
    for number, text in enumerate(HOSTILE):
        severity = list(Severity)[number % 5]
        made.append(
            Finding(
                rule=RULES[number % len(RULES)],
                severity=severity,
                message=f"Flow {text} does {text}",
                fix=text,
                component=ComponentRef("Flow", text),
                element=f"action {text}",
                file=text or None,
                line=number or None,
            )
        )
        made.append(
            Finding(rule="NC-002", severity=severity, message=text or "m", component=ComponentRef("Flow", text))
        )
    return numbered(made)


FINDINGS = findings()
REPORT = AuditReport(
    scope=Scope(source=HOSTILE[1], types={"Flow": 3}, missing_rights=(HOSTILE[0],)),
    findings=FINDINGS,
    unknown=tuple(UnknownVerdict("NC-018", ComponentRef("Flow", text), text) for text in HOSTILE),
    not_judged=tuple(NotJudged(text or "f", text or "r", 1) for text in HOSTILE),
    suppressed=tuple(Suppressed(finding, finding.message, None, "baseline") for finding in FINDINGS[:3]),
    not_applicable={"CA-006": HOSTILE[2]},
    rules=(*RULES, "CA-006"),
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
HELD = [rule(rule_id) for rule_id in RULES]


def test_the_terminal_report_holds_no_control_character() -> None:
    for show_all in (False, True):
        for width in (20, 80, 120):
            text = audit_view.audit_text(REPORT, describe, show_all=show_all, width=width)
            assert CONTROL.search(text) is None
    text = audit_view.audit_text(REPORT, describe, colour=True)
    assert CONTROL.search(re.sub(r"\x1b\[[0-9;]*m", "", text)) is None
    assert "\x1b[31mred" not in text


def test_what_could_not_be_read_comes_first() -> None:
    lines = audit_view.audit_text(REPORT, describe).splitlines()
    first = next(number for number, line in enumerate(lines) if "Right that is lacking" in line)
    finding = next(number for number, line in enumerate(lines) if line.startswith("  critical"))
    assert first < finding


def test_the_terminal_report_keeps_to_its_width() -> None:
    plain = [finding for finding in FINDINGS if max(map(len, (finding.message, finding.file or ""))) < 60]
    for width in (80, 120):
        text = findings_text(plain, width=width)
        assert max(map(len, text.splitlines())) <= width


def test_groups_and_findings_are_worst_first() -> None:
    order = [
        line.split()[0] for line in findings_text(FINDINGS).splitlines() if re.match(r"  [a-z]+ +[A-Z]{2}-\d", line)
    ]
    seen = [Severity(word).rank for word in order]
    worst_of_group = []
    for block in findings_text(FINDINGS).split("\n\n"):
        ranks = [Severity(found[1]).rank for found in re.finditer(r"^  ([a-z]+) +[A-Z]{2}-\d", block, re.MULTILINE)]
        assert ranks == sorted(ranks)
        worst_of_group.append(ranks[0])
    assert worst_of_group == sorted(worst_of_group)
    assert len(seen) == len(FINDINGS)


def test_sarif_is_valid_and_keeps_accepted_findings() -> None:
    document = json.loads(
        to_sarif(FINDINGS[3:], HELD, suppressed=REPORT.suppressed, incomplete=True, notes=["x", HOSTILE[0]])
    )
    check_sarif(document)
    run = document["runs"][0]
    assert len(run["results"]) == len(FINDINGS)
    assert [bool(result.get("suppressions")) for result in run["results"]].count(True) == 3
    assert run["invocations"][0]["executionSuccessful"] is False
    assert CONTROL.search(json.dumps(document, ensure_ascii=False)) is None


def test_sarif_has_the_severity_that_github_shows() -> None:
    document = json.loads(to_sarif((), HELD))
    check_sarif(document)
    bands = {
        held["id"]: held["properties"].get("security-severity")
        for held in document["runs"][0]["tool"]["driver"]["rules"]
    }
    assert bands == {"NC-002": "8.0", "FL-001": "8.0", "SM-001": "9.5", "RS-004": None}


def test_sarif_stays_within_githubs_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MAX_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MAX_RESULTS", 20)
    many = [
        Finding(rule="NC-002", severity=Severity.LOW, message="m", component=ComponentRef("Flow", f"F{number}"))
        for number in range(27)
    ]
    run = json.loads(to_sarif(many, HELD))["runs"][0]
    assert len(run["results"]) == 20
    assert "7 findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_places_an_orgs_component_in_a_file_that_stays_the_same() -> None:
    finding = Finding(rule="NC-002", severity=Severity.LOW, message="m", component=ComponentRef("Flow", "A B"))
    result = json.loads(to_sarif([finding]))["runs"][0]["results"][0]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "salesforce-org/Flow/A%20B", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 1}


def test_junit_is_valid_and_counts_right() -> None:
    text = to_junit(
        FINDINGS,
        [*HELD, rule("GN-001")],
        unknown=REPORT.unknown,
        suppressed=REPORT.suppressed,
        not_judged=REPORT.not_judged,
        name=HOSTILE[3],
        timestamp="2026-06-01T12:00:00",
    )
    suite = check_junit(text)[0]
    assert int(suite.get("failures")) == len(FINDINGS)
    assert int(suite.get("errors")) == len(REPORT.not_judged)
    assert [case.get("name") for case in suite.findall("testcase") if case.get("classname") == "holds"] == [
        "GN-001 Name and host say different environments"
    ]


def test_junit_of_a_clean_audit_names_the_rules_that_hold() -> None:
    suite = check_junit(to_junit((), HELD))[0]
    assert len(suite.findall("testcase")) == len(HELD)


def test_github_annotations_cannot_be_forged() -> None:
    lines = to_github(FINDINGS).split("\n")
    for line in lines:
        assert re.match(r"::(?:error|warning|notice) (?:file=|line=|title=)", line), line
        properties, _, data = line.removeprefix("::").partition(" ")[2].partition("::")
        assert not re.search(r"%(?![0-9A-F]{2})", data)
        assert "::" not in properties
    kinds = [line.split()[0] for line in lines]
    assert max(kinds.count(kind) for kind in set(kinds)) <= 10
    assert "more findings are in the full report" in lines[-1]


def test_a_spreadsheet_computes_nothing() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(FINDINGS))))
    assert len(rows) == len(FINDINGS) + 1
    for row in rows:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@")), cell
            assert CONTROL.search(cell) is None


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_html_holds_no_foreign_markup_and_asks_nobody() -> None:
    text = to_html(FINDINGS, HELD, title=HOSTILE[13], notes=HOSTILE)
    parser = _Tags()
    parser.feed(text)
    assert parser.seen.isdisjoint({"script", "img", "link", "iframe", "base", "form", "object"})
    assert not any(name.startswith("on") for name in parser.attributes)
    assert "src" not in parser.attributes
    assert "default-src 'none'" in text


def test_markdown_keeps_its_tables_and_pings_nobody() -> None:
    text = to_markdown(FINDINGS, title=HOSTILE[12], notes=HOSTILE)
    for line in text.splitlines():
        if line.startswith("| ") and "---" not in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 5, line
    assert "<script" not in text
    assert "@everyone" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None


def test_markdown_fits_into_a_comment() -> None:
    many = [
        Finding(rule="NC-002", severity=Severity.HIGH, message="m" * 200, component=ComponentRef("Flow", f"F{number}"))
        for number in range(2000)
    ]
    text = to_markdown(many)
    assert len(text) <= MAX_CHARACTERS
    assert "more of this severity are left out" in text


@pytest.mark.parametrize("rule_id", RULES)
def test_the_page_of_a_rule_names_all_that_it_has(rule_id: str) -> None:
    held = rule(rule_id)
    text = " ".join(audit_view.rule_text(held, width=100).split())
    for part in (held.id, held.title, held.what, held.why, held.fix, *held.sources):
        assert " ".join(part.split()) in text
