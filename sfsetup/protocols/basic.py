"""Basic: username and password; the platform makes the Authorization header. From API 60.0.

Sources: reference 'metadata types' section 2, 'wire protocols' section 3.1 (names and encryption flags).
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, fixed_names, headers, principals
from sfsetup.protocols.values import CredentialParameter, ExternalCredential


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    return headers(credential) + principals(credential)


PROTOCOL = Protocol(
    key="basic",
    title="Basic (username and password)",
    metadata_name="Basic",
    connect_name="Basic",
    since="60.0",
    required_parameters=("username", "password"),
    write=_write,
    stored=fixed_names({"username": ("username", False), "password": ("password", True)}),
)
