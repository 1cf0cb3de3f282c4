"""The wire: what clients of every kind send, SOAP log-in, REST deploys, hostile requests, faults on demand."""

from __future__ import annotations

import base64
import json
import zipfile
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import soap_login

from sfsetup.localorg import faults
from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import NS, Fault, MetadataCaller, as_zip, manifest, members_of, package, xml
from tests.support.rendered_stages import stage_zip

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SITE = xml(
    "RemoteSiteSetting",
    "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive><url>https://a.example</url>",
)
PACKAGE = {"remoteSiteSettings/A.remoteSite": SITE}


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


# -- shapes of requests ------------------------------------------------------------------------------------------------

LENIENT = {
    "zeep: default namespace on the operation": (
        '<soap-env:Envelope xmlns:soap-env="{env}"><soap-env:Header><ns0:SessionHeader xmlns:ns0="{ns}"><ns0:sessionId>'
        '{token}</ns0:sessionId></ns0:SessionHeader></soap-env:Header><soap-env:Body><describeMetadata xmlns="{ns}">'
        "<asOfVersion>60.0</asOfVersion></describeMetadata></soap-env:Body></soap-env:Envelope>"
    ),
    "CumulusCI: asOfVersion in no namespace": (
        '<soap:Envelope xmlns:soap="{env}"><soap:Header><SessionHeader xmlns="{ns}"><sessionId>{token}</sessionId>'
        '</SessionHeader></soap:Header><soap:Body><m:describeMetadata xmlns:m="{ns}"><asOfVersion>60.0</asOfVersion>'
        "</m:describeMetadata></soap:Body></soap:Envelope>"
    ),
    "comments, white space, a header that nobody knows": (
        '<se:Envelope xmlns:se="{env}" xmlns="{ns}"><!-- a --><se:Header><CallOptions><client>x</client></CallOptions>'
        "<SessionHeader><sessionId>\n {token} </sessionId></SessionHeader></se:Header><se:Body><!-- b -->"
        "<describeMetadata/></se:Body></se:Envelope>"
    ),
}


@pytest.mark.parametrize("client", LENIENT)
@pytest.mark.parametrize("suffix", ["", "/", "/00D000000000001", "/deployRequest", "/deployRequest/0Af1"])
def test_every_prefix_and_every_address(caller: MetadataCaller, client: str, suffix: str) -> None:
    body = LENIENT[client].format(env=ENVELOPE, ns=NS, token=caller.token)
    response = caller.post(body, path=f"/services/Soap/m/66.0{suffix}", headers={"SOAPAction": "something else"})
    assert response.headers["Content-Type"] == "text/xml;charset=UTF-8"
    (result,) = caller.results(response)
    assert result.findtext(f"{{{NS}}}partialSaveAllowed") == "true"
    assert b"<result>" in response.content
    assert b"<metadataObjects>" in response.content


def test_options_with_stray_text_python_booleans_and_unknown_elements(caller: MetadataCaller) -> None:
    content = base64.b64encode(package(PACKAGE)).decode()
    inner = (
        f"<met:ZipFile>{content[:40]}\n {content[40:]}</met:ZipFile><met:DeployOptions>None None<met:singlePackage>True"
        "</met:singlePackage><met:runAllTests>false</met:runAllTests><met:rollbackOnError>1</met:rollbackOnError>"
        "<met:checkOnly>True</met:checkOnly></met:DeployOptions>"
    )
    job_id = caller.call("deploy", inner)[0].findtext(f"{{{NS}}}id")
    done = caller.status(str(job_id))
    assert (done.status, done.raw["checkOnly"]) == ("Succeeded", "true")
    assert done.raw["rollbackOnError"] == "true"


def test_a_chunked_request(server: Embedded, caller: MetadataCaller) -> None:
    text = caller.envelope("describeMetadata", "").encode()
    response = requests.post(
        f"{server.url}/services/Soap/m/66.0",
        data=iter([text[:50], text[50:]]),
        headers={"Content-Type": "text/xml"},
        timeout=60,
    )
    assert len(caller.results(response)) == 1


