"""Custom: keys and tokens that custom headers carry. The commonest kind; serves bearer and API key alike.

Sources: reference 'metadata types' sections 2 to 4 and 'wire protocols' section 3.1.
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, headers, principals
from sfsetup.protocols.values import CredentialParameter, ExternalCredential, StoredCredential


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    return headers(credential) + principals(credential)


def _stored(credential: ExternalCredential, principal_name: str) -> tuple[StoredCredential, ...]:
    # Custom parameters have any name; encrypted unless the spec gives the value in plain text
    for principal in credential.principals:
        if principal.name == principal_name:
            return tuple(
                StoredCredential(name, name, not parameter.is_plain, parameter)
                for name, parameter in principal.parameters.items()
            )
    return ()


PROTOCOL = Protocol(
    key="custom",
    title="Custom (key or token in headers)",
    metadata_name="Custom",
    connect_name="Custom",
    free_parameters=True,
    # nothing to generate a header from; the platform's guidance is to leave the box off
    generate_authorization_header=False,
    write=_write,
    stored=_stored,
)
