"""Deletions: what is still in use (metadata-types 6; references in the other direction)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.facts.base import Fact
from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.flow import Flow
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.facts.permission_set_group import PermissionSetGroup
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.localorg.judge.context import Context, Deletion

REFERENCED = Check(
    "DEL-01",
    "*",
    "{name} cannot be deleted: {user} uses it.",
    "messages 1: no text known; the order of removal is inferred (metadata-types 6)",
    Wording.OURS,
    switch="delete-referenced-refused",
    warns_off=True,
)
ACTIVE_FLOW = Check(
    "DEL-02",
    "Flow",
    "The flow {name} cannot be deleted: its version {number} is active.",
    "metadata-types 6: deactivate first (documented), no text known",
    Wording.OURS,
)
ASSIGNED = Check(
    "DEL-03",
    "PermissionSet",
    "The permission set {name} cannot be deleted: it is assigned to {count} users.",
    "metadata-types 6: unassign first (inferred)",
    Wording.OURS,
    switch="delete-assigned-refused",
    warns_off=True,
)

CHECKS = (REFERENCED, ACTIVE_FLOW, ASSIGNED)


def judge(deletion: Deletion, context: Context) -> Iterator[Problem]:
    """What is wrong with one deletion."""
    name = deletion.full_name
    if not context.state.components.exists(deletion.type, name):
        return
    for user in sorted(set(_users(deletion, context))):
        yield from context.report(REFERENCED, None, name=name, user=user)
    if deletion.type == "Flow":
        active = context.state.flows.active(name)
        if active is not None:
            yield from context.report(ACTIVE_FLOW, None, name=name, number=active.number)
    if deletion.type == "PermissionSet":
        holder = context.state.permissions.get(name)
        count = sum(
            1 for row in context.state.permissions.assignments() if holder and row.permission_set_id == holder.id
        )
        if count:
            yield from context.report(ASSIGNED, None, name=name, count=count)


def _users(deletion: Deletion, context: Context) -> Iterator[str]:
    """What refers to the component when it is deleted, components that go with it aside."""
    for kind in _USERS.get(deletion.type, ()):
        # After the additions the deploy's own files count; before them the org is as it was.
        facts: Iterator[Fact] = context.all(kind) if deletion.after else context.all_stored(kind)
        for fact in facts:
            if (kind.metadata_type, fact.full_name) in context.deleted:
                continue
            if deletion.full_name in _used(fact, deletion.type, context):
                yield f"{kind.metadata_type} {fact.full_name}"


def _used(fact: object, type_name: str, context: Context) -> set[str]:
    """Names of the type that a component refers to."""
    if isinstance(fact, ExternalCredential):
        return set(fact.auth_providers if type_name == "AuthProvider" else fact.certificates)
    if isinstance(fact, NamedCredential):
        own = {"AuthProvider": {fact.legacy.get("authProvider", "")}, "Certificate": set(fact.certificates)}
        return own.get(type_name, {fact.external_credential or ""})
    if isinstance(fact, ExternalServiceRegistration):
        return {fact.named_credential or ""}
    if isinstance(fact, PermissionSet):
        if type_name == "Flow":
            return {each.name for each in fact.flows}
        return {each.external_credential for each in fact.principals}
    if isinstance(fact, PermissionSetGroup):
        return set(fact.permission_sets)
    if isinstance(fact, Flow):
        if type_name == "Flow":
            return {each.flow_name for each in fact.subflows}
        classes = {context.service_of(each.apex_class or "") or "" for each in fact.variables}
        return {call.service for call in fact.external_calls} | classes
    return set()


_USERS: dict[str, tuple[type[Fact], ...]] = {
    "AuthProvider": (ExternalCredential, NamedCredential),
    "Certificate": (ExternalCredential, NamedCredential),
    "ExternalCredential": (NamedCredential, PermissionSet),
    "NamedCredential": (ExternalServiceRegistration,),
    "ExternalServiceRegistration": (Flow,),
    "PermissionSet": (PermissionSetGroup,),
    "Flow": (PermissionSet, Flow),
}
REFERRED = frozenset(_USERS)
"""Types whose deletion is looked into."""