def test_retrieve_as_jsforce_asks(caller: MetadataCaller) -> None:
    caller.deploy(PACKAGE)
    inner = (
        "<met:request><met:apiVersion>66.0</met:apiVersion><met:unpackaged><met:types><met:members>*</met:members>"
        "<met:name>RemoteSiteSetting</met:name></met:types></met:unpackaged></met:request>"
    )
    job_id = caller.call("retrieve", inner)[0].findtext(f"{{{NS}}}id")
    (found,) = caller.call("checkRetrieveStatus", f"<met:asyncProcessId>{job_id}</met:asyncProcessId>")
    assert [each.text for each in found.iterfind(f"{{{NS}}}fileProperties/{{{NS}}}fileName")] == [
        "unpackaged/remoteSiteSettings/A.remoteSite",
        "unpackaged/package.xml",
    ]


# -- refusals ----------------------------------------------------------------------------------------------------------


def refusal(caller: MetadataCaller, body: bytes | str, **more: Any) -> tuple[str, str]:
    with pytest.raises(Fault) as caught:
        caller.results(caller.post(body, **more))
    return caught.value.code, caught.value.text


def deep(count: int) -> str:
    return f'<e:Envelope xmlns:e="{ENVELOPE}">{"<a>" * count}{"</a>" * count}</e:Envelope>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        "not xml",
        "<a><b></a>",
        "<Envelope/>",
        f'<e:Envelope xmlns:e="{ENVELOPE}"/>',
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body/></e:Envelope>',
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><a/></e:Body></e:Envelope>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
        deep(100_000),
        "<ZipFile></ZipFile>" * 3,
    ],
)
def test_what_is_no_soap_gets_a_fault(caller: MetadataCaller, body: bytes | str) -> None:
    code, text = refusal(caller, body)
    assert code == "soapenv:Client"
    assert "passwd" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("30.0", "sf:UNSUPPORTED_API_VERSION"),
        ("69.0", "sf:UNSUPPORTED_API_VERSION"),
        ("x", "sf:UNSUPPORTED_API_VERSION"),
    ],
)
def test_versions_that_the_org_does_not_have(caller: MetadataCaller, version: str, code: str) -> None:
    path = f"/services/Soap/m/{version}"
    assert refusal(caller, caller.envelope("describeMetadata", ""), path=path)[0] == code


@pytest.mark.parametrize("token", ["", "00Dxx!nonsense", "eyJhbGciOi.eyJ.x"])
def test_sessions_that_are_none(server: Embedded, token: str) -> None:
    caller = MetadataCaller(server.url, token)
    with pytest.raises(Fault) as caught:
        caller.list("Flow")
    assert caught.value.code == "sf:INVALID_SESSION_ID"
    assert caught.value.text.startswith("INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        (("ApiEnabled", "ModifyMetadata"), ""),
        (("ApiEnabled", "RunFlow"), "sf:INSUFFICIENT_ACCESS"),
        (("ModifyMetadata",), "sf:API_DISABLED_FOR_ORG"),
    ],
)
def test_who_may_use_the_metadata_api(server: Embedded, permissions: tuple[str, ...], code: str) -> None:
    state = server.org.state
    state.permissions.put("Special", label="S", user_permissions=permissions, profile=True)
    user = state.users.add("someone@x.example", profile="Special")
    caller = MetadataCaller(server.url, state.sessions.issue(user.id))
    if not code:
        assert caller.deploy(PACKAGE).status == "Succeeded"
        return
    with pytest.raises(Fault) as caught:
        caller.deploy(PACKAGE)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("permission", "failed"),
    [
        ("ViewSetup", {"X8x8_CPaaS_Authentication", "X8x8_SMS_API"}),
        ("ManageNamedCredentials", set()),
        ("CustomizeApplication", set()),
    ],
)
def test_credentials_need_rights_of_their_own_to_be_deployed(
    server: Embedded, permission: str, failed: set[str]
) -> None:
    state = server.org.state
    given = ("ApiEnabled", "ModifyMetadata", permission)
    state.permissions.put("Some", label="S", user_permissions=given, profile=True)
    user = state.users.add("some@x.example", profile="Some")
    caller = MetadataCaller(server.url, state.sessions.issue(user.id))
    done = caller.status(caller.start(stage_zip(1)))
    mine = {name for name, problem in done.problems.items() if problem.startswith("insufficient access rights")}
    assert (mine, done.status) == (failed, "Failed" if failed else "Succeeded")


