"""GN-002: components that are not as their spec says"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    ours, graph = context.desired, context.graph
    if ours is None:
        return
    sets = {each.full_name.lower(): each for each in context.facts.permission_sets}
    pairs: list[tuple[Any, Any, Any]] = [
        *((each, graph.external_credential(each.full_name), _external) for each in ours.external_credentials),
        *((each, graph.named_credential(each.full_name), _named) for each in ours.named_credentials),
        *((each, graph.registration(each.full_name), _registration) for each in ours.registrations),
        *((each, sets.get(each.full_name.lower()), _permission_set) for each in ours.permission_sets),
        # the flow belongs to the org once it is there: only its absence is told
        *((each, graph.flow(each.full_name), None) for each in ours.flows),
    ]
    for wanted, there, differences in pairs:
        if there is None:
            yield _missing(context, wanted.ref)
        elif differences is not None:
            for element, message in differences(wanted, there):
                yield Problem(there, message, element=element)


def _missing(context: AuditContext, ref: ComponentRef) -> Verdict:
    if context.is_complete(ref.type):
        return Problem(ref, "is part of the integration and not there", element="component")
    return Unknown(ref, "it was not read, so it cannot be compared with the spec", ref)


def _external(wanted: ExternalCredential, there: ExternalCredential) -> Iterator[_Difference]:
    if (wanted.protocol, wanted.variant) != (there.protocol, there.variant):
        shown = there.protocol + (f" {there.variant}" if there.variant else "")
        yield "authenticationProtocol", f"has the protocol {shown}; the spec says {wanted.protocol}"
    have = {principal.name for principal in there.principals}
    for principal in wanted.principals:
        if principal.name not in have:
            yield f"principal {principal.name}", f"lacks the principal {principal.name} of the spec"
    yield from _headers(wanted, there)


def _named(wanted: NamedCredential, there: NamedCredential) -> Iterator[_Difference]:
    if (wanted.url or "").rstrip("/") != (there.url or "").rstrip("/"):
        here, spec = _place(there.url), _place(wanted.url)
        told = f"calls {here}; the spec says {spec}" if here != spec else "has another path in its URL than the spec"
        yield "Url", told
    if (wanted.external_credential or "").lower() != (there.external_credential or "").lower():
        yield "externalCredential", f"authenticates with {there.external_credential}, not {wanted.external_credential}"
    for element, attribute in _FLAGS.items():
        if getattr(wanted, attribute) != getattr(there, attribute):
            told = str(getattr(there, attribute)).lower()
            yield element, f"has {element} {told}, other than the spec"
    yield from _headers(wanted, there)


def _headers(wanted: NamedCredential | ExternalCredential, there: Any) -> Iterator[_Difference]:
    have = {header.name.lower(): header.value for header in there.headers}
    for header in wanted.headers:
        name = header.name.lower()
        if name not in have:
            yield f"header {header.name}", f"lacks the header {header.name} of the spec"
        elif have[name] != header.value:
            # the value stays out: somebody may have typed the secret itself
            yield f"header {header.name}", f"has another value in header {header.name} than the spec"


def _registration(wanted: ExternalServiceRegistration, there: ExternalServiceRegistration) -> Iterator[_Difference]:
    if (wanted.named_credential or "").lower() != (there.named_credential or "").lower():
        yield "namedCredential", f"calls out with {there.named_credential}, not {wanted.named_credential}"
    for operation in wanted.operations:
        if operation.active and there.has_operations and not there.is_active(operation.name):
            yield (
                f"operation {operation.name}",
                f"has the operation {operation.name} of the spec inactive or not at all",
            )


def _permission_set(wanted: PermissionSet, there: PermissionSet) -> Iterator[_Difference]:
    have = {access.value.lower() for access in there.principals if access.enabled}
    for access in wanted.principals:
        if access.value.lower() not in have:
            yield f"principal {access.value}", f"does not enable {access.value}, as the spec says"
    for permission in wanted.user_permissions:
        if permission.enabled and not there.has_permission(permission.name):
            yield f"userPermission {permission.name}", f"does not give {permission.name}, as the spec says"
    for entry in wanted.objects:
        given = there.object_access(entry.object)
        lacking = [right for right in _RIGHTS if getattr(entry, right) and not getattr(given, right, False)]
        if lacking:
            yield f"objectPermission {entry.object}", f"gives less access to {entry.object} than the spec"


def _place(url: str | None) -> str:
    parsed = parse_url(url)
    return parsed.place if parsed else "nothing"


_Difference = tuple[str, str]
_RIGHTS = ("read", "create", "edit", "delete", "view_all", "modify_all")
_FLAGS = {
    "allowMergeFieldsInHeader": "allow_merge_fields_in_header",
    "allowMergeFieldsInBody": "allow_merge_fields_in_body",
    "generateAuthorizationHeader": "generate_authorization_header",
    "calloutStatus": "callout_status",
}

RULE = Rule(
    id="GN-002",
    title="Component differs from its spec",
    severity=Severity.MEDIUM,
    category=Category.DRIFT,
    applies_to=(
        "ExternalCredential",
        "NamedCredential",
        "ExternalServiceRegistration",
        "PermissionSet",
        "Flow",
    ),
    evidence=(Evidence.SPEC,),
    what=(
        "A component that our own integration.yaml describes is missing, or differs in what the spec decides: URL, "
        "flags, headers, protocol, principals, active operations, grants. What was added to it is left alone, and the "
        "sample flow belongs to the org once it is there."
    ),
    why="Somebody changed it by hand: the next deploy takes that back, or the integration does what nobody agreed.",
    fix="sfsetup plan SPEC -o ORG shows each difference; deploy the spec, or write the change into it.",
    example="# integration.yaml\nnamed_credential: {url: https://sms.8x8.uk}\n# the org: https://sms.8x8.com\n",
    exceptions="The right environment has to be named (-e), or its values count as differences.",
    sources=("The integration's own spec",),
    check=check,
)
