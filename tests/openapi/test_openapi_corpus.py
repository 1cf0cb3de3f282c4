"""Published documents: verdicts, findings, losses and names as they were written down in corpus.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sfsetup.model.finding import Severity
from sfsetup.openapi.acceptance import Acceptance, check
from sfsetup.openapi.document import load, parse
from sfsetup.openapi.fit import Fitted, fit
from sfsetup.openapi.names import ServiceNames, names
from sfsetup.text.documents import read_document


def _expected() -> dict[str, Any]:
    file = Path(__file__).with_name("corpus.yaml")
    value = read_document(file.read_bytes(), name=file.name, syntax="yaml").value
    assert isinstance(value, dict)
    return value


EXPECTED = _expected()


def test_every_document_has_its_expected_result(openapi_corpus: Path) -> None:
    assert {file.name for file in openapi_corpus.iterdir() if file.suffix != ".tsv"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_document(name: str, openapi_corpus: Path) -> None:
    expected = EXPECTED[name]
    document = load(openapi_corpus / name)
    acceptance = check(document)
    assert (document.version, len(document.operations)) == (expected["version"], expected["operations"])
    assert _verdicts(acceptance) == expected["verdicts"]
    not_flow = {
        one.operation_id or f"{one.method.upper()} {one.path}": one.verdict.value
        for one in acceptance.operations
        if one.verdict.value != "flow"
    }
    assert not_flow == expected["not_flow"]
    assert _rules(acceptance) == expected["rules"]
    assert all(one.line for one in acceptance.with_lines() if one.pointer)
    fitted = fit(document)
    after = parse(fitted.text.encode(), name="fitted.json")
    _is_as_expected(fitted, check(after), expected["fit"])
    assert len(after.schemas) == expected["fit"]["schemas"]
    assert fit(after).text == fitted.text
    _are_as_expected(names(document, "Svc"), expected["names"])
    assert len(names(after, "Svc").classes) == expected["names"]["fitted_classes"]


def _verdicts(acceptance: Acceptance) -> dict[str, int]:
    return dict(Counter(one.verdict.value for one in acceptance.operations))


def _rules(acceptance: Acceptance) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (severity, rule), count in _counted((one.severity, one.rule) for one in acceptance.findings).items():
        found.setdefault(severity.value, {})[rule] = count
    return found


def _counted(pairs: Iterable[tuple[Severity, str]]) -> Counter[tuple[Severity, str]]:
    return Counter(pairs)


def _is_as_expected(fitted: Fitted, acceptance: Acceptance, expected: dict[str, Any]) -> None:
    assert _verdicts(acceptance) == expected["verdicts"]
    assert sorted({one.rule for one in acceptance.findings}) == expected["rules"]
    assert [f"{change.pointer}: {change.what}" for change in fitted.dropped] == expected["dropped"]
    assert dict(fitted.compatible_media_types) == expected["mapped"]
    assert not [one for one in acceptance.findings if one.severity.at_least(Severity.MEDIUM)]


def _are_as_expected(found: ServiceNames, expected: dict[str, Any]) -> None:
    registered = sorted(one.registration_name for one in found.operations)
    assert registered[: len(expected["registered"])] == expected["registered"]
    assert len(found.classes) == expected["classes"]
    assert set(expected["some"]) <= {one.apex_class for one in found.classes}
    assert found.collisions == ()
