"""GET and POST /sfsetup/sign-in/KEY: the page that auth-url/o-auth leads to, in the place of a provider's own."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.callout.values import Principal
from sfsetup.localorg.connect import signing_in
from sfsetup.localorg.http import HTML, PAGE_HEADERS, Request, Response
from sfsetup.localorg.runtime import runtime_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfsetup.localorg.org import LocalOrg

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sign in: local org {org}</title></head>
<body style="font-family: sans-serif; max-width: 30em; margin: 4em auto">
<h1>Local org {org}</h1>{inside}</body></html>"""


def page(org: LocalOrg, request: Request) -> Response:
    """What is asked; after a POST the principal is signed in."""
    key = request.params["key"]
    row = signing_in.spend(org.state, key) if request.method == "POST" else signing_in.pending(org.state, key)
    if row is None:
        return _shown(org, "<p>This sign-in was used or is too old: ask for a new address.</p>", 404)
    whom = f"<p><b>{escape(row['credential'])}</b>, principal <b>{escape(row['principal'])}</b></p>"
    if request.method == "GET":
        asked = "<p>The stand-in of the provider asks: may the org call it as</p>"
        return _shown(org, f'{asked}{whom}<form method="post"><button>Allow</button></form>')
    _sign_in(org, row)
    back = signing_in.way_back(row)
    if back:
        return Response(302, b"", HTML, {**PAGE_HEADERS, "Location": back})
    return _shown(org, f"{whom}<p>is signed in.</p>")


def _sign_in(org: LocalOrg, row: Mapping[str, Any]) -> None:
    principal = Principal(row["principal"], row["type"])
    runtime_of(org).sign_in(row["user"], row["credential"], principal)


def _shown(org: LocalOrg, inside: str, status: int = 200) -> Response:
    text = _PAGE.format(org=escape(org.state.settings.org.name), inside=inside)
    return Response(status, text.encode(), HTML, PAGE_HEADERS)
