"""Log-in: token, revoke, userinfo and identity (wire-protocols 2.4).

Apps that may ask for tokens are told to the org by the control topic `apps` (`sfsetup local apps`). Refresh tokens are
as unguessable as access tokens and serve every client id. Tokens go out to whoever holds a secret of the org.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sfsetup.localorg.http import Request, Response, RestError, form_of, json_response
from sfsetup.localorg.login import LoginRefused, by_assertion, by_client_credentials, by_password, by_refresh_token
from sfsetup.localorg.login_codes import redeem

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import User

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "api web refresh_token"


def token(org: LocalOrg, request: Request) -> Response:
    """POST /services/oauth2/token, form-encoded."""
    form = form_of(request)
    try:
        user = _user(org, request, form)
    except LoginRefused as refused:
        return json_response({"error": refused.error, "error_description": refused.description}, 400)
    issued = org.state.sessions.issue(user.id)
    settings = org.state.settings.org
    answer = {
        "access_token": issued,
        "scope": _SCOPE,
        "instance_url": request.base_url,
        "id": f"{request.base_url}/id/{settings.id}/{user.id}",
        "token_type": "Bearer",
        "issued_at": str(int(org.state.clock.now().timestamp() * 1000)),
        "signature": "",
    }
    if form.get("grant_type") == "authorization_code":
        answer["refresh_token"] = org.state.sessions.issue(user.id, "refresh")
    return json_response(answer)


def _user(org: LocalOrg, request: Request, form: dict[str, str]) -> User:
    client_id, client_secret = _client(request, form)
    grant = form.get("grant_type", "")
    if grant == _JWT:
        return by_assertion(org.state, form.get("assertion", ""), own_urls=(request.base_url, org.base_url))
    if grant == "client_credentials":
        return by_client_credentials(org.state, client_id, client_secret)
    if grant == "refresh_token":
        return by_refresh_token(org.state, form.get("refresh_token", ""))
    if grant == "password":
        username, password = form.get("username", ""), form.get("password", "")
        return by_password(org.state, username, password, client_id=client_id, client_secret=client_secret)
    if grant == "authorization_code":
        return redeem(org.state, form)
    raise LoginRefused("unsupported_grant_type", "grant type not supported")


def revoke(org: LocalOrg, request: Request) -> Response:
    """GET or POST /services/oauth2/revoke?token=…: an access or a refresh token ends."""
    given = form_of(request).get("token") or request.query.get("token", "")
    known = any(org.state.sessions.find(given, kind) for kind in ("access", "refresh"))
    if not known:
        return json_response({"error": "unsupported_token_type", "error_description": "this token is not known"}, 400)
    org.state.sessions.expire(given)
    return Response(200, b"")


def userinfo(org: LocalOrg, request: Request) -> Response:
    """GET /services/oauth2/userinfo."""
    return json_response(_person(org, request, request.actor))


def identity(org: LocalOrg, request: Request) -> Response:
    """GET /id/<org>/<user>: the token comes in the header, or as `oauth_token` (jsforce)."""
    header = request.headers.get("authorization", "").partition(" ")[2].strip()
    session = org.state.sessions.find(header or request.query.get("oauth_token", ""))
    own = org.state.settings.org.id
    if session is None or session.expired:
        return Response(403, b"Bad_OAuth_Token", "text/html;charset=UTF-8")
    user = org.state.users.get(request.params["user"])
    if user is None or request.params["org"][:15] != own[:15]:
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    urls = {
        "enterprise": f"{request.base_url}/services/Soap/c/{{version}}/{own[:15]}",
        "metadata": f"{request.base_url}/services/Soap/m/{{version}}/{own[:15]}",
        "partner": f"{request.base_url}/services/Soap/u/{{version}}/{own[:15]}",
        "rest": f"{request.base_url}/services/data/v{{version}}/",
        "sobjects": f"{request.base_url}/services/data/v{{version}}/sobjects/",
        "query": f"{request.base_url}/services/data/v{{version}}/query/",
        "tooling_rest": f"{request.base_url}/services/data/v{{version}}/tooling/",
    }
    person = _person(org, request, user)
    return json_response({**person, "username": user.username, "display_name": user.name, "urls": urls})


def _person(org: LocalOrg, request: Request, user: User) -> dict[str, Any]:
    own = org.state.settings.org.id
    first, _, last = user.name.rpartition(" ")
    return {
        "sub": f"{request.base_url}/id/{own}/{user.id}",
        "user_id": user.id,
        "organization_id": own,
        "preferred_username": user.username,
        "nickname": user.username.partition("@")[0],
        "name": user.name,
        "given_name": first,
        "family_name": last,
        "email": user.email,
        "user_type": user.user_type,
        "active": user.is_active,
        "language": "en_US",
        "locale": "en_US",
    }


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from Basic authentication or the body."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return unquote(name), unquote(secret)
    return form.get("client_id", ""), form.get("client_secret", "")
