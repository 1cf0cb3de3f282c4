"""Connected (external client) apps: who may ask for tokens, and how. A secret is kept as a salted digest alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sfsetup.localorg.state.settings import Documents
from sfsetup.values import dataclass

COLLECTION = "apps"


@dataclass(frozen=True, slots=True)
class App:
    """An app. `users` are the usernames that are pre-authorised; None means everybody."""

    client_id: str
    certificate: str | None = None
    """PEM of the certificate (or public key) that JWT assertions are checked with."""
    run_as: str | None = None
    """Username of the client credentials flow; None: the flow is off."""
    users: tuple[str, ...] | None = None
    salt: str = ""
    digest: str = ""

    def has_secret(self, given: str) -> bool:
        """True if `given` is the app's client secret."""
        return bool(self.digest) and hmac.compare_digest(self.digest, _digest(self.salt, given))

    def admits(self, username: str) -> bool:
        """True if this user may use the app without approving it in a browser."""
        return self.users is None or username.lower() in {name.lower() for name in self.users}

    def shown(self) -> dict[str, Any]:
        """The app without secret and digest."""
        return {
            "clientId": self.client_id,
            "hasSecret": bool(self.digest),
            "hasCertificate": self.certificate is not None,
            "runAs": self.run_as,
            "users": None if self.users is None else list(self.users),
        }


class Apps:
    """The apps of the org."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def put(
        self,
        client_id: str,
        *,
        secret: str | None = None,
        certificate: str | None = None,
        run_as: str | None = None,
        users: Sequence[str] | None = None,
    ) -> App:
        """Makes an app, or replaces the one of this client id."""
        salt = secrets.token_hex(16) if secret else ""
        digest = _digest(salt, secret) if secret else ""
        app = App(client_id, certificate, run_as, None if users is None else tuple(users), salt, digest)
        self._documents.put(COLLECTION, client_id, asdict(app))
        return app

    def get(self, client_id: str) -> App | None:
        """By client id."""
        found = self._documents.get(COLLECTION, client_id)
        return _app(found) if found else None

    def all(self) -> list[App]:
        """Every app, oldest first."""
        return [_app(found) for _, found in self._documents.items(COLLECTION)]

    def clear(self) -> None:
        """Forgets all apps."""
        self._documents.delete(COLLECTION)


def _app(found: dict[str, Any]) -> App:
    users = found["users"]
    return App(**{**found, "users": None if users is None else tuple(users)})


def _digest(salt: str, secret: str) -> str:
    return hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=1024, r=8, p=1).hex()
