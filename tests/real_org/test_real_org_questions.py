"""Asks what the references leave open. On a real org the answers are written down; the local org must answer as its
switches stand, both ways: a probe that cannot tell the two apart is worth nothing."""

from __future__ import annotations

import re

import pytest

from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.switches import SWITCHES
from sfsetup.localorg.vendor.settings import Failure
from tests.real_org.conftest import TARGET, ProberAt
from tests.real_org.probe import Answers
from tests.real_org.questions import QUESTIONS, WITHOUT_SWITCH

pytestmark = [pytest.mark.real_org, pytest.mark.slow]

_WAYS = [(name, way) for name in QUESTIONS for way in ((True,) if name in WITHOUT_SWITCH or TARGET else (True, False))]


@pytest.mark.parametrize(("name", "way"), _WAYS)
def test_question(prober_at: ProberAt, answers: Answers, name: str, way: bool) -> None:
    switch = name if name in SWITCHES and not TARGET else None
    with prober_at(switch, way) as prober:
        if name == "http-error-takes-fault-path" and not TARGET:
            runtime_of(prober.local).settings.fail(Failure(404, 1))
        if name == "header-box-hides-custom" and not TARGET:
            runtime_of(prober.local).settings.accept("probe")
        seen = QUESTIONS[name](prober)
    if TARGET:
        answers.tell(name, seen.value, without_names(seen.words))
        return
    expected = WITHOUT_SWITCH.get(name, way)
    assert seen.value is expected, seen.words


def without_names(words: str) -> str:
    """Salesforce's words, without the probe's names, ids and addresses."""
    words = re.sub(r"sfsetup_?probe_?\w*", "<probe>", words)
    words = re.sub(
        r"\b[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\b", lambda m: "<id>" if any(c.isdigit() for c in m[0]) else m[0], words
    )
    return re.sub(r"https?://\S+", "<url>", words)[:400]
