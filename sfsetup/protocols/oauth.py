"""What the OAuth protocols share: scope, token endpoint, signing certificate."""

from __future__ import annotations

from typing import Any

from sfsetup.protocols.base import Trouble
from sfsetup.protocols.values import CredentialParameter, ExternalCredential

TOKEN_URL: dict[str, Any] = {
    "type": "string",
    "description": "Token endpoint of the vendor's authorization server; https.",
    "x-default": "tokenUrl of the document's security scheme",
}
SCOPE: dict[str, Any] = {
    "type": "string",
    "description": "Scopes to ask for, separated by spaces. Left out where absent.",
}


def scope(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    """The scope, as the AuthParameter that orgs write; nothing where the spec has none."""
    value = credential.settings.get("scope")
    return (CredentialParameter("AuthParameter", "Scope", str(value)),) if value else ()


def https_trouble(credential: ExternalCredential, setting: str) -> tuple[Trouble, ...]:
    """A finding if the URL in `setting` is not https: it is where the secret is sent."""
    value = credential.settings.get(setting)
    if not isinstance(value, str) or value.startswith("https://"):
        return ()
    return (
        Trouble(
            f"/{setting}",
            f"{setting} is not an https:// URL, and the secret is sent there",
            "Write the https:// address of the vendor's token endpoint.",
        ),
    )
