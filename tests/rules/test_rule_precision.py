"""How often the rules are right, over public files that were judged by reading before any rule was run.

`labels.yaml` holds the judgements. A finding that it calls wrong counts against its rule; the profile `default` keeps
rules that are right in at least nine of ten cases. The figures are printed: pytest -s, or the report of a failure.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.model.finding import Finding
from sfsetup.rules import catalogue
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import run
from sfsetup.rules.model import Group, Profile

LABELS = Path(__file__).parent / "labels.yaml"
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "metadata"
LEAST = 0.9
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not there")


def labels() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
    return found


def repositories() -> dict[str, dict[str, bytes]]:
    """Files by repository, named as in a project."""
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    with (CORPUS / "SOURCES.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            owner, repository, name = row["file"].split("__", 2)
            scope = f"{owner}__{repository}"
            found[scope][f"{row['type']}/{name}"] = (CORPUS / row["type"] / row["file"]).read_bytes()
    return found


def findings_of(files: dict[str, bytes]) -> list[Finding]:
    context = AuditContext.of(read_facts(read_entries(files)))
    outcome = run(context, [rule for rule in catalogue.rules_of(Group.AUDIT) if rule.check is not None])
    assert outcome.not_judged == ()
    return list(outcome.findings)


@pytest.fixture(scope="module")
def found() -> dict[str, list[Finding]]:
    files = repositories()
    missing = set(labels()) - set(files)
    assert not missing, f"labels speak of repositories that the corpus does not have: {missing}"
    return {scope: findings_of(files[scope]) for scope in labels()}


def is_found(label: dict[str, Any], findings: list[Finding]) -> bool:
    kind, _, name = label["component"].partition("/")
    return any(
        finding.rule == label["rule"]
        and finding.component is not None
        and (finding.component.type, finding.component.full_name) == (kind, name)
        and label.get("element") in (None, finding.element)
        for finding in findings
    )


def tally(found: dict[str, list[Finding]]) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("right", "wrong", "missed", "silent"), 0))
    for scope, entries in labels().items():
        for label in entries:
            if is_found(label, found[scope]):
                key = "right" if label["expect"] else "wrong"
            else:
                key = "missed" if label["expect"] else "silent"
            result[label["rule"]][key] += 1
    return result


def test_enough_was_judged() -> None:
    judged = [label for entries in labels().values() for label in entries]
    assert len(judged) >= 60
    assert all(label["rule"] in catalogue.ids(Group.AUDIT) for label in judged)


def test_the_default_profile_is_right(found: dict[str, list[Finding]]) -> None:
    figures = tally(found)
    print("\nrule    right wrong missed silent  precision")
    poor = []
    for rule_id, row in sorted(figures.items()):
        shown = row["right"] + row["wrong"]
        precision = row["right"] / shown if shown else None
        text = "   -" if precision is None else f"{precision:4.2f}"
        print(f"{rule_id}  {row['right']:5} {row['wrong']:5} {row['missed']:6} {row['silent']:6}  {text}")
        if precision is not None and precision < LEAST and Profile.DEFAULT in catalogue.rule(rule_id).profiles:
            poor.append((rule_id, text))
    assert poor == []


def test_nothing_judged_right_is_missed(found: dict[str, list[Finding]]) -> None:
    missed = [
        (scope, label["rule"], label["component"], label.get("element"), label["why"])
        for scope, entries in labels().items()
        for label in entries
        if label["expect"] and not is_found(label, found[scope])
    ]
    assert missed == []


def test_nothing_judged_wrong_is_reported(found: dict[str, list[Finding]]) -> None:
    wrong = [
        (scope, label["rule"], label["component"], label.get("element"), label["why"])
        for scope, entries in labels().items()
        for label in entries
        if not label["expect"] and is_found(label, found[scope])
    ]
    assert wrong == []
