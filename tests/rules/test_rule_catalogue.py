"""The catalogue, the files, the tables of cases, the page and `--explain` speak of the same rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rule_cases import TABLES

import sfsetup.rules
from sfsetup.cli.views.audit import rule_text
from sfsetup.rules import catalogue
from sfsetup.rules.model import Group, Profile, Rule
from tests.tools.generate_rule_pages import TARGET, page

FOLDER = Path(sfsetup.rules.__file__).parent
AUDIT = catalogue.rules_of(Group.AUDIT)
EVERY = [rule for group in Group for rule in catalogue.rules_of(group)]

# what has been given out and may never mean something else
GIVEN_OUT = {
    *(f"{prefix}-{number:03d}" for prefix, last in (("NC", 18), ("EC", 14), ("ES", 14), ("PS", 11), ("FL", 15)) for number in range(1, last + 1)),
    *(f"{prefix}-{number:03d}" for prefix, last in (("RS", 4), ("CS", 1), ("CA", 6), ("SM", 2), ("GN", 1)) for number in range(1, last + 1)),
    *(f"GN-{number}" for number in range(900, 904)),
    *(f"OA-{part}{number:02d}" for part, last in (("A", 10), ("B", 13), ("C", 13)) for number in range(1, last + 1)),
}  # fmt: skip


def test_no_id_is_given_twice_or_taken_back() -> None:
    ids = catalogue.ids()
    assert len(ids) == len(set(ids))
    assert set(ids) | catalogue.RETIRED >= GIVEN_OUT
    assert not set(ids) & catalogue.RETIRED


def test_every_module_holds_the_rules_that_the_catalogue_names() -> None:
    from importlib import import_module

    for group, modules in catalogue.MODULES.items():
        for name, ids in modules.items():
            module = import_module(f"sfsetup.rules.{name}")
            held = module.RULES if hasattr(module, "RULES") else (module.RULE,)
            assert [rule.id for rule in held] == list(ids), name
            assert {rule.group for rule in held} == {group}, name
            assert module.__doc__, name


def test_every_file_with_a_rules_name_is_in_the_catalogue() -> None:
    named = {name for modules in catalogue.MODULES.values() for name in modules}
    files = {path.stem for path in FOLDER.glob("??_[0-9][0-9][0-9].py")}
    assert files <= named


def test_every_audit_rule_has_a_check_and_a_table_of_cases() -> None:
    decided = {rule.id for rule in AUDIT if rule.check is not None}
    assert decided == set(TABLES)
    assert {rule.id for rule in AUDIT} - decided == {"GN-900", "GN-901", "GN-902", "GN-903"}


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_every_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    for part in (rule.title, rule.what, rule.why, rule.fix, rule.example):
        assert part.strip()
    assert rule.sources
    assert all(source.strip() for source in rule.sources)
    assert rule.title == rule.title.strip()
    assert Profile.STRICT in rule.profiles
    text = " ".join(rule_text(rule, width=100).split())
    assert text.startswith(f"{rule.id} {rule.title}")
    assert " ".join(rule.fix.split()) in text


def test_every_rule_has_a_section_on_the_page() -> None:
    text = TARGET.read_text(encoding="utf-8")
    for rule in EVERY:
        assert f"\n### {rule.id}\n" in text


def test_the_page_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), "run: python tests/tools/generate_rule_pages.py"


def test_the_default_profile_is_part_of_strict_and_has_every_critical_rule() -> None:
    from sfsetup.model.finding import Severity

    for rule in AUDIT:
        if rule.severity is Severity.CRITICAL:
            assert Profile.DEFAULT in rule.profiles, rule.id
