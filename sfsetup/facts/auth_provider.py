"""AuthProvider and Certificate: what external credentials authenticate with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, root_values
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthProvider(Fact):
    """An auth. provider."""

    metadata_type: ClassVar[str] = "AuthProvider"

    label: str | None = None
    provider_type: str | None = None
    authorize_url: str | None = None
    token_url: str | None = None
    user_info_url: str | None = None
    default_scopes: str | None = None
    consumer_key: str | None = None
    consumer_secret: str | None = None
    """A value other than a placeholder means that somebody typed it in."""
    execution_user: str | None = None
    registration_handler: str | None = None


def read(root: _Element, *, full_name: str, file: str) -> AuthProvider:
    """The fact of an element tree."""
    texts, lines, _ = root_values(root)
    return AuthProvider(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("friendlyName"),
        provider_type=texts.get("providerType"),
        authorize_url=texts.get("authorizeUrl"),
        token_url=texts.get("tokenUrl"),
        user_info_url=texts.get("userInfoUrl"),
        default_scopes=texts.get("defaultScopes"),
        consumer_key=texts.get("consumerKey"),
        consumer_secret=texts.get("consumerSecret"),
        execution_user=texts.get("executionUser"),
        registration_handler=texts.get("registrationHandler"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Fact):
    """A certificate's description; its private key is never metadata."""

    metadata_type: ClassVar[str] = "Certificate"

    label: str | None = None
    expires: str | None = None
    """Date and time as the file writes them."""
    is_ca_signed: bool = False
    is_exportable: bool = False
    key_size: str | None = None


def read_certificate(root: _Element, *, full_name: str, file: str) -> Certificate:
    """The fact of a certificate's element tree."""
    texts, lines, _ = root_values(root)
    return Certificate(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("masterLabel"),
        expires=texts.get("expirationDate"),
        is_ca_signed=is_true(texts.get("caSigned")),
        is_exportable=is_true(texts.get("privateKeyExportable")),
        key_size=texts.get("keySize"),
    )
