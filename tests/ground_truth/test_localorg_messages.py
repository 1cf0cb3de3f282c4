"""Messages of real orgs, word for word, as a client of the local org gets them over SOAP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.judge.check import OURS_MARK, Wording
from sfsetup.localorg.judge.registry import all_checks
from sfsetup.localorg.state import State
from tests.localorg.judge_cases import Case, Piece
from tests.localorg.judge_flow_table import FLOWS
from tests.localorg.judge_table import CASES
from tests.support.judging import Bench, component
from tests.support.metadata_caller import MetadataCaller

ROWS = {row.id: row for row in all_checks()}
SEEN = [
    case
    for case in (*CASES, *FLOWS)
    if ROWS[case.check].wording in (Wording.VERBATIM, Wording.REPORTED) and not case.bad_deletions
]


@pytest.fixture(scope="module")
def server() -> Iterator[Embedded]:
    with Embedded(State.open(None)) as embedded:
        yield embedded


def files(pieces: tuple[Piece, ...]) -> dict[str, bytes | str]:
    """Pieces as files of a package."""
    made = [
        component(kind, name, inner.encode() if inner.startswith("<?xml") else inner) for kind, name, inner in pieces
    ]
    return {each.path: each.content for each in made}


@pytest.mark.parametrize("case", SEEN, ids=lambda case: case.check)
def test_the_words(server: Embedded, case: Case) -> None:
    row = ROWS[case.check]
    with Bench(**case.switches, **({row.switch: True} if row.switch else {})) as bench:
        for kind, name, inner in case.org:
            bench.put(component(kind, name, inner))
        kept, server.org.state = server.org.state, bench.state
        try:
            caller = MetadataCaller(server.url, bench.state.sessions.main_token())
            ended = caller.deploy(files(case.bad), case.version)
        finally:
            server.org.state = kept
            server.org.live.clear()
    assert ended.status == "Failed"
    assert case.says in ended.problems.values(), ended.problems
    assert OURS_MARK not in case.says


def test_enough_messages_of_real_orgs_are_known() -> None:
    assert len({case.check for case in SEEN}) >= 20
