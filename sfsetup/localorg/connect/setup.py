"""Wire of /named-credentials/external-credentials and /named-credentials/named-credential-setup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.localorg.connect import external_credentials, named_credentials, principals
from sfsetup.localorg.deploy.rights import may_manage_credentials
from sfsetup.localorg.http import NO_CONTENT, Request, Response, RestError, json_response
from sfsetup.localorg.refusal import OURS, Refused, refusal_as_rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfsetup.localorg.org import LocalOrg

_SINCE = 56.0
"""The first API version with named credentials in Connect (wire-protocols 3)."""
_WRITE_SINCE = 58.0


def external_list(org: LocalOrg, request: Request) -> Response:
    """GET lists what the user can authenticate to (56.0); POST creates (58.0)."""
    demand_version(request)
    state, user, base = org.state, request.actor, _base(request)
    if request.method == "GET":
        found = external_credentials.listed(state, user, base)
        return json_response({"externalCredentials": [_at_version(each, request.version) for each in found]})
    demand_version(request, _WRITE_SINCE)
    fact = _refusing(lambda: external_credentials.write(state, user, request.json(), name=None))
    return json_response(external_credentials.shown(state, user, fact, base), 201)


def external_one(org: LocalOrg, request: Request) -> Response:
    """GET (56.0), PUT and DELETE (58.0) of one external credential."""
    demand_version(request)
    state, user, base, name = org.state, request.actor, _base(request), request.params["name"]
    if request.method == "GET":
        fact = principals.find_external_credential(state, name)
        if fact is None:
            raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
        _refusing(lambda: _demand_sight(org, request, fact))
        return json_response(_at_version(external_credentials.shown(state, user, fact, base), request.version))
    demand_version(request, _WRITE_SINCE)
    if request.method == "DELETE":
        _refusing(lambda: external_credentials.remove(state, user, name))
        return NO_CONTENT
    written = _refusing(lambda: external_credentials.write(state, user, request.json(), name=name))
    return json_response(external_credentials.shown(state, user, written, base))


def named_list(org: LocalOrg, request: Request) -> Response:
    """GET and POST of named credentials (58.0)."""
    demand_version(request, _WRITE_SINCE)
    state, user, base = org.state, request.actor, _base(request)
    if request.method == "GET":
        return json_response({"namedCredentials": named_credentials.listed(state, user, base)})
    fact = _refusing(lambda: named_credentials.write(state, user, request.json(), name=None))
    return json_response(named_credentials.shown(state, fact, base), 201)


def named_one(org: LocalOrg, request: Request) -> Response:
    """GET, PUT, DELETE of one named credential (58.0)."""
    demand_version(request, _WRITE_SINCE)
    state, user, base, name = org.state, request.actor, _base(request), request.params["name"]
    if request.method == "DELETE":
        _refusing(lambda: named_credentials.remove(state, user, name))
        return NO_CONTENT
    if request.method == "PUT":
        fact = _refusing(lambda: named_credentials.write(state, user, request.json(), name=name))
    else:
        sees = state.permissions.of_user(user.id).may("ViewSetup")
        fact = named_credentials.find(state, name) if sees else None
        if fact is None:
            raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    return json_response(named_credentials.shown(state, fact, base))


def _demand_sight(org: LocalOrg, request: Request, fact: Any) -> None:
    """A credential is shown to who manages or sees set-up, and to who may authenticate with it."""
    rights = org.state.permissions.of_user(request.actor.id)
    reaches = any(rights.reaches(external_credentials.ENTITY, f"{fact.full_name}-{p.name}") for p in fact.principals)
    if not (reaches or may_manage_credentials(rights) or rights.may("ViewSetup")):
        raise Refused("INSUFFICIENT_ACCESS", f"You do not have access to this external credential{OURS}")


def demand_version(request: Request, since: float = _SINCE) -> None:
    """Raises RestError for an API version in which a resource does not exist."""
    if request.version < since:
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")


def _at_version(shown: dict[str, Any], version: float) -> dict[str, Any]:
    """Who may use a principal is told from 58.0 (wire-protocols 3.2)."""
    if version >= _WRITE_SINCE:
        return shown
    told = [{k: v for k, v in principal.items() if k != "principalAccess"} for principal in shown["principals"]]
    return {**shown, "principals": told}


def _base(request: Request) -> str:
    return f"/services/data/v{request.params['version']}/named-credentials"


def _refusing(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except Refused as refused:
        raise refusal_as_rest(refused) from refused
