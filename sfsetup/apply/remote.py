"""The deployer's view of an org: what a deploy asks and does, in its own words, over the client of `org/`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from sfsetup.errors import OrgRefused
from sfsetup.model.event import Listener, nobody
from sfsetup.model.snapshot import FlowVersions, PrincipalState, RegisteredOperation, UserState
from sfsetup.protocols.registry import protocol_of

if TYPE_CHECKING:
    from sfsetup.apply.writing import Value
    from sfsetup.model.component import ComponentSet
    from sfsetup.model.snapshot import OrgSnapshot
    from sfsetup.org.connection import OrgConnection
    from sfsetup.org.credentials import Principal as StoredPrincipal
    from sfsetup.org.jobs import DeployOptions, DeployResult
    from sfsetup.protocols.values import ExternalCredential, Principal
    from sfsetup.spec.model import IntegrationSpec


class Remote:
    """One org at the API version of a deploy."""

    def __init__(self, connection: OrgConnection, listener: Listener = nobody) -> None:
        self.connection = connection
        self.listener = listener
        self.last_job: str | None = None
        """The id of the deploy job that was sent last."""

    def deploy(self, archive: bytes, options: DeployOptions, files: Collection[str] = ()) -> str:
        """Sends an archive once and returns the id of its job; `files` are the names in it."""
        self.last_job = self.connection.metadata.deploy(archive, options, files=files, listener=self.listener)
        return self.last_job

    def wait(self, job_id: str, seconds: float, watch: Callable[[DeployResult], None]) -> DeployResult:
        """The job when it has ended; `watch` sees its states. Raises Unreachable when `seconds` are over."""
        return self.connection.metadata.wait(job_id, timeout=seconds, watch=watch)

    def describe_action(self, service: str, action: str) -> RegisteredOperation | None:
        """What the org says of `<service>.<operation>`; None when it does not tell."""
        try:
            return self.connection.actions.operation(service, action.partition(".")[2])
        except OrgRefused:
            return None

    def flow_versions(self, name: str) -> FlowVersions | None:
        """Active and latest version of a flow; None when the org does not tell or has no such flow."""
        try:
            return self.connection.actions.flow_versions([name]).get(name)
        except OrgRefused:
            return None

    def store(
        self,
        credential: ExternalCredential,
        principal: Principal,
        values: Sequence[Value],
        before: PrincipalState | None,
    ) -> PrincipalState:
        """Writes values of a principal and reads back which parameters it has then."""
        from sfsetup.org.credentials import Value as Stored

        named: Mapping[str, Stored] = {value.name: Stored(value.secret, value.encrypted) for value in values}
        return self.connection.credentials.store(stored_principal(credential, principal), named, before=before)

    def assign(self, user: UserState, permission_set: str) -> bool:
        """Gives a user the permission set; False when the user had it."""
        if user.id is None:
            raise OrgRefused(f"The org has no user {user.username}.")
        return self.connection.people.assign(user.id, permission_set)

    def unassign(self, user_id: str, permission_set: str) -> None:
        """Takes a permission set from a user; nothing happens if the user did not have it."""
        self.connection.people.unassign(user_id, permission_set)

    def assigned_users(self, permission_set: str) -> tuple[tuple[str, str], ...]:
        """(id, username) of everybody who has the permission set."""
        return self.connection.people.assigned_users(permission_set)

    def activate(self, flow: str, version: int | None) -> None:
        """Makes a version of a flow the active one; None deactivates the flow."""
        self.connection.actions.activate(flow, version)


def stored_principal(credential: ExternalCredential, principal: Principal) -> StoredPrincipal:
    """The principal as Connect REST knows it."""
    from sfsetup.org.credentials import Principal as Stored

    protocol = protocol_of(credential)
    return Stored(
        external_credential=credential.name,
        name=principal.name,
        protocol=protocol.connect_name or "",
        principal_type=principal.kind,
        variant=protocol.variant(credential),
    )


def stored_principals(spec: IntegrationSpec) -> tuple[StoredPrincipal, ...]:
    """The principals of an integration for which a deploy stores something."""
    credential = spec.external_credential
    protocol = protocol_of(credential)
    return tuple(
        stored_principal(credential, principal)
        for principal in credential.principals
        if protocol.connect_name is not None and protocol.stored(credential, principal.name)
    )


def snapshot_for(
    spec: IntegrationSpec, components: ComponentSet, connection: OrgConnection, listener: Listener = nobody
) -> OrgSnapshot:
    """Everything of an org that concerns an integration. Reads only."""
    from sfsetup.apply.flow import called_actions
    from sfsetup.org.snapshot import Wanted, take_snapshot

    service = spec.service.name
    wanted = Wanted.of(
        components,
        principals=stored_principals(spec),
        users=spec.assign,
        operations=[(service, action.partition(".")[2]) for action in called_actions(components)],
    )
    return take_snapshot(connection, wanted, listener=listener)
