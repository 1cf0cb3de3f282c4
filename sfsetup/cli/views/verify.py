"""A flow run as text: what left, what came back, what the flow gave, and whether it is what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sfsetup.apply.outcome import VerifyOutcome
from sfsetup.cli.terminal import is_terminal, wants_colour
from sfsetup.cli.views.findings import plain
from sfsetup.cli.views.markdown import escaped

_LONGEST = 2_000
"""Characters shown of a body."""
_GREEN, _RED, _BOLD, _DIM, _RESET = "\x1b[32m", "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def verify_text(outcome: VerifyOutcome) -> str:
    """One run."""
    return "\n".join(_lines(outcome, colour=is_terminal() and wants_colour()))


def request_lines(request: Mapping[str, Any], *, colour: bool = False) -> Iterator[str]:
    """One request as it left, and the answer. Secrets were redacted by the org that logged it."""
    address = urlsplit(str(request["url"]))
    target = address._replace(scheme="", netloc="").geturl() or "/"
    yield _style(f"  {request['method']} {plain(target)}", _BOLD, colour)
    yield f"    Host: {plain(address.netloc)}"
    for name, value in sorted((request.get("headers") or {}).items()):
        yield f"    {plain(str(name))}: {plain(str(value))}"
    yield from _body(request.get("body"), colour)
    if request.get("status") is not None:
        good = str(request["status"]).startswith("2")
        yield _style(f"  -> {request['status']}", _GREEN if good else _RED, colour)
        yield from _body(request.get("response"), colour)
    elif request.get("problem"):
        yield _style(f"  -> no answer: {plain(str(request['problem']))}", _RED, colour)


def _lines(outcome: VerifyOutcome, *, colour: bool) -> Iterator[str]:
    version = f"version {outcome.version}" if outcome.version is not None else "version not told"
    verdict = "as expected" if outcome.ok else "NOT as expected"
    headline = f"{plain(outcome.spec)}: flow {outcome.flow}, {version}, run as {outcome.run_as}: {verdict}"
    yield _style(headline, _BOLD, colour)
    if outcome.requests:
        yield ""
        yield "Sent, as the vendor got it; secrets are redacted"
        for request in outcome.requests:
            yield from request_lines(request, colour=colour)
    yield ""
    yield "Expected"
    for item in outcome.expected:
        mark = _style("✓", _GREEN, colour) if item.ok else _style("✗", _RED, colour)
        rest = "" if item.ok else f", expected {plain(shown(item.expected))}"
        yield f"  {mark} {plain(item.path)} is {plain(shown(item.actual))}{rest}"
    yield ""
    yield "Outputs"
    width = max((len(name) for name in outcome.outputs), default=0)
    for name, value in sorted(outcome.outputs.items(), key=lambda pair: _rank(pair[0])):
        yield f"  {plain(name):<{width}}  {plain(shown(value))}"
    if not outcome.outputs:
        yield "  none"
    for error in outcome.errors:
        yield _style(f"  {plain(error)}", _RED, colour)


def _rank(name: str) -> tuple[int, str]:
    first = ("ok", "responseCode", "errorMessage")
    return (first.index(name) if name in first else len(first), name)


def shown(value: Any) -> str:
    """A value on one line."""
    import json

    if value is None:
        return "(none)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _body(body: Any, colour: bool) -> Iterator[str]:
    text = str(body or "")
    for line in (_pretty(text) or text)[:_LONGEST].split("\n"):
        if line:
            yield _style(f"    {plain(line)}", _DIM, colour)


def _pretty(text: str) -> str | None:
    import json

    from sfsetup.errors import InvalidInput
    from sfsetup.text.documents import read_document

    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.dumps(read_document(text.encode(), name="body", syntax="json").value, indent=2, ensure_ascii=False)
    except InvalidInput:
        return None


def _style(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_RESET}" if colour else text


def verify_junit(outcomes: Sequence[VerifyOutcome]) -> str:
    """One suite per integration, one case per expectation."""
    from junitparser import Failure, JUnitXml, TestCase, TestSuite
    from lxml import etree

    document = JUnitXml()
    for outcome in outcomes:
        suite = TestSuite(plain(f"sfsetup verify {outcome.spec}"))
        for item in outcome.expected:
            case = TestCase(plain(item.path), plain(outcome.flow), 0)
            if not item.ok:
                said = " ".join([f"is {shown(item.actual)}, expected {shown(item.expected)}.", *outcome.errors])
                case.result = [Failure(plain(said), "verify")]
            suite.add_testcase(case)
        if not outcome.ok and all(item.ok for item in outcome.expected):
            case = TestCase("flow finished", plain(outcome.flow), 0)
            case.result = [Failure(plain(" ".join(outcome.errors) or "The flow did not finish."), "verify")]
            suite.add_testcase(case)
        document.add_testsuite(suite)
    text: bytes = etree.tostring(document._elem, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode("utf-8")


def verify_markdown(outcomes: Sequence[VerifyOutcome]) -> str:
    """A job summary."""
    lines: list[str] = []
    for outcome in outcomes:
        lines += [f"## {escaped(outcome.spec)}: {'as expected' if outcome.ok else 'not as expected'}", ""]
        version = f"version {outcome.version}" if outcome.version is not None else "version not told"
        lines += [f"Flow {escaped(outcome.flow)}, {version}, run as {escaped(outcome.run_as)}", ""]
        lines += ["| expected | is | |", "|---|---|---|"]
        for item in outcome.expected:
            mark = "ok" if item.ok else "**no**"
            lines.append(
                f"| {escaped(item.path)} = {escaped(shown(item.expected))} | {escaped(shown(item.actual))} | {mark} |"
            )
        lines += [f"- {escaped(text)}" for text in (*outcome.errors, *outcome.hints, *outcome.warnings)]
        lines.append("")
    return "\n".join(lines)
