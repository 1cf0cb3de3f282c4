"""Rules of level A: the document as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sfsetup.model.finding import Certainty, Severity
from sfsetup.openapi.check_names import check_length, likeness, twins
from sfsetup.openapi.check_schema import MALFORMED, SchemaWalk, Unit, pointer_of
from sfsetup.openapi.parts import METHODS, USABLE_METHODS
from sfsetup.openapi.rule_table import Effect
from sfsetup.text.pointers import escape
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation

NO_OPENAPI: Final = "Give an OpenAPI document of version 2.0, 3.0 or 3.1."

MAX_JSON: Final = 10_000_000
MAX_YAML: Final = 3_000_000
"""Characters of a registered schema (help: External Services limits)."""

MAX_REGISTRATIONS: Final = 700
MAX_OPERATIONS: Final = 10_000
MAX_ACTIVE_OPERATIONS: Final = 3_000
MAX_OBJECTS: Final = 10_000
MAX_ACTIVE_OBJECTS: Final = 3_000
MAX_PROPERTIES: Final = 400_000
"""What one org holds over all its registrations (same page)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of one limit of an org the document uses by itself."""

    name: str
    count: int
    maximum: int

    def as_json(self) -> dict[str, Any]:
        """`{name, count, maximum}`."""
        return {"name": self.name, "count": self.count, "maximum": self.maximum}


def check_document(document: OpenApiDocument) -> Unit:
    """Version, size, structure, what is ignored."""
    unit = Unit((None, ""))
    _version(document, unit)
    _size(document, unit)
    _structure(document, unit)
    _ignored(document, unit)
    for duplicate in document.source.duplicates:
        message = "The key stands twice; the last one counts here, which one Salesforce takes is not known."
        unit.add("OA-A01", (None, duplicate.pointer), message, severity=Severity.MEDIUM, fix="Remove one of the two.")
        unit.problems[-1].certainty = Certainty.INFERRED
    first_alias = document.source.first_alias
    if first_alias is not None:
        message = f"Parts stand for others (an alias or a merge key, first on line {first_alias}); whether Salesforce"
        unit.add("OA-A11", unit.link, f"{message} reads them is not known.")
    for first, second in twins(document.schemas):
        link = (None, f"{document.schemas_pointer}/{escape(second)}")
        unit.add("OA-C10", link, f"The schemas {first} and {second} {likeness(first, second)}.")
    for name in document.schemas:
        check_length(unit, (None, f"{document.schemas_pointer}/{escape(name)}"), "schema name", name)
    return unit


def _version(document: OpenApiDocument, unit: Unit) -> None:
    version = document.version
    if _is_hyper_schema(document):
        unit.add("OA-A05", unit.link, "This is a hyper-schema (Interagent), not an OpenAPI document.")
    elif not version:
        message = "The document has neither `openapi` nor `swagger`: it is not an OpenAPI document."
        unit.add("OA-A01", unit.link, message, severity=Severity.CRITICAL, effect=Effect.UNUSABLE, fix=NO_OPENAPI)
    elif re.match(r"2\.0(\.|$)|3\.0(\.|$)", version) is None:
        link = (None, "/swagger" if "openapi" not in document.value else "/openapi")
        if document.is_v31:
            unit.add("OA-A01", link, f"OpenAPI {version} is in no list of what Salesforce reads (2.0 and 3.0).")
        else:
            message = f"{version} is no version of OpenAPI that can be read."
            unit.add("OA-A01", link, message, severity=Severity.CRITICAL, effect=Effect.UNUSABLE, fix=NO_OPENAPI)


def _is_hyper_schema(document: OpenApiDocument) -> bool:
    if document.version:
        return False
    schema = document.value.get("$schema")
    interagent = isinstance(schema, str) and ("hyper-schema" in schema or "interagent" in schema)
    return interagent or ("links" in document.value and "definitions" in document.value)


def _size(document: OpenApiDocument, unit: Unit) -> None:
    maximum = MAX_JSON if document.syntax == "json" else MAX_YAML
    if document.characters > maximum:
        message = f"{document.characters:,} characters of {document.syntax.upper()}; Salesforce takes {maximum:,}."
        unit.add("OA-A02", unit.link, message)


def _structure(document: OpenApiDocument, unit: Unit) -> None:
    wanted = ("paths", "definitions") if document.is_v2 else ("paths", "components")
    for key in wanted:
        found = document.value.get(key)
        if found is not None and not isinstance(found, dict):
            unit.add("OA-A01", (None, f"/{key}"), f"`{key}` must be a mapping.", effect=Effect.UNUSABLE, fix=MALFORMED)
    holder = document.value if document.is_v2 else document.value.get("components")
    key = "definitions" if document.is_v2 else "schemas"
    if not document.is_v2 and isinstance(holder, dict) and not isinstance(holder.get(key, {}), dict):
        unit.add(
            "OA-A01", (None, f"/components/{key}"), f"`{key}` must be a mapping.", effect=Effect.UNUSABLE, fix=MALFORMED
        )
    paths = document.value.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        link = ((None, "/paths"), path)
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            unit.add("OA-A01", link, f"The path {path} does not start with a slash.", effect=Effect.NONE, fix=MALFORMED)
        elif not isinstance(item, dict):
            unit.add(
                "OA-A01", link, f"The path {path} must hold a mapping of operations.", effect=Effect.NONE, fix=MALFORMED
            )
        else:
            _path_item(document, unit, path, item, link)
    if not any(operation.method in USABLE_METHODS for operation in document.operations):
        _no_operations(document, unit)


def _path_item(document: OpenApiDocument, unit: Unit, path: str, item: dict[str, Any], link: Any) -> None:
    if "$ref" in item:
        if not isinstance(document.follow(item, "")[0], dict):
            unit.add("OA-A09", link, f"The reference {item['$ref']} leads to no path item.", effect=Effect.NONE)
        elif "$ref" in item and not str(item["$ref"]).startswith("#/x-sfsetup-files/"):
            message = "A path that refers to another path is in no list of what is supported."
            unit.add("OA-A09", link, message, severity=Severity.MEDIUM)
        else:
            unit.add("OA-A09", link, "The path lies in another file; a registration stores one text.")
    for method in METHODS:
        if method in item and not isinstance(item[method], dict):
            unit.add(
                "OA-A01",
                (link, method),
                f"{method.upper()} {path} must hold a mapping.",
                effect=Effect.NONE,
                fix=MALFORMED,
            )
    if "#" in path:
        unit.add("OA-A01", link, f"The path {path} holds a #, which would be sent or cut.", severity=Severity.MEDIUM,
                 effect=Effect.NONE, fix="Write the path without it. `openapi fit` cuts it.")  # fmt: skip


def _no_operations(document: OpenApiDocument, unit: Unit) -> None:
    if document.schemas:
        message = "There is no usable operation: the registration gives classes and no action."
        unit.add("OA-A10", unit.link, message)
    elif document.version:
        message = "There is no usable operation and no schema."
        unit.add("OA-A10", unit.link, message, severity=Severity.HIGH)


def _ignored(document: OpenApiDocument, unit: Unit) -> None:
    found = [key for key in ("security", "securityDefinitions", "tags", "externalDocs") if document.value.get(key)]
    components = document.value.get("components")
    if isinstance(components, dict) and components.get("securitySchemes"):
        found.append("securitySchemes")
    if found:
        unit.add("OA-A08", (None, f"/{found[0]}" if found[0] != "securitySchemes" else "/components/securitySchemes"),
                 f"Ignored by Salesforce: {', '.join(found)}.")  # fmt: skip
    servers = document.value.get("servers")
    if isinstance(servers, list) and len(servers) > 1:
        message = f"Of {len(servers)} servers the first gives the base path; the Named Credential gives the host."
        unit.add("OA-A08", (None, "/servers"), message)


def duplicate_operations(operations: Sequence[Operation], registered: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Pairs of indices of operations whose registered names are equal: the first with each later one."""
    first: dict[str, int] = {}
    for index, name in enumerate(registered):
        if operations[index].method not in USABLE_METHODS:
            continue
        earlier = first.setdefault(name, index)
        if earlier != index:
            yield earlier, index


