"""Which API version is spoken: the lower of two, and never one in which a grant cannot be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.apply.prepare import chosen_version
from sfsetup.errors import UsageError
from sfsetup.spec.reader import load_integration

SPEC, _DOCUMENT = load_integration(Path(__file__).resolve().parents[2] / "specs" / "8x8-sms")


@pytest.mark.parametrize(
    ("newest", "wanted", "version"),
    [("68.0", None, "66.0"), ("62.0", None, "62.0"), ("68.0", "60.0", "60.0"), ("59.0", None, "59.0")],
)
def test_a_version_that_works(newest: str, wanted: str | None, version: str) -> None:
    assert chosen_version(SPEC, newest, wanted) == version


@pytest.mark.parametrize(
    ("newest", "wanted", "said"),
    [
        ("58.0", None, "offers API 58.0 at most"),
        ("62.0", "63.0", "newest is 62.0"),
        ("62.0", "58.0", "58.0 is too old"),
    ],
)
def test_a_version_that_cannot_work(newest: str, wanted: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        chosen_version(SPEC, newest, wanted)
