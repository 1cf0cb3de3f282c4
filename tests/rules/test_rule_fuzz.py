"""Metadata that is damaged at random: elements gone, doubled, emptied, texts exchanged. No rule may fail on it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from lxml import etree
from test_rule_cases import TABLES, entry

from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.rules.catalogue import rules_of
from sfsetup.rules.chains import chains
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import run
from sfsetup.rules.inventory import inventory
from sfsetup.rules.model import Group
from sfsetup.rules.secrets import may_hold_secret

RULES = [rule for rule in rules_of(Group.AUDIT) if rule.check is not None]
CASES = [case for table in TABLES.values() for case in (*table["fails"], *table["passes"]) if case.get("files")]
TEXTS = ("", " ", "true", "-1", "999999999999999999999", "{!", "}", "a.b.c", "::", "__", "ns__x__y", "\u202e", "http://[", "https://u:p@h:99999/?a=b", "…", "0" * 400)  # fmt: skip


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The document with a few elements changed; what is no XML loses a piece."""
    try:
        root = etree.fromstring(data)
    except etree.XMLSyntaxError:
        cut = chance.randrange(len(data) + 1)
        return data[:cut] + data[cut + chance.randrange(20) :]
    elements = [element for element in root.iter() if element is not root]
    for element in chance.sample(elements, min(len(elements), chance.randrange(1, 4))):
        parent = element.getparent()
        if parent is None:
            continue
        what = chance.randrange(4)
        if what == 0:
            parent.remove(element)
        elif what == 1:
            parent.append(etree.fromstring(etree.tostring(element)))
        elif what == 2:
            element.text = chance.choice(TEXTS)
        else:
            for child in list(element):
                element.remove(child)
    return etree.tostring(root)


def context_of(case: dict[str, Any], chance: random.Random) -> AuditContext:
    files = {name: damaged(entry(name, content), chance) for name, content in case["files"].items()}
    extra = chance.choice(CASES)["files"]
    files.update({f"more/{name}": damaged(entry(name, content), chance) for name, content in extra.items()})
    facts = read_facts(read_entries(files), may_hold_secret=chance.choice((None, may_hold_secret)))
    return AuditContext.of(facts)


@pytest.mark.parametrize("seed", range(24))
def test_no_rule_fails_on_damaged_metadata(seed: int) -> None:
    chance = random.Random(seed)
    for case in chance.sample(CASES, 12):
        context = context_of(case, chance)
        outcome = run(context, RULES)
        assert outcome.not_judged == (), case["why"]
        for route in inventory(context):
            route.as_json()
        for chain in chains(context, outcome.findings):
            chain.as_json()
        assert len({finding.fingerprint for finding in outcome.findings}) == len(outcome.findings)
