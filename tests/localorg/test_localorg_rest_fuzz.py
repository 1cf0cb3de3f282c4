"""Whatever a client sends to whatever route or SOAP operation: an answer in Salesforce's form, never a defect."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfsetup.localorg.app import serve
from sfsetup.localorg.http import Request, Route
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.routes import ROUTES
from sfsetup.localorg.soap import OPERATIONS
from sfsetup.localorg.state import State

CREDENTIAL = (
    b'<ExternalCredential xmlns="http://soap.sforce.com/2006/04/metadata"><authenticationProtocol>Custom'
    b"</authenticationProtocol><externalCredentialParameters><parameterName>P</parameterName><parameterType>"
    b"NamedPrincipal</parameterType></externalCredentialParameters><label>EC</label></ExternalCredential>"
)
REST = [row for row in ROUTES if "Soap" not in row.path]

NAMES = st.sampled_from(
    ["AssigneeId", "PermissionSetId", "Metadata", "FullName", "credentials", "externalCredential", "principalType",
     "principalName", "records", "compositeRequest", "allOrNone", "inputs", "developerName", "authenticationProtocol",
     "principals", "parameters", "customHeaders", "type", "calloutOptions", "Username", "ProfileId", "ParentId",
     "SobjectType", "SetupEntityId", "batchRequests", "ExpirationDate", "attributes", "referenceId", "url", "method",
     "username", "permissions", "kind", "clientId", "name", "times", "advance", "activeVersionNumber"]
)  # fmt: skip
LEAVES = st.sampled_from(
    [None, True, 1, -1, 1e12, "", "x", "EC", "P", "NamedPrincipal", "Custom", "005000000000001AAA", "\x00", "é" * 40,
     "a@b.c", "/services/data/v66.0/limits", "GET"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
BODIES = VALUES.map(lambda value: json.dumps(value).encode()) | st.sampled_from(
    [b"", b"{", b"\xff\xfe", b"1e999", b"["]
)
PARAMETERS = {
    "version": ["66.0", "58.0", "31.0", "x"],
    "sobject": ["User", "PermissionSetAssignment", "Flow", "FlowDefinition", "ObjectPermissions", "SetupEntityAccess",
                "ExternalCredential", "RemoteProxy", "Nothing"],
    "id": ["005000000000001AAA", "x", "", "\x00"],
    "name": ["EC", "x.y", "..", ""],
    "locator": ["01g-2000", "x"],
    "topic": ["users", "apps", "tokens", "faults", "clock", "jobs", "switches", "callouts", "vendor", "requests", "x"],
}  # fmt: skip
QUERIES = st.dictionaries(
    st.sampled_from(["q", "externalCredential", "principalType", "principalName", "ids", "fields", "columns", "action",
                     "authenticationParameters", "oauth_token"]),
    st.sampled_from(["EC", "NamedPrincipal", "P", "SELECT Id FROM User", "SELECT Id, Metadata FROM Flow", "\x00", "'"]),
    max_size=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[LocalOrg]:
    state = State.open(None)
    state.components.put("ExternalCredential", "EC", CREDENTIAL, by=state.admin_id)
    found = LocalOrg(state, base_url="http://127.0.0.1:1")
    yield found
    found.close()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), row=st.sampled_from(REST), body=BODIES, query=QUERIES)
def test_no_request_ends_in_a_defect(
    org: LocalOrg, data: st.DataObject, row: Route, body: bytes, query: dict[str, str]
) -> None:
    names = re.findall(r"{(\w+)", row.path)
    params = {name: data.draw(st.sampled_from(PARAMETERS.get(name, ["x"]))) for name in names}
    request = Request(
        method=data.draw(st.sampled_from(row.methods)),
        path=re.sub(r"{(\w+)(?::path)?}", lambda match: params[match[1]], row.path),
        params=params,
        query=query,
        headers={
            "authorization": f"Bearer {org.state.sessions.main_token()}",
            "content-type": data.draw(st.sampled_from(["application/json", "text/plain"])),
        },
        body=body,
        base_url=org.base_url,
    )
    answer = serve(org, row, request)
    assert answer.status < 500, (row.path, request.method, body, answer.body)
    if answer.status >= 400 and row.path.startswith("/services/data/"):
        first = json.loads(answer.body)[0]
        assert first.get("errorCode") or "isSuccess" in first


# -- SOAP --------------------------------------------------------------------------------------------------------------

NS = "http://soap.sforce.com/2006/04/metadata"
SOAP = [row for row in ROUTES if "Soap" in row.path and "rest" not in row.path]
ELEMENTS = st.sampled_from(
    ["asyncProcessId", "includeDetails", "includeZip", "String", "id", "validationId", "ZipFile", "DeployOptions", "checkOnly",
     "testLevel", "runTests", "singlePackage", "retrieveRequest", "request", "apiVersion", "packageNames", "specificFiles",
     "unpackaged", "types", "members", "name", "version", "queries", "folder", "type", "asOfVersion", "fullNames",
     "username", "password"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["", "x", "true", "66.0", "1e9", "-1", "9" * 30, "*", "Flow", "CustomObject", "CustomField", "Settings", "Profile",
     "ExternalCredential", "EC", "Account.X__c", "../..", "a/b", "\U0001f600", "RunLocalTests", "0Af000000000001",
     "09SLo000000000BIAQ", "é" * 300, "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "AAAA", "nan", "٦٦.0", "unfiled$public"]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(["", ' xsi:nil="true"', ' xsi:type="x:y"', ' a="b"'])
TREES = st.recursive(
    TEXTS,
    lambda inner: st.lists(st.tuples(ELEMENTS, ATTRIBUTES, inner), max_size=4).map(
        lambda found: "".join(f"<{name}{more}>{text}</{name}>" for name, more, text in found)
    ),
    max_leaves=10,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    row=st.sampled_from(SOAP),
    operation=st.sampled_from([*OPERATIONS, "login", "logout", "createMetadata", "x"]),
    inner=TREES,
    version=st.sampled_from(["66.0", "59.0", "31.0", "68.0", "30.0", "x"]),
    has_session=st.booleans(),
)
def test_no_soap_request_ends_in_a_defect(
    org: LocalOrg, row: Route, operation: str, inner: str, version: str, has_session: bool
) -> None:
    token = org.state.sessions.main_token() if has_session else "x"
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="urn:x" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header><SessionHeader xmlns="{NS}"><sessionId>{token}'
        f'</sessionId></SessionHeader></e:Header><e:Body><{operation} xmlns="{NS}">{inner}</{operation}></e:Body></e:Envelope>'
    )
    path = row.path.replace("{version}", version)
    params = {"version": version}
    answer = serve(
        org, row, Request(method="POST", path=path, params=params, body=body.encode(), base_url=org.base_url)
    )
    assert answer.status in (200, 500)
    assert b"defect of the local org" not in answer.body
    root = ET.fromstring(answer.body)
    assert (root.find(".//{http://schemas.xmlsoap.org/soap/envelope/}Fault") is not None) is (answer.status == 500)
