"""`sfsetup inventory`: every way out of an org, in each format."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Ended, sfsetup

SPECS = Path(__file__).resolve().parents[2] / "specs"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'

FILES = {
    "namedCredentials/Legacy.namedCredential-meta.xml": f"""{HEAD}<NamedCredential {NS}>
        <endpoint>https://user:s3cretpass@old.acme.com/v1?sig=0123456789abcdef</endpoint><label>Old</label>
        <principalType>NamedUser</principalType><protocol>Password</protocol><username>u</username></NamedCredential>""",
    "namedCredentials/Alone.namedCredential-meta.xml": f"""{HEAD}<NamedCredential {NS}>
        <calloutStatus>Disabled</calloutStatus><label>Alone</label><namedCredentialParameters>
        <externalCredential>Gone</externalCredential><parameterName>ExternalCredential</parameterName>
        <parameterType>Authentication</parameterType></namedCredentialParameters><namedCredentialParameters>
        <parameterName>Url</parameterName><parameterType>Url</parameterType>
        <parameterValue>https://alone.acme.com</parameterValue></namedCredentialParameters>
        <namedCredentialType>SecuredEndpoint</namedCredentialType></NamedCredential>""",
    "remoteSiteSettings/Weather.remoteSite-meta.xml": f"""{HEAD}<RemoteSiteSetting {NS}>
        <disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive>
        <url>https://weather.acme.com</url></RemoteSiteSetting>""",
    "classes/Weather.cls": "class Weather { HttpRequest r; String u = 'https://weather.acme.com/now?key=abcdef123'; }",
    "classes/Hidden.cls": "class Hidden { HttpRequest r; String u = 'https://hidden.acme.com/x'; }",
    "classes/OldCaller.cls": "class OldCaller { void a() { r.setEndpoint('callout:Legacy/orders'); } }",
    "flows/Lost.flow-meta.xml": f"""{HEAD}<Flow {NS}><actionCalls><name>Call</name><actionName>Nowhere.get</actionName>
        <actionType>externalService</actionType></actionCalls>
        <start><connector><targetReference>Call</targetReference></connector></start></Flow>""",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sfsetup("render", SPECS / "8x8-sms", "-d", "app")
    for name, text in FILES.items():
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "app"


def routes(ended: Ended) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in ended.result["integrations"]}


def test_the_whole_chain_of_an_integration(project: Path) -> None:
    row = routes(sfsetup("inventory", "app", "--json"))["X8x8_SMS_API"]
    assert row["host"] == "sms.8x8.com"
    assert row["enabled"] is True
    assert row["login"] == {
        "protocol": "Custom",
        "externalCredential": "X8x8_CPaaS_Authentication",
        "principals": ["8x8 API Key Principal (NamedPrincipal)"],
        "read": True,
    }
    assert row["whoMay"] == [
        {"kind": "PermissionSet", "name": "CPaaS_API_Access", "principal": "8x8 API Key Principal", "groups": []}
    ]
    assert [(use["kind"], use["name"]) for use in row["usedBy"]] == [("Flow", "Send_SMS")]
    assert row["usedBy"][0]["operation"].startswith("CPaaSSMS.")
    assert [service["name"] for service in row["services"]] == ["CPaaSSMS"]
    assert all(operation["active"] for operation in row["services"][0]["operations"])
    assert row["activeUsers"] is None


