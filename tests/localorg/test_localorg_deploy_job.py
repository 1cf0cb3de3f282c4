"""The main road: both stages of an integration, deployed by foreign clients and by our own over HTTP."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from sfsetup.errors import Unreachable
from sfsetup.localorg import faults
from sfsetup.localorg.embedded import Embedded
from sfsetup.model.secret import Secret
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.metadata_api import MetadataApi
from sfsetup.org.rest import Rest
from sfsetup.org.transport import OrgSession
from tests.support.metadata_caller import MetadataCaller, as_list, as_zip, value_of
from tests.support.rendered_stages import stage_files, stage_zip

EC, NC, SERVICE, SET, FLOW = (
    "X8x8_CPaaS_Authentication",
    "X8x8_SMS_API",
    "CPaaSSMS",
    "CPaaS_API_Access",
    "Send_SMS",
)
ALL = {
    "ExternalCredential": [EC],
    "NamedCredential": [NC],
    "ExternalServiceRegistration": [SERVICE],
    "PermissionSet": [SET],
    "Flow": [FLOW],
}


class PlainHttp(requests.Session):
    """simple-salesforce writes https:// everywhere."""

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> Any:
        return super().request(method, url.replace("https://127.0.0.1", "http://127.0.0.1"), *args, **more)


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def simple_salesforce(server: Embedded, session: requests.Session, version: str = "66.0") -> Salesforce:
    host = server.url.partition("//")[2]
    client = Salesforce(instance=host, session_id=server.token, session=session, version=version)
    client.metadata_url = f"{server.url}/services/Soap/m/{version}/"
    return client


def test_simple_salesforce_deploys_both_stages(server: Embedded) -> None:
    with PlainHttp() as session:
        client = simple_salesforce(server, session)
        for stage, count in ((1, "4"), (2, "1")):
            began = client.deploy(io.BytesIO(stage_zip(stage)), sandbox=False)
            assert began["state"] == "Queued"
            ended = client.checkDeployStatus(began["asyncId"])
            assert ended["state"] == "Succeeded"
            assert ended["deployment_detail"] == {
                "total_count": count,
                "failed_count": "0",
                "deployed_count": count,
                "errors": [],
            }
    state = server.org.state
    assert state.components.types() == dict.fromkeys(sorted(ALL), 1)
    active = state.flows.active(FLOW)
    assert active is not None
    assert active.number == 1
    holder = state.permissions.get(SET)
    assert holder is not None
    assert [(row.type, row.name) for row in holder.entities] == [
        ("ExternalCredentialParameter", f"{EC}-8x8 API Key Principal")
    ]


def test_simple_salesforce_sees_why_a_deploy_failed(server: Embedded) -> None:
    files = dict(stage_files(1))
    path = f"namedCredentials/{NC}.namedCredential"
    files[path] = files[path].replace(b"<label>", b"<url>https://x.example</url>\n    <label>")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    with PlainHttp() as session:
        client = simple_salesforce(server, session)
        began = client.deploy(archive, sandbox=True, rollbackOnError=True)
        ended = client.checkDeployStatus(began["asyncId"])
    assert ended["state"] == "Failed"
    # the registration names the failed named credential; the permission set does not depend on it
    errors = {each["file"]: each["message"] for each in ended["deployment_detail"]["errors"]}
    assert errors[path] == "url invalid at this location in type NamedCredential"
    assert server.org.state.components.types() == {}


def test_simple_salesforce_describes_lists_and_retrieves(server: Embedded, caller: MetadataCaller) -> None:
    assert caller.status(caller.start(stage_zip(1))).status == "Succeeded"
    with PlainHttp() as session:
        client = simple_salesforce(server, session, "63.0")
        api = client.mdapi
        described = api.describe_metadata()
        names = {each.xmlName for each in described.metadataObjects}
        assert set(ALL) <= names
        listed = api.list_metadata([api._client.get_type("ns0:ListMetadataQuery")(type="NamedCredential")])
        assert [(each.fullName, each.fileName) for each in listed] == [(NC, f"namedCredentials/{NC}.namedCredential")]
        job_id, state = api.retrieve("unused", unpackaged={"NamedCredential": [NC], "PermissionSet": ["*"]})
        assert state == "Queued"
        status, message, _, archive = api.retrieve_zip(job_id)
    assert (status, message) == ("Succeeded", None)
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        assert found.namelist() == [
            "package.xml",
            f"namedCredentials/{NC}.namedCredential",
            f"permissionsets/{SET}.permissionset",
        ]


