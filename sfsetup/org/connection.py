"""A connection: the session to one org and the APIs that go over it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from sfsetup.errors import UsageError
from sfsetup.model.snapshot import OrgInfo
from sfsetup.org.actions import Actions
from sfsetup.org.credentials import Credentials
from sfsetup.org.metadata_api import MetadataApi
from sfsetup.org.people import People
from sfsetup.org.rest import Rest
from sfsetup.org.transport import OrgSession


@dataclass(frozen=True, kw_only=True)
class OrgConnection:
    """One org, logged in, at one API version. Made by `org.login.connect`."""

    session: OrgSession = field(repr=False)
    info: OrgInfo
    api_version: str
    """The version that every request of this connection uses, as `66.0`."""
    versions: tuple[str, ...] = ()
    """What the org offers, oldest first."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def instance_url(self) -> str:
        """`https://acme.my.salesforce.com`, without a slash at the end."""
        return self.session.instance_url

    @cached_property
    def rest(self) -> Rest:
        """SOQL, Tooling, records, limits."""
        return Rest(self.session, self.api_version)

    @cached_property
    def metadata(self) -> MetadataApi:
        """Deploy and retrieve."""
        return MetadataApi(
            self.session,
            self.api_version,
            user_id=self.info.user_id,
            tooling_query=self.rest.tooling_query,
            clock=self.clock,
        )

    @cached_property
    def credentials(self) -> Credentials:
        """Stored parameters of principals (Connect REST)."""
        return Credentials(self.rest, self.session.sleep)

    @cached_property
    def actions(self) -> Actions:
        """Flows and External Service actions: describe, run, versions, activation."""
        return Actions(self.rest)

    @cached_property
    def people(self) -> People:
        """Users, permission sets and assignments."""
        return People(self.rest, self.info)

    def at(self, api_version: str) -> OrgConnection:
        """The same session at another version. Raises UsageError for one that the org does not offer."""
        if self.versions and api_version not in self.versions:
            raise UsageError(
                f"The org does not offer API version {api_version}; it has {self.versions[0]} to {self.versions[-1]}.",
                actions=[f"Use --api-version {self.versions[-1]} or lower."],
            )
        return replace(self, api_version=api_version)

    def close(self) -> None:
        """Closes the session's sockets."""
        self.session.close()
