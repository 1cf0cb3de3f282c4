"""What every protocol works on: the external credential as the integration describes it, without any secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from sfsetup.model.secret import SecretRef
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """One stored value of a principal: a reference to a secret, or a plain value from the spec."""

    secret: SecretRef | None = None
    value: str | None = None

    @property
    def is_plain(self) -> bool:
        """True for a value that stands in the spec and is stored unencrypted where the protocol leaves the choice."""
        return self.secret is None


@dataclass(frozen=True, slots=True)
class Principal:
    """One identity of an external credential."""

    name: str
    sequence: int
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    per_user: bool = False
    """True for PerUserPrincipal: each user logs in, nothing is stored by a deploy."""

    @property
    def kind(self) -> str:
        """The parameterType of metadata and the principalType of Connect REST."""
        return "PerUserPrincipal" if self.per_user else "NamedPrincipal"


@dataclass(frozen=True, slots=True)
class Header:
    """One custom header: `template` as the spec has it, `formula` as the metadata has it."""

    name: str
    template: str
    formula: str

    @property
    def is_formula(self) -> bool:
        """True if the value is evaluated at each callout, for which the named credential must allow formulas."""
        return "{!" in self.formula


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCredential:
    """External credential of an integration. `settings` are the keys that belong to the protocol alone."""

    name: str
    label: str
    protocol: str
    description: str | None = None
    headers: tuple[Header, ...] = ()
    principals: tuple[Principal, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialParameter:
    """One externalCredentialParameters element; absent fields are None and not written."""

    type: str
    name: str
    value: str | None = None
    group: str | None = "DefaultGroup"
    sequence: int | None = None
    description: str | None = None
    auth_provider: str | None = None
    certificate: str | None = None
    identity_provider: str | None = None


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One credential of a principal as Connect REST wants it: its name there and whether it is stored encrypted."""

    spec_name: str
    connect_name: str
    encrypted: bool
    parameter: Parameter


@dataclass(frozen=True, slots=True)
class ObjectAccess:
    """Permission on the object UserExternalCredential that a caller needs."""

    create: bool = False
    read: bool = True
    edit: bool = False
    delete: bool = False
    modify_all: bool = False
    view_all: bool = False
