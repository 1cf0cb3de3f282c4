"""Deploys: sent once whatever the network does, and their end seen."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sfsetup.errors import OrgRefused, OutcomeUnknown, Unreachable, UsageError
from sfsetup.model.event import Event
from sfsetup.model.secret import Secret
from sfsetup.org.connection import OrgConnection
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.org.metadata_api import MAX_ZIP
from sfsetup.org.transport import Limits
from sfsetup.text.archive import write_zip
from tests.support.cutting_proxy import WAYS, CuttingProxy, When
from tests.support.deploying_org import DeployingOrg
from tests.support.scripted_org import as_json, refused, soap

FILES = ["namedCredentials/X.namedCredential", "package.xml"]
ARCHIVE = write_zip(dict.fromkeys(FILES, b"<x/>"))


@pytest.fixture
def org() -> Iterator[DeployingOrg]:
    with DeployingOrg() as server:
        yield server


@pytest.fixture
def proxy(org: DeployingOrg) -> Iterator[CuttingProxy]:
    with CuttingProxy(org.port) as server:
        yield server


def connected(url: str, naps: list[float] | None = None) -> OrgConnection:
    def sleep(seconds: float) -> None:
        if naps is not None:
            naps.append(seconds)

    limits = Limits(connect=2, read=5, attempts=3, first_pause=0.01)
    return connect(AccessToken(url, Secret("00D000000000001!a.token")), limits=limits, sleep=sleep)


def test_a_deploy_and_its_end(org: DeployingOrg) -> None:
    connection = connected(org.url)
    events: list[Event] = []
    job_id = connection.metadata.deploy(ARCHIVE, DeployOptions())
    result = connection.metadata.wait(job_id, listener=events.append)
    assert result.succeeded
    assert [message.full_name for message in result.successes if not message.is_manifest] == ["X"]
    assert [event.kind for event in events] == ["deploy.progress"]
    sent = next(asked for asked in org.asked if asked.operation == "deploy")
    assert base64.b64encode(ARCHIVE) in sent.body
    assert "Authorization" not in sent.headers
    assert sent.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert org.operations() == ["deploy", "checkDeployStatus"]


@pytest.mark.parametrize("when", WAYS)
def test_a_connection_that_breaks_while_deploying(org: DeployingOrg, proxy: CuttingProxy, when: When) -> None:
    """Never two deployments: the one that arrived is found, the one that did not is told."""
    connection = connected(proxy.url)
    proxy.cut_soap(when, "deploy")
    events: list[Event] = []
    arrives = when in ("after_send", "after_commit")

    def deploy() -> str:
        return connection.metadata.deploy(ARCHIVE, DeployOptions(), files=FILES, listener=events.append)

    if arrives:
        job_id = deploy()
        assert org.arrived.wait(60)
        assert connection.metadata.wait(job_id).succeeded
        assert [event.kind for event in events] == ["deploy.lost", "deploy.found"]
    else:
        with pytest.raises(Unreachable, match="did not arrive") as caught:
            deploy()
        assert not isinstance(caught.value, OutcomeUnknown)
        assert caught.value.actions == ("Run the command again.",)
    assert proxy.cuts == 1
    assert len(org.jobs) == (1 if arrives else 0)


def test_the_second_deploy_of_a_process_does_not_find_the_first(org: DeployingOrg, proxy: CuttingProxy) -> None:
    connection = connected(proxy.url)
    first = connection.metadata.deploy(ARCHIVE, DeployOptions())
    connection.metadata.wait(first)
    proxy.cut_soap("before_send", "deploy")
    with pytest.raises(Unreachable, match="did not arrive"):
        connection.metadata.deploy(ARCHIVE, DeployOptions())
    proxy.cut_soap("after_commit", "deploy")
    assert connection.metadata.deploy(ARCHIVE, DeployOptions()) != first
    assert len(org.jobs) == 2


def test_older_deployments_and_those_of_another_kind_are_not_taken_for_ours(
    org: DeployingOrg, proxy: CuttingProxy
) -> None:
    org.begin(created=datetime.now(UTC) - timedelta(minutes=1))
    org.begin(check_only=True)
    connection = connected(proxy.url)
    proxy.cut_soap("before_send", "deploy")
    with pytest.raises(Unreachable, match="did not arrive"):
        connection.metadata.deploy(ARCHIVE, DeployOptions())


def test_two_that_could_be_ours_stop_us(org: DeployingOrg, proxy: CuttingProxy) -> None:
    connection = connected(proxy.url)
    proxy.cut_soap("after_commit", "deploy")
    org.begin()
    with pytest.raises(OutcomeUnknown, match="more than one") as caught:
        connection.metadata.deploy(ARCHIVE, DeployOptions())
    assert all(str(job["Id"]) in str(caught.value) for job in org.jobs)
    assert len(org.jobs) == 2


def test_somebody_elses_deployment_is_recognised_by_its_files(org: DeployingOrg, proxy: CuttingProxy) -> None:
    connection = connected(proxy.url)
    proxy.cut_soap("before_send", "deploy")
    org.begin()
    org.files = ["classes/Other.cls"]
    job_id = connection.metadata.deploy(ARCHIVE, DeployOptions(), files=FILES)
    with pytest.raises(OutcomeUnknown, match=r"not ours: it has classes/Other\.cls"):
        connection.metadata.wait(job_id)


def test_an_org_that_does_not_let_us_look(org: DeployingOrg, proxy: CuttingProxy) -> None:
    connection = connected(proxy.url)
    proxy.cut_soap("after_commit", "deploy")
    org.on("GET", "FROM DeployRequest", refused(400, "INVALID_TYPE", "sObject type 'DeployRequest' is not supported"))
    with pytest.raises(OutcomeUnknown, match="does not tell what became of it") as caught:
        connection.metadata.deploy(ARCHIVE, DeployOptions())
    assert "Deployment Status" in caught.value.actions[0]


def test_it_goes_on_looking_for_a_deployment_that_is_on_its_way(org: DeployingOrg, proxy: CuttingProxy) -> None:
    naps: list[float] = []
    connection = connected(proxy.url, naps)
    proxy.cut_soap("before_send", "deploy")
    nothing = as_json({"done": True, "records": []})
    row = {"Id": "0Af000000000009AAA", "Status": "Pending", "CheckOnly": False}
    late = {**row, "CreatedDate": datetime.now(UTC).isoformat()}
    org.on("GET", "FROM DeployRequest", nothing, nothing, as_json({"done": True, "records": [late]}))
    assert connection.metadata.deploy(ARCHIVE, DeployOptions()) == "0Af000000000009AAA"
    assert naps == [0.3, 1.0, 2.0]


def test_waiting_survives_what_passes(org: DeployingOrg, proxy: CuttingProxy) -> None:
    connection = connected(proxy.url)
    job_id = connection.metadata.deploy(ARCHIVE, DeployOptions())
    proxy.cut_soap("before_send", "checkDeployStatus")
    proxy.cut_soap("after_commit", "checkDeployStatus")
    assert connection.metadata.wait(job_id).succeeded


@pytest.mark.parametrize("status", ["InProgress", "Finalizing", "SomethingNewInVersion99"])
def test_only_done_ends_the_waiting(org: DeployingOrg, status: str) -> None:
    going = f"<result><done>false</done><id>0Af1</id><status>{status}</status><success>false</success></result>"
    ended = "<result><done>true</done><id>0Af1</id><status>SucceededPartial</status><success>true</success></result>"
    org.on_soap("checkDeployStatus", *[soap("checkDeployStatus", text) for text in (going, going, ended)])
    assert connected(org.url).metadata.wait("0Af1").status == "SucceededPartial"


def test_time_runs_out(org: DeployingOrg) -> None:
    going = "<result><done>false</done><id>0Af1</id><status>InProgress</status><success>false</success></result>"
    org.on_soap("checkDeployStatus", soap("checkDeployStatus", going))
    with pytest.raises(Unreachable, match="goes on in the org") as caught:
        connected(org.url).metadata.wait("0Af1", timeout=0.05)
    assert "job resume 0Af1" in caught.value.actions[0]


def test_cancel_waits_for_the_end(org: DeployingOrg) -> None:
    org.on_soap("cancelDeploy", soap("cancelDeploy", "<result><done>false</done><id>0Af1</id></result>"))
    states = [
        f"<result><done>{done}</done><id>0Af1</id><status>{status}</status><success>false</success></result>"
        for done, status in (("false", "Canceling"), ("true", "Canceled"))
    ]
    org.on_soap("checkDeployStatus", *[soap("checkDeployStatus", text) for text in states])
    assert connected(org.url).metadata.cancel("0Af1").status == "Canceled"
    assert b"<met:String>0Af1</met:String>" in org.asked[-3].body


def test_quick_deploy(org: DeployingOrg) -> None:
    org.on_soap("deployRecentValidation", soap("deployRecentValidation", "<result>0Af000000000007AAA</result>"))
    assert connected(org.url).metadata.quick("0Af1") == "0Af000000000007AAA"


def test_an_archive_that_is_too_big_is_not_sent(org: DeployingOrg) -> None:
    with pytest.raises(UsageError, match="the Metadata API takes"):
        connected(org.url).metadata.deploy(b"x" * (MAX_ZIP + 1), DeployOptions())
    assert org.operations() == []


class TestRetrieve:
    def answer(self, files: dict[str, bytes], extra: str = "") -> str:
        archive = base64.b64encode(write_zip(files)).decode()
        return (
            "<result><done>true</done><fileProperties><fileName>unpackaged/flows/F.flow</fileName>"
            "<fullName>F</fullName><id>301</id><lastModifiedByName>Ann</lastModifiedByName>"
            "<lastModifiedDate>2026-11-01T10:00:00.000Z</lastModifiedDate><type>Flow</type></fileProperties>"
            f"<id>09S1</id>{extra}<status>Succeeded</status><success>true</success><zipFile>{archive}</zipFile></result>"
        )

    def test_files_and_who_changed_them(self, org: DeployingOrg) -> None:
        org.on_soap("retrieve", soap("retrieve", "<result><done>false</done><id>09S1</id></result>"))
        waiting = "<result><done>false</done><id>09S1</id><status>InProgress</status><success>false</success></result>"
        remark = "<messages><fileName>unpackaged/package.xml</fileName><problem>none named G</problem></messages>"
        done = self.answer({"unpackaged/flows/F.flow": b"<Flow/>", "unpackaged/package.xml": b"<Package/>"}, remark)
        org.on_soap("checkRetrieveStatus", *[soap("checkRetrieveStatus", text) for text in (waiting, done)])
        found = connected(org.url).metadata.retrieve({"Flow": ["F", "G"], "NamedCredential": []})
        assert found.files["flows/F.flow"] == b"<Flow/>"
        assert (found.properties[0].last_modified_by, found.properties[0].full_name) == ("Ann", "F")
        assert found.messages == ("unpackaged/package.xml: none named G",)
        sent = next(asked.body for asked in org.asked if asked.operation == "retrieve")
        assert b"<met:members>F</met:members><met:members>G</met:members><met:name>Flow</met:name>" in sent
        assert b"NamedCredential" not in sent
        assert b"<met:singlePackage>true</met:singlePackage>" in sent

    def test_a_failed_retrieve(self, org: DeployingOrg) -> None:
        org.on_soap("retrieve", soap("retrieve", "<result><done>false</done><id>09S1</id></result>"))
        failed = (
            "<result><done>true</done><errorMessage>You are not allowed</errorMessage>"
            "<errorStatusCode>INSUFFICIENT_ACCESS</errorStatusCode><id>09S1</id><status>Failed</status>"
            '<success>false</success><zipFile xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
            "</result>"
        )
        org.on_soap("checkRetrieveStatus", soap("checkRetrieveStatus", failed))
        with pytest.raises(OrgRefused, match="not allowed") as caught:
            connected(org.url).metadata.retrieve({"Flow": ["F"]})
        assert caught.value.code == "INSUFFICIENT_ACCESS"

    def test_a_bomb_is_not_unpacked(self, org: DeployingOrg) -> None:
        org.on_soap("retrieve", soap("retrieve", "<result><done>false</done><id>09S1</id></result>"))
        bomb = self.answer({"unpackaged/flows/F.flow": b"0" * 200_000_000})
        org.on_soap("checkRetrieveStatus", soap("checkRetrieveStatus", bomb))
        with pytest.raises(UsageError, match="zip bomb"):
            connected(org.url).metadata.retrieve({"Flow": ["F"]})

    def test_lists_go_three_at_a_time(self, org: DeployingOrg) -> None:
        row = "<result><fullName>A</fullName><type>Flow</type><fileName>flows/A.flow</fileName></result>"
        org.on_soap("listMetadata", soap("listMetadata", row), soap("listMetadata", ""))
        found = connected(org.url).metadata.list_metadata(["Flow", "Profile", "NamedCredential", ("Report", "Folder")])
        assert [(entry.type, entry.full_name) for entry in found] == [("Flow", "A")]
        assert [asked.body.count(b"<met:queries>") for asked in org.asked if asked.operation] == [3, 1]
        assert b"<met:folder>Folder</met:folder><met:type>Report</met:type>" in org.asked[-1].body

    def test_describe(self, org: DeployingOrg) -> None:
        inner = (
            "<result><metadataObjects><childXmlNames>CustomField</childXmlNames><directoryName>objects</directoryName>"
            "<inFolder>false</inFolder><metaFile>false</metaFile><suffix>object</suffix><xmlName>CustomObject</xmlName>"
            "</metadataObjects><organizationNamespace></organizationNamespace>"
            "<partialSaveAllowed>false</partialSaveAllowed><testRequired>true</testRequired></result>"
        )
        org.on_soap("describeMetadata", soap("describeMetadata", inner))
        described = connected(org.url).metadata.describe()
        assert described.objects[0].children == ("CustomField",)
        assert described.test_required
        assert described.namespace is None
