"""Who may use a principal: what files and the org tell together, and the users behind the permission sets.

Names compare without regard to case and with or without a package's namespace (see facts.graph.same_name).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sfsetup.facts.graph import same_name, without_namespace
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.facts.permission_set import PrincipalAccess
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


class _Index:
    """Grants, assignments and stored parameters by the names they concern: orgs have thousands of each."""

    def __init__(self, context: AuditContext) -> None:
        evidence = context.evidence
        self.rows: dict[str, list[PrincipalGrant]] = {}
        for row in (evidence.principal_grants if evidence else None) or ():
            self.rows.setdefault(_key(row.external_credential), []).append(row)
        self.files: dict[str, list[tuple[str, PrincipalAccess]]] = {}
        for each in context.facts.permission_sets:
            for access in each.principals:
                if access.enabled:
                    self.files.setdefault(_key(access.external_credential), []).append((each.full_name, access))
        self.sets: dict[str, list[Assignment]] = {}
        self.groups: dict[str, list[Assignment]] = {}
        self.users: dict[str, list[Assignment]] = {}
        for assignment in (evidence.assignments if evidence else None) or ():
            self.sets.setdefault(_key(assignment.permission_set), []).append(assignment)
            self.users.setdefault(assignment.username, []).append(assignment)
            if assignment.group:
                self.groups.setdefault(_key(assignment.group), []).append(assignment)
        self.states: dict[str, list[PrincipalState]] = {}
        for state in (evidence.principals if evidence else None) or ():
            self.states.setdefault(_key(state.external_credential), []).append(state)


def _key(name: str) -> str:
    return without_namespace(name.lower())


def _index(context: AuditContext) -> _Index:
    found: _Index = context.shared("access", _Index)
    return found


def org_grants(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> list[PrincipalGrant]:
    """Rows of the org that grant a principal; empty without evidence."""
    return [
        row
        for row in _index(context).rows.get(_key(credential.full_name), ())
        if row.principal == principal.name and same_name(row.external_credential, credential.full_name)
    ]


def sources(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> tuple[Source, ...]:
    """Everything known to grant a principal. Without the org's rows that is what files say: no profile is among it."""
    found = [
        Source("PermissionSet", name)
        for name, access in _index(context).files.get(_key(credential.full_name), ())
        if access.principal == principal.name and same_name(access.external_credential, credential.full_name)
    ]
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
    if context.evidence is None or context.evidence.assignments is None:
        return None
    index = _index(context)
    rows: dict[int, Assignment] = {}
    for source in found:
        if source.kind == "PermissionSetGroup":
            held = [row for row in index.groups.get(_key(source.name), ()) if same_name(row.group or "", source.name)]
        elif source.kind == "PermissionSet":
            held = [row for row in index.sets.get(_key(source.name), ()) if same_name(row.permission_set, source.name)]
        else:
            continue
        rows.update((id(row), row) for row in held)
    return list(rows.values())


def sets_of(context: AuditContext, username: str) -> frozenset[str]:
    """Permission sets that a user holds, expired ones aside; lower-case, with their namespace."""
    held = _index(context).users.get(username, ())
    return frozenset(row.permission_set.lower() for row in held if not has_expired(context, row))


def users_of(context: AuditContext, found: Iterable[Source]) -> dict[str, Assignment] | None:
    """Active users that hold one of these sets now, by username; None where the org did not tell."""
    rows = assigned(context, found)
    if rows is None:
        return None
    return {row.username: row for row in sorted(rows, key=lambda row: row.username) if is_current(context, row)}


def state_of(context: AuditContext, credential: ExternalCredential, principal: Parameter) -> PrincipalState | None:
    """What the org tells of the stored parameters; None where it was not asked or did not answer."""
    for state in _index(context).states.get(_key(credential.full_name), ()):
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
