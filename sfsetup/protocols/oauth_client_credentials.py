"""OAuth 2.0 client credentials: the platform fetches and renews the token by itself.

Sources: reference 'metadata types' sections 2 and 4, 'wire protocols' section 3.1.
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, Trouble, fixed_names, headers, principals
from sfsetup.protocols.oauth import SCOPE, TOKEN_URL, https_trouble, scope
from sfsetup.protocols.values import CredentialParameter, ExternalCredential, ObjectAccess

# where the client secret goes in the token request
_VARIANTS = {"body": "ClientCredentialsClientSecret", "header": "ClientCredentialsClientSecretBasic"}


def _variant(credential: ExternalCredential) -> str:
    return _VARIANTS[str(credential.settings.get("client_authentication", "body"))]


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    return (
        CredentialParameter("AuthProtocolVariant", "Oauth", _variant(credential)),
        CredentialParameter("AuthProviderUrl", "AuthProviderUrl", str(credential.settings.get("token_url", ""))),
        *scope(credential),
        *headers(credential),
        *principals(credential),
    )


def _check(credential: ExternalCredential) -> tuple[Trouble, ...]:
    return https_trouble(credential, "token_url")


def _access(_credential: ExternalCredential) -> ObjectAccess:
    # OAuth named principal: Modify All Records, so that the token can be refreshed
    return ObjectAccess(create=True, edit=True, delete=True, modify_all=True, view_all=True)


PROTOCOL = Protocol(
    key="oauth_client_credentials",
    title="OAuth 2.0 client credentials",
    metadata_name="Oauth",
    connect_name="OAuth",
    connect_variant=_variant,
    settings={
        "token_url": TOKEN_URL,
        "scope": SCOPE,
        "client_authentication": {
            "type": "string",
            "enum": ["body", "header"],
            "default": "body",
            "description": "How the client secret goes to the token endpoint: in the body of the request, or in its "
            "Authorization header.",
        },
    },
    required_settings=("token_url",),
    required_parameters=("client_id", "client_secret"),
    write=_write,
    stored=fixed_names({"client_id": ("clientId", False), "client_secret": ("clientSecret", True)}),
    access=_access,
    check=_check,
)
