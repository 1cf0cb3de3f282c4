"""Random edits of another client are exactly what plan shows; a deploy takes them back; then plan is empty."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import running_org

EC, NC = ("ExternalCredential", "X8x8_CPaaS_Authentication"), ("NamedCredential", "X8x8_SMS_API")
ES, PS, FLOW = ("ExternalServiceRegistration", "CPaaSSMS"), ("PermissionSet", "CPaaS_API_Access"), ("Flow", "Send_SMS")
ALL = (EC, NC, ES, PS, FLOW)
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=30,
).map(lambda text: f"x{text.strip()}x")


@dataclass(frozen=True)
class Edit:
    """One edit: of which component, how, and what of it plan must say: (path, from, to)."""

    of: tuple[str, str]
    name: str
    edit: Callable[[str, str], str]
    path: str
    before: Callable[[str], str | None]
    after: str | None


def inserted(anchor: str, text: str) -> Callable[[str, str], str]:
    def edit(xml: str, value: str) -> str:
        assert anchor in xml
        return xml.replace(anchor, text.format(value=escape(value)) + anchor, 1)

    return edit


def replaced(before: str, after: str) -> Callable[[str, str], str]:
    def edit(xml: str, value: str) -> str:
        assert before in xml, (before, xml)
        return xml.replace(before, after.format(value=escape(value)), 1)

    return edit


def value(text: str) -> str:
    return text


NC_HEADER = (
    "<namedCredentialParameters><parameterName>X-Extra</parameterName><parameterType>HttpHeader</parameterType>"
    "<parameterValue>{value}</parameterValue><sequenceNumber>9</sequenceNumber></namedCredentialParameters>"
)
EDITS = (
    Edit(NC, "label", replaced("<label>8x8 SMS API</label>", "<label>{value}</label>"), "label", value, "8x8 SMS API"),
    Edit(
        NC,
        "url",
        replaced("https://sms.8x8.com", "https://other.example/{value}"),
        "namedCredentialParameters[Url].parameterValue",
        lambda text: f"https://other.example/{text}",
        "https://sms.8x8.com",
    ),
    Edit(
        NC,
        "formulas off",
        replaced("<allowMergeFieldsInHeader>true", "<allowMergeFieldsInHeader>false"),
        "allowMergeFieldsInHeader",
        lambda _text: "false",
        "true",
    ),
    Edit(
        NC,
        "header",
        inserted("<namedCredentialType>", NC_HEADER),
        "namedCredentialParameters[HttpHeader X-Extra]",
        lambda text: None,
        None,
    ),
    Edit(
        EC,
        "label",
        replaced("<label>8x8 CPaaS Authentication<", "<label>{value}<"),
        "label",
        value,
        "8x8 CPaaS Authentication",
    ),
    Edit(
        EC,
        "formula",
        replaced("Bearer ", "Token "),
        "externalCredentialParameters[AuthHeader Authorization].parameterValue",
        lambda _text: "{!'Token ' & $Credential.X8x8_CPaaS_Authentication.api_key}",
        "{!'Bearer ' & $Credential.X8x8_CPaaS_Authentication.api_key}",
    ),
    Edit(ES, "label", replaced("<label>CPaaSSMS</label>", "<label>{value}</label>"), "label", value, "CPaaSSMS"),
    Edit(
        PS,
        "label",
        replaced("<label>CPaaS API Access</label>", "<label>{value}</label>"),
        "label",
        value,
        "CPaaS API Access",
    ),
    Edit(
        PS,
        "read",
        replaced("<allowRead>true", "<allowRead>false"),
        "objectPermissions[UserExternalCredential].allowRead",
        lambda _text: "false",
        "true",
    ),
    Edit(FLOW, "label", replaced("<label>Send SMS</label>", "<label>{value}</label>"), "label", value, "Send SMS"),
    Edit(
        FLOW,
        "interview label",
        replaced("<interviewLabel>Send SMS", "<interviewLabel>{value}"),
        "interviewLabel",
        lambda text: f"{text} {{!$Flow.CurrentDateTime}}",
        "Send SMS {!$Flow.CurrentDateTime}",
    ),
)


@pytest.mark.slow
def test_random_edits_are_exactly_what_plan_shows(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIGHT_BY_EIGHT_API_KEY", "drift-key-0001")
    spec = Path(shutil.copytree(repository / "specs" / "8x8-sms", tmp_path / "8x8-sms"))
    with running_org() as org:
        sfsetup("deploy", spec, "-o", org.target)
        client = ForeignClient(org.url, org.token)
        deployed = {ref: client.read(*ref) for ref in ALL}

        @settings(max_examples=15, phases=(Phase.generate,), deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            chosen=st.lists(
                st.tuples(st.sampled_from(EDITS), TEXT),
                min_size=1,
                max_size=6,
                unique_by=lambda pair: (pair[0].of, pair[0].name),
            )
        )
        def edits(chosen: list[tuple[Edit, str]]) -> None:
            now = dict(deployed)
            for edit, text in chosen:
                now[edit.of] = edit.edit(now[edit.of], text)
            for ref in {edit.of for edit, _ in chosen}:
                client.write(*ref, now[ref])
            result = sfsetup("plan", spec, "-o", org.target, "--json").result
            shown = {
                (entry["type"], change["path"]): (change["from"], change["to"])
                for entry in (*result["steps"], *result["kept"])
                for change in entry["changes"]
            }
            expected = {(edit.of[0], edit.path): (edit.before(text), edit.after) for edit, text in chosen}
            assert set(shown) == set(expected)
            for place, (before, after) in expected.items():
                if before is not None or after is not None:
                    assert shown[place] == (before, after)
                else:
                    assert shown[place][1] is None
            sfsetup("deploy", spec, "-o", org.target, "--allow-destructive", "--take-flow")
            after_deploy = sfsetup("plan", spec, "-o", org.target, "--json").result
            assert (after_deploy["steps"], after_deploy["kept"]) == ([], [])
            for ref in ALL:
                assert client.read(*ref) == deployed[ref]

        edits()
        client.close()
