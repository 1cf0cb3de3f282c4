"""Comparing by meaning: equal where Salesforce means the same, one change per element that differs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.model.plan import Change
from sfsetup.planning.diff import compare, same

NS = "http://soap.sforce.com/2006/04/metadata"


def xml(type_name: str, body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{type_name} xmlns="{NS}">{body}</{type_name}>\n'.encode()


def parameter(
    kind: str, name: str, value: str = "", group: str | None = "DefaultGroup", sequence: int | None = 1
) -> str:
    parts = [
        f"<parameterGroup>{group}</parameterGroup>" if group is not None else "",
        f"<parameterName>{name}</parameterName><parameterType>{kind}</parameterType>",
        f"<parameterValue>{value}</parameterValue>" if value else "",
        f"<sequenceNumber>{sequence}</sequenceNumber>" if sequence is not None else "",
    ]
    return f"<externalCredentialParameters>{''.join(parts)}</externalCredentialParameters>"


def credential(*parameters: str, label: str = "L") -> bytes:
    body = "<authenticationProtocol>Custom</authenticationProtocol>" + "".join(parameters) + f"<label>{label}</label>"
    return xml("ExternalCredential", body)


HEADER = parameter("AuthHeader", "Authorization", "{!&apos;Bearer &apos; &amp; $Credential.EC.key}")
PRINCIPAL = parameter("NamedPrincipal", "P", group="P")


def test_the_order_of_parameters_has_no_meaning() -> None:
    assert same("ExternalCredential", credential(HEADER, PRINCIPAL), credential(PRINCIPAL, HEADER))


def test_an_omitted_group_means_the_principals_name_or_the_default_group() -> None:
    written = credential(HEADER, PRINCIPAL)
    omitted = credential(
        parameter("AuthHeader", "Authorization", "{!&apos;Bearer &apos; &amp; $Credential.EC.key}", group=None),
        parameter("NamedPrincipal", "P", group=None),
    )
    assert same("ExternalCredential", written, omitted)


def test_a_changed_header_is_one_change_with_its_path() -> None:
    after = credential(parameter("AuthHeader", "Authorization", "{!$Credential.EC.key}"), PRINCIPAL)
    assert compare("ExternalCredential", credential(HEADER, PRINCIPAL), after) == (
        Change(
            "externalCredentialParameters[AuthHeader Authorization].parameterValue",
            "{!'Bearer ' & $Credential.EC.key}",
            "{!$Credential.EC.key}",
        ),
    )


def test_renumbering_a_principal_is_a_change_and_no_loss() -> None:
    after = credential(HEADER, parameter("NamedPrincipal", "P", group="P", sequence=2))
    (change,) = compare("ExternalCredential", credential(HEADER, PRINCIPAL), after)
    assert (change.path, change.before, change.after) == (
        "externalCredentialParameters[NamedPrincipal P].sequenceNumber",
        "1",
        "2",
    )
    assert not change.destructive


def test_a_removed_parameter_is_destructive() -> None:
    (change,) = compare("ExternalCredential", credential(HEADER, PRINCIPAL), credential(HEADER))
    assert change.destructive
    assert change.after is None


def test_a_literal_key_in_a_header_is_never_shown() -> None:
    literal = credential(parameter("AuthHeader", "x-api-key", "sk_live_VERYSECRET"), PRINCIPAL)
    for before, after in [(literal, credential(PRINCIPAL)), (literal, credential(HEADER, PRINCIPAL))]:
        assert "VERYSECRET" not in json.dumps(
            [change.as_json() for change in compare("ExternalCredential", before, after)]
        )
    formula = credential(parameter("AuthHeader", "x-api-key", "{!$Credential.EC.key}"), PRINCIPAL)
    changes = compare("ExternalCredential", literal, formula)
    assert [change.after for change in changes] == ["{!$Credential.EC.key}"]
    assert "VERYSECRET" not in repr(changes)


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("<label>L</label>", "<calloutStatus>Enabled</calloutStatus><label>L</label>"),
        ("<label>L</label>", "<generateAuthorizationHeader>true</generateAuthorizationHeader><label>L</label>"),
        ("<label>L</label><allowMergeFieldsInBody>false</allowMergeFieldsInBody>", "<label>L</label>"),
    ],
)
def test_absent_fields_of_a_named_credential_equal_their_defaults(body: str, other: str) -> None:
    assert same("NamedCredential", xml("NamedCredential", body), xml("NamedCredential", other))


def test_a_disabled_named_credential_differs() -> None:
    before = xml("NamedCredential", "<calloutStatus>Disabled</calloutStatus><label>L</label>")
    assert compare("NamedCredential", before, xml("NamedCredential", "<label>L</label>")) == (
        Change("calloutStatus", "Disabled", "Enabled"),
    )


def registration(schema: str, *, operations: str = "", more: str = "", reference: str = "Reference") -> bytes:
    escaped = schema.replace("&", "&amp;").replace("<", "&lt;")
    field = f"namedCredential{reference}" if reference else "namedCredential"
    return xml(
        "ExternalServiceRegistration",
        f"<label>S</label><{field}>NC</{field}>{operations}<registrationProviderType>Custom</registrationProviderType>"
        f"<schema>{escaped}</schema>{more}",
    )


def test_a_registered_schema_is_compared_as_a_document() -> None:
    pretty = json.dumps({"openapi": "3.0.1", "paths": {"/a": {"get": {}}}}, indent=4)
    yaml = "openapi: 3.0.1\npaths:\n  /a:\n    get: {}\n"
    assert same("ExternalServiceRegistration", registration(pretty), registration(yaml))
    changed = registration(pretty.replace('"/a"', '"/b"'))
    paths = [change.path for change in compare("ExternalServiceRegistration", registration(pretty), changed)]
    assert paths == ["schema/paths/~1a", "schema/paths/~1b"]


def test_fields_that_the_platform_fills_in_are_no_difference() -> None:
    filled = registration(
        "{}",
        more="<schemaType>OpenApi3</schemaType><serviceBinding>{&quot;host&quot;:&quot;h&quot;}</serviceBinding>"
        "<status>Complete</status><systemVersion>8</systemVersion>",
        reference="",
    )
    assert same("ExternalServiceRegistration", registration("{}"), filled)


def test_the_media_type_map_is_a_difference() -> None:
    mapped = registration(
        "{}",
        more="<serviceBinding>{&quot;compatibleMediaTypes&quot;:{&quot;a/b&quot;:&quot;c/d&quot;}}</serviceBinding>",
    )
    assert [c.path for c in compare("ExternalServiceRegistration", registration("{}"), mapped)] == [
        "serviceBinding/compatibleMediaTypes/a~1b"
    ]


def test_operation_names_are_compared_without_case() -> None:
    def operation(name: str, active: str = "true") -> str:
        return f"<operations><active>{active}</active><name>{name}</name></operations>"

    lower = registration("{}", operations=operation("getpets"))
    assert same("ExternalServiceRegistration", lower, registration("{}", operations=operation("getPets")))
    (change,) = compare(
        "ExternalServiceRegistration", lower, registration("{}", operations=operation("getpets", "false"))
    )
    assert change.path == "operations[getpets].active"
    (gone,) = compare("ExternalServiceRegistration", lower, registration("{}"))
    assert gone.destructive


def grant(principal: str, enabled: str = "true") -> str:
    return (
        f"<externalCredentialPrincipalAccesses><enabled>{enabled}</enabled>"
        f"<externalCredentialPrincipal>{principal}</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
    )


def test_a_grant_of_nothing_equals_no_grant() -> None:
    before = xml("PermissionSet", grant("EC-P") + grant("EC-Q", "false") + "<label>L</label>")
    after = xml("PermissionSet", grant("EC-P") + "<hasActivationRequired>false</hasActivationRequired><label>L</label>")
    assert same("PermissionSet", before, after)


def test_a_removed_grant_is_named() -> None:
    before = xml("PermissionSet", grant("EC-P") + grant("EC-Q") + "<label>L</label>")
    after = xml("PermissionSet", grant("EC-P") + "<label>L</label>")
    (change,) = compare("PermissionSet", before, after)
    assert change.path == "externalCredentialPrincipalAccesses[EC-Q]"
    assert change.destructive


def test_places_on_the_canvas_and_platform_fields_of_a_flow_mean_nothing() -> None:
    def flow(x: int, more: str, segment: str = "") -> bytes:
        return xml(
            "Flow",
            f"<actionCalls><name>Call</name><label>Call</label><locationX>{x}</locationX><locationY>{x}</locationY>"
            f"<actionName>S.op</actionName><actionType>externalService</actionType>{segment}</actionCalls>"
            f"<label>F</label><status>Active</status>{more}",
        )

    before = flow(0, "")
    after = flow(
        176,
        "<environments>Default</environments><apiVersion>66.0</apiVersion>"
        "<processMetadataValues><name>CanvasMode</name></processMetadataValues>",
        "<nameSegment>S.op</nameSegment><offset>0</offset>",
    )
    assert same("Flow", before, after)


def test_flow_elements_match_by_name() -> None:
    def variables(*names: str) -> bytes:
        return xml(
            "Flow", "".join(f"<variables><name>{n}</name><dataType>String</dataType></variables>" for n in names)
        )

    assert same("Flow", variables("a", "b", "c"), variables("c", "a", "b"))
    assert [c.path for c in compare("Flow", variables("a", "b"), variables("a", "c"))] == [
        "variables[c]",
        "variables[b]",
    ]


def test_the_order_of_assignments_has_a_meaning() -> None:
    def assignment(*targets: str) -> bytes:
        items = "".join(
            f"<assignmentItems><assignToReference>{t}</assignToReference></assignmentItems>" for t in targets
        )
        return xml("Flow", f"<assignments><name>A</name>{items}</assignments>")

    assert not same("Flow", assignment("a", "b"), assignment("b", "a"))


def test_numbers_compare_by_value() -> None:
    def constant(number: str) -> bytes:
        return xml("Flow", f"<constants><name>c</name><value><numberValue>{number}</numberValue></value></constants>")

    assert same("Flow", constant("4096.0"), constant("4096.00"))
    assert not same("Flow", constant("4096.0"), constant("4096.5"))


names = st.text("abcXYZ_19 -", min_size=1, max_size=12)
entries = st.dictionaries(st.tuples(st.sampled_from(["AuthHeader", "NamedPrincipal"]), names), names, max_size=6)


@given(before=entries, after=entries)
def test_changes_name_exactly_what_differs(
    before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]
) -> None:
    def build(state: dict[tuple[str, str], str]) -> bytes:
        return credential(*(parameter(kind, name, value, "G") for (kind, name), value in state.items()))

    changes = compare("ExternalCredential", build(before), build(after))
    differing = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert len(changes) == len(differing)
    assert {change.destructive for change in changes if change.after is None} <= {True}
