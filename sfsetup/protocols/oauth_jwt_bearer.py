"""OAuth 2.0 JWT bearer: the platform signs an assertion with a certificate of the org. Nothing is stored.

Sources: reference 'metadata types' section 2 (pattern seen in real files; `aud` is JSON, exp, iat and nbf are formulas
over NOW()) and its validation messages. The certificate's private key is never metadata: it must be in the org.
"""

from __future__ import annotations

import json
from typing import Any

from sfsetup.protocols.base import Protocol, Trouble, headers, nothing_stored, principals
from sfsetup.protocols.oauth import SCOPE, TOKEN_URL, https_trouble, scope
from sfsetup.protocols.values import CredentialParameter, ExternalCredential, ObjectAccess

# Setup writes these descriptions
_BODY = {
    "iss": "Issuer",
    "sub": "Subject",
    "aud": "Audience",
    "exp": "Expiration Time",
    "iat": "Issued At",
    "nbf": "Not Before",
}
_HEADER = {"alg": "Algorithm", "typ": "Type", "kid": "Key ID"}


def _claim_schema(names: dict[str, str], what: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": what,
        "properties": {name: {"type": "string", "description": f"{text}."} for name, text in names.items()},
        "additionalProperties": {"type": "string"},
    }


def _claims(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    written: list[CredentialParameter] = []
    for kind, setting, described in (
        ("JwtBodyClaim", "claims", _BODY),
        ("JwtHeaderClaim", "header_claims", _HEADER),
    ):
        values = credential.settings.get(setting) or {}
        for name, value in values.items():
            text = str(value)
            if name == "aud" and not text.startswith(("{!", '"', "[")):
                # the audience is a JSON value: text must carry its quotes
                text = json.dumps(text, ensure_ascii=False)
            written.append(CredentialParameter(kind, name, text, description=described.get(name)))
    return tuple(written)


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    settings = credential.settings
    certificate = str(settings.get("certificate", ""))
    return (
        CredentialParameter("AuthProtocolVariant", "Oauth", "JwtBearer"),
        CredentialParameter("AuthProviderUrl", "AuthProviderUrl", str(settings.get("token_url", ""))),
        CredentialParameter("SigningCertificate", "SigningCertificate", certificate=certificate),
        *_claims(credential),
        *scope(credential),
        *headers(credential),
        *principals(credential),
    )


def _check(credential: ExternalCredential) -> tuple[Trouble, ...]:
    troubles = list(https_trouble(credential, "token_url"))
    claims = credential.settings.get("claims") or {}
    troubles += [
        Trouble(
            "/claims",
            f"The assertion has no claim {name!r}",
            f"Add `{name}` to claims: authorization servers refuse an assertion without it.",
        )
        for name in ("iss", "sub", "aud")
        if name not in claims
    ]
    return tuple(troubles)


PROTOCOL = Protocol(
    key="oauth_jwt_bearer",
    title="OAuth 2.0 JWT bearer",
    metadata_name="Oauth",
    connect_name=None,
    connect_variant="JwtBearer",
    settings={
        "token_url": TOKEN_URL,
        "scope": SCOPE,
        "certificate": {
            "type": "string",
            "description": "API name of the certificate in the org that signs the assertion. Its private key is never "
            "part of a deploy.",
        },
        "claims": _claim_schema(_BODY, "Claims of the assertion; text, or a formula as `{!…}`."),
        "header_claims": _claim_schema(_HEADER, "Header of the assertion, as `kid`."),
    },
    required_settings=("token_url", "certificate", "claims"),
    allows_per_user=True,
    needs_person="The certificate with its private key must be in the org (Setup, Certificate and Key Management).",
    write=_write,
    stored=nothing_stored,
    access=lambda _credential: ObjectAccess(create=True, edit=True, delete=True, modify_all=True, view_all=True),
    check=_check,
)
