"""Metadata damaged at random: no rule fails on it, whatever is missing, empty, doubled or out of place."""

from __future__ import annotations

import random

import pytest
from lxml import etree
from test_rule_cases import ORG, TABLES, entry, from_json

from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.rules import catalogue
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import run
from sfsetup.rules.model import Group

RULES = [rule for rule in catalogue.rules_of(Group.AUDIT) if rule.check is not None]
ODD = (
    "",
    " ",
    "\u00e9\u4e2d",
    "-1",
    "true",
    "{!",
    "{!$Credential.A.B}",
    "https://",
    "a.b.c",
    "ns__x",
    "x" * 300,
    "{}",
    "[]",
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to four things go wrong in a document."""
    try:
        root = etree.fromstring(data)
    except etree.XMLSyntaxError:
        return data
    for _ in range(chance.randint(1, 4)):
        nodes = [node for node in root.iter() if node is not root]
        if not nodes:
            break
        node = chance.choice(nodes)
        kind = chance.randrange(4)
        parent = node.getparent()
        if kind == 0:
            parent.remove(node)
        elif kind == 1:
            node.text = chance.choice(ODD)
        elif kind == 2:
            parent.append(etree.fromstring(etree.tostring(node)))
        else:
            homes = [home for home in root.iter() if all(home is not inner for inner in node.iter())]
            chance.choice(homes).append(node)
    return etree.tostring(root)


def everything() -> dict[str, bytes]:
    """All files of all tables, each under a name of its own."""
    found = {}
    for rule_id, table in TABLES.items():
        for number, case in enumerate((*table["fails"], *table["passes"])):
            for name, content in case.get("files", {}).items():
                folder, _, file = name.rpartition("/")
                found[f"{folder}/{rule_id.replace('-', '')}x{number}/{file}"] = entry(name, content)
    return found


FILES = everything()
EVIDENCE = {
    "org": ORG,
    "principal_grants": [
        {"external_credential": "Acme", "principal": "Key", "parent": "Sales", "kind": "Profile", "user_type": None},
        {"external_credential": "Acme", "principal": "Key", "parent": "Callers", "kind": "PermissionSet"},
    ],
    "assignments": [{"permission_set": "Callers", "username": "a@acme.example", "active": True, "expires": "soon"}],
    "object_grants": [],
    "run_flow_grants": [],
    "principals": [{"external_credential": "Acme", "principal": "Key", "parameters": {}, "encrypted": {"k": False}}],
    "certificates": [{"name": "Signing", "expires": "never"}],
    "flows": [],
    "packages": [],
    "apps": [],
    "sites": [],
    "retrieved": ["NamedCredential", "ExternalCredential", "PermissionSet", "Flow", "ApexClass"],
}


@pytest.mark.parametrize("seed", range(3))
def test_no_rule_fails_on_damaged_metadata(seed: int) -> None:
    chance = random.Random(seed)
    files = {name: damaged(data, chance) if name.endswith(".xml") else data for name, data in FILES.items()}
    desired = read_facts(read_entries(dict(chance.sample(sorted(files.items()), len(files) // 3))))
    for evidence in (None, from_json(EVIDENCE)):
        facts = read_facts(read_entries(files))
        outcome = run(AuditContext.of(facts, evidence=evidence, desired=desired), RULES)
        assert outcome.not_judged == ()
        assert outcome.findings
