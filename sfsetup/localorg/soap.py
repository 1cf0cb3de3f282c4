"""The SOAP Metadata endpoint: reads the call, admits the session, and hands it to the operation's function.

Dispatch is by the local name of the first child of Body, never by SOAPAction (wire-protocols rule 2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.http import Request, Response
from sfsetup.localorg.org import NEWEST_API, OLDEST_API, LocalOrg
from sfsetup.localorg.soap_fault import SoapFault, fault_response
from sfsetup.localorg.soap_parse import Call, read_call
from sfsetup.localorg.soap_write import soap_response
from sfsetup.localorg.state import User
from sfsetup.localorg.unmodelled import MISSING_CALLS, tell

Operation = Callable[[LocalOrg, User, Call, float], Any]
"""Gives the `result` of the answer: a value, a sequence of them, or None for none."""

OPERATIONS = {
    "deploy": "soap_deploy:deploy",
    "checkDeployStatus": "soap_deploy:check_deploy_status",
    "cancelDeploy": "soap_deploy:cancel_deploy",
    "deployRecentValidation": "soap_deploy:deploy_recent_validation",
    "checkStatus": "soap_deploy:check_status",
    "retrieve": "soap_retrieve:retrieve",
    "checkRetrieveStatus": "soap_retrieve:check_retrieve_status",
    "listMetadata": "soap_list:list_metadata",
    "describeMetadata": "soap_list:describe_metadata",
    "readMetadata": "soap_list:read_metadata",
    "describeValueType": "soap_list:describe_value_type",
    "createMetadata": "soap_crud:create",
    "updateMetadata": "soap_crud:update",
    "upsertMetadata": "soap_crud:upsert",
    "deleteMetadata": "soap_crud:delete",
}

_VERSION = re.compile(r"([1-9][0-9]{0,2})\.0\Z")
METADATA_RIGHTS = ("ModifyAllData", "ModifyMetadata")
NO_METADATA_RIGHT = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
"""Seen: forcedotcom/cli#3048, forcedotcom/code-builder-feedback#66."""


def metadata(org: LocalOrg, request: Request) -> Response:
    """POST /services/Soap/m/NN.0 and anything below."""
    try:
        version = api_version(request.params["version"])
        call = read_call(request.body)
        user = session_user(org, call)
        name = OPERATIONS.get(call.operation)
        if call.operation in MISSING_CALLS:
            tell(org, f"the call {call.operation}")
            raise SoapFault("UNKNOWN_EXCEPTION", f"the local org does not model {call.operation}{OURS}")
        if name is None:
            raise SoapFault("Client", f"No operation available for request {call.operation}{OURS}")
        return soap_response(call.operation, _function(name)(org, user, call, version))
    except SoapFault as fault:
        return fault_response(fault.code, fault.message, namespace=fault.namespace, detail=fault.detail)


def api_version(text: str) -> float:
    """The version of the URL. Raises SoapFault for one that the org does not have."""
    found = _VERSION.match(text)
    if found is None or not OLDEST_API <= int(found.group(1)) <= NEWEST_API:
        raise SoapFault("UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL{OURS}")
    return float(text)


def session_user(org: LocalOrg, call: Call) -> User:
    """The user of the session in the envelope's header, who may use the Metadata API. Raises SoapFault."""
    session = org.state.sessions.find(call.session_id) if call.session_id else None
    user = org.state.users.get(session.user_id) if session and not session.expired else None
    if user is None or not user.is_active:
        raise SoapFault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
    rights = org.state.permissions.of_user(user.id)
    if not rights.may("ApiEnabled"):
        raise SoapFault("API_DISABLED_FOR_ORG", f"the user has no permission API Enabled{OURS}")
    if not any(rights.may(name) for name in METADATA_RIGHTS):
        raise SoapFault("INSUFFICIENT_ACCESS", NO_METADATA_RIGHT)
    return user


@cache
def _function(name: str) -> Operation:
    module, _, function = name.partition(":")
    found: Operation = getattr(import_module(f"sfsetup.localorg.{module}"), function)
    return found
