"""Every row of the judgement table: a deploy that earns it, one that does not, and what its switch does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.judge import registration
from sfsetup.localorg.judge.check import OURS_MARK, Check, Wording
from sfsetup.localorg.judge.registry import all_checks
from sfsetup.localorg.switches import SWITCHES
from sfsetup.openapi import check_document
from tests.localorg.judge_cases import Case, Piece
from tests.localorg.judge_flow_table import FLOWS
from tests.localorg.judge_table import CASES
from tests.support.judging import Bench, Said, component

ROWS: Mapping[str, Check] = {row.id: row for row in all_checks()}
ALL = (*CASES, *FLOWS)
SWITCHED = [case for case in ALL if ROWS[case.check].switch]


def incoming(pieces: Sequence[Piece]) -> list[Incoming]:
    return [
        component(kind, name, inner.encode() if inner.startswith("<?xml") else inner) for kind, name, inner in pieces
    ]


def bench_of(case: Case, **switches: bool) -> Bench:
    """An org as the case wants it before the deploy."""
    bench = Bench(**case.switches, **switches)
    for each in incoming(case.org):
        bench.put(each)
    if case.assigned:
        bench.user("someone@bench.example", case.assigned)
    return bench


def judged(case: Case, *, bad: bool, **switches: bool) -> list[Said]:
    with bench_of(case, **switches) as bench, pytest.MonkeyPatch.context() as patch:
        for name, limit in case.limits.items():
            patch.setattr(registration if hasattr(registration, name) else check_document, name, limit)
        pieces = incoming(case.bad if bad else case.good)
        deletions = case.bad_deletions if bad else case.good_deletions
        return bench.judge(pieces, version=case.version, deletions=deletions)


def own_switch(case: Case, on: bool) -> dict[str, bool]:
    name = ROWS[case.check].switch
    return {name: on} if name else {}


def test_every_row_has_a_case_and_every_switch_exists() -> None:
    assert len(ROWS) == len(all_checks())
    assert {case.check for case in ALL} == set(ROWS)
    assert [row.id for row in ROWS.values() if row.switch and row.switch not in SWITCHES] == []
    assert [row.id for row in ROWS.values() if not row.source or not row.message] == []


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.check)
def test_a_deploy_that_earns_it(case: Case) -> None:
    row = ROWS[case.check]
    said = judged(case, bad=True, **own_switch(case, True))
    found = [each for each in said if each.check == row.id]
    assert found, said
    assert all(each.warning is row.warning for each in found)
    if row.wording is Wording.OURS:
        assert case.says in found[0].message
        assert found[0].message.endswith(OURS_MARK)
    elif row.wording is Wording.PATTERN or row.message == "{detail}":
        assert case.says in found[0].message
    else:
        assert found[0].message == case.says
    if not case.bad_deletions:
        assert all(each.line is None or each.line >= 1 for each in found)
        assert row.id == "FORM-01" or found[0].line is not None


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.check)
def test_its_twin_earns_nothing(case: Case) -> None:
    assert judged(case, bad=False) == []


@pytest.mark.parametrize("case", SWITCHED, ids=lambda case: case.check)
def test_with_its_switch_off_it_warns_or_is_silent(case: Case) -> None:
    row = ROWS[case.check]
    said = judged(case, bad=True, **own_switch(case, False))
    found = [each for each in said if each.check == row.id]
    assert bool(found) is row.warns_off, said
    assert all(each.warning for each in found)


def test_the_page_of_the_table_is_what_the_table_says() -> None:
    from tests.tools.generate_judgement_page import TARGET, page

    assert TARGET.read_text(encoding="utf-8") == page(), "run python tests/tools/generate_judgement_page.py"
    assert {row.type for row in ROWS.values()} <= {kind for kind, _ in _types()}


def _types() -> tuple[tuple[str, str], ...]:
    from tests.tools.generate_judgement_page import _TYPES

    return _TYPES
