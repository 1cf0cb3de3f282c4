"""The stored parameters of principals as Connect treats them. No HTTP.

Source of all rules: wire-protocols 3.1, messages 2. Texts that no source has end in OURS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.facts import external_credential
from sfsetup.localorg.callout.oauth import ACCESS_TOKEN, ASSERTION, BEARER
from sfsetup.localorg.deploy.rights import may_manage_credentials
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential
    from sfsetup.localorg.state import State, StoredCredential, User

NAMED, PER_USER, AWS_STS = "NamedPrincipal", "PerUserPrincipal", "AwsStsPrincipal"
PROTOCOLS = {"AwsSv4": "AwsSv4", "Basic": "Basic", "Custom": "Custom", "Jwt": "Jwt", "Oauth": "OAuth"}
"""Protocol in metadata -> in Connect, which alone writes `OAuth`."""
CUSTOM = "Custom"
PATCH_SINCE = 59.0
MAX_VALUE = 100_000
"""Characters of a value that the local org stores; Salesforce's own limit is not known."""

_FIXED: Mapping[str, Mapping[str, bool]] = {
    "Basic": {"username": False, "password": True},
    "OAuth": {"clientId": False, "clientSecret": True},
    "AwsSv4": {"awsAccessKeyId": False, "awsSecretAccessKey": True, "awsRoleArn": False},
}
"""Protocol -> parameter names and whether each is encrypted."""
_OPTIONAL = frozenset({"awsRoleArn"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose parameters a request is about."""

    external_credential: str
    principal_type: str
    principal_name: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """A principal that exists, and the external credential it belongs to."""

    fact: ExternalCredential
    name: str
    type: str
    user_id: str
    """Empty unless every user has an own set of parameters."""

    @property
    def protocol(self) -> str:
        """As Connect spells it."""
        return PROTOCOLS.get(self.fact.protocol, self.fact.protocol)

    @property
    def fixed(self) -> Mapping[str, bool] | None:
        """Prescribed parameter names and their flag; None where any name goes, empty where nothing is stored."""
        return {} if self.signs else _FIXED.get(self.protocol)

    @property
    def signs(self) -> bool:
        """OAuth by an assertion that a certificate of the org signs: its principals have no parameters."""
        return self.protocol == "OAuth" and self.fact.variant == BEARER

    @property
    def is_browser_flow(self) -> bool:
        """OAuth with an auth. provider: its tokens come from a log-in in a browser, never from a request."""
        return self.protocol == "OAuth" and self.fact.variant is None


def find_external_credential(state: State, name: str) -> ExternalCredential | None:
    """The facts of an external credential; letter case counts for nothing in its name."""
    stored = state.components.get("ExternalCredential", name)
    if stored is None:
        same = [known for known in state.components.names("ExternalCredential") if known.lower() == name.lower()]
        stored = state.components.get("ExternalCredential", same[0]) if same else None
    if stored is None:
        return None
    root = parse_xml(stored.content, name=stored.full_name)
    return external_credential.read(root, full_name=stored.full_name, file=stored.full_name)


def demand_manage(state: State, user: User) -> None:
    """Raises Refused for a user who may not change credentials."""
    if not may_manage_credentials(state.permissions.of_user(user.id)):
        raise Refused("INSUFFICIENT_ACCESS", f"This needs Manage Named Credentials or Customize Application{OURS}")


def find_target(state: State, user: User, wanted: Wanted) -> Target:
    """The principal of a request. Raises Refused."""
    if wanted.principal_type not in (NAMED, PER_USER, AWS_STS):
        raise Refused("INVALID_API_INPUT", f"'{wanted.principal_type}' is no principalType{OURS}")
    if wanted.principal_type == NAMED and not wanted.principal_name:
        raise Refused("INVALID_API_INPUT", f"principalName is required for a NamedPrincipal{OURS}")
    fact = find_external_credential(state, wanted.external_credential)
    if fact is None:
        raise Refused("NOT_FOUND", f"There is no external credential {wanted.external_credential}{OURS}")
    for principal in fact.principals:
        if principal.type == wanted.principal_type and wanted.principal_name in (None, "", principal.name):
            whose = user.id if principal.type == PER_USER else ""
            return Target(fact, principal.name, principal.type, whose)
    shown = wanted.principal_name or wanted.principal_type
    raise Refused("NOT_FOUND", f"The external credential {fact.full_name} has no principal {shown}{OURS}")


def demand_right(state: State, user: User, target: Target, *, writing: bool) -> None:
    """Raises Refused INSUFFICIENT_ACCESS. A user's own parameters need principal access and the object."""
    rights = state.permissions.of_user(user.id)
    if may_manage_credentials(rights) or (rights.may("ViewSetup") and not writing):
        return
    if target.type == PER_USER:
        found = rights.objects.get("UserExternalCredential")
        allowed = found is not None and ((found.create and found.edit) if writing else found.read)
        if allowed and rights.reaches("ExternalCredentialParameter", f"{target.fact.full_name}-{target.name}"):
            return
    raise Refused("INSUFFICIENT_ACCESS", f"You do not have the right to do this with this credential{OURS}")


def current(state: State, target: Target) -> StoredCredential | None:
    """What is stored."""
    return state.credentials.get(target.fact.full_name, target.name, target.type, target.user_id)


def status_of(state: State, target: Target) -> str:
    """Configured, NotConfigured, or Unknown: of protocol Custom it cannot be determined."""
    if target.protocol == CUSTOM:
        return "Unknown"
    if target.signs or target.fact.variant == ASSERTION:
        # Callouts work with nothing stored, so all that is needed is there (inferred).
        return "Configured"
    stored = current(state, target)
    needed = {name for name in target.fixed or {} if name not in _OPTIONAL}
    if target.is_browser_flow:
        needed = {ACCESS_TOKEN}
    return "Configured" if stored and needed <= set(stored.parameters) else "NotConfigured"


def shown(state: State, user: User, target: Target) -> dict[str, Any]:
    """The credential as an answer. Values of encrypted parameters are never in it.

    Without View Setup and Configuration the telling properties are empty (wire-protocols 3.2, written there of the
    external credential).
    """
    answer: dict[str, Any] = {
        "authenticationProtocol": target.protocol,
        "authenticationProtocolVariant": target.fact.variant,
        "authenticationStatus": status_of(state, target),
        "externalCredential": target.fact.full_name,
        "principalName": target.name,
        "principalType": target.type,
    }
    if target.type != PER_USER and not state.permissions.of_user(user.id).may("ViewSetup"):
        return {**answer, "authenticationStatus": None}
    stored = current(state, target)
    if stored is None:
        # A fixed protocol tells its names before anything is stored; of Custom there is nothing to tell.
        if target.fixed and not target.is_browser_flow:
            answer["credentials"] = {name: {"encrypted": flag} for name, flag in target.fixed.items()}
        return answer
    # What an org shows of tokens that a log-in brought is not known: here none of them.
    answer["credentials"] = (
        {}
        if target.is_browser_flow
        else {
            parameter.name: {
                "encrypted": parameter.encrypted,
                "id": parameter.id,
                "revision": parameter.revision,
                **({} if parameter.encrypted else {"value": parameter.value}),
            }
            for parameter in stored.parameters.values()
        }
    )
    return answer


def create(state: State, target: Target, values: Mapping[str, tuple[str, bool]]) -> None:
    """Stores the first parameters of a principal. Raises Refused CONFLICT when it has some."""
    with state.transaction():
        if current(state, target) is not None:
            raise Refused(
                "CONFLICT",
                f'Authentication credentials for the principal "{target.name}" already exist. '
                "Use the PUT method to overwrite them.",
            )
        _write(state, target, values, replace=True)


def replace(state: State, target: Target, values: Mapping[str, tuple[str, bool]]) -> None:
    """Replaces the whole set: parameters that are not given are gone."""
    with state.transaction():
        _demand_stored(state, target)
        _write(state, target, values, replace=True)


def patch(state: State, target: Target, values: Mapping[str, tuple[str, bool]], version: float) -> None:
    """Adds and changes the parameters given. Protocol Custom alone, from API 59.0."""
    if version < PATCH_SINCE:
        raise Refused("METHOD_NOT_ALLOWED", "HTTP Method 'PATCH' not allowed. Allowed are DELETE,GET,POST,PUT")
    if target.protocol != CUSTOM:
        raise Refused("INVALID_API_INPUT", f"PATCH is for the authentication protocol Custom only{OURS}")
    with state.transaction():
        _demand_stored(state, target)
        _write(state, target, values, replace=False)


def delete(state: State, target: Target, names: tuple[str, ...], version: float) -> None:
    """Deletes the named parameters (protocol Custom, 59.0), or all."""
    if names and version < PATCH_SINCE:
        raise Refused("INVALID_API_INPUT", f"authenticationParameters is available from 59.0{OURS}")
    if names and target.protocol != CUSTOM:
        raise Refused("INVALID_API_INPUT", f"authenticationParameters is for protocol Custom only{OURS}")
    state.credentials.delete(
        target.fact.full_name, target.name, principal_type=target.type, user_id=target.user_id, names=names
    )


def check_values(target: Target, given: Any) -> dict[str, tuple[str, bool]]:
    """`credentials` of a body as name -> (value, encrypted). Raises Refused."""
    if not isinstance(given, Mapping) or not given:
        raise Refused("INVALID_API_INPUT", f"credentials must hold at least one parameter{OURS}")
    if target.is_browser_flow:
        raise Refused("INVALID_API_INPUT", f"The tokens of this principal come from a log-in in a browser{OURS}")
    return {str(name): _value(target, str(name), entry) for name, entry in given.items()}


def _value(target: Target, name: str, entry: Any) -> tuple[str, bool]:
    value = entry.get("value") if isinstance(entry, Mapping) else None
    if not isinstance(value, str) or not value:
        raise Refused("INVALID_API_INPUT", f"The parameter {name} needs a value that is a text{OURS}")
    if len(value) > MAX_VALUE:
        raise Refused("INVALID_API_INPUT", f"The value of {name} is longer than {MAX_VALUE} characters{OURS}")
    flag = entry.get("encrypted")
    if flag is not None and not isinstance(flag, bool):
        raise Refused("INVALID_API_INPUT", f"encrypted of {name} is true or false{OURS}")
    if target.fixed is None:
        # Inferred: an unset Boolean is false, and the value then comes back.
        return value, bool(flag)
    if name not in target.fixed:
        known = ", ".join(target.fixed) or "none"
        raise Refused("INVALID_API_INPUT", f"{target.protocol} has no parameter {name}; it has {known}{OURS}")
    if flag is not None and flag is not target.fixed[name]:
        wanted = str(target.fixed[name]).lower()
        raise Refused("INVALID_API_INPUT", f"encrypted of {name} must be {wanted}{OURS}")
    return value, target.fixed[name]


def _demand_stored(state: State, target: Target) -> None:
    if current(state, target) is None and state.switches.on("update-without-credential-refused"):
        raise Refused("NOT_FOUND", f'There are no credentials for the principal "{target.name}"{OURS}')


def _write(state: State, target: Target, values: Mapping[str, tuple[str, bool]], *, replace: bool) -> None:
    state.credentials.write(
        target.fact.full_name,
        target.name,
        values,
        principal_type=target.type,
        user_id=target.user_id,
        replace=replace,
    )
