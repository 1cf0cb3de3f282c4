"""Which API has which table, and what a user without View Setup and Configuration sees of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.localorg.records import flows, people, setup
from sfsetup.localorg.soql.schema import Table

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, User

_BOTH = frozenset({"ExternalCredentialParameter", "NamedCredential", "ApexClass", "ApexTrigger", "AuthProvider"})
"""Tooling objects that the standard API has too (audit-rules 2: parameters are queried by plain SOQL and Apex)."""

_STANDARD_ONLY = frozenset({"ObjectPermissions", "SetupEntityAccess", "PermissionSetGroupComponent"})

NEEDS_VIEW_SETUP = frozenset(
    {
        "ExternalServiceRegistration",
        "ExternalCredential",
        "ExternalCredentialParameter",
        "NamedCredential",
        "NamedCredentialParameter",
        "Certificate",
        "RemoteProxy",
        "CspTrustedSite",
        "AuthProvider",
        "ConnectedApplication",
        "FlowDefinition",
        "Flow",
        "DeployRequest",
    }
)
"""Without View Setup and Configuration these come back empty (audit-rules 2)."""


class Objects:
    """The tables of one API for one user."""

    def __init__(self, state: State, user: User, *, tooling: bool) -> None:
        self.tooling = tooling
        found = [*people.tables(state)]
        metadata = [*setup.tables(state), *flows.tables(state)]
        everything = [*found, *metadata, setup.subscriber_packages()]
        if tooling:
            found = [table for table in found if table.name not in _STANDARD_ONLY]
            found.extend(metadata)
        else:
            found.extend(table for table in metadata if table.name in _BOTH)
            found.extend([*flows.standard_tables(state), *setup.standard_tables(state)])
        sees_setup = state.permissions.of_user(user.id).may("ViewSetup")
        self._linked = {
            table.name.lower(): table if sees_setup or table.name not in NEEDS_VIEW_SETUP else replace(table, rows=list)
            for table in [*everything, *found]
        }
        self._tables = {table.name.lower(): self._linked[table.name.lower()] for table in found}

    def table(self, name: str) -> Table | None:
        """By name, letter case aside."""
        return self._tables.get(name.lower())

    def linked(self, name: str) -> Table | None:
        """A table that a relationship leads to, in either API: plain SOQL joins what only Tooling queries itself."""
        return self._linked.get(name.lower())

    def all(self) -> list[Table]:
        """Every table, by name."""
        return sorted(self._tables.values(), key=lambda table: table.name)
