"""What a protocol file provides: its keys of the spec, how it is written, what goes to Connect, who may use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from sfsetup.protocols.values import (
    CredentialParameter,
    ExternalCredential,
    ObjectAccess,
    StoredCredential,
)
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a protocol has to say about an external credential: the key it is about, what, and what to do."""

    pointer: str
    """Below `/external_credential`."""
    message: str
    fix: str
    is_warning: bool = False


def no_troubles(_credential: ExternalCredential) -> tuple[Trouble, ...]:
    """The check of a protocol without rules of its own."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One authentication protocol of the spec."""

    key: str
    """Its name in the spec, as `custom`."""
    title: str
    """Its name for people."""
    metadata_name: str
    """`authenticationProtocol` of the metadata."""
    connect_name: str | None
    """`authenticationProtocol` of Connect REST; None where nothing is stored by a deploy."""
    connect_variant: str | Callable[[ExternalCredential], str | None] | None = None
    since: str = "59.0"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Keys of `external_credential` that this protocol alone understands: name -> JSON Schema."""
    required_settings: tuple[str, ...] = ()
    required_parameters: tuple[str, ...] = ()
    """Parameters that each named principal must have."""
    optional_parameters: tuple[str, ...] = ()
    free_parameters: bool = False
    """True where a principal may have parameters of any name, carried by headers."""
    generate_authorization_header: bool = True
    allows_per_user: bool = False
    signs_in: bool = False
    """True where a person signs in at the provider, and what comes of it is all that is stored."""
    needs_person: str = ""
    """What a person must do once per principal; empty where a deploy does it all."""
    write: Callable[[ExternalCredential], tuple[CredentialParameter, ...]]
    """The externalCredentialParameters of metadata, principals and headers included."""
    stored: Callable[[ExternalCredential, str], tuple[StoredCredential, ...]]
    """What is stored for the principal with this name."""
    access: Callable[[ExternalCredential], ObjectAccess] = lambda _credential: ObjectAccess()
    check: Callable[[ExternalCredential], tuple[Trouble, ...]] = no_troubles

    def variant(self, credential: ExternalCredential) -> str | None:
        """`authenticationProtocolVariant` of Connect REST for this credential."""
        return self.connect_variant(credential) if callable(self.connect_variant) else self.connect_variant


def principals(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    """The principals as parameters; the group is the principal's own name (reference, section 2 'parameterGroup')."""
    return tuple(
        CredentialParameter(principal.kind, principal.name, group=principal.name, sequence=principal.sequence)
        for principal in credential.principals
    )


def headers(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    """The custom headers in their order."""
    return tuple(
        CredentialParameter("AuthHeader", header.name, header.formula, sequence=position)
        for position, header in enumerate(credential.headers, start=1)
    )


def fixed_names(
    names: Mapping[str, tuple[str, bool]],
) -> Callable[[ExternalCredential, str], tuple[StoredCredential, ...]]:
    """`stored` of a protocol whose credentials have fixed names: spec name -> (Connect name, encrypted)."""

    def stored(credential: ExternalCredential, principal_name: str) -> tuple[StoredCredential, ...]:
        for principal in credential.principals:
            if principal.name == principal_name:
                return tuple(
                    StoredCredential(name, *names[name], parameter=principal.parameters[name])
                    for name in names
                    if name in principal.parameters
                )
        return ()

    return stored


def nothing_stored(_credential: ExternalCredential, _principal: str) -> tuple[StoredCredential, ...]:
    """`stored` of a protocol whose credentials a deploy never writes."""
    return ()
