"""Nothing that stands in a metadata file makes the judgement fall over."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import file_name
from sfsetup.model.component import ComponentSet
from sfsetup.planning.validation import judge_against, judge_files
from sfsetup.render.components import render
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@cache
def _expected() -> tuple[IntegrationSpec, ComponentSet]:
    spec, document = load_integration(SPEC)
    return spec, render(spec, document)


@cache
def _entries() -> dict[str, bytes]:
    return {file_name(each.type, each.full_name, source=True): each.content for each in _expected()[1]}


@cache
def _values() -> list[tuple[str, int, int]]:
    """Path and span of every text between tags."""
    found = []
    for path, content in _entries().items():
        found += [(path, one.start(1), one.end(1)) for one in re.finditer(r">([^<]*)</", content.decode())]
    return found


def _judge(entries: dict[str, bytes]) -> None:
    files = list(read_entries(entries))
    for judged in (judge_against(_expected(), files, "66.0"), judge_files(files, None)):
        for finding in judged.findings:
            assert finding.fix
            assert finding.message
            assert finding.as_json()["fingerprint"]


texts = st.one_of(
    st.sampled_from(["", " ", "{!", "{!$Credential.", "a.b.c", "-", "9" * 40, "-1", "true", "http://[", "{", "[]", "null",
                     "ExternalService__", "ExternalService__a__b__c", ".", "..", "x" * 300, "&#1;", "&lt;a&gt;"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&"), max_size=12),
)  # fmt: skip


@settings(max_examples=20)
@given(st.integers(0, 10**6), texts)
def test_any_text_in_any_element(number: int, text: str) -> None:
    path, start, end = _values()[number % len(_values())]
    content = _entries()[path].decode()
    _judge({**_entries(), path: (content[:start] + text + content[end:]).encode()})


@settings(max_examples=15)
@given(st.sampled_from(sorted(_entries())), st.integers(0, 10**6), st.integers(0, 200), st.text(max_size=5))
def test_any_damage_to_a_file(path: str, start: int, length: int, inserted: str) -> None:
    content = _entries()[path].decode()
    start %= len(content)
    damaged = content[:start] + inserted + content[start + length :]
    _judge({**_entries(), path: damaged.encode("utf-8", "surrogatepass")})


@settings(max_examples=20)
@given(st.sampled_from(sorted(_entries())), st.integers(0, 10**6))
def test_any_element_left_out(path: str, number: int) -> None:
    content = _entries()[path].decode()
    leaves = list(re.finditer(r" *<(\w+)>[^<]*</\1>\n", content))
    leaf = leaves[number % len(leaves)]
    _judge({**_entries(), path: (content[: leaf.start()] + content[leaf.end() :]).encode()})
