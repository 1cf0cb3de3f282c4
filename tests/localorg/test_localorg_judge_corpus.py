"""Real files of real orgs before the judge: nothing but what they refer to, and what their age explains, is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.judge.form import OWN_TYPES
from sfsetup.metadata.types import TYPES
from tests.support.judging import Bench, Said, component

REFERENCES = frozenset(("EC-08", "NC-06", "NC-07", "ES-01", "PS-01", "PS-04", "FL-01", "FL-02", "FL-15"))
"""Checks that ask for components beside the file."""
AGE = re.compile(r"Property '(principal|versionSegment)' not valid in version 66\.0")
TEMPLATES = frozenset(("oauth-external-credential", "jwt-external-credential"))
"""Published templates that no WSDL takes (ground-truth 5)."""


def files(corpus: Path) -> Iterator[tuple[str, Incoming]]:
    """Repository and component; files are named owner__repository__Name."""
    for kind in sorted(OWN_TYPES):
        for file in sorted((corpus / kind).iterdir()):
            if file.suffix in (".yaml", ".json"):
                continue
            owner, repository, name = file.name.split(".")[0].split("__", 2)
            row = TYPES[kind]
            yield f"{owner}/{repository}", Incoming(row, name, f"{row.folder}/{name}", file.read_bytes())


def test_files_alone_are_refused_for_what_they_refer_to(metadata_corpus: Path) -> None:
    judged, found = 0, Counter[str]()
    with Bench() as bench:
        for _, incoming in files(metadata_corpus):
            if incoming.full_name in TEMPLATES:
                continue
            judged += 1
            for said in bench.judge([incoming]):
                found[said.check] += 1
                assert said.warning or said.check in REFERENCES or AGE.fullmatch(said.message), (incoming.path, said)
    assert judged >= 80
    assert found["PS-01"] >= 10
    assert found["FL-02"] >= 10


GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "expected"


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*/source/externalCredentials/*")), ids=lambda file: file.parts[-4])
def test_what_sfsetup_writes_for_each_protocol_is_taken_without_a_word(file: Path) -> None:
    row, name = TYPES["ExternalCredential"], file.name.split(".")[0]
    content = file.read_bytes()
    with Bench() as bench:
        for element, kind in (("certificate", "Certificate"), ("authProvider", "AuthProvider")):
            for found in re.findall(rf"<{element}>(.+?)<".encode(), content):
                bench.put(component(kind, found.decode(), ""))
        assert bench.judge([Incoming(row, name, f"{row.folder}/{name}", content)]) == []


def test_published_templates_that_no_org_takes(metadata_corpus: Path) -> None:
    for _, incoming in files(metadata_corpus):
        if incoming.full_name in TEMPLATES:
            with Bench() as bench:
                checks = {said.check for said in bench.judge([incoming]) if not said.warning}
            assert checks == {"FORM-03", "FORM-11"}, incoming.path


def test_flows_pass_beside_the_registrations_of_their_own_repository(metadata_corpus: Path) -> None:
    by_repository: dict[str, list[Incoming]] = {}
    for repository, incoming in files(metadata_corpus):
        by_repository.setdefault(repository, []).append(incoming)
    passed, calls = 0, 0
    for group in by_repository.values():
        registrations = [each for each in group if each.type.name == "ExternalServiceRegistration"]
        flows = [each for each in group if each.type.name == "Flow"]
        if not registrations or not flows:
            continue
        with Bench() as bench:
            for each in registrations:
                bench.put(each)
            for each in flows:
                said = bench.judge([each], version="64.0")
                assert not [one for one in said if not _explained(one)], (each.path, said)
                passed += not [one for one in said if not one.warning]
                calls += each.content.count(b">externalService<")
    assert passed >= 6
    assert calls >= 12


def _explained(said: Said) -> bool:
    """Classes of Apex, of other services and of other flows are not in the corpus."""
    return said.warning or said.check in ("FL-01", "FL-02", "FL-15")