def test_our_client_deploys_cancels_nothing_and_reads_back(server: Embedded) -> None:
    session = OrgSession(server.url, Secret(server.token))
    api = MetadataApi(session, "66.0", user_id=server.org.state.admin_id, tooling_query=lambda _soql: [])
    try:
        for stage in (1, 2):
            done = api.wait(api.deploy(stage_zip(stage), DeployOptions(test_level="NoTestRun")), timeout=60)
            assert (done.status, done.component_errors) == ("Succeeded", 0)
            assert {message.file_name for message in done.successes} == set(stage_files(stage))
        back = api.retrieve(ALL)
        listed = api.list_metadata(["Flow", "PermissionSet", "NamedCredential", "ExternalCredential"])
    finally:
        session.close()
    assert set(back.files) == {"package.xml", *stage_files(1), *stage_files(2)}
    for name, data in {**stage_files(1), **stage_files(2)}.items():
        # the registration gains fields of the platform's own; all else is what was rendered, byte for byte
        if name != "package.xml" and "externalServiceRegistrations/" not in name:
            assert back.files[name] == data, name
    assert {each.full_name for each in listed} == {FLOW, SET, NC, EC}


@pytest.mark.parametrize("fault", ["cut-after", "cut-short", "cut-before"])
def test_our_client_finds_its_deploy_again_when_the_answer_is_lost(server: Embedded, fault: str) -> None:
    state = server.org.state
    session = OrgSession(server.url, Secret(server.token), sleep=lambda _seconds: None)
    rest = Rest(session, "66.0")
    api = MetadataApi(session, "66.0", user_id=state.admin_id, tooling_query=rest.tooling_query)
    try:
        session.get(f"{server.url}/services/data")
        faults.arm(server.org, fault, match="deploy")
        try:
            job_id = api.deploy(stage_zip(1), DeployOptions(), files=stage_files(1))
        except Unreachable:
            assert (fault, len(state.jobs.of_kind("deploy"))) == ("cut-before", 0)
            return
        done = api.wait(job_id, timeout=60)
    finally:
        session.close()
        assert state.documents.items(faults.COLLECTION) == []
    (job,) = state.jobs.of_kind("deploy")
    assert (job.id, done.status) == (job_id, "Succeeded")


