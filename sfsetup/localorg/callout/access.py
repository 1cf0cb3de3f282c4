"""Which principal a user calls with, and what is stored for it. The texts are those of messages.md section 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sfsetup.localorg.callout.values import CredentialSetup, Principal
from sfsetup.localorg.flow.values import FlowFault

PRINCIPAL_ACCESS = "ExternalCredentialParameter"
"""SetupEntityType of a principal's grant (metadata-types 4)."""

USER_CREDENTIALS = "UserExternalCredential"


class Rights(Protocol):
    """What a user may; `state.values.EffectiveRights` is one."""

    def reaches(self, entity_type: str, name: str, /) -> bool:
        """Access to an entity."""
        ...

    def reads(self, sobject: str, /) -> bool:
        """Read on an object."""
        ...

    def modifies_all(self, sobject: str, /) -> bool:
        """Modify All Records on an object."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """The stored parameters of a principal: name -> value; empty when nothing is stored."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """The values of those that are encrypted."""


class Stored(Protocol):
    """Reads the stored parameters of a principal."""

    def __call__(self, credential: str, principal: Principal, /) -> Kept: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """The principal that a callout is made with."""

    principal: Principal | None
    stored: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def authority(
    name: str, credential: CredentialSetup | None, rights: Rights, stored: Stored, *, oauth_needs_all: bool = False
) -> Authority:
    """The first principal in order that the user may use. Raises FlowFault when there is none."""
    refused = FlowFault(
        "We couldn't access the credential(s). You might not have the required permissions, "
        f'or the external credential "{name}" might not exist.',
        known=True,
    )
    if credential is None:
        raise refused
    if not credential.principals:
        # Custom with the variant NoAuthentication needs no principal (metadata-types 2).
        return Authority(None)
    ordered = sorted(credential.principals, key=lambda principal: principal.sequence)
    usable = [p for p in ordered if rights.reaches(PRINCIPAL_ACCESS, f"{credential.name}-{p.name}")]
    if not usable or not rights.reads(USER_CREDENTIALS):
        raise refused
    refreshes = credential.protocol == "Oauth" and usable[0].kind == "NamedPrincipal"
    if oauth_needs_all and refreshes and not rights.modifies_all(USER_CREDENTIALS):
        raise refused
    kept = stored(credential.name, usable[0])
    return Authority(usable[0], kept.values, kept.secrets)


def not_configured() -> FlowFault:
    """Principal access is there and nothing is stored."""
    return FlowFault("The external credential isn't fully configured.", known=True)
