"""Every protocol by its key. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sfsetup.protocols import (
    aws_sigv4,
    basic,
    custom,
    no_authentication,
    oauth_browser,
    oauth_client_credentials,
    oauth_jwt_bearer,
)
from sfsetup.protocols.base import Protocol
from sfsetup.protocols.values import ExternalCredential

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        module.PROTOCOL.key: module.PROTOCOL
        for module in (
            custom,
            basic,
            oauth_client_credentials,
            oauth_jwt_bearer,
            oauth_browser,
            aws_sigv4,
            no_authentication,
        )
    }
)


def protocol_of(credential: ExternalCredential) -> Protocol:
    """The protocol of an external credential. KeyError for one that no spec reader let through."""
    return PROTOCOLS[credential.protocol]
