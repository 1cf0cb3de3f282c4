"""`sfsetup audit PATH…`: layouts, options, exit codes, and input that is broken."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from report_schemas import check_junit, check_sarif

from tests.support.commands import sfsetup

SPECS = Path(__file__).resolve().parents[2] / "specs"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
SECRET = "9fQ2mZ7tLx4KpW8vRd31"
FLOW = f"""{HEAD}<Flow {NS}>
    <actionCalls>
        <name>Send</name>
        <label>Send</label>
        <actionName>Sms.send</actionName>
        <actionType>externalService</actionType>
    </actionCalls>
    <apiVersion>60.0</apiVersion>
    <start><connector><targetReference>Send</targetReference></connector></start>
    <status>Active</status>
</Flow>
"""
RECORD = f"""{HEAD}<CustomMetadata {NS}>
    <label>Main</label>
    <protected>false</protected>
    <values><field>Api_Key__c</field><value>{SECRET}</value></values>
</CustomMetadata>
"""
SITE = f"""{HEAD}<RemoteSiteSetting {NS}>
    <description>Orders</description>
    <disableProtocolSecurity>true</disableProtocolSecurity>
    <isActive>true</isActive>
    <url>https://orders.acme.com</url>
</RemoteSiteSetting>
"""


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "force-app"
    for name, text in (
        ("flows/Send.flow-meta.xml", FLOW),
        ("customMetadata/Gateway.Main.md-meta.xml", RECORD),
        ("remoteSiteSettings/Orders.remoteSite-meta.xml", SITE),
    ):
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return root


def marks(result: dict[str, list[dict[str, str]]]) -> set[str]:
    return {finding["fingerprint"] for finding in result["findings"]}


def rules(result: dict[str, list[dict[str, str]]]) -> list[str]:
    return [finding["rule"] for finding in result["findings"]]


def test_findings_are_worst_first_and_have_their_place(project: Path) -> None:
    result = sfsetup("audit", "force-app", "--json", code=3).result
    assert rules(result)[0] == "SM-001"
    ranks = ["critical", "high", "medium", "low", "info"]
    order = [ranks.index(finding["severity"]) for finding in result["findings"]]
    assert order == sorted(order)
    found = next(finding for finding in result["findings"] if finding["rule"] == "FL-001")
    assert found["component"] == {"type": "Flow", "fullName": "Send"}
    assert found["file"] == os.path.join("force-app", "flows", "Send.flow-meta.xml")
    assert found["line"] == 3
    assert result["scope"]["types"] == {"CustomMetadata": 1, "Flow": 1, "RemoteSiteSetting": 1}
    assert result["counts"]["critical"] == 1


def test_every_layout_gives_the_same_findings(project: Path, tmp_path: Path) -> None:
    mdapi = tmp_path / "mdapi"
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in project.rglob("*-meta.xml"):
            name = path.relative_to(project).as_posix().removesuffix("-meta.xml")
            target = mdapi / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            archive.write(path, f"unpackaged/{name}")
    source = sfsetup("audit", "force-app", "--json", code=3).result
    for path in ("mdapi", "all.zip", str(project)):
        assert marks(sfsetup("audit", path, "--json", code=3).result) == marks(source)
    one = sfsetup("audit", "force-app/remoteSiteSettings/Orders.remoteSite-meta.xml", "--json", code=3).result
    assert rules(one) == ["RS-001"]


def test_nothing_is_judged_twice(project: Path) -> None:
    once = sfsetup("audit", "force-app", "--json", code=3).result
    words = ("audit", "force-app/flows", "force-app", "./force-app", str(project), "force-app/flows", "--json")
    assert marks(sfsetup(*words, code=3).result) == marks(once)


def test_a_registration_with_its_schema_beside_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "externalServiceRegistrations"
    folder.mkdir()
    (folder / "Sms.externalServiceRegistration-meta.xml").write_text(
        f"{HEAD}<ExternalServiceRegistration {NS}><label>Sms</label><operations><active>true</active>"
        "<name>send</name></operations><schemaType>OpenApi3</schemaType><status>Incomplete</status>"
        "</ExternalServiceRegistration>"
    )
    (folder / "Sms.yaml").write_text("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\n")
    result = sfsetup("audit", str(tmp_path), "--json", code=None).result
    assert "ES-001" in rules(result)
    assert result["notJudged"] == []


@pytest.mark.parametrize("report", ["human", "html", "markdown", "json"])
def test_chains_are_in_every_report_for_people(project: Path, report: str) -> None:
    text = sfsetup("audit", "force-app", "--format", report, code=3).out
    if report == "json":
        chain = json.loads(text)["result"]["chains"][0]
        assert [(link["type"], link["name"], link["read"]) for link in chain["links"]] == [
            ("Flow", "Send", True),
            ("ExternalServiceRegistration", "Sms.send", False),
        ]
        assert chain["links"][0]["rules"] == ["FL-001", "FL-012"]
    else:
        assert "Callouts of flows, link by link" in text
        assert "Sms.send ? not read" in text


def test_no_secret_is_in_any_format(project: Path) -> None:
    for report in ("human", "json", "sarif", "junit", "github", "markdown", "csv", "html"):
        ended = sfsetup("audit", "force-app", "--all", "--format", report, code=3)
        assert "SM-001" in ended.out
        assert SECRET not in ended.text
        assert SECRET[:8] not in ended.text


def test_reports_are_valid(project: Path) -> None:
    check_sarif(json.loads(sfsetup("audit", "force-app", "--format", "sarif", code=3).out))
    check_junit(sfsetup("audit", "force-app", "--format", "junit", code=3).out)
    rows = list(csv.DictReader(io.StringIO(sfsetup("audit", "force-app", "--format", "csv", code=3).out)))
    assert {row["rule"] for row in rows} >= {"SM-001", "FL-001", "RS-001"}


def test_the_report_goes_to_a_file(project: Path, tmp_path: Path) -> None:
    ended = sfsetup("audit", "force-app", "--format", "sarif", "-f", "out.sarif", code=3)
    assert ended.out == ""
    check_sarif(json.loads((tmp_path / "out.sarif").read_text()))


def test_fail_on_decides_the_exit_code(project: Path) -> None:
    only = ("audit", "force-app", "--rule", "RS-001", "--json")
    assert sfsetup(*only, code=3).result["findings"][0]["severity"] == "high"
    sfsetup(*only, "--fail-on", "critical")
    sfsetup(*only, "--fail-on", "never")
    sfsetup("audit", "force-app", "--rule", "NC-002", "--fail-on", "info")


def test_what_is_unknown_is_not_clean(project: Path) -> None:
    ended = sfsetup("audit", "force-app", "--rule", "FL-013", "--json", code=5)
    assert ended.result["findings"] == []
    assert ended.result["unknown"] == [
        {
            "rule": "FL-013",
            "component": {"type": "Flow", "fullName": "Send"},
            "reason": "the registration Sms was not read",
            "missing": {"type": "ExternalServiceRegistration", "fullName": "Sms"},
        }
    ]


GRANT = (
    "<externalCredentialPrincipalAccesses><enabled>true</enabled>"
    "<externalCredentialPrincipal>Acme-Key</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
)
CREDENTIAL = (
    "<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
    "<parameterGroup>Key</parameterGroup><parameterName>Key</parameterName>"
    "<parameterType>NamedPrincipal</parameterType><sequenceNumber>1</sequenceNumber></externalCredentialParameters>"
)


def metadata(path: Path, kind: str, children: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f'<{kind} xmlns="http://soap.sforce.com/2006/04/metadata">{children}</{kind}>')


def test_a_folder_that_names_what_lies_elsewhere_has_three_ways_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    metadata(tmp_path / "p" / "permissionsets" / "A.permissionset-meta.xml", "PermissionSet", GRANT)
    metadata(
        tmp_path / "q" / "externalCredentials" / "Acme.externalCredential-meta.xml", "ExternalCredential", CREDENTIAL
    )
    ended = sfsetup("audit", "p", code=5)
    assert "Not among these files: ExternalCredential Acme (PS-009)." in ended.err
    assert "one more PATH" in ended.err
    assert 'disable = ["PS-009"]' in ended.err
    sarif = json.loads(sfsetup("audit", "p", "--format", "sarif", code=5).out)
    told = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert "Not among these files: ExternalCredential Acme (PS-009)" in [one["message"]["text"] for one in told]
    # each of them is what it says
    assert "PS-009" not in sfsetup("audit", "p", "q", code=5).text
    assert sfsetup("audit", "p", "q", "--rule", "PS-009", "--json").result["unknown"] == []
    (tmp_path / "sfsetup.toml").write_text('[audit]\ndisable = ["PS-009"]\n')
    sfsetup("audit", "p")


def test_files_that_are_not_judged_can_be_left_out_as_the_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    metadata(tmp_path / "p" / "permissionsets" / "A.permissionset-meta.xml", "PermissionSet", "<label>A</label>")
    (tmp_path / "p" / "permissionsets" / "B.permissionset-meta.xml").write_text("<PermissionSet")
    ended = sfsetup("audit", "p", code=5)
    [line] = [line for line in ended.err.splitlines() if "ignore_paths" in line]
    setting = line[line.index("ignore_paths") : line.index(" below")]
    (tmp_path / "sfsetup.toml").write_text(f"[audit]\n{setting}\n")
    sfsetup("audit", "p")


def test_an_audit_that_read_nothing_does_not_look_clean(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = sfsetup("audit", "empty", code=5)
    assert "not a clean result" in ended.out
    assert "Metadata API" in ended.err
    assert "sfsetup validate" in sfsetup("audit", SPECS / "8x8-sms", code=5).err


def test_profiles_differ(project: Path) -> None:
    default = sfsetup("audit", "force-app", "--json", code=3).result["rules"]
    strict = sfsetup("audit", "force-app", "--json", "--profile", "strict", code=3).result["rules"]
    bootstrap = sfsetup("audit", "force-app", "--json", "--profile", "bootstrap", code=3).result["rules"]
    assert set(default) < set(strict)
    assert set(bootstrap) < set(strict)
    assert "FL-005" not in default
    assert "FL-011" not in bootstrap


# configuration


def test_configuration_is_found_above_the_working_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.parent / "sfsetup.toml").write_text('[audit]\ndisable = ["SM-001"]\nfail_on = "critical"\n')
    monkeypatch.chdir(project)
    ended = sfsetup("audit", ".", "--json", code=5)
    assert "SM-001" not in rules(ended.result)
    assert ended.result["findings"][0]["file"] == os.path.join("flows", "Send.flow-meta.xml")


def test_configuration_in_pyproject(project: Path) -> None:
    (project.parent / "pyproject.toml").write_text('[tool.sfsetup.audit]\nprofile = "bootstrap"\n')
    assert sfsetup("audit", "force-app", "--json", code=3).result["scope"]["profile"] == "bootstrap"
    (project.parent / "other.toml").write_text('[audit]\nprofile = "strict"\n')
    words = ("audit", "force-app", "--json", "--config", "other.toml")
    assert sfsetup(*words, code=3).result["scope"]["profile"] == "strict"


def test_an_audited_folder_cannot_silence_its_own_audit(project: Path) -> None:
    (project / "sfsetup.toml").write_text('[audit]\ndisable = ["SM-001"]\n')
    assert "SM-001" in rules(sfsetup("audit", "force-app", "--json", code=3).result)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[audit]\nprofil = "strict"\n', "did you mean profile?"),
        ('[audit]\ndisable = ["FL-01"]\n', "no rule FL-01"),
        ("[audit\n", "not TOML"),
        ('[[audit.suppressions]]\nrule = "FL-001"\ncomponent = "Flow/*"\n', "reason: is required"),
        ("audit = 3\n", "must be a table"),
    ],
)
def test_a_configuration_that_cannot_be_used_stops_the_audit(project: Path, text: str, says: str) -> None:
    (project.parent / "sfsetup.toml").write_text(text)
    ended = sfsetup("audit", "force-app", code=2)
    assert says in ended.err
    assert "sfsetup.toml" in ended.err
    assert ended.out == ""


def test_suppressions_accept_with_a_reason_and_an_end(project: Path) -> None:
    config = project.parent / "sfsetup.toml"
    entry = '[[audit.suppressions]]\nrule = "RS-001"\ncomponent = "RemoteSiteSetting/Ord*"\nreason = "ticket 7"\n'
    only = ("audit", "force-app", "--rule", "RS-001", "--json")
    config.write_text(entry + "expires = 2020-01-01\n")
    assert rules(sfsetup(*only, code=3).result) == ["RS-001", "GN-900"]
    import datetime

    soon = datetime.datetime.now(tz=datetime.UTC).date() + datetime.timedelta(days=30)
    config.write_text(entry + f"expires = {soon.isoformat()}\n")
    result = sfsetup(*only).result
    assert result["findings"] == []
    assert result["suppressed"][0]["suppression"] == {
        "reason": "ticket 7",
        "expires": soon.isoformat(),
        "by": "suppression",
    }


def test_ignored_paths_are_not_read(project: Path) -> None:
    (project.parent / "sfsetup.toml").write_text('[audit]\nignore_paths = ["force-app/customMetadata/**"]\n')
    result = sfsetup("audit", "force-app", "--json", code=3).result
    assert "CustomMetadata" not in result["scope"]["types"]


def test_hosts_are_checked_against_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "namedCredentials"
    folder.mkdir()
    (folder / "Acme.namedCredential").write_text(
        f"{HEAD}<NamedCredential {NS}><endpoint>https://api.acme.com</endpoint><label>Acme</label>"
        "<protocol>NoAuthentication</protocol></NamedCredential>"
    )
    only = ("audit", "namedCredentials", "--rule", "NC-010", "--json")
    sfsetup(*only, "--allow-host", "*.acme.com")
    assert rules(sfsetup(*only, "--allow-host", "other.example.org", code=3).result) == ["NC-010"]


# baselines and comparisons


def test_a_baseline_leaves_only_what_is_new(project: Path) -> None:
    sfsetup("audit", "force-app", "--write-baseline", "baseline.json", "--json", code=5)
    text = (project.parent / "baseline.json").read_text()
    assert SECRET not in text
    assert "Send" not in text
    ended = sfsetup("audit", "force-app", "--baseline", "baseline.json", "--json", code=5)
    assert ended.result["findings"] == []
    shutil.copytree(project / "remoteSiteSettings", project / "more" / "remoteSiteSettings")
    moved = project / "more" / "remoteSiteSettings" / "Orders.remoteSite-meta.xml"
    moved.rename(moved.with_name("Billing.remoteSite-meta.xml"))
    result = sfsetup("audit", "force-app", "--baseline", "baseline.json", "--json", code=3).result
    assert [finding["component"]["fullName"] for finding in result["findings"]] == ["Billing"]


def test_fingerprints_survive_moves_and_other_lines(project: Path) -> None:
    sfsetup("audit", "force-app", "--write-baseline", "baseline.json", code=5)
    old = project / "flows" / "Send.flow-meta.xml"
    new = project / "main" / "default" / "flows"
    new.mkdir(parents=True)
    (new / old.name).write_text(FLOW.replace("<Flow ", "\n\n<!-- moved -->\n<Flow "))
    old.unlink()
    assert sfsetup("audit", "force-app", "--baseline", "baseline.json", "--json", code=5).result["findings"] == []


def test_compare_tells_new_fixed_and_still_there(project: Path) -> None:
    sfsetup("audit", "force-app", "--json", "-f", "old.json", code=3)
    (project / "customMetadata" / "Gateway.Main.md-meta.xml").unlink()
    site = project / "remoteSiteSettings" / "Orders.remoteSite-meta.xml"
    site.write_text(SITE.replace("https://orders", "http://orders"))
    result = sfsetup("audit", "force-app", "--compare", "old.json", "--json", code=3).result
    by_mark = {finding["fingerprint"]: finding["rule"] for finding in result["findings"]}
    assert [by_mark[mark] for mark in result["comparison"]["new"]] == ["RS-002"]
    assert [row["rule"] for row in result["comparison"]["fixed"]] == ["SM-001"]
    assert len(result["comparison"]["still"]) == len(result["findings"]) - 1
    text = sfsetup("audit", "force-app", "--compare", "old.json", code=3).out
    assert "1 new, 1 fixed" in text


@pytest.mark.parametrize("option", ["--baseline", "--compare"])
@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"findings": [1]}', '{"result": null}'])
def test_files_that_are_no_baseline_or_report(project: Path, option: str, text: str) -> None:
    (project.parent / "x.json").write_text(text)
    ended = sfsetup("audit", "force-app", option, "x.json", code=2)
    assert "x.json" in ended.err
    sfsetup("audit", "force-app", option, "missing.json", code=2)


# input that is broken


BROKEN = {
    "Broken": f"{HEAD}<Flow {NS}><label>a</Flow>".encode(),
    "Entities": f'{HEAD}<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Flow {NS}><label>&x;</label></Flow>'.encode(),
    "Laughs": f'{HEAD}<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Flow {NS}><label>&b;</label></Flow>'.encode(),
    "Latin": f"{HEAD}<Flow {NS}><label>Gr\xfc\xdfe</label></Flow>".encode("latin-1"),
    "Empty": b"",
    "Other": f"{HEAD}<Layout {NS}/>".encode(),
    "Deep": f"{HEAD}<Flow {NS}>{'<a>' * 5000}{'</a>' * 5000}</Flow>".encode(),
    "Conflict": f"{HEAD}<<<<<<< HEAD\n<Flow {NS}/>".encode(),
    "Nul": f"{HEAD}<Flow {NS}><label>a\x00b</label></Flow>".encode(),
    "Bare": b"\xff\xfe\x00",
}


def test_broken_files_are_named_and_the_rest_is_judged(project: Path) -> None:
    for name, data in BROKEN.items():
        (project / "flows" / f"{name}.flow-meta.xml").write_bytes(data)
    if hasattr(os, "mkfifo"):
        os.mkfifo(project / "flows" / "Pipe.flow-meta.xml")
    (project / "flows" / "picture.bin").write_bytes(b"\x00\x01")
    ended = sfsetup("audit", "force-app", "--json", code=3)
    named = {Path(entry["what"]).name.partition(".")[0] for entry in ended.result["notJudged"]}
    assert named == set(BROKEN) | ({"Pipe"} if hasattr(os, "mkfifo") else set())
    assert {"SM-001", "FL-001", "RS-001"} <= set(rules(ended.result))
    assert "root:" not in ended.text
    for report in ("human", "sarif", "junit"):
        assert "Broken" in sfsetup("audit", "force-app", "--format", report, code=3).out


def test_many_broken_files_do_not_flood_a_comment(project: Path) -> None:
    for number in range(400):
        (project / "flows" / f"Broken{number}.flow-meta.xml").write_text("<Flow>" + "x" * 200)
    text = sfsetup("audit", "force-app", "--format", "markdown", code=3).out
    assert len(text) < 65_536
    assert "392 more files and rules" in text
    lines = sfsetup("audit", "force-app", "--format", "github", code=3).out.splitlines()
    for kind in ("::error", "::warning", "::notice"):
        assert sum(line.startswith(kind) for line in lines) <= 10
    assert "392 more files and rules" in lines[-1]


def test_an_archive_that_is_none_or_a_bomb_is_not_judged(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flows/a.flow", b"0" * (40 << 20))
    (tmp_path / "none.zip").write_bytes(b"PK nonsense")
    with zipfile.ZipFile(tmp_path / "climbs.zip", "w") as archive:
        archive.writestr("../flows/a.flow", FLOW)
    for name in ("bomb.zip", "none.zip", "climbs.zip"):
        ended = sfsetup("audit", name, "--json", code=5)
        assert [entry["what"] for entry in ended.result["notJudged"]] == [name]
        assert "RS-001" in rules(sfsetup("audit", name, "force-app", "--json", code=3).result)


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes only there")
def test_a_name_that_is_no_utf8_is_no_reason_to_stop(project: Path) -> None:
    raw = os.fsencode(project / "flows") + b"/Na\xefve.flow-meta.xml"
    with open(raw, "wb") as stream:
        stream.write(FLOW.encode())
    for report in ("human", "json", "sarif", "junit", "csv", "html", "markdown", "github"):
        sfsetup("audit", "force-app", "--format", report, "-f", "report.txt", code=3)


def test_a_rule_that_fails_is_named_and_the_rest_is_judged(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.rules.context import AuditContext

    def fails(_self: AuditContext, _value: str | None, *, name: str | None = None) -> None:
        raise ZeroDivisionError(f"value {SECRET} of {name}")

    monkeypatch.setattr(AuditContext, "secret", fails)
    ended = sfsetup("audit", "force-app", "--json", code=3)
    assert "SM-001" in {entry["what"] for entry in ended.result["notJudged"]}
    assert "RS-001" in rules(ended.result)
    assert SECRET not in ended.text


# usage


def test_paths_that_do_not_exist(project: Path) -> None:
    assert "no such file" in sfsetup("audit", "force-app", "nowhere", code=2).err
    assert "do not go together" in sfsetup("audit", "force-app", "-o", "local", code=2).err
    assert "--save-evidence" in sfsetup("audit", "force-app", "--save-evidence", "x", code=2).err
    assert "did you mean FL-001" in sfsetup("audit", "force-app", "--rule", "fl-001x", code=2).err
    assert rules(sfsetup("audit", "force-app", "--rule", "fl-001", "--json", code=3).result) == ["FL-001"]


def test_explain_and_list_rules() -> None:
    text = sfsetup("audit", "--explain", "fl-003").out
    assert "FL-003  Callout after uncommitted changes" in text
    assert "platform.flow_concepts_transaction" in text
    assert "OA-A01" in sfsetup("audit", "--explain", "OA-A01").out
    assert "did you mean" in sfsetup("audit", "--explain", "FL-0033", code=2).err
    listed = sfsetup("audit", "--list-rules").out
    assert "NC-001" in listed
    assert "GN-001" in listed
    rows = sfsetup("audit", "--list-rules", "--json").result["rules"]
    assert {"id", "why", "fix", "example", "sources"} <= set(rows[0])


def test_a_spec_is_compared_with_what_was_deployed(tmp_path: Path) -> None:
    sfsetup("render", SPECS / "8x8-sms", "-d", "out")
    words = ("audit", "out", "--spec", SPECS / "8x8-sms", "--profile", "strict", "--json")
    clean = sfsetup(*words, code=None).result
    assert [finding for finding in clean["findings"] if finding["severity"] in ("critical", "high", "medium")] == []
    assert "ES-008" not in clean["notApplicable"]
    without = sfsetup(*(word for word in words if word not in ("--spec", SPECS / "8x8-sms")), code=None).result
    assert "ES-008" in without["notApplicable"]


@pytest.mark.parametrize(
    "spec", sorted(path.parent for path in SPECS.glob("*/integration.yaml")), ids=lambda path: path.name
)
def test_what_ready_specs_render_is_clean(spec: Path, tmp_path: Path) -> None:
    sfsetup("render", spec, "-d", "out")
    result = sfsetup("audit", "out", "--spec", spec, "--profile", "strict", "--json", code=None).result
    above = [one for one in result["findings"] if one["severity"] != "info"]
    assert above == [], [one["message"] for one in above]
    assert result["notJudged"] == []


def test_github_gets_a_summary_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = project.parent / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ended = sfsetup("audit", "force-app", "--format", "github", code=3)
    assert ended.out.startswith("::error file=force-app/customMetadata/Gateway.Main.md-meta.xml,line=5,title=SM-001")
    assert "Audit of force-app" in summary.read_text()


def test_defaults_of_fields_are_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fields = tmp_path / "objects" / "Gateway__c" / "fields"
    metadata(fields / "Name__c.field-meta.xml", "CustomField", "<fullName>Name__c</fullName>")
    scope = sfsetup("audit", "objects", "--json").result["scope"]
    assert (scope["types"], scope["passedOver"]) == ({"CustomField": 1}, {})
    key = f"<fullName>Api_Key__c</fullName><defaultValue>'{SECRET}'</defaultValue>"
    (fields / "Api_Key__c.field-meta.xml").write_text(
        f'<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">{key}</CustomField>'
    )
    (fields / "Token__c.field-meta.xml").write_text("<CustomField><fullName>Token__c")
    ended = sfsetup("audit", "objects", code=3)
    assert "CustomField Gateway__c.Api_Key__c" in ended.out
    assert "SM-001" in ended.out
    assert "Not judged: objects/Gateway__c/fields/Token__c.field-meta.xml" in ended.out
    assert SECRET not in ended.text
