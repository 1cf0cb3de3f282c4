"""ExternalServiceRegistration: the document, the operations it lists, where it calls (external-services 1, 3)."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.localorg.judge import service_limits, updates
from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.localorg.service_shapes import encode, operation_name, registration_name
from sfsetup.localorg.stored import loads
from sfsetup.openapi.parts import COMPATIBLE_MEDIA_TYPES_KEY

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.localorg.judge.context import Context
    from sfsetup.model.finding import Finding
    from sfsetup.openapi.document import OpenApiDocument

_TYPE = "ExternalServiceRegistration"
_SCHEMA = "unsupported-schema-refused"

NAMED_CREDENTIAL = Check(
    "ES-01",
    _TYPE,
    "In field: {field} - no NamedCredential named {name} found",
    "messages 1: no text known, the pattern of other references",
    Wording.OURS,
    switch="missing-named-credential-refused",
    warns_off=True,
)
UNREADABLE = Check(
    "ES-02",
    _TYPE,
    "The schema cannot be read: {detail}",
    "external-services 1.1: no text known",
    Wording.OURS,
    switch=_SCHEMA,
    warns_off=True,
)
NO_TYPE = Check(
    "ES-03",
    _TYPE,
    'Cannot invoke "String.toLowerCase()" because "swaggerDataType" is null',
    "messages 1 (openai-openapi#412): a schema or property without a type",
    Wording.REPORTED,
    switch=_SCHEMA,
    warns_off=True,
)
UNSUPPORTED = Check(
    "ES-04",
    _TYPE,
    "The schema is not supported ({rule}): {detail} ({pointer}){more}",
    "external-services 1: rules documented, no public list of messages",
    Wording.OURS,
    switch=_SCHEMA,
    warns_off=True,
)
OPENAPI_31 = Check(
    "ES-05",
    _TYPE,
    "OpenAPI {version} is not supported; External Services reads 2.0 and 3.0.",
    "external-services 1.1 A1: the message of the rejection is not known",
    Wording.OURS,
    switch="openapi-31-refused",
)
BINDING = Check(
    "ES-06",
    _TYPE,
    "serviceBinding is no JSON object.",
    "external-services 3.4: a JSON string; no text known",
    Wording.OURS,
)
OPERATION = Check(
    "ES-07",
    _TYPE,
    "The schema has no operation {name}.",
    "external-services 3.5: what such an entry does is not known",
    Wording.OURS,
    switch="registered-operations-checked",
    warns_off=True,
)
SCHEMA_TYPE = Check(
    "ES-08",
    _TYPE,
    "schemaType is {given}, the schema is {found}.",
    "external-services 3.1: derived from the content when absent; a wrong one was not seen",
    Wording.OURS,
    switch="schema-type-checked",
    warns_off=True,
)
CLASS_NAME = Check(
    "ES-09",
    _TYPE,
    "The Apex class name {name} has more than 255 characters.",
    "external-services 4.6: documented as a registration error, no text known",
    Wording.OURS,
)
NO_ADDRESS = Check(
    "ES-10",
    _TYPE,
    "The registration names no named credential; its actions cannot be called.",
    "external-services 3.1: registered files always name one",
    Wording.OURS,
    warning=True,
)

TOO_MANY = Check(
    "ES-11",
    _TYPE,
    "The org has {count} registrations with this one; {most} is the most.",
    "external-services 1.1 A3: documented limit, no text known",
    Wording.OURS,
)

CHECKS = (
    TOO_MANY,
    NAMED_CREDENTIAL,
    UNREADABLE,
    NO_TYPE,
    UNSUPPORTED,
    OPENAPI_31,
    BINDING,
    OPERATION,
    SCHEMA_TYPE,
    CLASS_NAME,
    NO_ADDRESS,
    service_limits.TOO_MUCH,
    *updates.CHECKS,
)

LEAVES_INCOMPLETE = frozenset((UNREADABLE.id, NO_TYPE.id, UNSUPPORTED.id))
"""Rows that, while their switch is off, leave a registration stored with status Incomplete and without actions."""

_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:')
_SPACED = re.compile(r'"\s+:')
MAX_REGISTRATIONS = 700
MAX_CLASS_NAME = 255
_SEVERAL = 20
"""Refused rules that one deploy lists for one document."""


def judge(fact: ExternalServiceRegistration, context: Context) -> Iterator[Problem]:
    """What is wrong with a registration."""
    yield from _address(fact, context)
    count = context.count_of(_TYPE, above=MAX_REGISTRATIONS)
    if count > MAX_REGISTRATIONS and not context.is_stored(_TYPE, fact.full_name):
        yield from context.report(TOO_MANY, fact.line, count=count, most=MAX_REGISTRATIONS)
    if fact.service_binding and not _is_object(fact.service_binding):
        yield from context.report(BINDING, fact.line_of("serviceBinding"))
    if not fact.schema:
        return
    line = fact.line_of("schema")
    document = context.document(fact)
    if isinstance(document, InvalidInput):
        context.incomplete.add(fact.full_name)
        yield from context.report(UNREADABLE, line, detail=document.message)
        return
    assert document is not None
    refused = list(_accepted(fact, document, context, line))
    if refused:
        context.incomplete.add(fact.full_name)
        yield from refused
        return
    yield from _entries(fact, document, context)
    yield from service_limits.judge(fact, document, context)
    yield from updates.judge(fact, context)


def _address(fact: ExternalServiceRegistration, context: Context) -> Iterator[Problem]:
    field = "namedCredentialReference" if "namedCredentialReference" in fact.lines else "namedCredential"
    name = fact.named_credential
    if not name:
        if fact.schema:
            yield from context.report(NO_ADDRESS, fact.line)
    elif not context.is_named("NamedCredential", name):
        yield from context.report(NAMED_CREDENTIAL, fact.line_of(field), field=field, name=name)


def _accepted(
    fact: ExternalServiceRegistration, document: OpenApiDocument, context: Context, line: int | None
) -> Iterator[Problem]:
    """What External Services refuses of the document."""
    before = context.stored(type(fact), fact.full_name)
    if before is not None and before.schema == fact.schema and before.status == "Complete":
        return
    if document.is_v31:
        yield from context.report(OPENAPI_31, line, version=document.version)
    by_rule: dict[str, list[tuple[str, str]]] = {}
    for finding in _refusals(fact, document):
        if not (finding.rule == "OA-A01" and document.is_v31):
            by_rule.setdefault(finding.rule, []).append((finding.message, finding.pointer or "/"))
    for rule, found in list(by_rule.items())[:_SEVERAL]:
        if rule == "OA-C02":
            yield from context.report(NO_TYPE, line)
        else:
            detail, pointer = found[0]
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            yield from context.report(UNSUPPORTED, line, rule=rule, detail=detail, pointer=pointer, more=more)


_judged: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
_judging = threading.Lock()
_KEPT = 256
"""Documents whose refusals are remembered: a validation, a deploy and a redeploy bring the same text."""


def _refusals(fact: ExternalServiceRegistration, document: OpenApiDocument) -> tuple[Finding, ...]:
    """What External Services refuses of a document, by its text and the registration's map of media types."""
    types = fact.binding.get("compatibleMediaTypes")
    mapped = types if isinstance(types, dict) else {}
    key = hashlib.sha256(f"{sorted(mapped.items())}\x1f{document.text}".encode("utf-8", "replace")).digest()
    with _judging:
        if key in _judged:
            _judged.move_to_end(key)
            return _judged[key]
    from sfsetup.openapi.acceptance import check, refusals

    if mapped:
        # In a registration the map of media types stands in the binding, not in the document.
        document = replace(document, value={**document.value, COMPATIBLE_MEDIA_TYPES_KEY: mapped})
    found = refusals(check(document))
    with _judging:
        _judged[key] = found
        while len(_judged) > _KEPT:
            _judged.popitem(last=False)
    return found


