"""Findings as one HTML file: no script, nothing fetched, readable on paper."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from sfsetup.cli.views.findings import counts_line, place, plain, subject
from sfsetup.model.finding import Finding, Severity, in_order
from sfsetup.rules.model import Rule

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd}
td:first-child,th:first-child{white-space:nowrap}
.critical,.high{color:#a40000}.medium{color:#8a5a00}.low{color:#00607a}.info{color:#555}
.where{color:#555;overflow-wrap:anywhere}summary{cursor:pointer;font-weight:600}
@media print{details>*{display:block}body{margin:0}}
@media (prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}th,td{border-color:#444}
.critical,.high{color:#ff8a80}.medium{color:#ffcc80}.low{color:#80deea}.info,.where{color:#aaa}}
"""


def to_html(
    findings: Iterable[Finding],
    rules: Iterable[Rule] = (),
    *,
    title: str = "sfsetup audit",
    notes: Sequence[str] = (),
    chains: Sequence[str] = (),
) -> str:
    """The whole report; rules that have findings are explained at its end. `chains` are lines of text."""
    ordered = in_order(findings)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(title)}</h1><p>{_text(counts_line(ordered))}</p>",
    ]
    if notes:
        parts += ["<ul>", *(f"<li>{_text(note)}</li>" for note in notes), "</ul>"]
    if chains:
        parts += [
            "<h2>Callouts of flows, link by link</h2><ul>",
            *(f"<li>{_text(each)}</li>" for each in chains),
            "</ul>",
        ]
    for severity in Severity:
        rows = [finding for finding in ordered if finding.severity is severity]
        if rows:
            parts.append(f'<h2 class="{severity.value}">{severity.value} ({len(rows)})</h2>')
            parts.append("<table><thead><tr><th>rule</th><th>component</th><th>finding</th></tr></thead><tbody>")
            parts += [_row(finding) for finding in rows]
            parts.append("</tbody></table>")
    found = {finding.rule for finding in ordered}
    explained = [rule for rule in rules if rule.id in found]
    if explained:
        parts.append("<h2>What the rules mean</h2>")
        parts += [_rule(rule) for rule in explained]
    parts.append("</body></html>")
    return "\n".join(parts)


def _row(finding: Finding) -> str:
    fix = f"<br><em>Fix:</em> {_text(finding.fix)}" if finding.fix else ""
    where = f'<br><span class="where">{_text(place(finding))}</span>' if finding.file else ""
    return (
        f'<tr><td><a href="#{_text(finding.rule)}">{_text(finding.rule)}</a></td>'
        f"<td>{_text(subject(finding))}{where}</td><td>{_text(finding.message)}{fix}</td></tr>"
    )


def _rule(rule: Rule) -> str:
    return (
        f'<details id="{_text(rule.id)}"><summary>{_text(rule.id)} {_text(rule.title)}</summary>'
        f"<p>{_text(rule.what)}</p><p>{_text(rule.why)}</p><p><em>Fix:</em> {_text(rule.fix)}</p></details>"
    )


def _text(text: str) -> str:
    return html.escape(plain(text), quote=True)