def check_limits(document: OpenApiDocument, walk: SchemaWalk, active: set[str], unit: Unit) -> tuple[Limit, ...]:
    """Counts what one org would hold of this document alone; problems where that is too much."""
    units = walk.units.values()
    usable = sum(operation.method in USABLE_METHODS for operation in document.operations)
    limits = (
        Limit("operations", usable, MAX_OPERATIONS),
        Limit("activeOperations", usable, MAX_ACTIVE_OPERATIONS),
        Limit("objects", sum(one.objects for one in units), MAX_OBJECTS),
        Limit("activeObjects", sum(walk.units[key].objects for key in active if key in walk.units), MAX_ACTIVE_OBJECTS),
        Limit("properties", sum(one.properties for one in units), MAX_PROPERTIES),
        Limit("characters", document.characters, MAX_JSON if document.syntax == "json" else MAX_YAML),
    )
    for limit in limits[:-1]:
        if limit.count > limit.maximum:
            message = f"{limit.count:,} {limit.name} in one document; an org holds {limit.maximum:,} in all."
            unit.add("OA-A03", unit.link, message)
        elif limit.count * 2 > limit.maximum:
            message = f"{limit.count:,} {limit.name}: more than half of the {limit.maximum:,} an org holds in all."
            unit.add("OA-A03", unit.link, message, severity=Severity.LOW, effect=Effect.NONE)
    unused = [name for name in document.schemas if f"{document.schemas_pointer}/{escape(name)}" not in active]
    if unused and usable:
        shown = ", ".join(unused[:3]) + (", …" if len(unused) > 3 else "")
        message = f"{len(unused)} of {len(document.schemas)} schemas are used by no operation: {shown}."
        unit.add("OA-A04", (None, document.schemas_pointer), message)
    if walk.compositions.gave_up:
        unit.add("OA-C14", unit.link, "There are too many compositions of too many properties to compare all of them.")
    if walk.loose_integers:
        place = pointer_of(walk.loose_integers[0])
        count = len(walk.loose_integers)
        what = "An integer has no format" if count == 1 else f"{count} integers have no format, the first"
        message = f"{what}: {place}"
        unit.add("OA-C12", walk.loose_integers[0], message)
    return limits