def _keys(text: str) -> set[str]:
    """The keys of a JSON text; perhaps also a few other words."""
    if "\\" in text or _SPACED.search(text):
        return set(_KEY.findall(text))
    # three times as fast, where no quote is escaped and every colon follows its key at once
    return {piece[piece.rfind('"') + 1 :] for piece in text.split('":')[:-1]}


def _can_be_long(service: str, document: OpenApiDocument) -> bool:
    """Whether any class name could pass the limit: an operation and the ten longest names there are, put together."""
    if document.syntax != "json":
        return True
    keys = sorted((len(encode(key)) for key in _keys(document.text) if "/" not in key), reverse=True)
    operation = max((len(encode(operation_name(each))) for each in document.operations), default=0)
    return len(service) + operation + sum(keys[:10]) + 20 > MAX_CLASS_NAME


def _entries(fact: ExternalServiceRegistration, document: OpenApiDocument, context: Context) -> Iterator[Problem]:
    known = {registration_name(operation) for operation in document.operations}
    known.update(operation_name(operation).lower() for operation in document.operations)
    for entry in fact.operations:
        if entry.name.lower() not in known:
            yield from context.report(OPERATION, entry.line, name=entry.name)
    if fact.schema_type in ("OpenApi", "OpenApi3") and fact.schema_type != document.schema_type:
        line = fact.line_of("schemaType")
        yield from context.report(SCHEMA_TYPE, line, given=fact.schema_type, found=document.schema_type)
    shapes = context.shapes(fact.full_name) if _can_be_long(fact.full_name, document) else None
    for name in shapes.class_names() if shapes else ():
        # `ExternalService__` stands for the Apex namespace and is no part of the class name (section 4.5).
        if len(name.removeprefix("ExternalService__")) > MAX_CLASS_NAME:
            yield from context.report(CLASS_NAME, fact.line_of("schema"), name=name)


def _is_object(text: str) -> bool:
    try:
        return isinstance(loads(text, name="serviceBinding"), dict)
    except InvalidInput:
        return False
