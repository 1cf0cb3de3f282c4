"""Whatever a spec says, what it renders can be adopted and renders the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfsetup.adopt.integration import adopt
from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries, source_tree
from sfsetup.render.components import render
from sfsetup.spec.reader import check_integration, load_integration

DOCUMENT = (Path(__file__).resolve().parents[2] / "specs" / "8x8-sms" / "openapi.json").read_text()

names = st.from_regex(r"[A-Za-z](_?[A-Za-z0-9]){0,12}", fullmatch=True)
_plain = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Co", "Cn"))
words = st.text(st.one_of(_plain, st.sampled_from(" '\"&<>{}")), min_size=1, max_size=20).map(str.strip).filter(bool)
parameters = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def _header(draw: st.DrawFn) -> tuple[str, list[str]]:
    used = draw(st.lists(parameters, min_size=1, max_size=2, unique=True))
    pieces = [draw(st.sampled_from(["", "Bearer ", "it's ", "{{x}} ", "a\\b ", 'q"'])) + f"{{{name}}}" for name in used]
    return "".join(pieces), used


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    template, used = draw(_header())
    principals = draw(st.lists(words, min_size=1, max_size=3, unique_by=str.lower))
    sequences = draw(st.permutations(range(1, len(principals) + 1)))
    flow: Any = {
        "name": draw(names),
        "label": draw(words),
        "operation": draw(st.sampled_from(["Send-Sms-Single", "Send-Many-Sms"])),
    }
    flow |= {key: draw(st.booleans()) for key in ("activate", "restrict")}
    described = draw(st.booleans())
    more = {"description": draw(words)} if described else {}
    return {
        "version": 1,
        "openapi": "openapi.json",
        "service": {
            "name": draw(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True)),
            "label": draw(words),
            **more,
        },
        "external_credential": {
            "name": draw(names),
            "label": draw(words),
            "protocol": "custom",
            "headers": {"Authorization": template, "X-Version": draw(st.sampled_from(["2", "a b", "it's"]))},
            "principals": [
                {"name": name, "sequence": number, "parameters": {key: {"secret": {"env": "SECRET"}} for key in used}}
                for name, number in zip(principals, sequences, strict=True)
            ],
            **more,
        },
        "named_credential": {
            "name": draw(names),
            "label": draw(words),
            "url": "https://sms.8x8.com",
            "generate_authorization_header": draw(st.booleans()),
        },
        "permission_set": {"name": draw(names), "label": draw(words), "run_flows": draw(st.booleans()), **more},
        "flow": draw(st.sampled_from([False, flow])),
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(specs())
def test_any_spec_comes_back(tmp_path: Path, spec: dict[str, Any]) -> None:
    (tmp_path / "openapi.json").write_text(DOCUMENT)
    (tmp_path / "integration.json").write_text(json.dumps(spec))
    assert check_integration(tmp_path).is_usable, check_integration(tmp_path).findings
    first = source_tree(render(*load_integration(tmp_path)))
    (one,) = adopt(read_facts(read_entries(first))).integrations
    (tmp_path / "integration.json").unlink()
    for name, text in one.files.items():
        (tmp_path / name).write_text(text)
    try:
        assert source_tree(render(*load_integration(tmp_path))) == first
    finally:
        (tmp_path / "integration.yaml").unlink()
