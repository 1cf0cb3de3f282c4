"""Many clients at once, a killed server, many components, types beyond ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from sfsetup.localorg import server as local_orgs
from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import MetadataCaller, as_zip, manifest, package, xml
from tests.support.rendered_stages import stage_files


def site(name: str) -> dict[str, str]:
    inner = (
        "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive>"
        f"<url>https://{name}.example</url>"
    )
    return {f"remoteSiteSettings/{name}.remoteSite": xml("RemoteSiteSetting", inner)}


def variant(number: int) -> dict[str, bytes]:
    """Stage 1 of an integration of its own."""
    files = {}
    for name, data in stage_files(1).items():
        text, path = data.decode(), name
        for old in ("X8x8_CPaaS_Authentication", "X8x8_SMS_API", "CPaaSSMS", "CPaaS_API_Access"):
            text, path = text.replace(old, f"{old}{number}"), path.replace(old, f"{old}{number}")
        files[path] = text.encode()
    return files


def test_twenty_clients_at_once_lose_nothing(server: Embedded) -> None:
    def work(number: int) -> str:
        caller = MetadataCaller(server.url, server.token)
        own = caller.deploy(variant(number))
        shared = caller.deploy({**site(f"S{number}"), **site("Shared")})
        files, _ = caller.retrieve({"NamedCredential": [f"X8x8_SMS_API{number}"]})
        assert len(files) == 2
        return f"{own.status} {shared.status} {own.counts}"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(work, range(20)))
    assert outcomes == ["Succeeded Succeeded (0, 4, 4)"] * 20
    state = server.org.state
    assert state.components.types() == {
        "ExternalCredential": 20,
        "ExternalServiceRegistration": 20,
        "NamedCredential": 20,
        "PermissionSet": 20,
        "RemoteSiteSetting": 21,
    }
    jobs = state.jobs.of_kind("deploy")
    assert (len(jobs), {job.status for job in jobs}) == (40, {"Succeeded"})
    ids = [each.id for kind in state.components.types() for each in state.components.of_type(kind)]
    assert len(set(ids)) == 101


def start_server(home: Path) -> tuple[subprocess.Popen[bytes], Any]:
    environment = {**os.environ, "SFSETUP_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "sfsetup.localorg", "--name", "killed"], env=environment)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        status = local_orgs.status("killed")
        if status.running:
            return process, status
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the server did not start")


@pytest.mark.slow
def test_a_killed_server_has_kept_every_deploy_that_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each accepted deploy is there as a whole after the restart, each that was not accepted not at all."""
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path))
    process, status = start_server(tmp_path)
    token = local_orgs.access_token("killed")
    accepted: list[int] = []

    def work(first: int) -> None:
        caller = MetadataCaller(status.url, token)
        for number in range(first, first + 500):
            try:
                caller.start(package({**site(f"A{number}"), **site(f"B{number}")}))
            except (requests.RequestException, AssertionError):
                return
            accepted.append(number)

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(work, 1000 * thread) for thread in range(4)]
        while len(accepted) < 40:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        for future in futures:
            future.result(120)
    again, status = start_server(tmp_path)
    try:
        caller = MetadataCaller(status.url, token)
        names = {each["fullName"] for each in caller.list("RemoteSiteSetting")}
        numbers = {int(name[1:]) for name in names}
        assert names == {f"{letter}{number}" for number in numbers for letter in "AB"}
        assert set(accepted) <= numbers
        # at most the one request of each client whose answer was lost
        assert len(numbers) - len(accepted) <= 4
        assert caller.deploy(site("After")).status == "Succeeded"
    finally:
        again.terminate()
        again.wait(60)


