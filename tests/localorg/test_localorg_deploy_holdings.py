"""What the org gives back where that is more than the deployed file: statuses, definitions, grants, profiles."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from tests.support.metadata_caller import MetadataCaller, manifest, xml
from tests.support.rendered_stages import stage_zip
from tests.support.rest_client import Client


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def flow(label: str, status: str = "Active") -> dict[str, str]:
    inner = (
        f"<label>{label}</label><processType>AutoLaunchedFlow</processType>"
        f"<start><locationX>0</locationX><locationY>0</locationY></start><status>{status}</status>"
    )
    return {"flows/F.flow": xml("Flow", inner)}


def text(caller: MetadataCaller, kind: str, name: str, path: str) -> str:
    return caller.retrieve({kind: [name]})[0][path].decode()


def test_a_flow_comes_back_with_the_status_of_its_latest_version(server: Embedded, caller: MetadataCaller) -> None:
    caller.deploy(flow("One"))
    assert "<status>Active</status>" in text(caller, "Flow", "F", "flows/F.flow")
    server.org.state.flows.deactivate("F", by=server.org.state.admin_id)
    assert "<status>Obsolete</status>" in text(caller, "Flow", "F", "flows/F.flow")
    caller.deploy(flow("Two", "Draft"))
    found = text(caller, "Flow", "F", "flows/F.flow")
    assert ("<status>Draft</status>" in found, "<label>Two</label>" in found) == (True, True)


def test_every_flow_has_a_definition(server: Embedded, caller: MetadataCaller) -> None:
    caller.deploy(flow("One"))
    caller.deploy(flow("Two", "Draft"))
    (listed,) = caller.list("FlowDefinition")
    assert (listed["fullName"], listed["fileName"]) == ("F", "flowDefinitions/F.flowDefinition")
    path = "flowDefinitions/F.flowDefinition"
    assert "<activeVersionNumber>1</activeVersionNumber>" in text(caller, "FlowDefinition", "*", path)
    done = caller.deploy({path: xml("FlowDefinition", "<activeVersionNumber>2</activeVersionNumber>")})
    assert (done.status, done.success("F")["changed"]) == ("Succeeded", "true")
    assert "<activeVersionNumber>2<" in text(caller, "FlowDefinition", "F", path)
    assert "FlowDefinition" not in server.org.state.components.types()


def test_grants_made_over_rest_are_part_of_the_permission_set(server: Embedded, caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    path, name = "permissionsets/CPaaS_API_Access.permissionset", "CPaaS_API_Access"
    before = text(caller, "PermissionSet", name, path)
    row = server.org.state.permissions.grant(name, "FlowDefinition", "Other")
    assert row is not None
    after = text(caller, "PermissionSet", name, path)
    assert "<flow>Other</flow>" in after
    server.org.state.permissions.revoke(row.id)
    assert text(caller, "PermissionSet", name, path) == before


def test_profiles_give_and_take_rights(server: Embedded, caller: MetadataCaller) -> None:
    def profile(name: str, *permissions: tuple[str, str]) -> dict[str, str]:
        inner = "".join(
            f"<userPermissions><enabled>{enabled}</enabled><name>{name}</name></userPermissions>"
            for name, enabled in permissions
        )
        return {f"profiles/{name}.profile": xml("Profile", f"<custom>false</custom>{inner}")}

    permissions = server.org.state.permissions
    assert caller.deploy(profile("Standard", ("RunFlow", "false"), ("ViewSetup", "true"))).status == "Succeeded"
    standard = permissions.of_profile("Standard User")
    assert standard is not None
    assert standard.user_permissions == {"ApiEnabled", "ViewSetup"}
    assert caller.deploy(profile("Sales", ("RunFlow", "true"))).status == "Succeeded"
    sales = permissions.of_profile("Sales")
    assert sales is not None
    assert sales.user_permissions == {"RunFlow"}


def test_a_group_follows_its_sets(server: Embedded, caller: MetadataCaller) -> None:
    def access(name: str, permission: str) -> dict[str, str]:
        inner = f"<userPermissions><enabled>true</enabled><name>{permission}</name></userPermissions>"
        return {f"permissionsets/{name}.permissionset": xml("PermissionSet", f"<label>{name}</label>{inner}")}

    group = xml("PermissionSetGroup", "<label>G</label><permissionSets>A</permissionSets>")
    files = {**access("A", "RunFlow"), "permissionsetgroups/G.permissionsetgroup": group}
    assert caller.deploy(files).status == "Succeeded"
    permissions = server.org.state.permissions

    def given() -> frozenset[str]:
        holder = permissions.get("G")
        assert holder is not None
        return holder.user_permissions

    assert given() == {"RunFlow"}
    assert caller.deploy(access("A", "ViewSetup")).status == "Succeeded"
    assert given() == {"ViewSetup"}


def test_a_redeploy_takes_back_what_was_granted_by_hand(server: Embedded, caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    permissions = server.org.state.permissions
    permissions.grant("CPaaS_API_Access", "FlowDefinition", "Other")
    again = caller.status(caller.start(stage_zip(1)))
    assert again.success("CPaaS_API_Access")["changed"] == "true"
    holder = permissions.get("CPaaS_API_Access")
    assert holder is not None
    assert [row.type for row in holder.entities] == ["ExternalCredentialParameter"]


def test_a_profile_comes_back_with_what_concerns_its_neighbours(server: Embedded, caller: MetadataCaller) -> None:
    server.org.state.switches.set("other-references-checked", False)
    field = (
        "<fieldPermissions><editable>true</editable><field>{0}.X__c</field><readable>true</readable></fieldPermissions>"
    )
    inner = (
        "<classAccesses><apexClass>A</apexClass><enabled>true</enabled></classAccesses>"
        "<custom>true</custom>"
        + field.format("Account")
        + field.format("Contact")
        + "<flowAccesses><enabled>true</enabled><flow>F</flow></flowAccesses>"
        "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>"
    )
    path = "profiles/Sales.profile"
    done = caller.deploy(
        {path: xml("Profile", inner), **flow("One"), "objects/Account.object": xml("CustomObject", "")}
    )
    assert done.status == "Succeeded", done.problems

    def kept(members: dict[str, list[str]]) -> list[str]:
        found = caller.retrieve({"Profile": ["Sales"], **members})[0][path].decode()
        words = ("classAccesses", "Account.X__c", "Contact.X__c", "flowAccesses", "userPermissions")
        return [word for word in words if word in found]

    assert kept({}) == ["userPermissions"]
    assert kept({"Flow": ["F"]}) == ["flowAccesses", "userPermissions"]
    assert kept({"CustomObject": ["Account"]}) == ["Account.X__c", "userPermissions"]
    assert kept({"ApexClass": ["*"], "CustomField": ["Contact.X__c"]}) == [
        "classAccesses",
        "Contact.X__c",
        "userPermissions",
    ]
    (record,) = caller.call("readMetadata", "<met:type>Profile</met:type><met:fullNames>Sales</met:fullNames>")
    assert len(record[0].findall("{*}fieldPermissions")) == 2


OBJECT = (
    "<objectPermissions><allowCreate>{create}</allowCreate><allowDelete>false</allowDelete><allowEdit>{create}</allowEdit>"
    "<allowRead>{read}</allowRead><modifyAllRecords>false</modifyAllRecords><object>UserExternalCredential</object>"
    "<viewAllRecords>false</viewAllRecords></objectPermissions>"
)
RUN = "<userPermissions><enabled>true</enabled><name>RunFlow</name></userPermissions>"


def test_a_group_gives_what_its_muting_set_leaves(server: Embedded, caller: MetadataCaller) -> None:
    """Muted is what the muting set names as enabled; whichever of set, group and muting set changes last."""
    state = server.org.state

    def given() -> tuple[set[str], bool, bool]:
        holder = state.permissions.get("G")
        assert holder
        (right,) = holder.objects
        return set(holder.user_permissions), right.read, right.create

    def mutes(inner: str) -> dict[str, bytes | str]:
        return {"mutingpermissionsets/M.mutingpermissionset": xml("MutingPermissionSet", f"<label>M</label>{inner}")}

    granting = f"<label>A</label>{OBJECT.format(create='true', read='true')}{RUN}"
    group = "<label>G</label><mutingPermissionSets>M</mutingPermissionSets><permissionSets>A</permissionSets>"
    files: dict[str, bytes | str] = {
        "permissionsets/A.permissionset": xml("PermissionSet", granting),
        "permissionsetgroups/G.permissionsetgroup": xml("PermissionSetGroup", group),
        **mutes(RUN),
    }
    members = {"PermissionSet": ["A"], "PermissionSetGroup": ["G"], "MutingPermissionSet": ["M"]}
    assert caller.deploy({"package.xml": manifest(members), **files}).status == "Succeeded"
    assert given() == (set(), True, True)
    only = {"package.xml": manifest({"MutingPermissionSet": ["M"]})}
    assert caller.deploy({**only, **mutes(OBJECT.format(create="true", read="false"))}).status == "Succeeded"
    assert given() == ({"RunFlow"}, True, False)
    assert caller.deploy({**only, **mutes("")}).status == "Succeeded"
    assert given() == ({"RunFlow"}, True, True)


def test_a_muting_set_that_is_deleted_mutes_no_more(server: Embedded, caller: MetadataCaller) -> None:
    state = server.org.state
    muting = xml("MutingPermissionSet", f"<label>M</label>{RUN}")
    group = "<label>G</label><mutingPermissionSets>M</mutingPermissionSets><permissionSets>A</permissionSets>"
    members = {"PermissionSet": ["A"], "PermissionSetGroup": ["G"], "MutingPermissionSet": ["M"]}
    files = {
        "permissionsets/A.permissionset": xml("PermissionSet", f"<label>A</label>{RUN}"),
        "permissionsetgroups/G.permissionsetgroup": xml("PermissionSetGroup", group),
        "mutingpermissionsets/M.mutingpermissionset": muting,
    }
    assert caller.deploy({"package.xml": manifest(members), **files}).status == "Succeeded"
    gone = {"package.xml": manifest({}), "destructiveChanges.xml": manifest({"MutingPermissionSet": ["M"]})}
    assert caller.deploy(gone).status == "Succeeded"
    holder = state.permissions.get("G")
    assert holder
    assert set(holder.user_permissions) == {"RunFlow"}


def test_a_group_follows_what_is_granted_by_record(server: Embedded, caller: MetadataCaller) -> None:
    state = server.org.state
    group = xml("PermissionSetGroup", "<label>G</label><permissionSets>A</permissionSets>")
    files = {"permissionsets/A.permissionset": xml("PermissionSet", "<label>A</label>")}
    assert caller.deploy({**files, "permissionsetgroups/G.permissionsetgroup": group}).status == "Succeeded"
    rest = Client(server, server.token)
    parent = state.permissions.get("A")
    assert parent
    body = {"ParentId": parent.id, "SobjectType": "UserExternalCredential", "PermissionsRead": True}
    made = rest("POST", "/sobjects/ObjectPermissions", body)
    assert made.status == 201, made

    def reads() -> list[bool]:
        holder = state.permissions.get("G")
        assert holder
        return [right.read for right in holder.objects]

    assert reads() == [True]
    assert rest("DELETE", f"/sobjects/ObjectPermissions/{made.json['id']}").status == 204
    assert reads() == []


def test_an_omitted_principal_can_be_kept(server: Embedded, caller: MetadataCaller) -> None:
    """Where orgs keep what a file leaves out (switch), also of a file that they gave back."""
    server.org.state.switches.set("omitted-principal-dropped", False)
    path = "externalCredentials/E.externalCredential"
    one, two = (
        f"<externalCredentialParameters><parameterGroup>{name}</parameterGroup><parameterName>{name}</parameterName>"
        "<parameterType>NamedPrincipal</parameterType><sequenceNumber>1</sequenceNumber></externalCredentialParameters>"
        for name in ("One", "Two")
    )
    rest = "<label>E</label>"
    protocol = "<authenticationProtocol>Custom</authenticationProtocol>"
    assert caller.deploy({path: xml("ExternalCredential", f"{protocol}{one}{two}{rest}")}).status == "Succeeded"
    both = text(caller, "ExternalCredential", "E", path)
    start = both.rindex("    <externalCredentialParameters>")
    end = both.rindex("</externalCredentialParameters>\n") + len("</externalCredentialParameters>\n")
    less = both[:start] + both[end:]
    assert ("Two" in both, "Two" in less) == (True, False)
    assert caller.deploy({path: less}).status == "Succeeded"
    assert text(caller, "ExternalCredential", "E", path) == both


def test_a_set_renews_the_groups_that_hold_it_alone(
    server: Embedded, caller: MetadataCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many sets and many groups in one deploy would else take the product of both."""
    from sfsetup.localorg.deploy import effects

    def giving(right: str, *names: str) -> dict[str, str]:
        inner = f"<label>S</label><userPermissions><enabled>true</enabled><name>{right}</name></userPermissions>"
        return {f"permissionsets/{name}.permissionset": xml("PermissionSet", inner) for name in names}

    files = giving("RunFlow", "A", "B", "C")
    for name in ("A", "B"):
        group = xml("PermissionSetGroup", f"<label>G</label><permissionSets> {name} </permissionSets>")
        files[f"permissionsetgroups/G{name}.permissionsetgroup"] = group
    assert caller.deploy(files).status == "Succeeded"
    renewed: list[str] = []
    made = effects._group

    def group_of(state: State, name: str, *more: Any) -> None:
        renewed.append(name)
        made(state, name, *more)

    monkeypatch.setattr(effects, "_group", group_of)
    assert caller.deploy(giving("ViewSetup", "B", "C")).status == "Succeeded"
    assert renewed == ["GB"]
    holder = server.org.state.permissions.get("GB")
    assert holder is not None
    assert "ViewSetup" in holder.user_permissions
