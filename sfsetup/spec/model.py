"""An integration as frozen values: what integration.yaml says, with every default filled in from the document.

`spec/reader.py` makes them; `spec/environments.py` derives the one for an environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.model.names import principal_full_name
from sfsetup.protocols.values import ExternalCredential, Header, Parameter, Principal
from sfsetup.spec.versions import NEWEST_TESTED
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.spec.source import SpecSource

__all__ = [
    "Environment",
    "ExternalCredential",
    "Flow",
    "Header",
    "IntegrationSpec",
    "Match",
    "NamedCredential",
    "Parameter",
    "PermissionSet",
    "Principal",
    "Service",
    "Verify",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The External Service registration."""

    name: str
    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCredential:
    """The named credential. `url` has no trailing slash; `base_path` says which side carries the base path."""

    name: str
    label: str
    url: str
    base_path: str | None = None
    """None: decided by the rule 'in one place only'; `both`: in both places on purpose."""
    generate_authorization_header: bool = False
    allow_formulas_in_header: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    """The permission set that lets a user make the callout."""

    name: str
    label: str
    run_flows: bool = True
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The sample flow."""

    name: str
    label: str
    operation: str
    """operationId, or the derived operation name where the document has none."""
    service: str
    activate: bool = True
    activate_is_default: bool = True
    """True where the spec does not say; then a production org gets a draft."""
    manage: str = "once"
    """`once`: an org's changed flow is left alone; `always`: it is overwritten."""
    restrict: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Verify:
    """What `verify` sends and expects. `inputs` by parameter name, with `body` nested, or by flow input name."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """How an org is recognised: by My Domain name or by organization id, never by alias."""

    my_domain: str | None = None
    org_id: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment: its match, and the values that replace those of the top level."""

    name: str
    match: Match
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationSpec:
    """One integration. Equal specs render equal metadata."""

    path: Path
    """integration.yaml itself."""
    name: str
    """Name of its folder."""
    openapi_path: Path
    operations: tuple[str, ...]
    """Operations that become actions, by operationId or derived name."""
    service: Service
    external_credential: ExternalCredential
    named_credential: NamedCredential
    permission_set: PermissionSet
    flow: Flow | None
    verify: Verify = field(default_factory=Verify)
    api_version: str | None = None
    assign: tuple[str, ...] = ()
    """Usernames that get the permission set; `me` is the deploying user."""
    environments: Mapping[str, Environment] = field(default_factory=dict)
    environment: str | None = None
    """The environment whose values are merged in; None for the top level."""
    source: SpecSource | None = field(default=None, repr=False, compare=False)

    @property
    def effective_api_version(self) -> str:
        """`api_version`, else the newest version that sfsetup is tested with."""
        return self.api_version or NEWEST_TESTED

    @property
    def principal_accesses(self) -> tuple[str, ...]:
        """`<EC>-<principal>` of every principal, as a permission set grants them."""
        credential = self.external_credential
        return tuple(principal_full_name(credential.name, principal.name) for principal in credential.principals)

    def line(self, pointer: str) -> int | None:
        """1-based line of a key in integration.yaml; the environment's own value comes before the top level's.

        Where the key is not written (a default), the line of the nearest key above it.
        """
        return self.source.line(pointer, self.environment) if self.source else None

    def pointer(self, pointer: str) -> str:
        """The pointer at which the value really stands: below `/environments/<name>` if it comes from there."""
        return self.source.placed(pointer, self.environment) if self.source else pointer
