"""What one deploy brings together: order, failures that pull others down, deletions before and after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sfsetup.localorg.judge.context import Deletion
from tests.localorg.judge_cases import (
    FLOW,
    HEADER,
    ORG,
    PRINCIPAL,
    THING,
    URL,
    WAY,
    Piece,
    call,
    credential,
    document,
    endpoint,
    flow,
    grant,
    listed,
    nc_parameter,
    parameter,
    registration,
    variable,
)
from tests.support.judging import Bench, Said, component


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        for piece in ORG:
            made.put(component(*piece))
        yield made


def judge(bench: Bench, *pieces: Piece, deletions: tuple[Deletion, ...] = ()) -> list[Said]:
    return bench.judge([component(*each) for each in pieces], deletions=deletions)


def checks(said: list[Said]) -> list[tuple[str, str]]:
    return [(each.type, each.check) for each in said]


def test_a_whole_integration_in_any_order() -> None:
    with Bench() as bench:
        assert judge(bench, grant(), *reversed(ORG)) == []


def test_a_credential_that_fails_takes_its_grant_along_but_not_its_endpoint() -> None:
    with Bench() as bench:
        broken = credential(PRINCIPAL, protocol="Password")
        said = judge(bench, grant(), endpoint(URL, WAY), registration(), broken)
        assert checks(said) == [("ExternalCredential", "EC-01"), ("PermissionSet", "PS-01")]


def test_a_credential_that_fails_leaves_the_one_of_the_org(bench: Bench) -> None:
    said = judge(bench, grant(), credential(PRINCIPAL, protocol="Password"))
    assert checks(said) == [("ExternalCredential", "EC-01")]


def test_a_registration_that_fails_takes_its_flow_along() -> None:
    with Bench(registration_and_flow_refused=False) as bench:
        said = judge(bench, FLOW, *ORG[:2], registration("{"))
        assert checks(said)[0] == ("ExternalServiceRegistration", "ES-02")
        assert {check for kind, check in checks(said) if kind == "Flow"} == {"FL-01", "FL-02"}


def test_an_update_and_a_flow_that_uses_what_it_brings(bench: Bench) -> None:
    schema = document()
    schema["components"]["schemas"]["More"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema["paths"]["/more"] = {"get": {"operationId": "getMore", "responses": {"200": {"description": "ok", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/More"}}}}}}}  # fmt: skip
    renewed = registration(schema, active={"addthing": True, "getthing": True, "getmore": True})
    uses_class = flow(call(), THING, variable("more", "Apex", of="ExternalService__Things_More"))
    uses_action = flow(call("Things.getMore", inputs=""))
    assert judge(bench, renewed, FLOW) == [], "what was there before may be used"
    assert checks(judge(bench, renewed, uses_class)) == [("Flow", "FL-03")]
    assert checks(judge(bench, renewed, uses_action)) == [("Flow", "FL-04")]
    bench.put(component(*renewed))
    assert judge(bench, uses_class) == []
    assert judge(bench, uses_action) == []
    with Bench(registration_and_flow_refused=False) as lenient:
        for piece in ORG:
            lenient.put(component(*piece))
        assert judge(lenient, renewed, uses_class) == []


def test_a_permission_set_may_name_a_flow_of_the_same_deploy(bench: Bench) -> None:
    access = grant("", more=listed("flowAccesses", enabled="true", flow="F"))
    assert judge(bench, access, FLOW) == []
    assert checks(judge(bench, access)) == [("PermissionSet", "PS-04")]


# -- deletions -----------------------------------------------------------------------------------------------------


def gone(*names: str, after: bool = False) -> tuple[Deletion, ...]:
    """Deletions written as `Type Name`."""
    return tuple(Deletion(*name.split(" "), after=after) for name in names)


USED = [
    ("ExternalCredential E", "NamedCredential N"),
    ("AuthProvider Ap", "ExternalCredential O"),
    ("Certificate Cert", "ExternalCredential O"),
    ("Certificate Cert", "NamedCredential Old"),
    ("NamedCredential N", "ExternalServiceRegistration Things"),
    ("ExternalServiceRegistration Things", "Flow F"),
    ("PermissionSet S", "PermissionSetGroup G"),
    ("Flow G", "Flow F"),
]


@pytest.mark.parametrize(("target", "user"), USED)
@pytest.mark.parametrize("after", [False, True])
def test_what_is_used_stays_and_goes_with_its_user(bench: Bench, target: str, user: str, after: bool) -> None:
    subflow = "<subflows><name>Sub</name><label>Sub</label><locationX>0</locationX><locationY>0</locationY>"
    draft = flow(call(), f"{subflow}<flowName>G</flowName></subflows>", THING, status="Draft")
    bench.put(component(*draft))
    bench.put(component(*flow(call(), THING, status="Draft", name="G")))
    bench.put(component(*grant("", name="S")))
    provider = parameter("AuthProvider", "AuthProvider", extra="<authProvider>Ap</authProvider>")
    certificate = parameter("SigningCertificate", "C", extra="<certificate>Cert</certificate>")
    bench.put(component(*credential(provider, certificate, PRINCIPAL, protocol="Oauth", name="O")))
    bench.put(component("AuthProvider", "Ap", "<friendlyName>Ap</friendlyName>"))
    bench.put(component("Certificate", "Cert", "<masterLabel>Cert</masterLabel>"))
    bench.put(component("NamedCredential", "Old", "<certificate>Cert</certificate><label>Old</label>"))
    bench.put(component("PermissionSetGroup", "G", "<label>G</label><permissionSets>S</permissionSets>"))
    said = judge(bench, deletions=gone(target, after=after))
    assert [each.check for each in said if user in each.message] == ["DEL-01"]
    together = judge(bench, deletions=gone(target, user, after=after))
    assert [each for each in together if each.name == target.split(" ")[1] and user in each.message] == []


def test_grants_use_a_credential(bench: Bench) -> None:
    bench.put(component(*grant()))
    said = judge(
        bench, deletions=gone("ExternalCredential E", "NamedCredential N", "ExternalServiceRegistration Things")
    )
    assert [each.message for each in said] == [
        "E cannot be deleted: PermissionSet S uses it. [local org's wording]",
    ]


def test_after_the_additions_the_new_files_count(bench: Bench) -> None:
    other = credential(parameter("AuthHeader", "X", "v", sequence=1), PRINCIPAL, name="New")
    way = nc_parameter("Authentication", "EC", extra="<externalCredential>New</externalCredential>")
    assert judge(bench, other, endpoint(URL, way), deletions=gone("ExternalCredential E", after=True)) == []
    said = judge(bench, other, endpoint(URL, way), deletions=gone("ExternalCredential E"))
    assert [each.check for each in said] == ["DEL-01"], "before them the org is as it was"


def test_what_is_deleted_first_cannot_be_referred_to(bench: Bench) -> None:
    said = judge(bench, endpoint(URL, WAY), deletions=gone("ExternalCredential E"))
    assert ("NamedCredential", "NC-06") in checks(said)
    again = judge(bench, credential(HEADER, PRINCIPAL), endpoint(URL, WAY), deletions=gone("ExternalCredential E"))
    assert ("NamedCredential", "NC-06") not in checks(again)


def test_what_was_never_there_is_no_concern_of_the_judge(bench: Bench) -> None:
    assert judge(bench, deletions=gone("ExternalCredential Nothing", "Flow Nothing", "ApexClass Nothing")) == []


def test_judging_changes_nothing(bench: Bench) -> None:
    before = {kind: bench.state.components.names(kind) for kind in bench.state.components.types()}
    judge(bench, credential(PRINCIPAL, name="More"), FLOW, deletions=gone("NamedCredential N"))
    assert {kind: bench.state.components.names(kind) for kind in bench.state.components.types()} == before


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("RunFlow", True),
        ("RunFlows", False),
        ("runFlow", False),
        ("Run Flow", False),
        ("ManageNamedCredential", False),
        ("", False),
        # real ones that the judge has no list of, some near to others
        ("ManageDevSandboxes", True),
        ("ManageCertificatesExpiration", True),
        ("ViewAllProfiles", True),
        ("EditTask", True),
        ("UseAnyApiClient", True),
        ("ManageInternalUsers", True),
        ("ModifyAllDataGovTags", True),
        ("ManageCustomPermissions", True),
    ],
)
def test_names_of_user_permissions(name: str, known: bool) -> None:
    from sfsetup.localorg.judge.user_permissions import is_known

    assert is_known(name) is known
