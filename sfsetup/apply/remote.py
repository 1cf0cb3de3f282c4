"""The deployer's view of an org: what a deploy asks and does, in its own words, over the client of `org/`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sfsetup.errors import OrgRefused, Unreachable
from sfsetup.model.event import Listener, nobody
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import FlowVersions, PrincipalState, RegisteredOperation, UserState
from sfsetup.protocols.registry import protocol_of

if TYPE_CHECKING:
    from sfsetup.apply.writing import Value
    from sfsetup.model.component import ComponentSet
    from sfsetup.model.snapshot import OrgComponent, OrgSnapshot
    from sfsetup.org.connection import OrgConnection
    from sfsetup.org.credentials import Principal as StoredPrincipal
    from sfsetup.org.deployments import DeployRequest
    from sfsetup.org.jobs import DeployOptions, DeployResult
    from sfsetup.protocols.values import ExternalCredential, Principal
    from sfsetup.spec.model import IntegrationSpec


class Remote:
    """One org at the API version of a deploy."""

    def __init__(self, connection: OrgConnection, listener: Listener = nobody) -> None:
        self.connection = connection
        self.listener = listener
        self.jobs: list[str] = []
        """The ids of the deploy jobs that were sent."""
        self.running_job: str | None = None
        """The one of them whose end has not been seen."""
        self.sending = False
        """True while a change is on its way: if somebody stops us then, nobody knows whether it arrived."""

    def deploy(self, archive: bytes, options: DeployOptions, files: Collection[str] = ()) -> str:
        """Sends an archive once and returns the id of its job; `files` are the names in it."""
        with self._under_way():
            job_id = self.connection.metadata.deploy(archive, options, files=files, listener=self.listener)
            self.jobs.append(job_id)
            self.running_job = job_id
        return job_id

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self.sending = True
        try:
            yield
        except Exception:
            # the org said no, or the client has told already what is not known
            self.sending = False
            raise
        self.sending = False

    def wait(self, job_id: str, seconds: float, watch: Callable[[DeployResult], None]) -> DeployResult:
        """The job when it has ended; `watch` sees its states. Raises Unreachable when `seconds` are over."""
        result = self.connection.metadata.wait(job_id, timeout=seconds, watch=watch)
        self.running_job = None
        return result

    # what others do meanwhile

    def deployments(self) -> tuple[DeployRequest, ...] | None:
        """The latest deployments of the org, by whomever; None where this user may not see them."""
        return deployments_of(self.connection)

    def modified(self, types: Sequence[str]) -> Mapping[ComponentRef, str | None] | None:
        """When each component of these types was changed last; None where the org does not list them."""
        try:
            found = self.connection.metadata.list_metadata(types)
        except OrgRefused:
            return None
        return {ComponentRef(one.type, one.full_name): one.last_modified_date for one in found}

    def read(self, refs: Sequence[ComponentRef]) -> Mapping[ComponentRef, OrgComponent]:
        """These components as the org has them now; those that it does not have are missing."""
        from sfsetup.org.snapshot import by_ref

        members: dict[str, list[str]] = {}
        for ref in refs:
            members.setdefault(ref.type, []).append(ref.full_name)
        return by_ref(self.connection.metadata.retrieve(members)) if members else {}

    def job_components(self, job_id: str) -> frozenset[ComponentRef] | None:
        """What a deploy job has brought so far; None where the org does not show it to this user."""
        try:
            result = self.connection.metadata.deploy_status(job_id)
        except (OrgRefused, Unreachable):
            return None
        rows = (*result.successes, *result.failures)
        return frozenset(ComponentRef(row.component_type, row.full_name) for row in rows if not row.is_manifest)

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
        *,
        overwrite: bool = True,
    ) -> PrincipalState:
        """Writes values of a principal and reads back which parameters it has then.

        Without `overwrite`, OrgRefused is raised for a value that somebody has stored since `before`.
        """
        from sfsetup.org.credentials import Value as Stored

        named: Mapping[str, Stored] = {value.name: Stored(value.secret, value.encrypted) for value in values}
        stored = stored_principal(credential, principal)
        with self._under_way():
            return self.connection.credentials.store(stored, named, before=before, overwrite=overwrite)

    def assign(self, user: UserState, permission_set: str) -> bool:
        """Gives a user the permission set; False when the user had it."""
        if user.id is None:
            raise OrgRefused(f"The org has no user {user.username}.")
        with self._under_way():
            return self.connection.people.assign(user.id, permission_set)

    def unassign(self, user_id: str, permission_set: str) -> None:
        """Takes a permission set from a user; nothing happens if the user did not have it."""
        self.connection.people.unassign(user_id, permission_set)

    def assigned_users(self, permission_set: str) -> tuple[tuple[str, str], ...]:
        """(id, username) of everybody who has the permission set."""
        return self.connection.people.assigned_users(permission_set)

    def activate(self, flow: str, version: int | None) -> None:
        """Makes a version of a flow the active one; None deactivates the flow."""
        with self._under_way():
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


def signed_in_principals(spec: IntegrationSpec) -> tuple[StoredPrincipal, ...]:
    """The principals of an integration that a person signs in for, at the provider."""
    credential = spec.external_credential
    if not protocol_of(credential).signs_in:
        return ()
    return tuple(stored_principal(credential, principal) for principal in credential.principals)


def deployments_of(connection: OrgConnection) -> tuple[DeployRequest, ...] | None:
    """The latest deployments of an org, by whomever; None where this user may not see them."""
    from sfsetup.org.deployments import recent

    try:
        return recent(connection.rest.tooling_query)
    except OrgRefused:
        return None


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
