"""PermissionSet: principals, flows, permissions, objects (metadata-types 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.localorg.judge.user_permissions import is_known

if TYPE_CHECKING:
    from sfsetup.facts.permission_set import PermissionSet
    from sfsetup.localorg.judge.context import Context

_TYPE = "PermissionSet"

PRINCIPAL = Check(
    "PS-01",
    _TYPE,
    "The {principal} parameter value doesn't exist or you may not have permission to access it.",
    "messages 1: principal unknown, or its external credential failed in the same deploy",
    Wording.REPORTED,
)
NAMESPACED = Check(
    "PS-02",
    _TYPE,
    "invalid cross reference id",
    "messages 1: external credential and permission set in one deploy of a namespaced project",
    Wording.REPORTED,
    switch="namespaced-principal-grant-refused",
)
PERMISSION = Check(
    "PS-03", _TYPE, "Unknown user permission: {name}", "messages 1, unknown permission", Wording.REPORTED
)
FLOW = Check(
    "PS-04",
    _TYPE,
    "In field: flow - no Flow named {name} found",
    "messages 1: no text known, the pattern is expected",
    Wording.OURS,
)
OTHER = Check(
    "PS-05",
    _TYPE,
    "In field: {field} - no {type} named {name} found",
    "messages 1: the pattern; which references an org checks is not known in full",
    Wording.OURS,
    switch="other-references-checked",
)
DUPLICATE = Check(
    "PS-06",
    _TYPE,
    "{name} is listed more than once in {element}.",
    "no text known",
    Wording.OURS,
    switch="duplicate-grants-refused",
    warns_off=True,
)

CHECKS = (PRINCIPAL, NAMESPACED, PERMISSION, FLOW, OTHER, DUPLICATE)


def judge(fact: PermissionSet, context: Context) -> Iterator[Problem]:
    """What is wrong with a permission set."""
    yield from _principals(fact, context)
    for access in fact.flows:
        if access.name and not context.is_named("Flow", access.name):
            yield from context.report(FLOW, access.line, name=access.name)
    for permission in fact.user_permissions:
        if not is_known(permission.name):
            yield from context.report(PERMISSION, permission.line, name=permission.name)
    yield from _others(fact, context)
    yield from _duplicates(fact, context)


def _principals(fact: PermissionSet, context: Context) -> Iterator[Problem]:
    for access in fact.principals:
        credential = context.credential(access.external_credential)
        names = {principal.name for principal in credential.principals} if credential else set()
        if access.principal not in names:
            # Only the principal is printed, not the external credential (messages 1).
            yield from context.report(PRINCIPAL, access.line, principal=access.principal or access.value)
        elif ("ExternalCredential", access.external_credential) in context.subjects:
            yield from context.report(NAMESPACED, access.line)


def _others(fact: PermissionSet, context: Context) -> Iterator[Problem]:
    """Classes, custom permissions and custom objects; those of packages and of the platform cannot be looked up."""
    named = [("apexClass", "ApexClass", each.name, each.line) for each in fact.classes]
    named += [("name", "CustomPermission", each.name, each.line) for each in fact.custom_permissions]
    named += [("object", "CustomObject", each.object, each.line) for each in fact.objects if _is_custom(each.object)]
    for field, type_name, name, line in named:
        own = name.removesuffix("__c").removesuffix("__mdt").removesuffix("__e")
        if name and "__" not in own and not context.is_named(type_name, name):
            yield from context.report(OTHER, line, field=field, type=type_name, name=name)


def _is_custom(name: str) -> bool:
    return name.endswith(("__c", "__mdt", "__e"))


def _duplicates(fact: PermissionSet, context: Context) -> Iterator[Problem]:
    lists = (
        ("externalCredentialPrincipalAccesses", [(each.value, each.line) for each in fact.principals]),
        ("flowAccesses", [(each.name, each.line) for each in fact.flows]),
        ("objectPermissions", [(each.object, each.line) for each in fact.objects]),
        ("userPermissions", [(each.name, each.line) for each in fact.user_permissions]),
    )
    for element, entries in lists:
        seen: set[str] = set()
        for name, line in entries:
            if name in seen:
                yield from context.report(DUPLICATE, line, name=name, element=element)
            seen.add(name)
