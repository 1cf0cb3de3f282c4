"""Context of NamedCredential.xml.j2: a SecuredEndpoint (reference 'metadata types', section 3)."""

from __future__ import annotations

from typing import Any

from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.versions import number

_DESCRIPTION_SINCE = 64.0
"""NamedCredential.description, first API version (WSDL)."""


def context(spec: IntegrationSpec, api_version: str) -> dict[str, Any]:
    """URL, the one external credential, and the two switches of the header."""
    credential = spec.named_credential
    return {
        "allow_formulas_in_header": credential.allow_formulas_in_header,
        "description": credential.description if number(api_version) >= _DESCRIPTION_SINCE else None,
        "generate_authorization_header": credential.generate_authorization_header,
        "label": credential.label,
        "url": credential.url,
        "external_credential": spec.external_credential.name,
    }
