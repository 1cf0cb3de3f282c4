"""Record ids: 18 characters, case-safe, with Salesforce's key prefixes where they are known."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.localorg.state.database import Database

PREFIXES = {
    # Known from the references: deploy, retrieve (wire-protocols 2.1, ground-truth 4), org, credential entry (3.1).
    "Deploy": "0Af",
    "Retrieve": "09S",
    "Organization": "00D",
    "Credential": "0pw",
    # Widely known key prefixes; nothing but their being three characters matters to a client.
    "User": "005",
    "Profile": "00e",
    "PermissionSet": "0PS",
    "PermissionSetGroup": "0PG",
    "PermissionSetAssignment": "0Pa",
    "SetupEntityAccess": "0J0",
    "ObjectPermissions": "110",
    "FlowDefinition": "300",
    "Flow": "301",
    "ApexClass": "01p",
    "ApexTrigger": "01q",
    "NamedCredential": "0XA",
    "CustomObject": "01I",
    "RemoteSiteSetting": "0rp",
    "StaticResource": "081",
    "ConnectedApp": "0H4",
    "Certificate": "0P1",
    "AuthProvider": "0SO",
}
_OTHERS = "0zz"
"""For every kind whose prefix is not known: marked as the local org's own."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_MOST_AHEAD = 64


def long_id(short: str) -> str:
    """The 18-character form of a 15-character id: three check characters that tell upper from lower case."""
    bits = "".join(["1" if "A" <= char <= "Z" else "0" for char in reversed(short)])
    return short + _CHECK[int(bits[10:], 2)] + _CHECK[int(bits[5:10], 2)] + _CHECK[int(bits[:5], 2)]


def same_id(left: str, right: str) -> bool:
    """True if both name one record; ids of 15 and 18 characters compare by their first 15."""
    return left[:15] == right[:15]


_TAKE = (
    "INSERT INTO setting VALUES ('counter', ?) "
    "ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + ? RETURNING value"
)


class Identities:
    """Hands out ids. A named thing keeps its id for ever, even when it is deleted and comes back in a rollback."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ahead: Iterator[int] = iter(())
        self._count = 1
        self._stamp = -1

    def new(self, kind: str) -> str:
        """A fresh id of this kind."""
        number = self._number()
        digits = ""
        while number:
            number, rest = divmod(number, 62)
            digits = _DIGITS[rest] + digits
        return long_id(f"{PREFIXES.get(kind, _OTHERS)}Lo{digits:0>10}")

    def _number(self) -> int:
        """A number that no id has had. A transaction that needs many takes them several at a time."""
        if not self._database.is_mine:
            return self._taken(1)[0]
        if self._stamp != self._database.stamp:
            # What was taken ahead may have been rolled back with everything else.
            self._stamp, self._count, self._ahead = self._database.stamp, 1, iter(())
        number = next(self._ahead, None)
        if number is None:
            self._ahead = iter(self._taken(self._count))
            self._count = min(2 * self._count, _MOST_AHEAD)
            number = next(self._ahead)
        return number

    def _taken(self, count: int) -> range:
        row = self._database.one(_TAKE, (str(count), count))
        assert row is not None
        return range(int(row[0]) - count + 1, int(row[0]) + 1)

    def of(self, kind: str, name: str) -> str:
        """The id of the thing with this name: always the same one."""
        known = "SELECT id FROM identity WHERE kind = ? AND name = ?"
        row = self._database.one(known, (kind, name))
        if row:
            return str(row[0])
        was_mine = self._database.is_mine
        with self._database.joined():
            # Between the first look and the lock somebody else may have named it.
            row = None if was_mine else self._database.one(known, (kind, name))
            if row:
                return str(row[0])
            identifier = self.new(kind)
            self._database.run("INSERT INTO identity VALUES (?, ?, ?)", (kind, name, identifier))
            return identifier

    def name_of(self, identifier: str) -> tuple[str, str] | None:
        """(kind, name) of an id given out by `of`; ids of 15 characters are taken too."""
        row = self._database.one("SELECT kind, name FROM identity WHERE substr(id, 1, 15) = ?", (identifier[:15],))
        return (row[0], row[1]) if row else None

    def forget(self, kind: str, name: str) -> None:
        """The thing is gone for good: one with its name that comes later gets another id."""
        self._database.run("DELETE FROM identity WHERE kind = ? AND name = ?", (kind, name))
