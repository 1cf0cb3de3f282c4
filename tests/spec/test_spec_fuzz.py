"""Nothing that stands in a file makes `validate` fall over: every mistake is a finding with a place and a fix."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfsetup.planning.validation import judge_spec
from tests.spec.test_spec_rules import BASE

_VALUE = yaml.safe_load(BASE)
_DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "specs/8x8-sms/openapi.json").read_text())

odd = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", " ", "{", "{{", "{!", "\u0000", "\ud7ff", "é" * 90, "a" * 300, "-1", "$Credential.X.Y",
                         "https://", "http://[", "//", "#/x", "{api_key}", "METHOD /x", "00D", "../x", "x\ny"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)),
    max_leaves=4,
)  # fmt: skip


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += _places(item, (*at, key))
    return found


def _put(value: Any, at: tuple[Any, ...], new: Any, *, remove: bool) -> Any:
    value = copy.deepcopy(value)
    holder = value
    for key in at[:-1]:
        holder = holder[key]
    if remove:
        del holder[at[-1]]
    else:
        holder[at[-1]] = new
    return value


def _judged(folder: Path, spec: str, document: str) -> None:
    (folder / "integration.yaml").write_bytes(spec.encode("utf-8", "surrogatepass"))
    (folder / "openapi.json").write_bytes(document.encode("utf-8", "surrogatepass"))
    for finding in judge_spec(folder).findings:
        assert finding.file
        assert finding.line is None or finding.line >= 1
        assert finding.message
        assert finding.fix
        assert isinstance(finding.as_json()["fingerprint"], str)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(_places(_VALUE)), odd, st.booleans())
def test_any_value_in_any_place_of_the_spec(tmp_path: Path, at: tuple[Any, ...], new: Any, remove: bool) -> None:
    spec = _put(_VALUE, at, new, remove=remove)
    _judged(tmp_path, json.dumps(spec), json.dumps(_DOCUMENT))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(_places(_DOCUMENT)), odd, st.booleans())
def test_any_value_in_any_place_of_the_document(tmp_path: Path, at: tuple[Any, ...], new: Any, remove: bool) -> None:
    _judged(tmp_path, BASE, json.dumps(_put(_DOCUMENT, at, new, remove=remove)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(BASE)), st.integers(0, 40), st.text(max_size=6))
def test_any_damage_to_the_text(tmp_path: Path, start: int, length: int, inserted: str) -> None:
    _judged(tmp_path, BASE[:start] + inserted + BASE[start + length :], json.dumps(_DOCUMENT))


@pytest.mark.parametrize(
    "text", ["[" * 5000, "a: " * 500, "&a [*a]", "? : ?", "---\n---\n", "%YAML 9\n", "!!python/object:x {}"]
)
def test_hostile_yaml(tmp_path: Path, text: str) -> None:
    _judged(tmp_path, text, json.dumps(_DOCUMENT))
