"""What is known of an org before anything is sent. Unknown is a value of its own: it is never 'absent'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from sfsetup.model.finding import ComponentRef
from sfsetup.values import dataclass


class OrgType(Enum):
    """Kinds of org. An org that cannot be told counts as production."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    SCRATCH = "scratch"
    DEVELOPER = "developer"

    @property
    def is_production(self) -> bool:
        """True where writing needs `--yes` and a matching environment."""
        return self is OrgType.PRODUCTION


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgInfo:
    """Which org this is and who is logged in."""

    id: str
    username: str
    user_id: str
    type: OrgType
    api_version: str
    """The newest the org offers, as `66.0`."""
    instance_url: str
    my_domain: str | None = None
    """`acme--uat` of `https://acme--uat.sandbox.my.salesforce.com`; None where the host does not tell."""
    edition: str | None = None
    """OrganizationType as the org says it, for example `Enterprise Edition`."""
    namespace: str | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgComponent:
    """A component as the org gave it back."""

    ref: ComponentRef
    content: bytes
    id: str | None = None
    last_modified_by: str | None = None
    last_modified_by_id: str | None = None
    last_modified_date: str | None = None


@dataclass(frozen=True, slots=True)
class PrincipalState:
    """What Connect REST tells of one principal's stored parameters; values never come back."""

    external_credential: str
    principal: str
    parameters: Mapping[str, int | None] = field(default_factory=dict)
    """Name of each stored parameter and its revision (None where the org does not tell)."""
    encrypted: Mapping[str, bool] = field(default_factory=dict)
    status: str | None = None
    """Configured, NotConfigured or Unknown (always Unknown for protocol Custom)."""
    known: bool = True
    """False when the org could not be asked; then `parameters` says nothing."""


@dataclass(frozen=True, slots=True)
class FlowVersions:
    """Versions of one flow: numbers, None where there is none."""

    full_name: str
    active: int | None
    latest: int | None
    latest_status: str | None = None
    last_modified_by: str | None = None
    last_modified_date: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredOperation:
    """An operation of a registered External Service as the org names it."""

    service: str
    action_name: str
    """`<Service>.<operation>` as a flow calls it."""
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    """Input name -> Apex class (None for a primitive)."""
    outputs: Mapping[str, str | None] = field(default_factory=dict)
    source: str = "org"
    """`org` when the org described the action, `predicted` when it could not be asked."""


@dataclass(frozen=True, slots=True)
class UserState:
    """A user that the integration concerns."""

    username: str
    id: str | None
    """None: the org has no such user."""
    is_active: bool = True
    assigned: frozenset[str] = frozenset()
    """Names of permission sets assigned to the user."""
    can_run_flows: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSnapshot:
    """Everything the planner may know. Components that are in neither mapping nor `unknown` are absent."""

    org: OrgInfo
    components: Mapping[ComponentRef, OrgComponent] = field(default_factory=dict)
    unknown: Mapping[ComponentRef, str] = field(default_factory=dict)
    """Components about which the org did not tell, with the reason."""
    principals: tuple[PrincipalState, ...] = ()
    flows: Mapping[str, FlowVersions] = field(default_factory=dict)
    operations: tuple[RegisteredOperation, ...] = ()
    users: tuple[UserState, ...] = ()
    missing_rights: tuple[str, ...] = ()
    """Permissions by their label, for example `View Setup and Configuration`."""
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Name -> (maximum, remaining)."""