def test_the_registration_comes_back_with_what_the_platform_fills_in(caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    files, _ = caller.retrieve({"ExternalServiceRegistration": [SERVICE]})
    text = files[f"externalServiceRegistrations/{SERVICE}.externalServiceRegistration"].decode()
    assert "<systemVersion>8</systemVersion>" in text
    assert "&quot;host&quot;:&quot;sms.8x8.com&quot;,&quot;basePath&quot;:&quot;&quot;" in text
    assert text.count("<operations>") == 2


def test_the_org_decides_about_status_and_version(server: Embedded, caller: MetadataCaller) -> None:
    path = f"externalServiceRegistrations/{SERVICE}.externalServiceRegistration"
    kind = "ExternalServiceRegistration"

    def kept(inner: str) -> tuple[str, str]:
        text = stage_files(1)[path].decode().replace("<status>Complete</status>", inner)
        done = caller.deploy({**stage_files(1), path: text})
        assert done.status == "Succeeded", done.problems
        stored = caller.retrieve({kind: [SERVICE]})[0][path].decode()
        return stored.partition("<status>")[2][:8], stored.partition("<systemVersion>")[2][:1]

    sent = "<status>Incomplete</status><systemVersion>5</systemVersion>"
    assert kept(sent) == ("Incomple", "8")
    server.org.state.switches.set("sent-incomplete-completed", True)
    assert kept(sent) == ("Complete", "8")
    components = server.org.state.components
    stored = components.get(kind, SERVICE)
    assert stored is not None
    older = stored.content.replace(b"<systemVersion>8<", b"<systemVersion>6<")
    components.put(kind, SERVICE, older, by=server.org.state.admin_id)
    assert kept("<status>Complete</status><description>changed</description>") == ("Complete", "6")


def test_a_deploy_repeated_changes_nothing_and_a_changed_flow_is_a_new_version(
    server: Embedded, caller: MetadataCaller
) -> None:
    state = server.org.state
    for stage in (1, 2):
        assert caller.status(caller.start(stage_zip(stage))).status == "Succeeded"
    first = state.flows.active(FLOW)
    again = caller.status(caller.start(stage_zip(2)))
    entry = again.success(FLOW)
    assert (entry["changed"], entry["created"]) == ("false", "false")
    assert [version.number for version in state.flows.versions(FLOW)] == [1]
    path = f"flows/{FLOW}.flow"
    changed = {**stage_files(2), path: stage_files(2)[path].replace(b"<label>Send SMS</label>", b"<label>Text</label>")}
    done = caller.deploy(changed)
    assert (done.success(FLOW)["changed"], done.success(FLOW)["created"]) == ("true", "false")
    assert [(version.number, version.status) for version in state.flows.versions(FLOW)] == [
        (1, "Obsolete"),
        (2, "Active"),
    ]
    assert first is not None
    assert state.flows.latest(FLOW).definition_id == first.definition_id  # type: ignore[union-attr]


@pytest.mark.parametrize(("switch", "status"), [(True, "Failed"), (False, "Succeeded")])
def test_registration_and_flow_in_one_deploy(
    server: Embedded, caller: MetadataCaller, switch: bool, status: str
) -> None:
    server.org.state.switches.set("registration-and-flow-refused", switch)
    files = {name: data for name, data in {**stage_files(1), **stage_files(2)}.items() if name != "package.xml"}
    done = caller.deploy(files)
    assert done.status == status
    if switch:
        assert '"apexClass" is invalid. Provide the API name of an Apex class' in done.problems[FLOW]
        assert server.org.state.components.types() == {}


def test_what_simple_salesforce_has_recorded_is_what_comes_of_its_packages(caller: MetadataCaller) -> None:
    """No package.xml at the root or in a top folder: told by a failure that no number counts."""
    ended = caller.status(caller.start(as_zip({"shape/readme.txt": "x"})))
    assert (ended.status, ended.counts) == ("Failed", (0, 0, 0))
    (failure,) = ended.failures
    assert (failure["fullName"], failure["fileName"], failure["componentType"]) == (
        "package.xml",
        "shape/package.xml",
        "",
    )
    assert failure["problem"] == "No package.xml found"


def check_soap(judge: Path, folder: Path, replies: list[bytes], version: int) -> None:
    """Every reply passes the independent judge at an API version."""
    files = []
    for place, reply in enumerate(replies):
        file = folder / f"{version}-{place:02d}.xml"
        file.write_bytes(reply)
        files.append(str(file))
    command = [sys.executable, str(judge / "soap-check"), "--api-version", f"{version}.0", "--strict", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def conversation(server: Embedded, version: int) -> list[bytes]:
    """Replies of every operation, in success, waiting and failure."""
    caller = MetadataCaller(server.url, server.token, f"{version}.0")
    state = server.org.state
    state.settings.set("job_seconds", 100)
    waiting = caller.start(stage_zip(1))
    caller.status(waiting)
    state.clock.advance(50)
    caller.status(waiting, details=False)
    cancelled = caller.start(stage_zip(1))
    caller.call("cancelDeploy", f"<met:String>{cancelled}</met:String>")
    caller.status(cancelled)
    state.clock.advance(100)
    caller.status(waiting)
    state.settings.set("job_seconds", 0)
    caller.deploy({"flows/Bad.flow": "<Flow/>"})
    caller.status(caller.start(stage_zip(2), performRetrieve=True))
    validation = caller.start(stage_zip(1), checkOnly=True, testLevel="RunLocalTests")
    caller.status(validation)
    caller.call("deployRecentValidation", f"<met:validationId>{validation}</met:validationId>")
    caller.status(caller.start(stage_zip(1), testLevel="RunSpecifiedTests", runTests=("NoSuchTest",)))
    caller.retrieve(ALL)
    caller.retrieve({"Flow": ["Nothing"], "Profile": ["*"]}, single=False)
    caller.list("Flow", "PermissionSet")
    caller.list("Bot")
    caller.call("describeMetadata", f"<met:asOfVersion>{version}.0</met:asOfVersion>")
    caller.call("readMetadata", f"<met:type>PermissionSet</met:type><met:fullNames>{SET}</met:fullNames>")
    bad = (caller.envelope("checkDeployStatus", ""), caller.envelope("noSuchCall", ""), "no xml", "")
    return [*caller.replies, *(caller.post(body).content for body in bad)]


def test_replies_pass_the_judge_of_soap(server: Embedded, judge_folder: Path, tmp_path: Path) -> None:
    check_soap(judge_folder, tmp_path, conversation(server, 66), 66)


@pytest.mark.slow
@pytest.mark.parametrize("version", [59, 60, 61, 62, 63, 64, 65, 67, 68])
def test_replies_of_every_version_pass_the_judge_of_soap(
    server: Embedded, judge_folder: Path, tmp_path: Path, version: int
) -> None:
    check_soap(judge_folder, tmp_path, conversation(server, version), version)


def test_values_are_read_as_sent(caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    (record,) = caller.call("readMetadata", f"<met:type>NamedCredential</met:type><met:fullNames>{NC}</met:fullNames>")
    (found,) = as_list(value_of(record)["records"])
    assert (found["fullName"], found["label"]) == (NC, "8x8 SMS API")
