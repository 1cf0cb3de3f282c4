"""Users and their sessions."""

from __future__ import annotations

import secrets
from dataclasses import replace

from sfsetup.localorg.state.database import Database, moment_of, text_of
from sfsetup.localorg.state.identity import Identities
from sfsetup.localorg.state.settings import Clock, Settings
from sfsetup.localorg.state.values import Session, User

_COLUMNS = "id, username, name, profile, email, is_active, user_type, is_flow_user"


class Users:
    """The users of the org."""

    def __init__(self, database: Database, identities: Identities) -> None:
        self._database = database
        self._identities = identities

    def all(self) -> list[User]:
        """Every user, in the order they were made."""
        return [_user(row) for row in self._database.all(f"SELECT {_COLUMNS} FROM user ORDER BY id")]  # noqa: S608

    def get(self, identifier: str) -> User | None:
        """By id, of 15 or 18 characters."""
        row = self._database.one(
            f"SELECT {_COLUMNS} FROM user WHERE substr(id, 1, 15) = ?",  # noqa: S608 constant columns
            (identifier[:15],),
        )
        return _user(row) if row else None

    def by_username(self, username: str) -> User | None:
        """By username, letter case aside."""
        row = self._database.one(f"SELECT {_COLUMNS} FROM user WHERE username = ?", (username,))  # noqa: S608
        return _user(row) if row else None

    def add(
        self,
        username: str,
        *,
        name: str = "",
        profile: str = "Standard User",
        email: str = "",
        is_active: bool = True,
        user_type: str = "Standard",
        is_flow_user: bool = False,
    ) -> User:
        """Makes a user. The username must be new (sqlite3.IntegrityError otherwise)."""
        user = User(
            self._identities.new("User"),
            username,
            name or username.split("@", maxsplit=1)[0],
            profile,
            email or username,
            is_active,
            user_type,
            is_flow_user,
        )
        self._database.run(f"INSERT INTO user ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(user))  # noqa: S608
        return user

    def update(self, user: User, **changes: object) -> User:
        """Stores a changed user and returns it."""
        changed = replace(user, **changes)  # type: ignore[arg-type]
        self._database.run(f"INSERT OR REPLACE INTO user ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(changed))  # noqa: S608
        return changed


class Sessions:
    """Access tokens, and refresh tokens. Opaque: `00D…!…` (wire-protocols rule 10)."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def issue(self, user_id: str, kind: str = "access") -> str:
        """A new random token of this user. `kind` is access or refresh."""
        token = f"{self._settings.org.id[:15]}!{secrets.token_urlsafe(48).replace('-', '.')}"
        self._database.run(
            "INSERT INTO session VALUES (?, ?, ?, 0, ?)", (token, user_id, text_of(self._clock.now()), kind)
        )
        return token

    def find(self, token: str, kind: str = "access") -> Session | None:
        """The session of a token, expired ones included; None for a token never issued."""
        row = self._database.one(
            "SELECT token, user_id, created, expired FROM session WHERE token = ? AND kind = ?", (token, kind)
        )
        return Session(row[0], row[1], moment_of(row[2]), bool(row[3])) if row else None

    def main_token(self) -> str:
        """The token that `sfsetup local token` prints: the administrator's, kept until the org is reset."""
        return str(self._settings.get("main_token"))

    def expire_others(self) -> int:
        """Every access token but the main one is refused from now on; returns how many."""
        return self._database.run(
            "UPDATE session SET expired = 1 WHERE kind = 'access' AND expired = 0 AND token <> ?", (self.main_token(),)
        )

    def expire(self, token: str) -> None:
        """The token is refused from now on; not so the main one, with which `sfsetup` itself works until a reset."""
        if token == self.main_token():
            return
        self._database.run("UPDATE session SET expired = 1 WHERE token = ?", (token,))


def _row(user: User) -> tuple[object, ...]:
    return (
        user.id,
        user.username,
        user.name,
        user.profile,
        user.email,
        int(user.is_active),
        user.user_type,
        int(user.is_flow_user),
    )


def _user(row: tuple[object, ...]) -> User:
    identifier, username, name, profile, email, is_active, user_type, is_flow_user = row
    return User(
        str(identifier),
        str(username),
        str(name),
        str(profile),
        str(email),
        bool(is_active),
        str(user_type),
        bool(is_flow_user),
    )