def test_every_other_way_out_is_listed_too(project: Path) -> None:
    found = routes(sfsetup("inventory", "app", "--json"))
    assert {name: row["kind"] for name, row in found.items()} == {
        "X8x8_SMS_API": "NamedCredential",
        "Legacy": "NamedCredential",
        "Alone": "NamedCredential",
        "Weather": "RemoteSiteSetting",
        "Hidden": "ApexClass",
        "Nowhere": "ExternalServiceRegistration",
    }
    assert found["Legacy"]["login"]["protocol"] == "Password (legacy)"
    assert found["Legacy"]["usedBy"] == [{"kind": "ApexClass", "name": "OldCaller", "operation": None}]
    assert found["Alone"]["enabled"] is False
    assert found["Alone"]["login"]["read"] is False
    assert found["Weather"]["usedBy"] == [{"kind": "ApexClass", "name": "Weather", "operation": None}]
    assert found["Nowhere"]["usedBy"] == [{"kind": "Flow", "name": "Lost", "operation": "Nowhere.get"}]
    assert found["Nowhere"]["host"] is None


@pytest.mark.parametrize("report", ["human", "json", "csv", "markdown", "mermaid"])
def test_no_format_shows_what_a_url_may_hide(project: Path, report: str) -> None:
    text = sfsetup("inventory", "app", "--format", report).text
    assert "old.acme.com" in text or "old.acme.com" in text.replace("&sol;", "/")
    assert "s3cretpass" not in text
    assert "0123456789abcdef" not in text
    assert "abcdef123" not in text


def test_csv_has_a_row_for_each_route(project: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(sfsetup("inventory", "app", "--format", "csv").out)))
    by_name = {row["name"]: row for row in rows}
    assert len(rows) == 6
    assert by_name["X8x8_SMS_API"]["whoMay"] == "PermissionSet CPaaS_API_Access"
    assert by_name["Alone"]["enabled"] == "false"


def test_the_picture_is_a_flowchart_whose_lines_lead_to_nodes(project: Path) -> None:
    lines = sfsetup("inventory", "app", "--format", "mermaid").out.splitlines()
    assert lines[0] == "flowchart LR"
    nodes = {line.split("[")[0].split("(")[0].split("{")[0].strip() for line in lines if ":::" in line}
    for line in lines:
        if found := re.fullmatch(r"    (n\d+) (?:-->|-\.->) (n\d+)", line):
            assert set(found.groups()) <= nodes
    text = "\n".join(lines)
    assert '"Flow Send_SMS"' in text
    assert '(["sms.8x8.com"])' in text


def test_names_cannot_leave_their_label(project: Path) -> None:
    text = FILES["namedCredentials/Alone.namedCredential-meta.xml"].replace(
        "<externalCredential>Gone<", '<externalCredential>x"]; click n0 "javascript:1" #<'
    )
    (project / "namedCredentials" / "A&quot;b.namedCredential-meta.xml").write_text(text)
    picture = sfsetup("inventory", "app", "--format", "mermaid").out
    for line in picture.splitlines():
        assert line.count('"') in (0, 2), line
        assert not line.strip().startswith("click")


def test_what_was_not_read_is_said(project: Path) -> None:
    (project / "namedCredentials" / "Broken.namedCredential-meta.xml").write_text("<NamedCredential")
    ended = sfsetup("inventory", "app", code=5)
    assert "! Not read: app/namedCredentials/Broken" in ended.out
    (project / "empty").mkdir()
    assert sfsetup("inventory", "app/empty", "--json", code=5).result["unread"] == ["nothing was read"]


def test_the_table_of_wide_terminals_holds_the_same(project: Path) -> None:
    from sfsetup.cli.audit_context import read_context
    from sfsetup.cli.audit_input import configuration
    from sfsetup.cli.views.inventory import inventory_table
    from sfsetup.rules.inventory import inventory

    context, source = read_context(["app"], None, configuration(None))
    text = inventory_table(inventory(context), source, ["one thing"])
    for word in ("sms.8x8.com", "X8x8_SMS_API", "CPaaS_API_Access", "Send_SMS", "! Not read: one thing"):
        assert word in text.replace("\n", "") or word[:8] in text
    assert "\x1b" not in text


def test_usage(project: Path) -> None:
    assert "do not go together" in sfsetup("inventory", "app", "-o", "local", code=2).err
    assert "no such file" in sfsetup("inventory", "nowhere", code=2).err
