"""login() and logout() of the partner and the enterprise endpoint: all of these APIs that the local org speaks.

Sources: wire-protocols 1.6 (faults) and 2.4 (what answers must hold); up to API 64.0, and not at all while the switch
`soap-login` is off.
"""

from __future__ import annotations

from typing import Any

from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.http import Request, Response
from sfsetup.localorg.login import LoginRefused, by_password
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.soap import api_version
from sfsetup.localorg.soap_fault import SoapFault, fault_response, partner_detail
from sfsetup.localorg.soap_parse import Call, read_call
from sfsetup.localorg.soap_write import NIL, soap_response
from sfsetup.localorg.state import OrgSettings, User

LAST_VERSION = 64.0
"""login() is not available at API 65.0 and later (wire-protocols 2.4)."""
SESSION_SECONDS = 7200
_DETAILS = {"INVALID_LOGIN": "LoginFault"}


def partner(org: LocalOrg, request: Request) -> Response:
    """POST /services/Soap/u/NN.0."""
    return _answer(org, request, "u", "partner")


def enterprise(org: LocalOrg, request: Request) -> Response:
    """POST /services/Soap/c/NN.0."""
    return _answer(org, request, "c", "enterprise")


def _answer(org: LocalOrg, request: Request, letter: str, name: str) -> Response:
    fault_namespace = f"urn:fault.{name}.soap.sforce.com"
    try:
        version = api_version(request.params["version"])
        call = read_call(request.body)
        if call.operation == "login":
            result: Any = _login(org, request, call, version, letter)
        elif call.operation == "logout":
            _logout(org, call)
            result = None
        else:
            text = f"the local org has login and logout only at this endpoint, not {call.operation}"
            raise SoapFault("UNKNOWN_EXCEPTION", f"{text}{OURS}")
        return soap_response(call.operation, result, namespace=f"urn:{name}.soap.sforce.com")
    except SoapFault as fault:
        kind = _DETAILS.get(fault.code, "UnexpectedErrorFault")
        detail = "" if fault.code == "Client" else partner_detail(kind, fault_namespace, fault.code, fault.message)
        return fault_response(fault.code, fault.message, namespace=fault_namespace, detail=detail)


def _login(org: LocalOrg, request: Request, call: Call, version: float, letter: str) -> dict[str, Any]:
    if version > LAST_VERSION:
        text = f"SOAP login() is not available at API {version:.1f}; the last version that has it is {LAST_VERSION}"
        raise SoapFault("UNSUPPORTED_API_VERSION", f"{text}{OURS}")
    if not org.state.switches.on("soap-login"):
        raise SoapFault("API_CURRENTLY_DISABLED", f"SOAP login() is turned off in this org{OURS}")
    try:
        user = by_password(org.state, call.text("username") or "", call.text("password") or "")
    except LoginRefused as error:
        # Seen in many places, as simple-salesforce#403.
        text = "Invalid username, password, security token; or user locked out."
        raise SoapFault("INVALID_LOGIN", text) from error
    settings = org.state.settings.org
    place = f"{settings.id[:15]}"
    return {
        "metadataServerUrl": f"{request.base_url}/services/Soap/m/{version:.1f}/{place}",
        "passwordExpired": False,
        "sandbox": settings.is_sandbox,
        "serverUrl": f"{request.base_url}/services/Soap/{letter}/{version:.1f}/{place}",
        "sessionId": call.text("password"),
        "userId": user.id,
        "userInfo": _user_info(org, settings, user),
    }


def _logout(org: LocalOrg, call: Call) -> None:
    """Ends the session; the administrator's main token stays, as `sfsetup local token` promises."""
    if call.session_id != org.state.sessions.main_token():
        org.state.sessions.expire(call.session_id)


def _user_info(org: LocalOrg, settings: OrgSettings, user: User) -> dict[str, Any]:
    """GetUserInfoResult in the order of the partner WSDL."""
    return {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": 5242880,
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": settings.id,
        "organizationMultiCurrency": False,
        "organizationName": settings.name,
        "profileId": org.state.ids.of("Profile", user.profile),
        "roleId": NIL,
        "sessionSecondsValid": SESSION_SECONDS,
        "userDefaultCurrencyIsoCode": NIL,
        "userEmail": user.email,
        "userFullName": user.name,
        "userId": user.id,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": user.username,
        "userTimeZone": "Etc/UTC",
        "userType": user.user_type,
        "userUiSkin": "Theme3",
    }
