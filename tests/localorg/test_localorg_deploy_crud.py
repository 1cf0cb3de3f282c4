"""createMetadata, updateMetadata, upsertMetadata, deleteMetadata: what each does, refuses and answers."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import Fault, MetadataCaller, value_of, xml
from tests.support.rendered_stages import stage_files

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def record(kind: str, name: str, inner: str = "<met:label>L</met:label>", *, prefix: str = "") -> str:
    full_name = f"<met:fullName>{name}</met:fullName>" if name else ""
    return f'<met:metadata {XSI} xsi:type="{prefix}{kind}">{full_name}{inner}</met:metadata>'


def results(caller: MetadataCaller, operation: str, *records: str) -> list[dict[str, Any]]:
    return [value_of(each) for each in caller.call(operation, "".join(records))]


def codes(found: list[dict[str, Any]]) -> list[str]:
    """`ok`, or the status code of each."""
    return ["ok" if each["success"] == "true" else each["errors"]["statusCode"] for each in found]


def named(kind: str, *names: str) -> str:
    return f"<met:type>{kind}</met:type>" + "".join(f"<met:fullNames>{name}</met:fullNames>" for name in names)


def test_the_life_of_a_component(caller: MetadataCaller) -> None:
    assert results(caller, "createMetadata", record("PermissionSet", "A", prefix="ns0:")) == [
        {"fullName": "A", "success": "true"}
    ]
    assert codes(results(caller, "createMetadata", record("PermissionSet", "A"))) == ["DUPLICATE_VALUE"]
    assert codes(results(caller, "updateMetadata", record("PermissionSet", "A", "<met:label>New</met:label>"))) == [
        "ok"
    ]
    (read,) = caller.call("readMetadata", named("PermissionSet", "A"))
    assert read[0].findtext("{*}label") == "New"
    upserted = results(caller, "upsertMetadata", record("PermissionSet", "A"), record("PermissionSet", "B"))
    assert [(each["created"], each["success"]) for each in upserted] == [("false", "true"), ("true", "true")]
    assert codes(results(caller, "deleteMetadata", named("PermissionSet", "A", "Nope"))) == [
        "ok",
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert [each["fullName"] for each in caller.list("PermissionSet")] == ["B"]


REFUSED = {
    "missing": ("updateMetadata", record("PermissionSet", "None"), "INVALID_CROSS_REFERENCE_KEY", "None found"),
    "unnamed": ("createMetadata", record("PermissionSet", ""), "REQUIRED_FIELD_MISSING", "fullName"),
    "form": ("createMetadata", record("PermissionSet", "A", "<met:lable>L</met:lable>"), "FIELD_INTEGRITY_EXCEPTION",
             "lable invalid at this location in type PermissionSet"),
    "judged": ("upsertMetadata", record("PermissionSet", "A", "<met:label>L</met:label><met:userPermissions>"
               "<met:enabled>true</met:enabled><met:name>RunFlo</met:name></met:userPermissions>"),
               "FIELD_INTEGRITY_EXCEPTION", "Unknown user permission: RunFlo"),
    "type": ("createMetadata", record("Nonsense", "A"), "INVALID_TYPE", "Unknown type:Nonsense"),
    "file": ("createMetadata", record("ApexClass", "A", ""), "INVALID_TYPE", "has a file of its own"),
    "part": ("createMetadata", record("CustomField", "Field__c", ""), "FIELD_INTEGRITY_EXCEPTION", "a part of"),
    "half a part": ("createMetadata", record("CustomField", "Thing__c.", ""), "FIELD_INTEGRITY_EXCEPTION", "a part of"),
    "no part": ("createMetadata", record("extDataTranFieldTemplate", "A.B", ""), "INVALID_TYPE", "no place of its own"),
    "lasting": ("deleteMetadata", named("Settings", "Flow"), "DELETE_FAILED", "cannot be deleted"),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "body", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_refusals(caller: MetadataCaller, operation: str, body: str, code: str, says: str) -> None:
    (found,) = results(caller, operation, body)
    assert (found["success"], found["errors"]["statusCode"]) == ("false", code)
    assert says in found["errors"]["message"]


def test_the_version_of_the_call_counts(server: Embedded) -> None:
    body = record("PermissionSet", "A", "<met:externalCredentialPrincipalAccesses/><met:label>L</met:label>")
    (found,) = results(MetadataCaller(server.url, server.token, "58.0"), "createMetadata", body)
    assert "not valid in version 58.0" in found["errors"]["message"]


def test_what_is_nil_is_not_there(caller: MetadataCaller) -> None:
    inner = f'<met:description {XSI} xsi:nil="true"/><met:label>L</met:label>'
    assert codes(results(caller, "createMetadata", record("PermissionSet", "A", inner))) == ["ok"]


def test_values_of_custom_metadata_keep_their_types(caller: MetadataCaller) -> None:
    """Whatever prefix a call has for the schema of XML Schema: files have `xsd`."""
    schema = 'xmlns:s="http://www.w3.org/2001/XMLSchema"'
    one = f'<met:values><met:field>A__c</met:field><met:value {schema} xsi:type="s:double">1.0</met:value></met:values>'
    two = '<met:values><met:field>B__c</met:field><met:value xsi:nil="true"/></met:values>'
    head = '<met:description xsi:nil="1"/><met:label>L</met:label><met:protected>false</met:protected>'
    assert codes(results(caller, "createMetadata", record("CustomMetadata", "T.A", f"{head}{one}{two}"))) == ["ok"]
    text = caller.retrieve({"CustomMetadata": ["T.A"]})[0]["customMetadata/T.A.md"].decode()
    assert '<value xsi:type="xsd:double">1.0</value>' in text
    assert '<value xsi:nil="true"/>' in text
    assert "description" not in text
    (read,) = caller.call("readMetadata", named("CustomMetadata", "T.A"))
    assert read.find(".//{*}value").nsmap["xsd"] == "http://www.w3.org/2001/XMLSchema", "the type's prefix is declared"
    done = caller.deploy({"customMetadata/T.A.md": text})
    assert (done.status, done.success("T.A")["changed"]) == ("Succeeded", "false")


@pytest.mark.parametrize(("whole", "left"), [("true", []), ("false", ["A"])])
def test_all_or_none(server: Embedded, caller: MetadataCaller, whole: str, left: list[str]) -> None:
    good, bad = record("PermissionSet", "A"), record("PermissionSet", "8B")
    envelope = caller.envelope("createMetadata", good + bad)
    header = f"<met:AllOrNoneHeader><met:allOrNone>{whole}</met:allOrNone></met:AllOrNoneHeader>"
    marked = envelope.replace("</met:SessionHeader>", f"</met:SessionHeader>{header}", 1)
    assert marked != envelope
    found = [value_of(each) for each in caller.results(caller.post(marked))]
    first = "ALL_OR_NONE_OPERATION_ROLLED_BACK" if whole == "true" else "ok"
    assert codes(found) == [first, "FIELD_INTEGRITY_EXCEPTION"]
    assert [each["fullName"] for each in caller.list("PermissionSet")] == left


def test_parts_are_written_into_their_object(caller: MetadataCaller) -> None:
    thing = xml("CustomObject", "<deploymentStatus>Deployed</deploymentStatus><label>T</label><pluralLabel>Ts</pluralLabel>"
                "<nameField><label>N</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel>")  # fmt: skip
    assert caller.deploy({"objects/Thing__c.object": thing}).status == "Succeeded"
    field = "<met:label>F</met:label><met:type>Text</met:type><met:length>10</met:length>"
    assert codes(results(caller, "createMetadata", record("CustomField", "Thing__c.F__c", field))) == ["ok"]
    assert [each["fullName"] for each in caller.list("CustomField")] == ["Thing__c.F__c"]
    (read,) = caller.call("readMetadata", named("CustomObject", "Thing__c"))
    assert read[0].findtext("{*}pluralLabel") == "Ts"
    assert codes(results(caller, "deleteMetadata", named("CustomField", "Thing__c.F__c"))) == ["ok"]
    assert caller.list("CustomField") == []


def test_what_is_referenced_is_not_deleted(caller: MetadataCaller) -> None:
    assert caller.deploy(stage_files(1)).status == "Succeeded"
    (found,) = results(caller, "deleteMetadata", named("ExternalCredential", "X8x8_CPaaS_Authentication"))
    assert (found["success"], found["errors"]["statusCode"]) == ("false", "DELETE_FAILED")
    assert "uses it" in found["errors"]["message"]


def test_credentials_need_rights_of_their_own(server: Embedded) -> None:
    state = server.org.state
    state.permissions.put("Some", label="S", user_permissions=("ApiEnabled", "ModifyMetadata"), profile=True)
    user = state.users.add("some@x.example", profile="Some")
    other = MetadataCaller(server.url, state.sessions.issue(user.id))
    assert codes(results(other, "createMetadata", record("NamedCredential", "N"), record("PermissionSet", "P"))) == [
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "ok",
    ]


def test_how_many_may_come_at_once(caller: MetadataCaller) -> None:
    with pytest.raises(Fault, match="at most 10"):
        results(caller, "createMetadata", *[record("PermissionSet", f"P{number}") for number in range(11)])
    with pytest.raises(Fault, match="at most 10"):
        results(caller, "deleteMetadata", named("PermissionSet", *map(str, range(11))))
    assert results(caller, "createMetadata") == []
    with pytest.raises(Fault, match="no xsi:type"):
        results(caller, "createMetadata", "<met:metadata><met:fullName>A</met:fullName></met:metadata>")


# -- describeValueType -------------------------------------------------------------------------------------------------


def value_type(caller: MetadataCaller, name: str) -> dict[str, Any]:
    (found,) = caller.call(
        "describeValueType", f"<met:type>{{http://soap.sforce.com/2006/04/metadata}}{name}</met:type>"
    )
    return dict(value_of(found))


def test_the_fields_of_a_type_are_described(caller: MetadataCaller) -> None:
    found = value_type(caller, "ExternalCredential")
    assert {found[name] for name in ("apiCreatable", "apiDeletable", "apiReadable", "apiUpdatable")} == {"true"}
    fields = {each["name"]: each for each in found["valueTypeFields"]}
    assert fields["fullName"]["isNameField"] == "true"
    assert (fields["label"]["valueRequired"], fields["label"]["minOccurs"]) == ("true", "1")
    inner = {each["name"]: each for each in fields["externalCredentialParameters"]["fields"]}
    assert inner["sequenceNumber"]["soapType"] == "int"
    assert "NamedPrincipal" in [each["value"] for each in inner["parameterType"]["picklistValues"]]
    assert value_type(caller, "ApexClass")["apiCreatable"] == "false"


def test_the_version_decides_what_a_type_has(server: Embedded) -> None:
    def names(version: str) -> set[str]:
        found = value_type(MetadataCaller(server.url, server.token, version), "PermissionSet")
        return {each["name"] for each in found["valueTypeFields"]}

    assert names("66.0") - names("58.0") >= {"externalCredentialPrincipalAccesses"}


@pytest.mark.parametrize("name", ["Nonsense", ""])
def test_a_type_that_there_is_not(caller: MetadataCaller, name: str) -> None:
    with pytest.raises(Fault, match="Unknown type:"):
        value_type(caller, name)


def test_types_of_all_kinds_can_be_described(caller: MetadataCaller) -> None:
    from sfsetup.localorg.value_types import described
    from sfsetup.metadata.types import TYPES

    for name in sorted(TYPES)[::12]:
        assert described(name, 66.0) is None or described(name, 66.0)["apiReadable"]
    assert len(value_type(caller, "Flow")["valueTypeFields"]) > 30
