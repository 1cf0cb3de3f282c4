"""JWTs that an external credential signs: claims from its parameters, the key from its certificate (metadata-types 2).

How the platform turns claims into JSON is not documented: here `aud` is JSON, as its refusal tells, the times are
whole seconds, every other claim is text, and an assertion without `exp` gets one of three minutes. A certificate's
private key is never metadata, so the local org has one of its own for each name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.callout.values import CredentialSetup
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.formula import FormulaError, Value, evaluate, pieces
from sfsetup.localorg.formula.values import text_of
from sfsetup.localorg.stored import loads

TIMES = ("exp", "iat", "nbf")
LIFETIME = timedelta(minutes=3)
_ALGORITHM = "RS256"
_DIGITS = 40
"""More than any time has."""


class SigningKeys:
    """A private key for each certificate; they live as long as the process."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._lock = threading.Lock()

    def sign(self, certificate: str, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """The JWT in its compact form. Raises FlowFault for claims of a type that they may not have (RFC 7519)."""
        import jwt
        from cryptography.hazmat.primitives.asymmetric import rsa

        with self._lock:
            if certificate not in self._keys:
                self._keys[certificate] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            key = self._keys[certificate]
        try:
            return jwt.encode(dict(claims), key, algorithm=_ALGORITHM, headers=dict(header))
        except (TypeError, jwt.PyJWTError) as error:
            raise FlowFault(f"The JWT cannot be made: {error}.") from error


def assertion(credential: CredentialSetup, keys: SigningKeys, now: Callable[[], datetime]) -> str:
    """What a credential sends to its token endpoint. Raises FlowFault for a claim that cannot be made."""
    if not credential.certificate:
        raise FlowFault(f"The external credential {credential.name} has no certificate to sign with.")
    claims = {name: _claim(name, value, now) for name, value in credential.claims.items()}
    claims.setdefault("exp", int((now() + LIFETIME).timestamp()))
    header = {name: _claim(name, value, now) for name, value in credential.header_claims.items()}
    if header.pop("alg", _ALGORITHM) != _ALGORITHM:
        raise FlowFault(f"The local org signs assertions with {_ALGORITHM} only.")
    return keys.sign(credential.certificate, header, claims)


def _claim(name: str, text: str, now: Callable[[], datetime]) -> Any:
    value = _evaluated(name, text, now)
    if name == "aud":
        try:
            return loads(text_of(value), name="aud")
        except InvalidInput:
            raise FlowFault("The JWT aud claim has invalid JSON syntax", known=True) from None
    if name in TIMES:
        return _seconds(name, value)
    return value if isinstance(value, bool) else text_of(value)


def _evaluated(name: str, text: str, now: Callable[[], datetime]) -> Value:
    """The value of a claim that is one formula as a whole, else its text with formulas replaced."""
    parts = list(pieces(text))

    def lookup(reference: str) -> Value:
        raise FormulaError(f"The local org does not model {reference} in a claim.")

    try:
        if len(parts) == 1 and parts[0].is_formula:
            return evaluate(parts[0].text, lookup, now=now)
        return "".join(text_of(evaluate(p.text, lookup, now=now)) if p.is_formula else p.text for p in parts)
    except FormulaError as error:
        raise FlowFault(f"The formula of the JWT claim {name} has an error: {error}") from error


def _seconds(name: str, value: Value) -> int:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, str):
        value = value.strip()[:_DIGITS]
        if value.isdecimal() and len(value) < _DIGITS:
            return int(value)
    kind = "a date" if isinstance(value, date) else f"{value!r}"
    raise FlowFault(f"The JWT claim {name} is no time in seconds, but {kind}.")
