"""What a person has told the stand-ins: accepted secret, failures to come, latency, strictness. Kept with the state."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfsetup.localorg.state.settings import Documents

COLLECTION = "vendor"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that the next requests get. `status` 0 means that the connection is cut without an answer."""

    status: int
    times: int
    operation: str | None = None


class VendorSettings:
    """Settings that hold for all stand-ins of this org. No secret is stored: only a salted digest of it."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def accept(self, secret: str | None) -> None:
        """From now on only credentials that carry `secret` are right; None: any well-formed one."""
        if secret is None:
            self._documents.delete(COLLECTION, "accept")
            return
        salt = secrets.token_hex(16)
        self._documents.put(COLLECTION, "accept", {"salt": salt, "digest": _digest(salt, secret)})

    @property
    def demands_secret(self) -> bool:
        """True once `accept` was told a secret."""
        return self._documents.get(COLLECTION, "accept") is not None

    def is_right(self, candidates: Iterable[str]) -> bool:
        """True if any secret is taken, or one of the candidates is the right one."""
        stored = self._documents.get(COLLECTION, "accept")
        if stored is None:
            return True
        return any(hmac.compare_digest(stored["digest"], _digest(stored["salt"], text)) for text in candidates)

    def fail(self, failure: Failure) -> None:
        """Arms a failure behind those that wait already."""
        entry = {"status": failure.status, "times": failure.times, "operation": failure.operation}
        with self._documents.changing(COLLECTION, "failures", []) as waiting:
            waiting.append(entry)

    def next_failure(self, operation: str) -> int | None:
        """The status that this request has to fail with, counting it; None for no failure."""
        with self._documents.changing(COLLECTION, "failures", []) as waiting:
            for entry in waiting:
                if entry["operation"] in (None, operation):
                    entry["times"] -= 1
                    if entry["times"] <= 0:
                        waiting.remove(entry)
                    return int(entry["status"])
        return None

    def set(self, name: str, value: Any) -> None:
        """Sets `latency` (seconds) or `validate` (whether requests are checked)."""
        self._documents.put(COLLECTION, name, value)

    @property
    def latency(self) -> float:
        """Seconds that every answer takes."""
        return float(self._documents.get(COLLECTION, "latency", 0))

    @property
    def validates(self) -> bool:
        """Whether requests are checked against the document."""
        return bool(self._documents.get(COLLECTION, "validate", True))

    def clear(self) -> None:
        """Forgets everything."""
        self._documents.delete(COLLECTION)

    def shown(self) -> dict[str, Any]:
        """The settings as `local vendor` shows them; no secret and no digest."""
        return {
            "accept": "one secret" if self.demands_secret else "any well-formed credential",
            "failures": self._documents.get(COLLECTION, "failures", []),
            "latency": self.latency,
            "validate": self.validates,
        }


def _digest(salt: str, secret: str) -> str:
    return hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=1024, r=8, p=1).hex()
