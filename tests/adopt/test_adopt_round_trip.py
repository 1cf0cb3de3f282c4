"""What is rendered, adopted and rendered again is the same, byte for byte, for every protocol and layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.adopt.integration import adopt
from sfsetup.adopt.written import WrittenIntegration
from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.render.components import render
from sfsetup.render.files import files
from sfsetup.spec.reader import load_integration
from tests.golden.golden import CASES, rendered


def _facts(case: str, layout: str = "source", **changed: tuple[str, str]) -> FactSet:
    entries = rendered(case, layout)
    for path, content in entries.items():
        for kind, (old, new) in changed.items():
            if kind in path:
                assert old in content.decode()
                entries[path] = content.decode().replace(old, new).encode()
    return read_facts(read_entries(entries))


def _only(facts: FactSet) -> WrittenIntegration:
    found = adopt(facts)
    assert found.left_out == ()
    (one,) = found.integrations
    return one


def _written(one: WrittenIntegration, folder: Path) -> Path:
    for name, text in one.files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("layout", ["source", "mdapi"])
@pytest.mark.parametrize("case", CASES)
def test_adopted_renders_the_same_again(case: str, layout: str, tmp_path: Path) -> None:
    one = _only(_facts(case, layout))
    assert one.notes == ()
    folder = _written(one, tmp_path)
    again = {file.path: file.content for file in files(render(*load_integration(folder)), layout, case)}
    assert again == rendered(case, layout)


def test_a_literal_secret_is_not_copied() -> None:
    formula = "{!&apos;Bearer &apos; &amp; $Credential.X8x8_CPaaS_Authentication.api_key}"
    one = _only(_facts("8x8-sms", externalCredential=(formula, "Bearer sk-live-0123456789abcdef")))
    assert "sk-live" not in one.spec_text
    assert all("sk-live" not in note for note in one.notes)
    assert one.tree["external_credential"]["headers"] == {"Authorization": "{authorization}"}
    principal = one.tree["external_credential"]["principals"][0]
    assert principal["parameters"] == {"authorization": {"secret": {"env": "CPAASSMS_AUTHORIZATION"}}}
    assert any("Renew it" in note for note in one.notes)


def test_a_formula_that_no_template_gives_is_kept(tmp_path: Path) -> None:
    formula = "{!&apos;Bearer &apos; &amp; $Credential.X8x8_CPaaS_Authentication.api_key}"
    other = "{!IF(TRUE, $Credential.X8x8_CPaaS_Authentication.api_key, &apos;&apos;)}"
    one = _only(_facts("8x8-sms", externalCredential=(formula, other)))
    header = one.tree["external_credential"]["headers"]["Authorization"]
    assert header == {"formula": "{!IF(TRUE, $Credential.X8x8_CPaaS_Authentication.api_key, '')}"}
    spec, _document = load_integration(_written(one, tmp_path))
    assert spec.external_credential.headers[0].formula == header["formula"]


def test_what_a_spec_has_no_words_for_is_told() -> None:
    extra = (
        "    <namedCredentialParameters>\n        <parameterName>X-Own</parameterName>\n"
        "        <parameterType>HttpHeader</parameterType>\n        <parameterValue>a</parameterValue>\n"
        "        <sequenceNumber>1</sequenceNumber>\n    </namedCredentialParameters>\n    <namedCredentialType>"
    )
    one = _only(_facts("8x8-sms", namedCredential=("    <namedCredentialType>", extra)))
    assert any("HttpHeader X-Own" in note for note in one.notes)


@pytest.mark.parametrize(
    ("kind", "old", "new", "reason"),
    [
        ("namedCredential", ">SecuredEndpoint<", ">Legacy<", "a legacy one"),
        ("namedCredential", ">X8x8_CPaaS_Authentication<", ">Other<", "the external credential Other is not there"),
        ("externalServiceRegistration", ">X8x8_SMS_API<", ">Other<", "its named credential Other is not there"),
        ("externalServiceRegistration", "<active>true<", "<active>false<", "none of its operations is active"),
        ("externalServiceRegistration", "<schema>{", "<schema>{{", "not JSON"),
        ("externalCredential", ">Custom<", ">JwtExchange<", "JwtExchange is none of sfsetup's"),
    ],
)
def test_what_cannot_be_described_is_left_out_with_its_reason(kind: str, old: str, new: str, reason: str) -> None:
    found = adopt(_facts("8x8-sms", **{kind: (old, new)}))
    assert found.integrations == ()
    assert any(reason in text for _what, text in found.left_out), found.left_out


def test_other_flows_and_sets_are_named() -> None:
    entries = rendered("8x8-sms", "source")
    flow = entries["flows/Send_SMS.flow-meta.xml"]
    entries["flows/Another.flow-meta.xml"] = flow
    grants = entries["permissionsets/CPaaS_API_Access.permissionset-meta.xml"]
    entries["permissionsets/Wide.permissionset-meta.xml"] = grants
    one = _only(read_facts(read_entries(entries)))
    assert one.tree["flow"]["name"] == "Another"
    assert any("Send_SMS" in note for note in one.notes)
    assert any("Wide" in note for note in one.notes)
