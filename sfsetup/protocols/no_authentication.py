"""No authentication: a Custom external credential of the variant NoAuthentication.

The protocol value `NoAuthentication` itself is refused for external credentials (reference 'metadata types',
section 2). A principal is optional; one is written so that access can be granted and headers can be carried.
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, headers, nothing_stored, principals
from sfsetup.protocols.values import CredentialParameter, ExternalCredential


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    variant = CredentialParameter("AuthProtocolVariant", "Custom", "NoAuthentication")
    return (variant, *headers(credential), *principals(credential))


PROTOCOL = Protocol(
    key="no_authentication",
    title="No authentication",
    metadata_name="Custom",
    connect_name=None,
    generate_authorization_header=True,
    write=_write,
    stored=nothing_stored,
)
