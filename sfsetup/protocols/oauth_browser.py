"""OAuth 2.0 authorization code (browser flow): a person logs in once per principal.

Sources: reference 'metadata types' section 2 (AuthProvider parameter, no variant; ExternalAuthIdentityProvider from
61.0) and section 4 (object access: Modify All for named, Create/Read/Edit/Delete for per-user principals).
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, Trouble, headers, nothing_stored, principals
from sfsetup.protocols.oauth import SCOPE, scope
from sfsetup.protocols.values import CredentialParameter, ExternalCredential, ObjectAccess


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    settings = credential.settings
    source: tuple[CredentialParameter, ...] = ()
    if name := settings.get("auth_provider"):
        source = (CredentialParameter("AuthProvider", "AuthProvider", auth_provider=str(name)),)
    elif name := settings.get("identity_provider"):
        source = (
            CredentialParameter(
                "ExternalAuthIdentityProvider", "ExternalAuthIdentityProvider", identity_provider=str(name)
            ),
        )
    return (*source, *scope(credential), *headers(credential), *principals(credential))


def _check(credential: ExternalCredential) -> tuple[Trouble, ...]:
    given = [key for key in ("auth_provider", "identity_provider") if credential.settings.get(key)]
    if len(given) == 1:
        return ()
    return (
        Trouble(
            f"/{given[1]}" if given else "",
            "A browser login needs exactly one of auth_provider and identity_provider",
            "Name the Auth. Provider of the org (auth_provider), or its external auth identity provider.",
        ),
    )


def _access(credential: ExternalCredential) -> ObjectAccess:
    if any(not principal.per_user for principal in credential.principals):
        return ObjectAccess(create=True, edit=True, delete=True, modify_all=True, view_all=True)
    return ObjectAccess(create=True, edit=True, delete=True)


PROTOCOL = Protocol(
    key="oauth_browser",
    title="OAuth 2.0 authorization code (a person logs in)",
    metadata_name="Oauth",
    connect_name=None,
    settings={
        "auth_provider": {"type": "string", "description": "API name of the Auth. Provider in the org."},
        "identity_provider": {
            "type": "string",
            "description": "API name of an external auth identity provider, instead of auth_provider (API 61.0 and "
            "later).",
        },
        "scope": SCOPE,
    },
    allows_per_user=True,
    signs_in=True,
    needs_person="A person must log in to the vendor once for each principal (Setup, Named Credentials, External "
    "Credentials, Principals, Authenticate).",
    write=_write,
    stored=nothing_stored,
    access=_access,
    check=_check,
)
