"""The table of routes. A handler is named, not imported: it is loaded when the first request for it comes."""

from __future__ import annotations

from sfsetup.localorg.http import Access, Route
from sfsetup.localorg.routes_rest import REST

_SOAP_BODY = 50 * 1024 * 1024
"""Documented size limit of a SOAP message (wire-protocols 1.5)."""

_DATA = "/services/data/v{version}"

ROUTES: tuple[Route, ...] = (
    # SOAP: any suffix after the version (wire-protocols rule 1)
    Route("/services/Soap/m/{version}", ("POST",), "soap:metadata", Access.OPEN, _SOAP_BODY),
    Route("/services/Soap/m/{version}/{rest:path}", ("POST",), "soap:metadata", Access.OPEN, _SOAP_BODY),
    Route("/services/Soap/u/{version}", ("POST",), "soap_login:partner", Access.OPEN),
    Route("/services/Soap/u/{version}/{rest:path}", ("POST",), "soap_login:partner", Access.OPEN),
    Route("/services/Soap/c/{version}", ("POST",), "soap_login:enterprise", Access.OPEN),
    Route("/services/Soap/c/{version}/{rest:path}", ("POST",), "soap_login:enterprise", Access.OPEN),
    # Log-in and identity
    Route("/services/oauth2/authorize", ("GET", "POST"), "oauth_web:authorize", Access.OPEN),
    Route("/services/oauth2/token", ("POST",), "oauth:token", Access.OPEN),
    Route("/services/oauth2/revoke", ("POST", "GET"), "oauth:revoke", Access.OPEN),
    Route("/services/oauth2/userinfo", ("GET", "POST"), "oauth:userinfo"),
    Route("/id/{org}/{user}", ("GET",), "oauth:identity", Access.OPEN),
    # Discovery
    Route("/services/data", ("GET",), "discovery:versions", Access.OPEN),
    Route(_DATA, ("GET",), "discovery:resources"),
    # Metadata REST
    Route(f"{_DATA}/metadata/deployRequest", ("POST",), "rest_deploy:create", max_body=_SOAP_BODY),
    Route(f"{_DATA}/metadata/deployRequest/{{id}}", ("GET", "PATCH"), "rest_deploy:one"),
    # sfsetup's own control
    Route("/sfsetup/ready", ("GET",), "control:ready", Access.OPEN, at_once=True),
    Route("/sfsetup/control/{topic}", ("GET", "POST", "DELETE"), "control:topic", Access.CONTROL),
    *REST,
)
