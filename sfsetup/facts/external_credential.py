"""ExternalCredential: protocol, principals, headers. Source of the fields: reference 'metadata types', section 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, line_at, root_values, to_number, words
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

PRINCIPAL_TYPES = ("NamedPrincipal", "PerUserPrincipal", "AwsStsPrincipal")
DEFAULT_GROUP = "DefaultGroup"
"""`parameterGroup` of everything that is not bound to a principal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One `externalCredentialParameters`. Absent texts are None, an absent sequence number is None."""

    type: str
    name: str
    value: str | None = None
    group: str | None = None
    sequence: int | None = None
    description: str | None = None
    auth_provider: str | None = None
    certificate: str | None = None
    identity_provider: str | None = None
    permission_set: str | None = None
    """`principal`, the form before API 58.0: the permission set that may use the principal."""
    line: int = 0

    @property
    def effective_group(self) -> str:
        """The group, or what its absence means: a principal's own name, else the default group."""
        return self.group or (self.name if self.type in PRINCIPAL_TYPES else DEFAULT_GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCredential(Fact):
    """An external credential. Secrets are never part of it."""

    metadata_type: ClassVar[str] = "ExternalCredential"

    label: str | None = None
    description: str | None = None
    protocol: str = ""
    parameters: tuple[Parameter, ...] = ()

    def of_type(self, *types: str) -> tuple[Parameter, ...]:
        """Parameters of these types, in file order."""
        return tuple(parameter for parameter in self.parameters if parameter.type in types)

    @property
    def principals(self) -> tuple[Parameter, ...]:
        """Identities; `name` is what permission sets grant."""
        return self.of_type(*PRINCIPAL_TYPES)

    @property
    def headers(self) -> tuple[Parameter, ...]:
        """Custom headers in the order in which they are sent."""
        return tuple(sorted(self.of_type("AuthHeader"), key=lambda header: (header.sequence is None, header.sequence)))

    @property
    def variant(self) -> str | None:
        """Value of the AuthProtocolVariant, as `ClientCredentialsClientSecret`; None for the protocol's plain form."""
        return next((parameter.value for parameter in self.of_type("AuthProtocolVariant")), None)

    @property
    def is_unauthenticated(self) -> bool:
        """True for the variant (or protocol) NoAuthentication."""
        return "NoAuthentication" in (self.variant, self.protocol)

    @property
    def signs_in(self) -> bool:
        """True if a person signs in at the provider, and no deploy can store what comes of it."""
        return any(parameter.auth_provider or parameter.identity_provider for parameter in self.parameters)

    @property
    def is_per_user(self) -> bool:
        """True if every user brings an identity of their own."""
        return bool(self.of_type("PerUserPrincipal"))

    @property
    def certificates(self) -> tuple[str, ...]:
        """Names of the certificates it signs with."""
        return tuple(parameter.certificate for parameter in self.parameters if parameter.certificate)

    @property
    def auth_providers(self) -> tuple[str, ...]:
        """Names of the auth. providers it uses."""
        return tuple(parameter.auth_provider for parameter in self.parameters if parameter.auth_provider)


def read(root: _Element, *, full_name: str, file: str) -> ExternalCredential:
    """The fact of an element tree."""
    texts, lines, groups = root_values(root)
    return ExternalCredential(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        protocol=texts.get("authenticationProtocol", "").strip(),
        parameters=tuple(_parameter(element) for element in groups.get("externalCredentialParameters", ())),
    )


def _parameter(element: _Element) -> Parameter:
    texts = words(element)
    return Parameter(
        type=texts.get("parameterType", "").strip(),
        name=texts.get("parameterName", ""),
        value=texts.get("parameterValue"),
        group=texts.get("parameterGroup"),
        sequence=to_number(texts.get("sequenceNumber")),
        description=texts.get("description"),
        auth_provider=texts.get("authProvider"),
        certificate=texts.get("certificate"),
        identity_provider=texts.get("externalAuthIdentityProvider"),
        permission_set=texts.get("principal"),
        line=line_at(element),
    )
