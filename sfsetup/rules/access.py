"""Who may use a principal: what files and the org tell together, and the users behind the permission sets.

Names compare without regard to case and with or without a package's namespace (see facts.graph.same_name).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.facts.graph import same_name

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.model.snapshot import PrincipalState
    from sfsetup.rules.context import AuditContext
    from sfsetup.rules.evidence import Assignment, PrincipalGrant

GUEST = frozenset(("Guest",))
COMMUNITY = frozenset(("CspLitePortal", "CustomerSuccess", "PowerCustomerSuccess", "PowerPartner", "CSNOnly"))
"""Values of Profile.UserType for visitors without login, and for customers and partners (Object Reference: Profile)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One permission set, group or profile that lets its users call with a principal."""

    kind: str
    """`PermissionSet`, `PermissionSetGroup` or `Profile`."""
    name: str
    user_type: str | None = None


def principals(context: AuditContext) -> Iterator[tuple[ExternalCredential, Parameter]]:
    """Every principal of every external credential."""
    for credential in context.external_credentials:
        for principal in credential.principals:
            yield credential, principal


def org_grants(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> list[PrincipalGrant]:
    """Rows of the org that grant a principal; empty without evidence."""
    rows = context.evidence.principal_grants if context.evidence else None
    return [
        row
        for row in rows or ()
        if row.principal == principal.name and same_name(row.external_credential, credential.full_name)
    ]


def sources(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> tuple[Source, ...]:
    """Everything known to grant a principal. Without the org's rows that is what files say: no profile is among it."""
    granting = context.grants.of_principal(credential, principal.name)
    found = [Source("PermissionSet", each.source.full_name) for each in granting]
    if principal.permission_set:
        found.append(Source("PermissionSet", principal.permission_set))
    found.extend(Source(row.kind, row.parent, row.user_type) for row in org_grants(context, credential, principal))
    return tuple(dict.fromkeys(found))


def is_current(context: AuditContext, row: Assignment) -> bool:
    """True for an assignment to an active user that has not expired."""
    return row.active and not has_expired(context, row)


def has_expired(context: AuditContext, row: Assignment) -> bool:
    """True if the assignment's last day lies before today."""
    return row.expires is not None and row.expires[:10] < context.today.isoformat()


def assigned(context: AuditContext, found: Iterable[Source]) -> list[Assignment] | None:
    """Assignments of these permission sets and groups, expired ones too; None where the org did not tell."""
    rows = context.evidence.assignments if context.evidence else None
    if rows is None:
        return None
    wanted = [source for source in found if source.kind != "Profile"]
    return [row for row in rows if any(_is_of(row, source) for source in wanted)]


def _is_of(row: Assignment, source: Source) -> bool:
    name = row.group if source.kind == "PermissionSetGroup" else row.permission_set
    return name is not None and same_name(name, source.name)


def users_of(context: AuditContext, found: Iterable[Source]) -> dict[str, Assignment] | None:
    """Active users that hold one of these sets now, by username; None where the org did not tell."""
    rows = assigned(context, found)
    if rows is None:
        return None
    return {row.username: row for row in sorted(rows, key=lambda row: row.username) if is_current(context, row)}


def state_of(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> PrincipalState | None:
    """What the org tells of the stored parameters; None where it was not asked or did not answer."""
    for state in (context.evidence.principals if context.evidence else None) or ():
        is_it = state.known and state.principal == principal.name
        if is_it and same_name(state.external_credential, credential.full_name):
            return state
    return None


def needed_parameters(context: AuditContext, credential: ExternalCredential) -> tuple[str, ...]:
    """Parameters of a principal that header formulas ask for, here and on the named credentials in front."""
    found: dict[str, str] = {}
    for header in context.headers_behind(credential):
        for reference in header.formula.references:
            if reference.parameter and same_name(reference.external_credential, credential.full_name):
                found.setdefault(reference.parameter.lower(), reference.parameter)
    return tuple(found.values())


def some(names: Iterable[str], most: int = 3) -> str:
    """A few names and how many more there are."""
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"
