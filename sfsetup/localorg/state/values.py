"""The values that the state of a local org is made of. All frozen; times are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class OrgSettings:
    """Which org this is."""

    id: str
    """18 characters, `00D…`."""
    type: str
    """sandbox, production, developer or scratch."""
    my_domain: str
    name: str
    """The local org's own name, as in `-o local:NAME`."""
    namespace: str | None = None

    @property
    def is_sandbox(self) -> bool:
        """Organization.IsSandbox: sandboxes and scratch orgs (source: a scratch org says true; reference 2.1)."""
        return self.type in ("sandbox", "scratch")

    @property
    def is_production(self) -> bool:
        """Where production's deploy rules hold. A Developer Edition org is not production in sfsetup's words."""
        return self.type == "production"

    @property
    def edition(self) -> str:
        """Organization.OrganizationType."""
        return "Developer Edition" if self.type in ("developer", "scratch") else "Enterprise Edition"


@dataclass(frozen=True, slots=True)
class User:
    """A user. `permissions` are the profile's own; `state.permissions.of_user` adds what assignments give."""

    id: str
    username: str
    name: str
    profile: str
    email: str = ""
    is_active: bool = True
    user_type: str = "Standard"
    is_flow_user: bool = False
    """The checkbox Flow User (UserPermissionsInteractionUser)."""


@dataclass(frozen=True, slots=True)
class StoredComponent:
    """One component as the org holds it. `content` is its XML (empty for bundles that have none)."""

    type: str
    full_name: str
    content: bytes
    id: str
    created_by: str
    """User id."""
    created: datetime
    modified_by: str
    modified: datetime
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files by path inside the package (`classes/A.cls`)."""
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """One version of a flow. `status` is Active, Draft, Obsolete, InvalidDraft or UnderReview."""

    id: str
    """`301…`."""
    definition_id: str
    """`300…`."""
    flow: str
    number: int
    status: str
    content: bytes
    created_by: str
    created: datetime
    modified_by: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class ObjectPermission:
    """Rights on one object, given by a permission set or profile."""

    object: str
    read: bool = False
    create: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False
    modify_all: bool = False


@dataclass(frozen=True, slots=True)
class EntityAccess:
    """A row of SetupEntityAccess. `type` is ExternalCredentialParameter, FlowDefinition, ApexClass …"""

    id: str
    type: str
    name: str
    """`<EC>-<principal>` for ExternalCredentialParameter, else the component's fullName."""
    entity_id: str


@dataclass(frozen=True, slots=True)
class PermissionHolder:
    """What a permission set, or the set behind a profile, gives."""

    id: str
    name: str
    label: str
    is_owned_by_profile: bool = False
    profile_id: str | None = None
    user_permissions: frozenset[str] = frozenset()
    objects: tuple[ObjectPermission, ...] = ()
    entities: tuple[EntityAccess, ...] = ()
    group_id: str | None = None
    """Set for the aggregate set of a permission set group."""
    has_activation_required: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row of PermissionSetAssignment."""

    id: str
    assignee_id: str
    permission_set_id: str
    permission_set_group_id: str | None = None
    expires: datetime | None = None
    """From then on it gives nothing any more."""


@dataclass(frozen=True, slots=True)
class EffectiveRights:
    """What a user may, from profile, sets and groups together."""

    user_permissions: frozenset[str]
    objects: Mapping[str, ObjectPermission]
    entities: frozenset[tuple[str, str]]
    """(type, name) as in EntityAccess."""

    def may(self, permission: str) -> bool:
        """True if the user has this user permission (API name without `Permissions`)."""
        return permission in self.user_permissions

    def reaches(self, entity_type: str, name: str) -> bool:
        """True if the user has access to this entity."""
        return (entity_type, name) in self.entities


@dataclass(frozen=True, slots=True)
class CredentialParameter:
    """A stored parameter of a principal. The value never leaves the server in an answer."""

    id: str
    name: str
    value: str
    encrypted: bool
    revision: int

    def __repr__(self) -> str:
        return f"CredentialParameter({self.name!r}, revision={self.revision})"


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """The stored parameters of one principal (of one user, for PerUserPrincipal)."""

    external_credential: str
    principal: str
    principal_type: str
    user_id: str
    """Empty for a principal shared by all."""
    parameters: Mapping[str, CredentialParameter]


@dataclass(frozen=True, slots=True)
class Session:
    """An access token and whose it is."""

    token: str
    user_id: str
    created: datetime
    expired: bool = False

    def __repr__(self) -> str:
        return f"Session(user_id={self.user_id!r})"


@dataclass(frozen=True, slots=True)
class Job:
    """A deploy or retrieve. `due` is when it will be done; until then it is pending or in progress."""

    id: str
    kind: str
    """deploy or retrieve."""
    status: str
    created_by: str
    created: datetime
    due: datetime
    options: Mapping[str, object]
    result: Mapping[str, object]
    payload: bytes = b""
    """The deploy's zip until it has run; the retrieve's zip afterwards."""
    completed: datetime | None = None
    canceled_by: str | None = None