def test_many_small_requests_are_all_answered(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    text = caller.envelope("listMetadata", "<met:queries><met:type>Flow</met:type></met:queries>")
    with requests.Session() as session:
        for _ in range(300):
            answer = session.post(f"{server.url}/services/Soap/m/66.0", data=text, timeout=60)
            assert answer.status_code == 200


# -- types beyond ours -------------------------------------------------------------------------------------------------

FIELD = "<fields><fullName>{name}</fullName><label>{label}</label><length>80</length><type>Text</type></fields>"
PROJECT: dict[str, bytes | str] = {
    "classes/Hello.cls": "public class Hello {}",
    "classes/Hello.cls-meta.xml": xml("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>"),
    "objects/Account.object": xml("CustomObject", FIELD.format(name="One__c", label="One")),
    "labels/CustomLabels.labels": xml(
        "CustomLabels",
        "<labels><fullName>Hi</fullName><language>en_US</language><protected>false</protected>"
        "<shortDescription>Hi</shortDescription><value>Hello</value></labels>",
    ),
    "customMetadata/Setting.Main.md": (
        '<?xml version="1.0" encoding="UTF-8"?>\n<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<label>Main</label><protected>false</protected><values><field>Url__c</field>"
        '<value xsi:type="xsd:string">https://x.example</value></values></CustomMetadata>'
    ),
    "profiles/Sales.profile": xml("Profile", "<custom>true</custom>"),
    "lwc/hello/hello.js": "export default class Hello {}",
    "lwc/hello/hello.js-meta.xml": xml(
        "LightningComponentBundle", "<apiVersion>66.0</apiVersion><isExposed>false</isExposed>"
    ),
    **site("Site"),
}


@pytest.fixture
def project(server: Embedded) -> MetadataCaller:
    caller = MetadataCaller(server.url, server.token)
    done = caller.deploy(PROJECT)
    assert done.status == "Succeeded", done.problems
    return caller


def test_a_whole_project_is_stored_listed_and_retrieved(project: MetadataCaller) -> None:
    listed = {
        kind: [each["fullName"] for each in project.list(kind)]
        for kind in ("ApexClass", "CustomObject", "CustomField", "CustomLabel", "CustomMetadata", "Profile")
    }
    assert listed == {
        "ApexClass": ["Hello"],
        "CustomObject": ["Account"],
        "CustomField": ["Account.One__c"],
        "CustomLabel": ["Hi"],
        "CustomMetadata": ["Setting.Main"],
        "Profile": ["Sales"],
    }
    members = ("ApexClass", "CustomObject", "CustomLabels", "CustomMetadata", "Profile", "LightningComponentBundle",
               "RemoteSiteSetting")  # fmt: skip
    files, found = project.retrieve({kind: ["*"] for kind in members})
    assert set(files) == {"package.xml", *PROJECT}
    assert files["classes/Hello.cls"] == b"public class Hello {}"
    assert b'xsi:type="xsd:string"' in files["customMetadata/Setting.Main.md"]
    assert len(found["fileProperties"]) == 8


def test_a_deployed_object_keeps_the_fields_it_had(project: MetadataCaller) -> None:
    more = xml("CustomObject", FIELD.format(name="Two__c", label="Two") + FIELD.format(name="One__c", label="Uno"))
    assert project.deploy({"objects/Account.object": more}).status == "Succeeded"
    assert [each["fullName"] for each in project.list("CustomField")] == ["Account.One__c", "Account.Two__c"]
    files, _ = project.retrieve({"CustomField": ["Account.Two__c"]})
    text = files["objects/Account.object"].decode()
    assert "<fullName>Two__c</fullName>" in text
    assert "One__c" not in text
    done = project.deploy({
        "package.xml": xml("Package", "<version>66.0</version>"),
        "destructiveChanges.xml": xml(
            "Package", "<types><members>Account.One__c</members><name>CustomField</name></types>"
        ),
    })  # fmt: skip
    assert done.success("Account.One__c")["deleted"] == "true"
    assert [each["fullName"] for each in project.list("CustomField")] == ["Account.Two__c"]
    whole = project.retrieve({"CustomObject": ["Account"]})[0]["objects/Account.object"].decode()
    assert "Uno" not in whole
    assert "Two" in whole


@pytest.mark.parametrize(
    "members",
    [
        {"CustomField": ["Account.One__c"], "CustomLabel": ["Hi"]},
        {"CustomObject": ["Account"], "CustomLabels": ["CustomLabels"]},
        {"CustomField": ["*"], "CustomObject": ["*"], "CustomLabels": ["*"]},
    ],
)
def test_a_manifest_may_name_parts(server: Embedded, members: dict[str, list[str]]) -> None:
    caller = MetadataCaller(server.url, server.token)
    files = {name: PROJECT[name] for name in ("objects/Account.object", "labels/CustomLabels.labels")}
    done = caller.deploy({"package.xml": manifest(members), **files})
    assert (done.status, done.counts) == ("Succeeded", (0, 2, 2)), done.problems


def test_settings_have_the_root_of_their_own_kind(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    path = "settings/Flow.settings"
    text = xml("FlowSettings", "<enableFlowDeployAsActiveEnabled>1</enableFlowDeployAsActiveEnabled>")
    assert caller.deploy({path: text}).status == "Succeeded"
    back = caller.retrieve({"Settings": ["*"]})[0][path].decode()
    assert "    <enableFlowDeployAsActiveEnabled>true</enableFlowDeployAsActiveEnabled>" in back
    assert caller.deploy({path: xml("FlowSettings", "<nonsense>1</nonsense>")}).status == "Failed"


def test_parts_are_read_by_name(project: MetadataCaller) -> None:
    (result,) = project.call(
        "readMetadata",
        "<met:type>CustomField</met:type><met:fullNames>Account.One__c</met:fullNames>"
        "<met:fullNames>Account.No__c</met:fullNames>",
    )
    first, second = result
    assert (first.findtext("{*}fullName"), first.findtext("{*}label")) == ("Account.One__c", "One")
    assert second.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


@pytest.mark.parametrize(
    ("files", "fragment"),
    [
        ({"classes/A.cls": "class A {}"}, "A.cls has no classes/A.cls-meta.xml beside it"),
        (
            {"classes/A.cls-meta.xml": xml("ApexClass", "<apiVersion>66.0</apiVersion>")},
            "has no classes/A.cls beside it",
        ),
        ({"objects/A__c.object": xml("CustomObject", "<nonsense>1</nonsense>")}, "nonsense invalid at this location"),
    ],
)
def test_other_types_are_judged_by_their_form(server: Embedded, files: dict[str, str], fragment: str) -> None:
    done = MetadataCaller(server.url, server.token).deploy(files)
    assert done.status == "Failed"
    assert fragment in next(iter(done.problems.values()))


@pytest.mark.parametrize(
    "path", ["flows/F.flow-meta.xml", "objects/A__c/fields/B__c.field-meta.xml", "objects/A__c/A__c.object-meta.xml"]
)
def test_source_format_is_not_taken(server: Embedded, path: str) -> None:
    done = MetadataCaller(server.url, server.token).deploy({
        "package.xml": manifest({"Flow": ["*"], "CustomObject": ["*"], "CustomField": ["*"]}),
        path: xml("Flow", "<label>F</label>"),
    })  # fmt: skip
    assert done.status == "Failed"
    assert f"{path} is in source format" in next(iter(done.problems.values()))


def test_folders_of_reports_are_let_pass(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    report = xml("Report", "<format>Tabular</format><name>R</name><reportType>AccountList</reportType>")
    files = {"reports/F-meta.xml": xml("ReportFolder", "<name>F</name>"), "reports/F/R.report": report}
    done = caller.deploy({"package.xml": manifest({"Report": ["F", "F/R"]}), **files})
    assert done.status == "Succeeded", done.problems
    assert [each["fullName"] for each in caller.list("Report")] == ["F/R"]


def test_only_some_files(project: MetadataCaller) -> None:
    files, found = project.retrieve(
        {"ApexClass": ["*"], "Profile": ["*"]}, more="<met:specificFiles>profiles/Sales.profile</met:specificFiles>"
    )
    assert set(files) == {"package.xml", "profiles/Sales.profile"}
    _, found = project.retrieve({}, more="<met:packageNames>Nothing</met:packageNames>")
    assert (found["status"], found["success"]) == ("Failed", "false")


def test_what_is_not_there_is_said_in_salesforces_words(project: MetadataCaller) -> None:
    files, found = project.retrieve({"ApexClass": ["Hello", "Nothing"]}, single=False)
    assert found["messages"] == {
        "fileName": "unpackaged/package.xml",
        "problem": "Entity of type 'ApexClass' named 'Nothing' cannot be found",
    }
    assert "unpackaged/classes/Hello.cls" in files


def test_two_packages_in_one_archive(server: Embedded) -> None:
    files: dict[str, bytes | str] = {}
    for name in ("one", "two"):
        files[f"{name}/package.xml"] = manifest({"RemoteSiteSetting": [name.title()]})
        files |= {f"{name}/{path}": data for path, data in site(name.title()).items()}
    caller = MetadataCaller(server.url, server.token)
    done = caller.status(caller.start(as_zip(files), singlePackage=False))
    assert (done.status, done.counts) == ("Succeeded", (0, 2, 2))
    assert [each["fullName"] for each in caller.list("RemoteSiteSetting")] == ["One", "Two"]


def test_a_thousand_components_go_in_one_job() -> None:
    """What it costs is for `python -m benchmarks deploy` to tell."""
    from sfsetup.localorg import jobs
    from sfsetup.localorg.deploy.options import DeployOptions
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import State

    text = next(data for name, data in stage_files(1).items() if name.startswith("namedCredentials/")).decode()
    archive = package({f"namedCredentials/N{n}.namedCredential": text for n in range(1000)})
    state = State.open(None)
    state.switches.set("missing-external-credential-refused", False)
    org = LocalOrg(state)
    try:
        job = jobs.queue_deploy(org, state.admin_id, archive, DeployOptions())
        jobs.run_due(org)
        ended = state.jobs.get(job.id)
        assert ended is not None
        assert (ended.status, ended.result["numberComponentsDeployed"]) == ("Succeeded", 1000)
        assert len(state.components.names("NamedCredential")) == 1000
    finally:
        org.close()
