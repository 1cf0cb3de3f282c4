"""Who logs in, by every kind of credential. No HTTP; the SOAP log-in uses `by_password` too.

Codes and the two special texts: wire-protocols 2.4. Descriptions without a source are marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.localorg.refusal import OURS

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, User
    from sfsetup.localorg.state.apps import App

LOGIN_URLS = {True: "https://test.salesforce.com", False: "https://login.salesforce.com"}
"""Audience of a JWT: sandboxes and scratch orgs, and all others."""
_NOT_APPROVED = "user hasn't approved this consumer"


class LoginRefused(Exception):
    """OAuth's error form: a code and a description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def by_assertion(state: State, assertion: str, *, own_urls: tuple[str, ...]) -> User:
    """JWT bearer: RS256, iss = client id, sub = username, aud = a log-in URL, exp (seconds; sf sends milliseconds).

    Raises LoginRefused.
    """
    import jwt

    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise LoginRefused("invalid_grant", "invalid assertion") from None
    app = _app(state, str(claimed.get("iss", "")))
    claims = _verified(app, assertion)
    _check_audience(state, claims.get("aud"), own_urls)
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise LoginRefused("invalid_grant", f"the assertion has no expiry{OURS}")
    if float(expires) < state.clock.now().timestamp():
        raise LoginRefused("invalid_grant", "expired assertion")
    return _pre_authorised(state, app, str(claims.get("sub", "")))


def _verified(app: App, assertion: str) -> dict[str, Any]:
    import jwt
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if app.certificate is None:
        raise LoginRefused("invalid_client", f"the app has no certificate{OURS}")
    data = app.certificate.encode()
    try:
        key: Any = (
            x509.load_pem_x509_certificate(data).public_key() if b"CERTIFICATE" in data else load_pem_public_key(data)
        )
        checked: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise LoginRefused("invalid_grant", "invalid assertion") from None
    return checked


def _check_audience(state: State, audience: Any, own_urls: tuple[str, ...]) -> None:
    good = {url.rstrip("/") for url in (*own_urls, LOGIN_URLS[state.settings.org.is_sandbox])}
    given = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(entry, str) and entry.rstrip("/") in good for entry in given):
        raise LoginRefused("invalid_grant", "audience is invalid")


def by_client_credentials(state: State, client_id: str, client_secret: str) -> User:
    """Client credentials: the app's own run-as user. Raises LoginRefused."""
    app = _app(state, client_id)
    if not app.has_secret(client_secret):
        raise LoginRefused("invalid_client", "invalid client credentials")
    if app.run_as is None:
        raise LoginRefused("invalid_grant", "no client credentials user enabled")
    return _active(state, app.run_as)


def by_refresh_token(state: State, token: str) -> User:
    """Refresh token. Raises LoginRefused."""
    session = state.sessions.find(token, "refresh") if token else None
    user = state.users.get(session.user_id) if session and not session.expired else None
    if user is None:
        raise LoginRefused("invalid_grant", "expired access/refresh token")
    return _active(state, user.username)


def by_password(
    state: State, username: str, password: str, *, client_id: str | None = None, client_secret: str = ""
) -> User:
    """Username and password; the password is an access token of that user. `client_id` None: SOAP, which has no app.

    Raises LoginRefused.
    """
    if client_id is not None and not _app(state, client_id).has_secret(client_secret):
        raise LoginRefused("invalid_client", "invalid client credentials")
    user = state.users.by_username(username)
    session = state.sessions.find(password) if password else None
    if user is None or session is None or session.expired or session.user_id != user.id or not user.is_active:
        raise LoginRefused("invalid_grant", "authentication failure")
    return user


def _app(state: State, client_id: str) -> App:
    found = state.apps.get(client_id) if client_id else None
    if found is None:
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    return found


def _pre_authorised(state: State, app: App, username: str) -> User:
    user = state.users.by_username(username)
    if user is None or not app.admits(user.username):
        raise LoginRefused("invalid_grant", _NOT_APPROVED)
    return _active(state, user.username)


def _active(state: State, username: str) -> User:
    user = state.users.by_username(username)
    if user is None or not user.is_active:
        raise LoginRefused("inactive_user", "user is inactive")
    if not state.permissions.of_user(user.id).may("ApiEnabled"):
        raise LoginRefused("invalid_grant", f"the user lacks API Enabled{OURS}")
    return user
