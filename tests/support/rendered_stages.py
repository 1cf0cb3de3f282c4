"""The shipped 8x8 integration as its two archives."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sfsetup.metadata.layout import mdapi_tree
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration
from tests.support.metadata_caller import as_zip

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@cache
def stage_files(stage: int) -> dict[str, bytes]:
    """Files of one stage by path, package.xml first."""
    return mdapi_tree(render(*load_integration(SPEC)).of_stage(stage))


def stage_zip(stage: int) -> bytes:
    """The archive of one stage."""
    return as_zip(stage_files(stage))