def test_credentials_need_view_setup_to_be_retrieved(server: Embedded, caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    state = server.org.state
    state.permissions.put("Blind", label="B", user_permissions=("ApiEnabled", "ModifyMetadata"), profile=True)
    user = state.users.add("blind@x.example", profile="Blind")
    blind = MetadataCaller(server.url, state.sessions.issue(user.id))
    files, found = blind.retrieve({"NamedCredential": ["*"], "PermissionSet": ["*"]})
    assert (found["status"], sorted(files)) == (
        "Succeeded",
        ["package.xml", "permissionsets/CPaaS_API_Access.permissionset"],
    )


@pytest.mark.parametrize(
    ("operation", "inner", "code"),
    [
        ("noSuchCall", "", "soapenv:Client"),
        ("checkDeployStatus", "", "sf:INVALID_CROSS_REFERENCE_KEY"),
        ("checkDeployStatus", "<met:asyncProcessId>0Af000000000001AAA</met:asyncProcessId>", "sf:INVALID_CROSS_REFERENCE_KEY"),
        ("cancelDeploy", "<met:String>x</met:String>", "sf:INVALID_CROSS_REFERENCE_KEY"),
        ("deploy", "", "sf:INVALID_OPERATION"),
        ("deploy", "<met:ZipFile>***</met:ZipFile>", "soapenv:Client"),
        ("retrieve", "", "sf:INVALID_OPERATION"),
        ("listMetadata", "<met:queries><met:type>Nothing</met:type></met:queries>", "sf:INVALID_TYPE"),
        ("listMetadata", "<met:queries><met:type>Flow</met:type></met:queries>" * 4, "sf:LIMIT_EXCEEDED"),
        ("listMetadata", "<met:queries><met:type>Flow</met:type></met:queries><met:asOfVersion>x</met:asOfVersion>", "soapenv:Client"),
        ("readMetadata", "<met:type>Nothing</met:type>", "sf:INVALID_TYPE"),
        ("readMetadata", "<met:type>Flow</met:type>" + "<met:fullNames>F</met:fullNames>" * 11, "sf:LIMIT_EXCEEDED"),
    ],
)  # fmt: skip
def test_calls_that_are_refused(caller: MetadataCaller, operation: str, inner: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        caller.call(operation, inner)
    assert caught.value.code == code


def corrupt_zip() -> bytes:
    data = bytearray(package(PACKAGE))
    data[len(data) // 2 : len(data) // 2 + 20] = b"\xff" * 20
    return bytes(data)


def bomb() -> bytes:
    """80 MB of zeros in 80 KB."""
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.xml", manifest({}))
        with archive.open("flows/F.flow", "w") as entry:
            for _ in range(80):
                entry.write(bytes(1024 * 1024))
    return buffer.getvalue()


HOSTILE = {
    "no zip": lambda: b"PK nothing of the kind",
    "empty": lambda: as_zip({}),
    "cut": lambda: package(PACKAGE)[:-40],
    "corrupt": corrupt_zip,
    "slip": lambda: as_zip({"package.xml": manifest({}), "../../etc/passwd": "x"}),
    "absolute": lambda: as_zip({"package.xml": manifest({}), "/etc/passwd": "x"}),
    "backslash": lambda: as_zip({"package.xml": manifest({}), "flows\\..\\x.flow": "x"}),
    "bomb": bomb,
    "too many": lambda: as_zip({"package.xml": manifest({}), **{f"flows/F{n}.flow": "" for n in range(10_001)}}),
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_archives_fail_and_the_server_lives(caller: MetadataCaller, kind: str) -> None:
    done = caller.status(caller.start(HOSTILE[kind]()))
    assert done.status == "Failed"
    told = done.raw.get("errorMessage") or next(iter(done.problems.values()))
    assert told
    assert "Traceback" not in told
    assert "defect of the local org" not in told
    assert caller.deploy(PACKAGE).status == "Succeeded"


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        ("", "Error parsing file: "),
        ("<Flow", "Error parsing file: "),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Flow xmlns="http://soap.sforce.com/2006/04/metadata"/>', ""),
        ("<Flow/>", ""),
        (xml("Flow", "text"), ""),
        (xml("Flow", "<label>\x01</label>"), "Error parsing file: "),
    ],
)  # fmt: skip
def test_broken_files_fail_with_their_own_message(caller: MetadataCaller, content: str, fragment: str) -> None:
    done = caller.deploy({"flows/F.flow": content})
    assert done.status == "Failed"
    assert done.problems["F"].startswith(fragment)
    assert "root:" not in done.problems["F"]


def test_a_body_that_is_too_big_gets_a_fault(server: Embedded, caller: MetadataCaller) -> None:
    size = 51 * 1024 * 1024
    code, text = refusal(caller, bytes(size))
    assert (code, "50" in text or "52428800" in text) == ("sf:LIMIT_EXCEEDED", True)
    chunks = (bytes(1024 * 1024) for _ in range(60))
    response = requests.post(f"{server.url}/services/Soap/m/66.0", data=chunks, timeout=60)
    assert b"sf:LIMIT_EXCEEDED" in response.content
    assert caller.list("Flow") == []


def test_an_archive_of_many_megabytes_is_taken(caller: MetadataCaller) -> None:
    """Its base64 text has over 10 MB, more than an XML reader takes for one text."""
    import random

    noise = random.Random(1).randbytes(8 * 1024 * 1024)
    meta = xml(
        "StaticResource", "<cacheControl>Private</cacheControl><contentType>application/octet-stream</contentType>"
    )
    files = {"staticresources/R.resource": noise, "staticresources/R.resource-meta.xml": meta}
    assert caller.deploy(files).status == "Succeeded"
    back, _ = caller.retrieve({"StaticResource": ["R"]})
    assert back["staticresources/R.resource"] == noise


# -- log-in ------------------------------------------------------------------------------------------------------------


def login(server: Embedded, password: str, version: str = "59.0", letter: str = "u") -> tuple[str, str]:
    username = server.org.state.settings.get("admin_username")
    name = {"u": "partner", "c": "enterprise"}[letter]
    body = (
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><n1:login xmlns:n1="urn:{name}.soap.sforce.com"><n1:username>{username}'
        f"</n1:username><n1:password>{password}</n1:password></n1:login></e:Body></e:Envelope>"
    )
    found: tuple[str, str] = soap_login(
        f"{server.url}/services/Soap/{letter}/{version}",
        body,
        {"content-type": "text/xml", "SOAPAction": "login"},
        None,
    )
    return found


@pytest.mark.parametrize("letter", ["u", "c"])
def test_soap_login_as_simple_salesforce_does_it(server: Embedded, letter: str) -> None:
    session_id, host = login(server, server.token, letter=letter)
    assert host == server.url.partition("//")[2]
    assert MetadataCaller(server.url, session_id).list("Flow") == []


@pytest.mark.parametrize(
    ("password", "version", "switch", "code"),
    [
        ("wrong", "59.0", True, "INVALID_LOGIN"),
        ("", "59.0", True, "INVALID_LOGIN"),
        (None, "65.0", True, "UNSUPPORTED_API_VERSION"),
        (None, "30.0", True, "UNSUPPORTED_API_VERSION"),
        (None, "64.0", False, "API_CURRENTLY_DISABLED"),
    ],
)
def test_log_ins_that_are_refused(
    server: Embedded, password: str | None, version: str, switch: bool, code: str
) -> None:
    server.org.state.switches.set("soap-login", switch)
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        login(server, server.token if password is None else password, version)
    assert caught.value.code == code
    assert server.token not in str(caught.value)


# -- REST --------------------------------------------------------------------------------------------------------------


class Rest:
    def __init__(self, server: Embedded) -> None:
        self.url = f"{server.url}/services/data/v66.0/metadata/deployRequest"
        self.headers = {"Authorization": f"Bearer {server.token}"}

    def deploy(self, archive: bytes, part: str = "entity_content", **options: object) -> Any:
        files = {
            "file": ("package.xml", archive, "application/zip"),
            part: (None, json.dumps({"deployOptions": {"singlePackage": True, **options}}), "application/json"),
        }
        return requests.post(self.url, files=files, headers=self.headers, timeout=60)

    def get(self, job_id: str, details: bool = True) -> Any:
        query = {"includeDetails": str(details).lower()}
        return requests.get(f"{self.url}/{job_id}", params=query, headers=self.headers, timeout=60)

    def post(self, value: object) -> Any:
        return requests.post(self.url, json=value, headers=self.headers, timeout=60)

    def patch(self, job_id: str, value: object) -> Any:
        return requests.patch(f"{self.url}/{job_id}", json=value, headers=self.headers, timeout=60)


def test_a_deploy_over_rest(server: Embedded) -> None:
    rest = Rest(server)
    began = rest.deploy(stage_zip(1), checkOnly="false", testLevel="NoTestRun", unknown=1)
    assert began.status_code == 201
    found = began.json()
    assert found["deployOptions"]["singlePackage"] is True
    assert found["deployOptions"]["checkOnly"] is False
    assert found["deployResult"]["status"] == "Pending"
    done = rest.get(found["id"]).json()
    result = done["deployResult"]
    assert (done["id"], result["status"], result["done"], result["success"]) == (found["id"], "Succeeded", True, True)
    assert result["numberComponentsTotal"] == 4
    names = {each["fullName"] for each in result["details"]["componentSuccesses"]}
    assert {"package.xml", "X8x8_SMS_API"} <= names
    assert result["details"]["componentFailures"] == []
    assert "componentSuccesses" not in rest.get(found["id"], details=False).json()["deployResult"]["details"]


def test_the_parts_of_other_clients(server: Embedded) -> None:
    rest = Rest(server)
    archive = as_zip({f"pkg/{name}": data for name, data in
                      {"package.xml": manifest(members_of(PACKAGE)), **PACKAGE}.items()})  # fmt: skip
    found = rest.deploy(archive, "json", rollbackOnError="true", purgeOnDelete="true").json()
    assert found["deployOptions"]["purgeOnDelete"] is True
    assert rest.get(found["id"]).json()["deployResult"]["status"] == "Succeeded"


def test_cancelling_and_deploying_quickly_over_rest(server: Embedded) -> None:
    rest, state = Rest(server), server.org.state
    state.settings.set("job_seconds", 100)
    waiting = rest.deploy(stage_zip(1)).json()["id"]
    answer = rest.patch(waiting, {"deployResult": {"status": "Canceling"}})
    assert (answer.status_code, answer.json()["deployResult"]["status"]) == (202, "Canceled")
    state.settings.set("job_seconds", 0)
    validation = rest.deploy(stage_zip(1), checkOnly=True, testLevel="RunLocalTests").json()["id"]
    assert rest.get(validation).json()["deployResult"]["checkOnly"] is True
    quick = rest.post({"validatedDeployRequestId": validation})
    assert (quick.status_code, quick.json()["validatedDeployRequestId"]) == (201, validation)
    assert quick.json()["id"] != validation
    assert rest.get(quick.json()["id"]).json()["deployResult"]["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("send", "status", "code"),
    [
        (lambda rest: rest.get("0Af000000000001AAA"), 404, "NOT_FOUND"),
        (lambda rest: rest.post({}), 400, "INVALID_MULTIPART_REQUEST"),
        (lambda rest: rest.post({"validatedDeployRequestId": "0Af000000000001AAA"}), 400, "INVALID_ID_FIELD"),
        (lambda rest: rest.deploy(b"x", testLevel="Nothing"), 400, "INVALID_OPERATION"),
        (lambda rest: requests.post(rest.url, data=b"x", timeout=60,
                                    headers={**rest.headers, "Content-Type": "text/xml"}), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (lambda rest: requests.post(rest.url, data=b"--x\r\nbroken", timeout=60, headers={
            **rest.headers, "Content-Type": "multipart/form-data; boundary=x"}), 400, "INVALID_MULTIPART_REQUEST"),
        (lambda rest: requests.post(rest.url, data=b"x", timeout=60, headers={
            **rest.headers, "Content-Type": "multipart/form-data"}), 400, "INVALID_MULTIPART_REQUEST"),
        (lambda rest: requests.post(rest.url, headers=rest.headers, timeout=60, files={
            "file": ("a.zip", b"x", "application/zip"), "json": (None, "{", "application/json")}), 400, "JSON_PARSER_ERROR"),
        (lambda rest: requests.get(f"{rest.url}/0Af1", timeout=60), 401, "INVALID_SESSION_ID"),
    ],
)  # fmt: skip
def test_rest_requests_that_are_refused(server: Embedded, send: Any, status: int, code: str) -> None:
    answer = send(Rest(server))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


# -- faults on demand --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("expired-session", "sf:INVALID_SESSION_ID"),
        ("row-lock", "sf:UNABLE_TO_LOCK_ROW"),
        ("request-limit", "sf:REQUEST_LIMIT_EXCEEDED"),
        ("missing-right", "sf:INSUFFICIENT_ACCESS"),
        ("server-error", "sf:UNKNOWN_EXCEPTION"),
    ],
)
def test_faults_strike_once_and_change_nothing(server: Embedded, caller: MetadataCaller, name: str, code: str) -> None:
    faults.arm(server.org, name, match=":deploy>")
    with pytest.raises(Fault) as caught:
        caller.start(stage_zip(1))
    assert caught.value.code == code
    assert server.org.state.jobs.of_kind("deploy") == []
    assert caller.status(caller.start(stage_zip(1))).status == "Succeeded"


@pytest.mark.parametrize(("name", "jobs"), [("cut-before", 0), ("cut-after", 1), ("cut-short", 1)])
def test_cut_connections(server: Embedded, caller: MetadataCaller, name: str, jobs: int) -> None:
    faults.arm(server.org, name, match=":deploy>")
    with pytest.raises(requests.RequestException):
        caller.start(stage_zip(1))
    assert len(server.org.state.jobs.of_kind("deploy")) == jobs


@pytest.mark.parametrize(("name", "kind"), [("maintenance", "text/html"), ("unavailable", "text/xml")])
def test_pages_instead_of_answers(server: Embedded, caller: MetadataCaller, name: str, kind: str) -> None:
    faults.arm(server.org, name)
    response = caller.post(caller.envelope("describeMetadata", ""))
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (503, kind)


@pytest.mark.parametrize("seconds", [0, 100])
def test_a_deploy_that_somebody_else_cancels(server: Embedded, caller: MetadataCaller, seconds: int) -> None:
    server.org.state.settings.set("job_seconds", seconds)
    faults.arm(server.org, "cancelled", match=":deploy>")
    done = caller.status(caller.start(stage_zip(1)))
    assert (done.status, done.raw["canceledByName"]) == ("Canceled", "Automated Process")
    server.org.state.clock.advance(200)
    assert caller.list("Flow") == []
    assert server.org.state.components.types() == {}


# -- what is not modelled ----------------------------------------------------------------------------------------------


def test_the_server_says_what_it_does_not_model(caller: MetadataCaller, caplog: pytest.LogCaptureFixture) -> None:
    caller.deploy(PACKAGE, purgeOnDelete=True, testLevel="RunLocalTests")
    caller.deploy(PACKAGE)
    with pytest.raises(Fault, match="does not model renameMetadata"):
        caller.call("renameMetadata", "")
    told = [record.getMessage() for record in caplog.records if record.name == "sfsetup.localorg.unmodelled"]
    assert sorted(told) == [
        "not modelled: Apex tests are not run, and no coverage is asked for",
        "not modelled: RemoteSiteSetting is judged by its form alone; what it refers to is not looked at",
        "not modelled: the call renameMetadata",
        "not modelled: there is no recycle bin: purgeOnDelete changes nothing",
    ]
