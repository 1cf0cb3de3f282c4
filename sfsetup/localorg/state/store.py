"""`State`: everything one local org knows, in one SQLite file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfsetup.localorg.state.apps import Apps
from sfsetup.localorg.state.builtin import PROFILES
from sfsetup.localorg.state.components import Components, Flows
from sfsetup.localorg.state.credentials import Credentials
from sfsetup.localorg.state.database import Database
from sfsetup.localorg.state.identity import Identities, long_id
from sfsetup.localorg.state.jobs import Jobs
from sfsetup.localorg.state.permissions import Permissions
from sfsetup.localorg.state.settings import Clock, Documents, Settings, Switches
from sfsetup.localorg.state.users import Sessions, Users
from sfsetup.localorg.state.values import OrgSettings

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class State:
    """The rooms of the state. Each of their methods is safe from any thread; `transaction` joins several."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ids = Identities(database)
        self.settings = Settings(database)
        self.clock = Clock(self.settings)
        self.switches = Switches(self.settings)
        self.documents = Documents(database)
        self.apps = Apps(self.documents)
        self.components = Components(database, self.ids, self.clock)
        self.flows = Flows(database, self.ids, self.clock)
        self.users = Users(database, self.ids)
        self.permissions = Permissions(database, self.ids, self.users, self.clock)
        self.credentials = Credentials(database, self.ids)
        self.sessions = Sessions(database, self.clock, self.settings)
        self.jobs = Jobs(database, self.ids, self.clock, self.settings)

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        name: str = "default",
        org_type: str | None = None,
        my_domain: str | None = None,
        org_id: str | None = None,
    ) -> State:
        """Opens the state at `path` (None: in memory), making a fresh org when there is none.

        Type, domain and id given for an org that exists already change it. Raises UsageError for a file of a
        newer format or one that is no state.
        """
        state = cls(Database(path))
        with state.transaction():
            if state.settings.get("org") is None:
                state._found(name, org_type or "developer", my_domain, org_id)
            else:
                state.describe(org_type=org_type, my_domain=my_domain, org_id=org_id)
        return state

    def _found(self, name: str, org_type: str, my_domain: str | None, org_id: str | None) -> None:
        domain = my_domain or f"{name}-local"
        self.settings.org = OrgSettings(_org_id(org_id), org_type, domain, name)
        for profile, permissions, objects in PROFILES:
            self.permissions.put(profile, label=profile, user_permissions=permissions, objects=objects, profile=True)
        host = f"{name}.sfsetup.local"
        admin = self.users.add(f"admin@{host}", name="Local Admin", profile="System Administrator")
        self.users.add(
            f"autoproc@{host}", name="Automated Process", profile="Minimum Access", user_type="AutomatedProcess"
        )
        self.users.add(f"guest@{host}", name="Site Guest User", profile="Guest User", user_type="Guest")
        self.settings.set("admin", admin.id)
        self.settings.set("admin_username", admin.username)
        self.settings.set("main_token", self.sessions.issue(admin.id))

    def describe(
        self, *, org_type: str | None = None, my_domain: str | None = None, org_id: str | None = None
    ) -> OrgSettings:
        """Changes what is given of the org's type, domain and id; returns the settings."""
        org = self.settings.org
        changed = OrgSettings(
            _org_id(org_id) if org_id else org.id,
            org_type or org.type,
            my_domain or org.my_domain,
            org.name,
            org.namespace,
        )
        if changed != org:
            self.settings.org = changed
            if changed.id != org.id:
                self.settings.set("main_token", self.sessions.issue(self.admin_id))
        return changed

    @property
    def admin_id(self) -> str:
        """The user whose token `sfsetup local token` prints."""
        return str(self.settings.get("admin"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nests; holds the lock. No callout may be made inside."""
        with self.database.transaction():
            yield

    def close(self) -> None:
        """Closes the file."""
        self.database.close()


def _org_id(wanted: str | None) -> str:
    if wanted:
        return wanted if len(wanted) == 18 else long_id(wanted.ljust(15, "0")[:15])
    return new_org_id()


def new_org_id() -> str:
    """A random org id; `Lo0` marks it as a local org's."""
    return long_id("00DLo0" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(9)))
