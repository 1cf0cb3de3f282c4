"""NamedCredential: URL, flags, headers, and the old form. Fields: reference 'metadata types', section 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, root_values, to_number, words
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

SECRET_ELEMENTS = ("password", "oauthToken", "oauthRefreshToken", "awsAccessSecret")
"""Elements of the old form that an org never gives back: who finds one with a value found a typed-in secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One `namedCredentialParameters`."""

    type: str
    name: str
    value: str | None = None
    sequence: int | None = None
    description: str | None = None
    external_credential: str | None = None
    certificate: str | None = None
    outbound_connection: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCredential(Fact):
    """A named credential. Flags that the file leaves out have the platform's default."""

    metadata_type: ClassVar[str] = "NamedCredential"

    label: str | None = None
    description: str | None = None
    type: str = "Legacy"
    """SecuredEndpoint, PrivateEndpoint or Legacy; retrieved files of the old form leave the element out."""
    parameters: tuple[Parameter, ...] = ()
    allow_merge_fields_in_body: bool = False
    allow_merge_fields_in_header: bool = False
    generate_authorization_header: bool = True
    callout_status: str = "Enabled"
    legacy: Mapping[str, str] = field(default_factory=dict)
    """Elements of the old form that have a text: endpoint, protocol, principalType, username, password …"""

    def of_type(self, *types: str) -> tuple[Parameter, ...]:
        """Parameters of these types, in file order."""
        return tuple([parameter for parameter in self.parameters if parameter.type in types])

    @property
    def is_legacy(self) -> bool:
        """True for the form from before external credentials."""
        return self.type == "Legacy"

    @property
    def url(self) -> str | None:
        """Where callouts go, in either form."""
        found = next((parameter.value for parameter in self.of_type("Url")), None)
        return found if found is not None else self.legacy.get("endpoint")

    @property
    def url_line(self) -> int | None:
        """Line of the URL."""
        return next((parameter.line for parameter in self.of_type("Url")), self.line_of("endpoint"))

    @property
    def external_credential(self) -> str | None:
        """Name of the external credential that authenticates, with its namespace as the file writes it."""
        return next((each.external_credential for each in self.of_type("Authentication")), None)

    @property
    def headers(self) -> tuple[Parameter, ...]:
        """Custom headers in the order in which they are sent."""
        return tuple(sorted(self.of_type("HttpHeader"), key=lambda header: (header.sequence is None, header.sequence)))

    @property
    def allowed_namespaces(self) -> tuple[Parameter, ...]:
        """Managed packages that may use the credential; the namespace is the value."""
        return self.of_type("AllowedManagedPackageNamespaces")

    @property
    def is_enabled(self) -> bool:
        """False when callouts are switched off."""
        return self.callout_status != "Disabled"

    @property
    def certificates(self) -> tuple[str, ...]:
        """Names of client and signing certificates."""
        found = [parameter.certificate for parameter in self.parameters if parameter.certificate]
        found.extend(self.legacy[name] for name in ("certificate", "jwtSigningCertificate") if self.legacy.get(name))
        return tuple(found)

    @property
    def typed_secrets(self) -> tuple[tuple[str, str], ...]:
        """Element and value of secrets that stand in the file."""
        return tuple((name, self.legacy[name]) for name in SECRET_ELEMENTS if self.legacy.get(name))


_OWN = frozenset(
    (
        "label",
        "description",
        "namedCredentialType",
        "allowMergeFieldsInBody",
        "allowMergeFieldsInHeader",
        "generateAuthorizationHeader",
        "calloutStatus",
    )
)


def read(root: _Element, *, full_name: str, file: str) -> NamedCredential:
    """The fact of an element tree."""
    texts, lines, groups = root_values(root)
    return NamedCredential(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        type=texts.get("namedCredentialType", "").strip() or "Legacy",
        parameters=tuple(_parameter(element) for element in groups.get("namedCredentialParameters", ())),
        allow_merge_fields_in_body=is_true(texts.get("allowMergeFieldsInBody")),
        allow_merge_fields_in_header=is_true(texts.get("allowMergeFieldsInHeader")),
        generate_authorization_header=is_true(texts.get("generateAuthorizationHeader"), default=True),
        callout_status=texts.get("calloutStatus", "").strip() or "Enabled",
        legacy={name: text for name, text in texts.items() if name not in _OWN and text},
    )


def _parameter(element: _Element) -> Parameter:
    texts = words(element)
    return Parameter(
        type=texts.get("parameterType", "").strip(),
        name=texts.get("parameterName", ""),
        value=texts.get("parameterValue"),
        sequence=to_number(texts.get("sequenceNumber")),
        description=texts.get("description"),
        external_credential=texts.get("externalCredential"),
        certificate=texts.get("certificate"),
        outbound_connection=texts.get("outboundNetworkConnection"),
        line=line_at(element),
    )
