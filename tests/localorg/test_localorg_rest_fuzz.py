"""Whatever a client sends to whatever route: an answer in Salesforce's form, never a defect of the local org."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfsetup.localorg.app import serve
from sfsetup.localorg.http import Request
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.routes import ROUTES
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
    org: LocalOrg, data: st.DataObject, row: object, body: bytes, query: dict[str, str]
) -> None:
    from sfsetup.localorg.http import Route

    assert isinstance(row, Route)
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
