"""The stored parameters of principals. Values are written, used in callouts, and never handed out."""

from __future__ import annotations

from collections.abc import Mapping

from sfsetup.localorg.state.database import Database
from sfsetup.localorg.state.identity import Identities
from sfsetup.localorg.state.values import CredentialParameter, StoredCredential

_KEY = "external_credential = ? AND principal = ? AND principal_type = ? AND user_id = ?"


class Credentials:
    """Keyed by (external credential, principal, principal type, user id or '')."""

    def __init__(self, database: Database, identities: Identities) -> None:
        self._database = database
        self._identities = identities

    def get(
        self, external_credential: str, principal: str, principal_type: str = "NamedPrincipal", user_id: str = ""
    ) -> StoredCredential | None:
        """What is stored for a principal; None if nothing is."""
        rows = self._database.all(
            f"SELECT id, name, value, encrypted, revision FROM credential WHERE {_KEY} ORDER BY name",  # noqa: S608
            (external_credential, principal, principal_type, user_id),
        )
        if not rows:
            return None
        parameters = {row[1]: CredentialParameter(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows}
        return StoredCredential(external_credential, principal, principal_type, user_id, parameters)

    def of(self, external_credential: str) -> list[StoredCredential]:
        """Everything stored for the principals of one external credential."""
        rows = self._database.all(
            "SELECT DISTINCT principal, principal_type, user_id FROM credential WHERE external_credential = ?",
            (external_credential,),
        )
        found = (self.get(external_credential, *row) for row in rows)
        return [credential for credential in found if credential]

    def write(
        self,
        external_credential: str,
        principal: str,
        values: Mapping[str, tuple[str, bool]],
        *,
        principal_type: str = "NamedPrincipal",
        user_id: str = "",
        replace: bool,
    ) -> StoredCredential | None:
        """Stores name -> (value, encrypted). `replace` deletes what is not named. A rewrite raises the revision."""
        key = (external_credential, principal, principal_type, user_id)
        with self._database.transaction():
            before = self.get(*key)
            old = dict(before.parameters) if before else {}
            if replace:
                for name in old.keys() - values.keys():
                    self._database.run(f"DELETE FROM credential WHERE {_KEY} AND name = ?", (*key, name))  # noqa: S608
            for name, (value, encrypted) in values.items():
                known = old.get(name)
                identifier = known.id if known else self._identities.new("Credential")
                revision = known.revision + 1 if known else 1
                self._database.run(
                    "INSERT OR REPLACE INTO credential VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*key, name, identifier, value, int(encrypted), revision),
                )
            return self.get(*key)

    def delete(
        self,
        external_credential: str,
        principal: str | None = None,
        *,
        principal_type: str | None = None,
        user_id: str | None = None,
        names: tuple[str, ...] = (),
    ) -> int:
        """Deletes what matches; None matches all. Returns how many parameters went."""
        sql, parameters = "DELETE FROM credential WHERE external_credential = ?", [external_credential]
        for column, value in (("principal", principal), ("principal_type", principal_type), ("user_id", user_id)):
            if value is not None:
                sql += f" AND {column} = ?"
                parameters.append(value)
        if names:
            sql += f" AND name IN ({','.join('?' * len(names))})"
            parameters.extend(names)
        return self._database.run(sql, parameters)
