"""Rules over metadata: cases of one table, the breaks that the local org refuses too, and silence over real files."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import TYPES, file_name
from sfsetup.model.component import ComponentSet
from sfsetup.model.finding import Finding, Severity
from sfsetup.render.components import render
from sfsetup.rules.catalogue import ids
from sfsetup.rules.metadata_check import check_metadata
from sfsetup.rules.model import Group
from sfsetup.spec.reader import load_integration
from tests.support.breaks import BREAKS

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "metadata_cases.yaml").read_text())
SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@cache
def _rendered() -> ComponentSet:
    return render(*load_integration(SPEC))


def _entries() -> dict[str, bytes]:
    return {file_name(each.type, each.full_name, source=True): each.content for each in _rendered()}


def _changed(case: dict[str, Any]) -> dict[str, bytes]:
    entries = _entries()
    if "type" not in case:
        return entries
    component = _rendered().get(case["type"])
    assert component is not None
    path = file_name(component.type, component.full_name, source=True)
    text = entries.pop(path).decode()
    for old, new in case.get("replace", {}).items():
        assert old in text, f"no {old!r} in {path}"
        text = text.replace(old, new)
    target = file_name(component.type, case["rename"], source=True) if "rename" in case else case.get("move", path)
    entries[target] = text.encode()
    if "copy" in case:
        entries[case["copy"]] = text.encode()
    return entries


def _judged(entries: dict[str, bytes]) -> tuple[Finding, ...]:
    return check_metadata(list(read_entries(entries)), api_version="66.0", complete=True).findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_wrong_is_found_and_nothing_else(case: dict[str, Any]) -> None:
    findings = _judged(_changed(case))
    told = [f"{one.severity.value} {one.rule} {one.file}:{one.line} {one.message}" for one in findings]
    errors = {one.rule for one in findings if one.severity.at_least(Severity.HIGH)}
    assert errors - set(case.get("also", ())) == set(case["expect"]), told
    warnings = {one.rule for one in findings if not one.severity.at_least(Severity.HIGH)}
    assert warnings >= set(case.get("warn", ())), told
    assert case["expect"] or case.get("warn") or not findings, told
    for one in findings:
        assert one.fix
        assert one.line is not None


def test_every_rule_has_a_case() -> None:
    spoken = {rule for case in CASES for rule in (*case["expect"], *case.get("warn", ()))}
    for each in BREAKS:
        texts = each.broken({one.type: one.content.decode() for one in _rendered()})
        names = {one.type: one.full_name for one in _rendered()}
        entries = {file_name(kind, names[kind], source=True): text.encode() for kind, text in texts.items()}
        spoken |= {one.rule for one in _judged(entries)}
    elsewhere = {"MD-005", "MD-060", "MD-061", "MD-062"}  # tests/cli/test_cli_validate.py
    assert set(ids(Group.METADATA)) - elsewhere <= spoken


_TRULY_BROKEN = {
    # a key written into a header; published templates that no org takes; and files kept in two formats
    ("Kicksaw-Consulting/http-callout-sfdx", "ReqRes_API"),
    ("angryracoon/ARIEF-VISEO-DEV-ORG", "oauth-external-credential"),
    ("forcedotcom/sf-skills", "jwt-external-credential"),
    ("forcedotcom/source-deploy-retrieve", "OpenAPIChallenge"),
    ("forcedotcom/source-deploy-retrieve", "OpenAPIChallengeJson"),
}


def test_files_of_real_orgs_raise_no_false_alarm(metadata_corpus: Path) -> None:
    repositories: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path in sorted(metadata_corpus.glob("*/*")):
        if path.parent.name in TYPES:
            owner, name, rest = path.name.split("__", 2)
            repositories[f"{owner}/{name}"][f"{TYPES[path.parent.name].folder}/{rest}"] = path.read_bytes()
    assert len(repositories) > 20
    alarms = set()
    for repository, entries in repositories.items():
        for one in check_metadata(list(read_entries(entries)), api_version=None).findings:
            if one.severity.at_least(Severity.HIGH):
                alarms.add((repository, one.component.full_name if one.component else one.file))
    assert alarms == _TRULY_BROKEN
