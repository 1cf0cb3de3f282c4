"""Our words beside Salesforce's: what a message of the platform probably means and what to do about it.

The platform's text is always shown as it is; a text that nothing matches simply has no hint. Texts are compared after
folding typographic apostrophes. Source of the patterns: reference 'messages'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A pattern and what we say when it matches."""

    pattern: re.Pattern[str]
    text: str


def _hint(pattern: str, text: str) -> Hint:
    return Hint(re.compile(pattern, re.IGNORECASE | re.DOTALL), text)


DEPLOY_HINTS: tuple[Hint, ...] = (
    _hint(
        r"NoTestRun cannot be used in production",
        "Leave --test-level out: production then runs the tests that it wants for what is deployed.",
    ),
    _hint(
        r'"apexClass" is invalid',
        "The Apex types of the External Service are not there: the registration is missing, its operation is inactive, "
        "or the platform has not made them yet. Registration and flow in one first deploy fail like this.",
    ),
    _hint(
        r"can't find an action with the name",
        "The External Service has no active operation of that name. Look at the registration's operations, or at the "
        "names under `sfsetup openapi names`.",
    ),
    _hint(
        r"parameter value doesn't exist or you may not have permission",
        "The permission set names a principal that the org does not have: its external credential failed in this "
        "deploy, or external_credential.principals has another name.",
    ),
    _hint(
        r"invalid cross reference id",
        "Something that is referred to is not in the org. In a namespaced org, deploy the external credential first.",
    ),
    _hint(
        r"In field: \S+ - no (?P<type>\S+) named (?P<name>.+?) found",
        "The component refers to something that is neither in the org nor in this deploy.",
    ),
    _hint(
        r"Property '[^']+' not valid in version",
        "The API version of the deploy is too low for this field: raise api_version.",
    ),
    _hint(
        r"requires the following external credential parameter types",
        "external_credential lacks a key that its protocol needs; `sfsetup validate` names it.",
    ),
    _hint(
        r"doesn't support the following external credential parameter type",
        "external_credential has a key that its protocol does not take.",
    ),
    _hint(
        r"don't support the \"\w+\" authentication protocol",
        "This protocol exists for legacy named credentials only.",
    ),
    _hint(
        r"API Name can only contain underscores and alphanumeric characters",
        "Change the name in integration.yaml: letters, digits and single underscores, a letter first.",
    ),
    _hint(r"Value too long for field", "Shorten the value in integration.yaml."),
    _hint(
        r"swaggerDataType",
        "A schema or property of the OpenAPI document has no `type`; `sfsetup openapi check` names it, `fit` adds it.",
    ),
    _hint(
        r"Test coverage of active processes and autolaunched flows",
        "The org asks for flow test coverage before it activates flows: add flow tests, or deploy the flow inactive "
        "(flow.activate: false) and activate it by hand.",
    ),
    _hint(
        r"Average test coverage|Code coverage|test coverage across all",
        "Apex tests of the org do not reach the coverage it asks for; nothing of this integration has Apex code. "
        "Without --test-level no tests are asked for, except where production demands them.",
    ),
    _hint(
        r"Unknown user permission",
        "The org does not know this permission: permission_set.run_flows: false leaves it out.",
    ),
    _hint(
        r"UNKNOWN_EXCEPTION|An unexpected error occurred. Please include this ErrorId",
        "The platform itself failed. Try once more; if it stays, give the ErrorId to Salesforce Support.",
    ),
    _hint(
        r"is active and can't be overwritten",
        "The org does not overwrite an active flow version; a new version must be made.",
    ),
    _hint(r"was named in package.xml, but was not found", "This is a fault in the package; please report it."),
)

RUN_HINTS: tuple[Hint, ...] = (
    _hint(
        r"couldn't access the credential",
        "The running user lacks access to the principal, or Read on User External Credentials: assign the permission "
        "set of the integration. `sfsetup diagnose` shows which link is missing.",
    ),
    _hint(
        r"external credential isn't fully configured",
        "Nothing is stored for the principal: run `sfsetup deploy --only secret`. Where a person has to sign in at the "
        "provider, that is done once in Setup (Named Credentials, External Credentials).",
    ),
    _hint(
        r"Field \S+ does not exist. Check spelling",
        "The header formula names a parameter that is not stored for the principal.",
    ),
    _hint(
        r"Insufficient Privileges|not have (?:access|permission) to (?:run )?(?:the |this )?flow|Run Flows",
        "The running user lacks Run Flows (or the flow's own access where it is restricted).",
    ),
    _hint(
        r"uncommitted work pending",
        "The flow wrote data before the callout: make the callout first, or in a new transaction.",
    ),
    _hint(r"Read timed out|timed out", "The vendor did not answer within the platform's time limit."),
    _hint(
        r"expired credentials couldn't be refreshed|Unable to fetch the OAuth token",
        "The token endpoint, client or scope of the external credential is wrong.",
    ),
    _hint(r"named callout URL: .* is malformed", "The document's servers begin with `callout:`; write the real URL."),
)


def deploy_hint(problem: str) -> str | None:
    """What we have to say about a component's problem; None for a text we do not know."""
    return _first(DEPLOY_HINTS, problem)


def run_hint(message: str) -> str | None:
    """What we have to say about a message of a flow run; None for a text we do not know."""
    return _first(RUN_HINTS, message)


_NOT_READY = re.compile(r'"apexClass" is invalid|can\'t find an action', re.IGNORECASE)


def is_not_ready(problem: str) -> bool:
    """True for the two messages that go away when the platform has finished registering a service."""
    return _NOT_READY.search(folded(problem)) is not None


def folded(text: str) -> str:
    """The text with straight quotes, as logs have them."""
    return text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')


def _first(hints: tuple[Hint, ...], text: str) -> str | None:
    plain = folded(text)
    return next((hint.text for hint in hints if hint.pattern.search(plain)), None)
