"""Endpoints, credentials, requests and answers of callouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_GROUP = "DefaultGroup"
"""`parameterGroup` of what is not bound to a principal (metadata-types 2)."""


@dataclass(frozen=True, slots=True)
class Header:
    """A custom header. `value` is text, possibly with formulas."""

    name: str
    value: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Principal:
    """A principal of an external credential. `kind` is NamedPrincipal, PerUserPrincipal or AwsStsPrincipal."""

    name: str
    kind: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class CredentialSetup:
    """An external credential."""

    name: str
    protocol: str
    variant: str | None = None
    headers: tuple[Header, ...] = ()
    principals: tuple[Principal, ...] = ()
    token_url: str | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)
    """parameterGroup -> scope: of one principal, or of all under DefaultGroup."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """AuthParameters by name: AwsService, AwsRegion."""
    refresh_codes: frozenset[int] = frozenset()
    """HTTP codes besides 401 after which the token is fetched anew (AdditionalRefreshStatusCode)."""

    certificate: str | None = None
    """Name of the certificate that signs its assertions."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """JwtBodyClaim: name -> text, possibly with formulas."""
    header_claims: Mapping[str, str] = field(default_factory=dict)

    @property
    def gets_tokens(self) -> bool:
        """True for OAuth whose tokens the local org fetches, or a person's log-in brings."""
        return self.protocol == "Oauth" and (bool(self.token_url) or self.variant is None)

    def scope_of(self, principal: str) -> str | None:
        """The scope that a principal asks for."""
        return self.scopes.get(principal) or self.scopes.get(DEFAULT_GROUP)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Named Credential."""

    name: str
    url: str
    credential: str | None
    """Name of its external credential."""
    headers: tuple[Header, ...] = ()
    formulas_in_headers: bool = False
    generates_authorization: bool = True
    enabled: bool = True
    legacy_protocol: str | None = None
    """How a legacy Named Credential authenticates by itself; None for one that does not, and for all others."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is about to leave."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that no log may show."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """`application/json` of the Content-Type."""
        return self.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
