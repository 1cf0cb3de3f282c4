"""The Salesforce CLI against the local org, over plain HTTP. The tests build on each other, in this order."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conformance.foreign import Org, Sf

pytestmark = pytest.mark.conformance

STAGE_1 = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet")


def components(answer: dict) -> set[tuple[str, str]]:
    """(type, name) of what a deploy reports as done."""
    return {(file["type"], file["fullName"]) for file in answer["files"] if file["state"] != "Failed"}


def test_display(sf: Sf, org: Org) -> None:
    told = sf("org", "display", "--target-org", "probe")
    assert told["username"] == org.username
    assert told["id"] == org.org.state.settings.org.id
    assert told["connectedStatus"] == "Connected"
    shown = sf("org", "auth", "show-access-token", "--target-org", "probe")
    assert shown["accessToken"] == org.token


def test_flow_before_its_service_is_refused(sf: Sf, packages: tuple[Path, Path]) -> None:
    answer = sf(
        "project", "deploy", "start", "--metadata-dir", str(packages[1]), "--target-org", "probe", "--wait", "5", code=1
    )
    assert answer["result"]["status"] == "Failed"
    problems = [failure["problem"] for failure in answer["result"]["details"]["componentFailures"]]
    assert any('"apexClass" is invalid' in problem for problem in problems), problems


def test_validate_then_quick_deploy(sf: Sf, org: Org, packages: tuple[Path, Path]) -> None:
    """`validate` wants an Apex test level; its id is then deployed without sending the zip again."""
    checked = sf(
        "project", "deploy", "validate", "--metadata-dir", str(packages[0]), "--target-org", "probe",
        "--test-level", "RunLocalTests", "--wait", "5",
    )  # fmt: skip
    assert checked["status"] == "Succeeded"
    assert checked["checkOnly"] is True
    assert sf("org", "list", "metadata", "--metadata-type", "NamedCredential", "--target-org", "probe") == []
    done = sf("project", "deploy", "quick", "--job-id", checked["id"], "--target-org", "probe", "--wait", "5")
    assert done["status"] == "Succeeded"
    assert done["id"] != checked["id"]
    listed = sf("org", "list", "metadata", "--metadata-type", "NamedCredential", "--target-org", "probe")
    assert [row["fullName"] for row in listed] == ["X8x8_SMS_API"]


def test_deploy_in_source_format(sf: Sf, project: Path) -> None:
    arguments = [part for kind in STAGE_1 for part in ("--metadata", kind)]
    first = sf("project", "deploy", "start", *arguments, "--target-org", "probe", "--wait", "5", cwd=project)
    assert first["status"] == "Succeeded"
    assert {kind for kind, _ in components(first)} == set(STAGE_1)
    second = sf("project", "deploy", "start", "--metadata", "Flow", "--target-org", "probe", "--wait", "5", cwd=project)
    assert components(second) == {("Flow", "Send_SMS")}


def test_asynchronous_deploy_report_resume_cancel(sf: Sf, org: Org, project: Path) -> None:
    started = sf(
        "project", "deploy", "start", "--metadata", "NamedCredential", "--target-org", "probe", "--async", cwd=project
    )
    reported = sf("project", "deploy", "report", "--job-id", started["id"], "--target-org", "probe", cwd=project)
    assert reported["status"] in ("Pending", "InProgress", "Succeeded")
    resumed = sf("project", "deploy", "resume", "--job-id", started["id"], "--wait", "5", cwd=project)
    assert resumed["status"] == "Succeeded"
    again = sf("project", "deploy", "cancel", "--job-id", started["id"], "--target-org", "probe", cwd=project, code=1)
    assert again["name"] == "CannotCancelDeployError"


def test_lists(sf: Sf) -> None:
    types = sf("org", "list", "metadata-types", "--target-org", "probe")
    known = {row["xmlName"] for row in types["metadataObjects"]}
    assert {*STAGE_1, "Flow", "ApexClass", "CustomObject", "Profile"} <= known
    flows = sf("org", "list", "metadata", "--metadata-type", "Flow", "--target-org", "probe")
    assert [(row["fullName"], row["fileName"]) for row in flows] == [("Send_SMS", "flows/Send_SMS.flow")]


def test_retrieve_in_source_format(sf: Sf, tmp_path: Path, project: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text((project / "sfdx-project.json").read_text())
    (tmp_path / "force-app").mkdir()
    arguments = [part for kind in (*STAGE_1, "Flow") for part in ("--metadata", kind)]
    sf("project", "retrieve", "start", *arguments, "--target-org", "probe", cwd=tmp_path)
    found = {path.name for path in (tmp_path / "force-app").rglob("*-meta.xml")}
    assert {
        "X8x8_SMS_API.namedCredential-meta.xml",
        "X8x8_CPaaS_Authentication.externalCredential-meta.xml",
        "CPaaSSMS.externalServiceRegistration-meta.xml",
        "CPaaS_API_Access.permissionset-meta.xml",
        "Send_SMS.flow-meta.xml",
    } <= found


@pytest.mark.parametrize("single", [True, False])
def test_retrieve_in_metadata_format(sf: Sf, tmp_path: Path, packages: tuple[Path, Path], single: bool) -> None:
    arguments = ["--single-package"] if single else []
    sf(
        "project", "retrieve", "start", "--manifest", str(packages[0] / "package.xml"), "--target-org", "probe",
        "--target-metadata-dir", str(tmp_path), *arguments,
    )  # fmt: skip
    with zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as archive:
        names = set(archive.namelist())
    prefix = "" if single else "unpackaged/"
    assert f"{prefix}namedCredentials/X8x8_SMS_API.namedCredential" in names
    assert f"{prefix}package.xml" in names


def test_wildcard_manifest(sf: Sf, tmp_path: Path) -> None:
    manifest = tmp_path / "package.xml"
    manifest.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><Package xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<types><members>*</members><name>PermissionSet</name></types><version>66.0</version></Package>"
    )
    sf(
        "project", "retrieve", "start", "--manifest", str(manifest), "--target-org", "probe",
        "--target-metadata-dir", str(tmp_path), "--unzip",
    )  # fmt: skip
    found = next(tmp_path.rglob("CPaaS_API_Access.permissionset"))
    assert ElementTree.parse(found).getroot().tag.endswith("PermissionSet")


def test_query_assign_and_rest(sf: Sf, org: Org) -> None:
    sf("org", "assign", "permset", "--name", "CPaaS_API_Access", "--target-org", "probe")
    rows = sf(
        "data", "query", "--target-org", "probe",
        "--query", "SELECT Assignee.Username, PermissionSet.Name FROM PermissionSetAssignment WHERE PermissionSet.Name = 'CPaaS_API_Access'",
    )  # fmt: skip
    assert [row["Assignee"]["Username"] for row in rows["records"]] == [org.username]
    versions = sf(
        "data", "query", "--use-tooling-api", "--target-org", "probe",
        "--query", "SELECT DeveloperName, ActiveVersionId, LatestVersionId FROM FlowDefinition",
    )  # fmt: skip
    assert versions["records"][0]["DeveloperName"] == "Send_SMS"
    grouped = sf.run(
        "data", "query", "--target-org", "probe", "--result-format", "csv",
        "--query", "SELECT PermissionSet.Name, COUNT(Id) n FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = false GROUP BY PermissionSet.Name HAVING COUNT(Id) > 0",
    )  # fmt: skip
    assert grouped.stdout.split() == ["Name,n", "CPaaS_API_Access,1"]
    done = sf.run("api", "request", "rest", "/services/data/v66.0/limits", "--target-org", "probe")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["DailyApiRequests"]["Max"] > 0


def test_delete_source(sf: Sf, project: Path) -> None:
    refused = sf(
        "project", "delete", "source", "--metadata", "ExternalServiceRegistration:CPaaSSMS", "--target-org", "probe",
        "--no-prompt", cwd=project, code=1,
    )  # fmt: skip
    assert "CPaaSSMS" in json.dumps(refused)
    flow = ("project", "delete", "source", "--metadata", "Flow:Send_SMS", "--target-org", "probe", "--no-prompt")
    assert "Send_SMS" in json.dumps(sf(*flow, cwd=project, code=1)), "an active flow is not deleted"
    query = "SELECT Id FROM FlowDefinition WHERE DeveloperName = 'Send_SMS'"
    found = sf("data", "query", "--use-tooling-api", "--target-org", "probe", "--query", query)
    definition = f"/services/data/v66.0/tooling/sobjects/FlowDefinition/{found['records'][0]['Id']}"
    body = json.dumps({"Metadata": {"activeVersionNumber": 0}})
    done = sf.run(
        "api", "request", "rest", definition, "--method", "PATCH", "--body", body, "--target-org", "probe"
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    sf(*flow, cwd=project)
    assert sf("org", "list", "metadata", "--metadata-type", "Flow", "--target-org", "probe") == []


def test_expired_session_is_told_as_such(sf: Sf, org: Org, node_bin: Path, tmp_path: Path) -> None:
    bad = Sf(node_bin, tmp_path, {"SF_ACCESS_TOKEN": "00D000000000001!nothing"})
    answer = bad("org", "login", "access-token", "--instance-url", org.url, "--no-prompt", code=1)
    assert "Session expired or invalid" in answer["message"]
