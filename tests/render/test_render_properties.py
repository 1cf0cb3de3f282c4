"""Templates: any text in any field comes back as the same text; a name that is not defined is an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsetup.errors import InvalidInput
from sfsetup.protocols.values import Header, Principal
from sfsetup.render.components import render
from sfsetup.render.environment import environment, fill
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration
from sfsetup.text.xml import METADATA_NS, parse_xml

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
TEMPLATES = Path(__file__).resolve().parents[2] / "metadata_templates"

_NOT_XML = set(range(0x20)) - {0x9, 0xA, 0xD} | {0xFFFE, 0xFFFF}
texts = st.text(
    st.one_of(
        st.sampled_from("&<>\"'{}%#!]\r\n\t $"),
        st.characters(exclude_categories=("Cs",)).filter(lambda char: ord(char) not in _NOT_XML),
    ),
    min_size=1,
    max_size=30,
)
"""Everything that XML 1.0 can hold, with the characters that templates, XML and formulas treat in their own way first."""

unholdable = st.sampled_from([chr(code) for code in sorted(_NOT_XML)] + ["\ud800"])


def _texts_of(content: bytes) -> list[str]:
    return [element.text or "" for element in parse_xml(content).iter() if not len(element)]


def _changed(text: str) -> IntegrationSpec:
    spec, _document = load_integration(SPEC)
    credential = spec.external_credential
    header = Header("X-Any", text, text)
    principal = Principal(text, 1, MappingProxyType({}))
    assert spec.flow is not None
    return replace(
        spec,
        service=replace(spec.service, label=f"1{text}", description=f"2{text}"),
        external_credential=replace(
            credential, label=f"3{text}", description=f"4{text}", headers=(header,), principals=(principal,)
        ),
        named_credential=replace(spec.named_credential, label=f"5{text}", description=f"6{text}", url=f"7{text}"),
        permission_set=replace(spec.permission_set, label=f"8{text}", description=f"9{text}"),
        flow=replace(spec.flow, label=f"a{text}", description=f"b{text}"),
    )


_DOCUMENT = load_integration(SPEC)[1]


@settings(max_examples=30)
@given(texts)
def test_any_text_in_any_field_comes_back(text: str) -> None:
    components = {each.type: each for each in render(_changed(text), _DOCUMENT)}
    found = {kind: _texts_of(each.content) for kind, each in components.items()}
    wanted = {
        "ExternalCredential": [f"3{text}", f"4{text}", text],
        "NamedCredential": [f"5{text}", f"6{text}", f"7{text}"],
        "ExternalServiceRegistration": [f"1{text}", f"2{text}"],
        "PermissionSet": [f"8{text}", f"9{text}", f"X8x8_CPaaS_Authentication-{text}"],
        "Flow": [f"a{text}", f"b{text}", f"a{text} {{!$Flow.CurrentDateTime}}"],
    }
    for kind, expected in wanted.items():
        for one in expected:
            assert one in found[kind], (kind, one)
    assert found["ExternalCredential"].count(text) >= 3  # the header, the principal and its group


@settings(max_examples=20)
@given(unholdable)
def test_text_that_xml_cannot_hold_is_refused_with_its_place(char: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        render(_changed(f"a{char}"), _DOCUMENT)
    assert f"U+{ord(char):04X}" in caught.value.message
    assert caught.value.file
    assert caught.value.line


def test_text_never_becomes_an_element() -> None:
    text = "</label><status>Active</status><label>"
    for each in render(_changed(text), _DOCUMENT):
        root = parse_xml(each.content)
        assert len(root.findall(f"{{{METADATA_NS}}}label")) == 1


def test_a_name_that_is_not_defined_is_an_error() -> None:
    for path in TEMPLATES.glob("*.xml.j2"):
        with pytest.raises(jinja2.UndefinedError):
            fill(path.name, {})


def test_escaping_is_on_for_every_template() -> None:
    engine = environment()
    assert engine.autoescape is True
    assert engine.undefined is jinja2.StrictUndefined
    for path in TEMPLATES.glob("*.xml.j2"):
        assert "|safe" not in path.read_text().replace(" ", "")
        assert "autoescape" not in path.read_text()


def test_there_is_one_template_for_each_type() -> None:
    assert {path.name.removesuffix(".xml.j2") for path in TEMPLATES.iterdir()} == {
        "ExternalCredential",
        "NamedCredential",
        "ExternalServiceRegistration",
        "PermissionSet",
        "Flow",
    }
