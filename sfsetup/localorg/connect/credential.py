"""Wire of /named-credentials/credential (wire-protocols 3.1)."""

from __future__ import annotations

from typing import Any

from sfsetup.localorg.callout.values import Principal
from sfsetup.localorg.connect import principals, signing_in
from sfsetup.localorg.connect.principals import Target, Wanted
from sfsetup.localorg.connect.setup import demand_version
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.http import NO_CONTENT, Request, Response, RestError, json_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.refusal import OURS, Refused, refusal_as_rest
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.unmodelled import tell

_ACTION_SINCE = 58.0


def credential(org: LocalOrg, request: Request) -> Response:
    """GET, POST, PUT, PATCH, DELETE of what is stored for one principal."""
    demand_version(request)
    try:
        if request.method == "GET":
            return _get(org, request)
        if request.method == "DELETE":
            return _delete(org, request)
        return _write(org, request)
    except Refused as refused:
        raise refusal_as_rest(refused) from refused


def sign_in(org: LocalOrg, request: Request) -> Response:
    """POST …/credential/auth-url/o-auth: the address at which a person signs in to an OAuth provider."""
    demand_version(request)
    body = request.json()
    if not isinstance(body, dict):
        raise RestError(400, "JSON_PARSER_ERROR", f"The request's body must be an object{OURS}")
    try:
        target = principals.find_target(org.state, request.actor, _from_body(body))
        principals.demand_right(org.state, request.actor, target, writing=True)
        key = signing_in.begin(org.state, target, body.get("returnUrl"))
    except Refused as refused:
        raise refusal_as_rest(refused) from refused
    return json_response({"authenticationUrl": f"{request.base_url}/sfsetup/sign-in/{key}"})


def _get(org: LocalOrg, request: Request) -> Response:
    target = principals.find_target(org.state, request.actor, _from_query(request))
    principals.demand_right(org.state, request.actor, target, writing=False)
    if principals.current(org.state, target) is None and org.state.switches.on("empty-credential-not-found"):
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    return json_response(principals.shown(org.state, request.actor, target))


def _delete(org: LocalOrg, request: Request) -> Response:
    target = principals.find_target(org.state, request.actor, _from_query(request))
    principals.demand_right(org.state, request.actor, target, writing=True)
    names = tuple(name.strip() for name in request.query.get("authenticationParameters", "").split(",") if name.strip())
    principals.delete(org.state, target, names, request.version)
    return NO_CONTENT


def _write(org: LocalOrg, request: Request) -> Response:
    body = request.json()
    if not isinstance(body, dict):
        raise RestError(400, "JSON_PARSER_ERROR", f"The request's body must be an object{OURS}")
    state, user = org.state, request.actor
    target = principals.find_target(state, user, _from_body(body))
    _check_protocol(target, body)
    principals.demand_right(state, user, target, writing=True)
    if request.method == "POST" and "action" in request.query:
        return _refresh(org, request, target)
    values = principals.check_values(target, body.get("credentials"))
    if request.method == "POST":
        principals.create(state, target, values)
    elif request.method == "PUT":
        principals.replace(state, target, values)
    else:
        principals.patch(state, target, values, request.version)
    created = request.method == "POST" and state.switches.on("created-credential-201")
    return json_response(principals.shown(state, user, target), 201 if created else 200)


def _refresh(org: LocalOrg, request: Request, target: Target) -> Response:
    """A new token for OAuth, new temporary credentials for AWS Roles Anywhere (wire-protocols 3.1)."""
    if request.query["action"] != "Refresh" or request.version < _ACTION_SINCE:
        raise Refused("INVALID_API_INPUT", f"'{request.query['action']}' is no action of a credential{OURS}")
    if target.protocol == "OAuth":
        try:
            runtime_of(org).refresh(request.actor.id, target.fact.full_name, Principal(target.name, target.type))
        except FlowFault as fault:
            raise Refused("INVALID_API_INPUT", fault.message) from fault
    elif target.fact.variant == "RolesAnywhere":
        tell(org, "refreshing the temporary credentials of AWS Roles Anywhere")
    else:
        raise Refused("INVALID_API_INPUT", f"Credentials of protocol {target.protocol} cannot be refreshed{OURS}")
    return json_response(principals.shown(org.state, request.actor, target))


def _check_protocol(target: Target, body: dict[str, Any]) -> None:
    """The protocol may be left out (seen in the field); what is said must be right, and in Connect's spelling."""
    protocol = body.get("authenticationProtocol")
    if protocol is not None and protocol not in principals.PROTOCOLS.values():
        raise Refused("INVALID_API_INPUT", f"'{protocol}' is no authenticationProtocol{OURS}")
    if protocol is not None and protocol != target.protocol:
        name = target.fact.full_name
        raise Refused("INVALID_API_INPUT", f"The authenticationProtocol of {name} is {target.protocol}{OURS}")
    variant = body.get("authenticationProtocolVariant")
    if variant is not None and variant != target.fact.variant:
        shown = target.fact.variant or "none"
        raise Refused("INVALID_API_INPUT", f"The authenticationProtocolVariant is {shown}{OURS}")


def _from_query(request: Request) -> Wanted:
    query = request.query
    if not query.get("externalCredential") or not query.get("principalType"):
        raise Refused("INVALID_API_INPUT", f"externalCredential and principalType are required{OURS}")
    return Wanted(query["externalCredential"], query["principalType"], query.get("principalName"))


def _from_body(body: dict[str, Any]) -> Wanted:
    found = {key: body.get(key) for key in ("externalCredential", "principalType", "principalName")}
    for key, value in found.items():
        if value is not None and not isinstance(value, str):
            raise Refused("INVALID_API_INPUT", f"{key} must be a text{OURS}")
    if not found["externalCredential"] or not found["principalType"]:
        raise Refused("INVALID_API_INPUT", f"externalCredential and principalType are required{OURS}")
    return Wanted(str(found["externalCredential"]), str(found["principalType"]), found["principalName"])
