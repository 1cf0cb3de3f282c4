"""What only an org can tell, as plain values. `None` in any part means: not read; `unread` says why.

Collected by org/, written to and read from a file by `--save-evidence`, and given to rules by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import Any

from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import FlowVersions, OrgInfo, OrgType, PrincipalState
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class PrincipalGrant:
    """One parent (permission set, group or profile) that may use a principal."""

    external_credential: str
    principal: str
    parent: str
    """API name of the permission set or group, name of the profile."""
    kind: str
    """`PermissionSet`, `PermissionSetGroup` or `Profile`."""
    user_type: str | None = None
    """For profiles: Profile.UserType (`Guest`, `CspLitePortal`, `PowerPartner`, `Standard`, …)."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A permission set (also by way of a group) assigned to a user."""

    permission_set: str
    username: str
    active: bool
    user_type: str | None = None
    group: str | None = None
    expires: str | None = None
    """ISO date or date-time; None: never."""
    profile: str | None = None
    flow_user: bool = False
    """The box Flow User on the user, which lets run flows as the permission Run Flows does."""


@dataclass(frozen=True, slots=True)
class ObjectGrant:
    """Access to the object UserExternalCredential that one parent gives."""

    parent: str
    """API name of the permission set, or name of the profile."""
    is_profile: bool
    read: bool
    create: bool = False
    edit: bool = False
    delete: bool = False
    modify_all: bool = False


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate of the org; the key is never read."""

    name: str
    expires: str | None
    """ISO date."""


@dataclass(frozen=True, slots=True)
class AppAccess:
    """How users come to a connected app or an external client app."""

    name: str
    kind: str
    """`ConnectedApp` or `ExternalClientApplication`."""
    admin_approved_only: bool | None
    """True if only users that an administrator approved may use it; None where the org does not tell."""


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """A profile of guests or portal users, and the flows it may run."""

    profile: str
    user_type: str
    flows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """Who changed a component last, and when."""

    by: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgEvidence:
    """Everything that was read besides metadata."""

    org: OrgInfo
    principal_grants: tuple[PrincipalGrant, ...] | None = None
    assignments: tuple[Assignment, ...] | None = None
    object_grants: tuple[ObjectGrant, ...] | None = None
    run_flow_grants: tuple[str, ...] | None = None
    """Parents (sets and profiles) that give the permission Run Flows."""
    principals: tuple[PrincipalState, ...] | None = None
    certificates: tuple[StoredCertificate, ...] | None = None
    flows: tuple[FlowVersions, ...] | None = None
    packages: tuple[str, ...] | None = None
    """Namespaces of installed packages."""
    apps: tuple[AppAccess, ...] | None = None
    sites: tuple[SiteAccess, ...] | None = None
    active_users: int | None = None
    retrieved: tuple[str, ...] = ()
    """Metadata types that were read whole."""
    touched: Mapping[ComponentRef, Touch] = field(default_factory=dict)
    missing_rights: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    """Name of a part above, or a metadata type -> why it could not be read."""

    def why_not(self, part: str) -> str:
        """Why a part is None."""
        return self.unread.get(part, "the org was not asked for it")

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` takes them back."""
        document: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "org":
                document["org"] = {**asdict(self.org), "type": self.org.type.value}
            elif item.name == "touched":
                document["touched"] = [
                    {"type": ref.type, "fullName": ref.full_name, "by": touch.by, "on": touch.on}
                    for ref, touch in sorted(value.items())
                ]
            elif isinstance(value, tuple):
                document[item.name] = [entry if isinstance(entry, str) else asdict(entry) for entry in value]
            elif isinstance(value, Mapping):
                document[item.name] = dict(value)
            else:
                document[item.name] = value
        return document


_PARTS: dict[str, Any] = {
    "principal_grants": PrincipalGrant,
    "assignments": Assignment,
    "object_grants": ObjectGrant,
    "principals": PrincipalState,
    "certificates": StoredCertificate,
    "flows": FlowVersions,
    "apps": AppAccess,
    "sites": SiteAccess,
}
_NAMES = ("run_flow_grants", "packages", "retrieved", "missing_rights")


def from_json(document: Mapping[str, Any]) -> OrgEvidence:
    """The evidence that `as_json` wrote. Raises KeyError or TypeError for anything else; callers name the file."""
    org = document["org"]
    values: dict[str, Any] = {"org": OrgInfo(**{**org, "type": OrgType(org["type"])})}
    for part, kind in _PARTS.items():
        rows = document.get(part)
        if rows is not None:
            values[part] = tuple(_row(kind, row) for row in rows)
    for part in _NAMES:
        if document.get(part) is not None:
            values[part] = tuple(str(name) for name in document[part])
    values["active_users"] = document.get("active_users")
    values["unread"] = dict(document.get("unread", {}))
    values["touched"] = {
        ComponentRef(row["type"], row["fullName"]): Touch(row["by"], row["on"]) for row in document.get("touched", ())
    }
    return OrgEvidence(**values)


def _row(kind: Any, row: Mapping[str, Any]) -> Any:
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
