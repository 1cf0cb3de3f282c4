"""Each break of the rendered 8x8 integration is told by `validate SPEC PATH`, with place and fix."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import file_name
from sfsetup.model.component import ComponentSet
from sfsetup.model.finding import Finding, Severity
from sfsetup.planning.validation import judge_against
from sfsetup.render.components import render
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration
from tests.support.breaks import BREAKS, WARNED, Break

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@cache
def _expected() -> tuple[IntegrationSpec, ComponentSet]:
    spec, document = load_integration(SPEC)
    return spec, render(spec, document)


@cache
def _rendered() -> Mapping[str, str]:
    return {each.type: each.content.decode() for each in _expected()[1]}


def _path(kind: str) -> str:
    component = _expected()[1].get(kind)
    assert component is not None
    return file_name(kind, component.full_name, source=True)


def _judged(texts: Mapping[str, str]) -> tuple[Finding, ...]:
    entries = {_path(kind): text.encode() for kind, text in texts.items()}
    return judge_against(_expected(), list(read_entries(entries, archive="x.zip")), "66.0").findings


def test_the_rendered_metadata_itself_is_clean() -> None:
    assert _judged(_rendered()) == ()


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.name)
def test_every_break_is_told(each: Break) -> None:
    found = _judged(each.broken(_rendered()))
    told = [f"{one.severity.value} {one.rule} {one.file}:{one.line} {one.message} | {one.fix}" for one in found]
    least = Severity.MEDIUM if each.effect == WARNED else Severity.HIGH
    assert any(one.severity.at_least(least) for one in found), told
    assert any(one.file in (f"x.zip!{_path(each.type)}", f"x.zip!{_path(each.judged)}") for one in found), told
    for one in found:
        assert one.line is not None
        assert one.line >= 1
        assert one.fix
