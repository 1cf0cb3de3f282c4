"""Routes of the REST side: sobjects, query, tooling, Connect, actions, limits. `routes.py` joins the tables."""

from __future__ import annotations

from sfsetup.localorg.http import Access, Route

_DATA = "/services/data/v{version}"
_CUSTOM = f"{_DATA}/actions/custom"
_TOOLING = f"{_DATA}/tooling"
_CONNECT = f"{_DATA}/named-credentials"

REST: tuple[Route, ...] = (
    Route(f"{_DATA}/actions", ("GET",), "actions:root"),
    Route(_CUSTOM, ("GET",), "actions:kinds"),
    Route(f"{_CUSTOM}/flow", ("GET",), "actions:flows"),
    Route(f"{_CUSTOM}/flow/{{name}}", ("GET", "POST"), "actions:flow"),
    Route(f"{_CUSTOM}/externalService", ("GET",), "actions:services"),
    Route(f"{_CUSTOM}/externalService/{{name}}", ("GET", "POST"), "actions:service"),
    # SOQL
    Route(f"{_DATA}/query", ("GET",), "rest_query:query"),
    Route(f"{_DATA}/queryAll", ("GET",), "rest_query:query"),
    Route(f"{_DATA}/query/{{locator}}", ("GET",), "rest_query:more"),
    Route(f"{_TOOLING}/query", ("GET",), "rest_query:tooling_query"),
    Route(f"{_TOOLING}/query/{{locator}}", ("GET",), "rest_query:more"),
    # Records
    *(
        route
        for base in (_DATA, _TOOLING)
        for route in (
            Route(f"{base}/sobjects", ("GET",), "rest_sobjects:every"),
            Route(f"{base}/sobjects/{{sobject}}", ("GET", "POST"), "rest_sobjects:one"),
            Route(f"{base}/sobjects/{{sobject}}/describe", ("GET",), "rest_sobjects:described"),
            Route(f"{base}/sobjects/{{sobject}}/{{id}}", ("GET", "PATCH", "DELETE"), "rest_sobjects:record"),
        )
    ),
    Route(f"{_DATA}/composite", ("POST",), "rest_composite:composite"),
    Route(f"{_TOOLING}/composite", ("POST",), "rest_composite:composite"),
    Route(f"{_DATA}/composite/batch", ("POST",), "rest_composite:batch"),
    Route(f"{_DATA}/composite/sobjects", ("POST", "DELETE"), "rest_sobjects:collection"),
    Route(f"{_DATA}/limits", ("GET",), "rest_limits:limits"),
    # Connect
    Route(f"{_CONNECT}/credential", ("GET", "POST", "PUT", "PATCH", "DELETE"), "connect.credential:credential"),
    Route(f"{_CONNECT}/credential/auth-url/o-auth", ("POST",), "connect.credential:sign_in"),
    Route("/sfsetup/sign-in/{key}", ("GET", "POST"), "connect.sign_in_page:page", Access.OPEN),
    Route(f"{_CONNECT}/external-credentials", ("GET", "POST"), "connect.setup:external_list"),
    Route(f"{_CONNECT}/external-credentials/{{name}}", ("GET", "PUT", "DELETE"), "connect.setup:external_one"),
    Route(f"{_CONNECT}/named-credential-setup", ("GET", "POST"), "connect.setup:named_list"),
    Route(f"{_CONNECT}/named-credential-setup/{{name}}", ("GET", "PUT", "DELETE"), "connect.setup:named_one"),
)
