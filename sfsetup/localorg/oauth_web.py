"""GET and POST /services/oauth2/authorize: the page on which a person logs in for `sf org login web` and its like.

The page wants a username and, as its password, a token of that user: what `sfsetup local token` prints. No other page
can get a code out of it: there is no cookie, the page cannot be framed, and codes go to addresses of this machine only.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sfsetup.localorg import login_codes
from sfsetup.localorg.http import HTML, PAGE_HEADERS, Request, Response, form_of
from sfsetup.localorg.login import LoginRefused, by_password
from sfsetup.localorg.ways_back import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfsetup.localorg.org import LocalOrg

_CARRIED = ("response_type", "client_id", "redirect_uri", "state", "code_challenge")
_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Log in: local org {org}</title></head>
<body style="font-family: sans-serif; max-width: 30em; margin: 4em auto">
<h1>Local org {org}</h1><p>{message}</p>
<form method="post" action="/services/oauth2/authorize">{hidden}
<p><label>Username<br><input name="username" value="{username}" size="40" autocomplete="off"></label></p>
<p><label>Password: what <code>sfsetup local token</code> prints<br>
<input name="password" type="password" size="40" autocomplete="off"></label></p>
<p><button>Log in and allow {client}</button></p></form></body></html>"""


def authorize(org: LocalOrg, request: Request) -> Response:
    """The page, or after a right log-in the way back to the client with a code."""
    form = form_of(request)
    asked = form if request.method == "POST" else dict(request.query)
    if asked.get("response_type") != "code":
        return _text("error=unsupported_response_type&error_description=response type must be code")
    address = asked.get("redirect_uri", "")
    if not address.startswith("http:") or not is_loopback(address):
        return _text("error=redirect_uri_mismatch&error_description=redirect_uri must be an address of this machine")
    if request.method == "GET":
        return _page(org, asked, "")
    try:
        user = by_password(org.state, form.get("username", ""), form.get("password", ""))
    except LoginRefused:
        return _page(org, asked, "Username or token is wrong.")
    answer = {"code": login_codes.issue(org.state, user, asked)}
    if "state" in asked:
        answer["state"] = asked["state"]
    joint = "&" if "?" in address else "?"
    return Response(302, b"", HTML, {**PAGE_HEADERS, "Location": f"{address}{joint}{urlencode(answer)}"})


def _page(org: LocalOrg, asked: Mapping[str, str], message: str) -> Response:
    admin = org.state.users.get(org.state.admin_id)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _CARRIED if name in asked
    )
    text = _PAGE.format(
        org=escape(org.state.settings.org.name),
        message=escape(message),
        hidden=hidden,
        username=escape(asked.get("username") or (admin.username if admin else "")),
        client=escape(asked.get("client_id", "")),
    )
    return Response(200, text.encode(), HTML, PAGE_HEADERS)


def _text(text: str) -> Response:
    return Response(400, text.encode(), "text/plain;charset=UTF-8", PAGE_HEADERS)
