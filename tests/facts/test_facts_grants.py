"""Who may call out, as far as files tell."""

from __future__ import annotations

import pytest

from sfsetup.facts.grants import Grants, Level, Missing, gives_level, needed_level, principal_value
from sfsetup.facts.permission_set import ObjectAccess
from sfsetup.facts.reader import FactSet
from tests.support.metadata_files import call, facts_of, tree

READ = "<objectPermissions><allowRead>true</allowRead><object>UserExternalCredential</object></objectPermissions>"
RUN = "<userPermissions><enabled>true</enabled><name>RunFlow</name></userPermissions>"


def access(value: str, enabled: str = "true") -> str:
    return (
        f"<externalCredentialPrincipalAccesses><enabled>{enabled}</enabled>"
        f"<externalCredentialPrincipal>{value}</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
    )


def credential(protocol: str = "Custom", kind: str = "NamedPrincipal", more: str = "") -> str:
    return (
        f"<authenticationProtocol>{protocol}</authenticationProtocol><externalCredentialParameters>"
        f"<parameterName>My Key-1</parameterName><parameterType>{kind}</parameterType>{more}"
        "</externalCredentialParameters>"
    )


def facts(**more: str) -> FactSet:
    return facts_of(tree(externalCredentials__Acme__externalCredential=credential(), **more))


def test_sets_groups_and_muting() -> None:
    found = facts(
        permissionsets__Callers__permissionset=access("acme-My Key-1"),
        permissionsets__Off__permissionset=access("Acme-My Key-1", "false"),
        permissionsets__Others__permissionset=access("Acme-Other"),
        permissionsetgroups__Team__permissionsetgroup=(
            "<permissionSets>Callers</permissionSets><mutingPermissionSets>Quiet</mutingPermissionSets>"
        ),
        permissionsetgroups__Loud__permissionsetgroup="<permissionSets>CALLERS</permissionSets>",
        mutingpermissionsets__Quiet__mutingpermissionset=access("Acme-My Key-1"),
    )
    grants = Grants(found)
    (acme,) = found.external_credentials
    (grant,) = grants.of_principal(acme, "My Key-1")
    assert grant.source.full_name == "Callers"
    assert sorted(group.full_name for group in grant.groups) == ["Loud", "Team"]
    assert [group.full_name for group in grant.muted_in] == ["Team"]
    assert {each.source.full_name for each in grants.of_principal(acme)} == {"Callers", "Others"}
    assert [(each.full_name, entry.principal) for each, entry in grants.unknown_principals()] == [("Others", "Other")]
    assert principal_value(acme, acme.principals[0]) == "Acme-My Key-1"


def test_the_form_before_api_58_is_a_grant() -> None:
    found = facts_of(
        tree(externalCredentials__Acme__externalCredential=credential(more="<principal>Callers</principal>"))
    )
    (acme,) = found.external_credentials
    assert [each.permission_set for each in Grants(found).legacy_grants(acme)] == ["Callers"]


@pytest.mark.parametrize(
    ("protocol", "kind", "level"),
    [
        ("Custom", "NamedPrincipal", Level.READ),
        ("Basic", "NamedPrincipal", Level.READ),
        ("Oauth", "NamedPrincipal", Level.MODIFY_ALL),
        ("Oauth", "PerUserPrincipal", Level.FULL),
        ("Basic", "PerUserPrincipal", Level.FULL),
    ],
)
def test_the_level_depends_on_protocol_and_kind(protocol: str, kind: str, level: Level) -> None:
    found = facts_of(tree(externalCredentials__Acme__externalCredential=credential(protocol, kind)))
    (acme,) = found.external_credentials
    assert needed_level(acme) is level
    assert needed_level(acme, acme.principals[0]) is level


def test_levels_are_reached_or_not() -> None:
    read = ObjectAccess(object="UserExternalCredential", read=True)
    full = ObjectAccess(object="UserExternalCredential", read=True, create=True, edit=True, delete=True)
    every = ObjectAccess(object="UserExternalCredential", read=True, modify_all=True)
    assert [gives_level(each, Level.READ) for each in (None, read, full, every)] == [False, True, True, True]
    assert [gives_level(each, Level.FULL) for each in (None, read, full)] == [False, False, True]
    assert [gives_level(each, Level.MODIFY_ALL) for each in (read, full, every)] == [False, False, True]


@pytest.mark.parametrize(
    ("held", "restricted", "missing"),
    [
        ("", False, [Missing.PRINCIPAL, Missing.OBJECT, Missing.RUN_FLOWS]),
        (access("Acme-My Key-1") + READ + RUN, False, []),
        (access("Acme-My Key-1") + RUN, False, [Missing.OBJECT]),
        (access("Acme-My Key-1") + READ + RUN, True, [Missing.FLOW]),
        (
            access("Acme-My Key-1") + READ + "<flowAccesses><enabled>true</enabled><flow>Send</flow></flowAccesses>",
            True,
            [Missing.RUN_FLOWS],
        ),
    ],
)
def test_what_a_holder_lacks(held: str, restricted: bool, missing: list[Missing]) -> None:
    more = f"<isAdditionalPermissionRequiredToRun>{str(restricted).lower()}</isAdditionalPermissionRequiredToRun>"
    found = facts(permissionsets__Callers__permissionset=held, flows__Send__flow=call("Send", "Shop.send") + more)
    (acme,), (callers,), (send,) = found.external_credentials, found.permission_sets, found.flows
    assert list(Grants(found).missing([callers], acme, send)) == missing


def test_who_runs_flows() -> None:
    found = facts(
        permissionsets__Runners__permissionset=RUN,
        permissionsets__Others__permissionset="<label>x</label>",
        profiles__Admin__profile=RUN,
        flows__Send__flow=call("Send", "Shop.send"),
        permissionsets__Flows__permissionset="<flowAccesses><enabled>true</enabled><flow>send</flow></flowAccesses>",
    )
    grants = Grants(found)
    assert {each.full_name for each in grants.running_flows} == {"Runners", "Admin"}
    assert [each.full_name for each in grants.of_flow(found.flows[0])] == ["Flows"]
