"""The page about audits shows a configuration that works and options that exist."""

from __future__ import annotations

import dataclasses
import datetime
import re
from pathlib import Path

from sfsetup.rules.catalogue import ids
from sfsetup.rules.settings import AuditSettings, settings_from
from sfsetup.text.toml import read_toml
from tests.support.commands import sfsetup

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


def test_the_configuration_on_the_page_is_taken() -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    table = read_toml(found[1].encode(), name="page")["audit"]
    settings = settings_from(table, file="page", known_rules=ids())
    assert settings.suppressions[0].expires > datetime.date(2027, 1, 1)
    assert set(table) == {each.name for each in dataclasses.fields(AuditSettings)}


def test_every_option_on_the_page_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    known = sfsetup("audit", "--help").out + sfsetup("inventory", "--help").out
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert option in known, option
