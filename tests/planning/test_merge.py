"""What of the org's own goes into what is sent."""

from __future__ import annotations

import pytest

from sfsetup.model.component import Component
from sfsetup.planning.diff import compare, raw, text
from sfsetup.planning.merge import merge

NS = "http://soap.sforce.com/2006/04/metadata"


def component(type_name: str, body: str) -> Component:
    return Component(type_name, "X", file(type_name, body))


def file(type_name: str, body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{type_name} xmlns="{NS}">{body}</{type_name}>\n'.encode()


def access(name: str, enabled: str = "true") -> str:
    return (
        f"<externalCredentialPrincipalAccesses><enabled>{enabled}</enabled><externalCredentialPrincipal>{name}"
        "</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
    )


def rights(name: str, **values: str) -> str:
    given = {"allowCreate": "false", "allowDelete": "false", "allowEdit": "false", "allowRead": "true"} | values
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in given.items())
    tail = "<modifyAllRecords>false</modifyAllRecords>"
    return f"<objectPermissions>{inner}{tail}<object>{name}</object><viewAllRecords>false</viewAllRecords></objectPermissions>"


def principal(name: str, sequence: int, group: str | None = None) -> str:
    return (
        f"<externalCredentialParameters><parameterGroup>{group or name}</parameterGroup><parameterName>{name}</parameterName>"
        f"<parameterType>NamedPrincipal</parameterType><sequenceNumber>{sequence}</sequenceNumber>"
        "</externalCredentialParameters>"
    )


def header(name: str, group: str = "DefaultGroup") -> str:
    return (
        f"<externalCredentialParameters><parameterGroup>{group}</parameterGroup><parameterName>{name}</parameterName>"
        "<parameterType>AuthHeader</parameterType><parameterValue>v</parameterValue><sequenceNumber>1</sequenceNumber>"
        "</externalCredentialParameters>"
    )


PROTOCOL, LABEL = "<authenticationProtocol>Custom</authenticationProtocol>", "<label>L</label>"
OURS_PS = access("EC-P") + LABEL + rights("UserExternalCredential")
CASES = [
    ("a grant of somebody else stays", "PermissionSet", OURS_PS, OURS_PS + access("Other-P"), ["externalCredentialPrincipalAccesses Other-P"]),
    ("an object of somebody else stays", "PermissionSet", OURS_PS, OURS_PS + rights("Account"), ["objectPermissions Account"]),
    ("the same set changes nothing", "PermissionSet", OURS_PS, OURS_PS, []),
    ("a foreign principal stays", "ExternalCredential", PROTOCOL + header("A") + principal("P", 1) + LABEL, PROTOCOL + header("A") + principal("P", 1) + principal("Support", 2) + LABEL, ["principal Support"]),
    ("with what is bound to it", "ExternalCredential", PROTOCOL + principal("P", 1) + LABEL, PROTOCOL + principal("P", 1) + principal("S", 2) + header("B", "S") + LABEL, ["principal S"]),
    ("a foreign header does not", "ExternalCredential", PROTOCOL + principal("P", 1) + LABEL, PROTOCOL + principal("P", 1) + header("B") + LABEL, []),
    (
        "an allowed namespace stays",
        "NamedCredential",
        LABEL,
        LABEL + "<namedCredentialParameters><parameterName>N</parameterName><parameterType>AllowedManagedPackageNamespaces</parameterType><parameterValue>acme</parameterValue></namedCredentialParameters>",
        ["allowed namespace acme"],
    ),
    (
        "an operation that somebody switched off stays off",
        "ExternalServiceRegistration",
        LABEL + "<operations><active>true</active><name>sendx2dsms</name></operations>",
        LABEL + "<operations><active>false</active><name>SendX2dSms</name></operations>",
        ["inactive operation sendx2dsms"],
    ),
    ("a flow is nobody's to merge", "Flow", LABEL, "<label>other</label>", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_name", "ours", "theirs", "kept"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_kept(type_name: str, ours: str, theirs: str, kept: list[str]) -> None:
    merged = merge(component(type_name, ours), file(type_name, theirs))
    assert list(merged.kept) == kept
    # what is kept is not a change any more
    lost = [c for c in compare(type_name, file(type_name, theirs), merged.component.content) if c.after is None]
    assert [c for c in lost if any(name.split()[-1] in c.path for name in kept)] == []


def test_rights_are_united() -> None:
    theirs = LABEL + rights("UserExternalCredential", allowRead="false", allowEdit="true")
    merged = merge(component("PermissionSet", OURS_PS), file("PermissionSet", theirs))
    (entry,) = raw(merged.component.content)["objectPermissions"]
    assert (text(entry, "allowRead"), text(entry, "allowEdit")) == ("true", "true")


def test_an_operation_that_the_own_flow_needs_is_switched_on() -> None:
    ours = LABEL + "<operations><active>true</active><name>a</name></operations>"
    theirs = file("ExternalServiceRegistration", ours.replace("true", "false"))
    merged = merge(component("ExternalServiceRegistration", ours), theirs, needed_operations=("A",))
    assert merged.kept == ()
    assert merged.component.content == component("ExternalServiceRegistration", ours).content


def test_what_the_org_does_not_have_is_sent_as_it_is() -> None:
    ours = component("PermissionSet", OURS_PS)
    assert merge(ours, None).component is ours
