"""Rules of level B: methods, parameters, bodies, media types and responses of one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sfsetup.model.finding import Severity
from sfsetup.openapi import media as media_types
from sfsetup.openapi.check_names import check_length, likeness, twins
from sfsetup.openapi.check_schema import MALFORMED, MAX_DESCRIPTION, SchemaWalk, Unit, is_plain_text
from sfsetup.openapi.encode import derived_operation_name
from sfsetup.openapi.parts import USABLE_METHODS, path_names, response_code
from sfsetup.openapi.rule_table import Effect

if TYPE_CHECKING:
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Operation, Parameter

PLATFORM_HEADERS: Final = frozenset({"authorization", "accept", "content-type"})
"""Header parameters that OpenAPI 3.0.3 says are ignored; Salesforce sets all three."""

LOCATIONS: Final = frozenset({"path", "query", "header", "cookie", "formData"})


CODES: Final = "Write a status code, a range such as 4XX, or default. `openapi fit` drops what is none."


class OperationCheck:
    """Checks the operations of one document; schemas go to the walk."""

    def __init__(self, document: OpenApiDocument, walk: SchemaWalk) -> None:
        self._document = document
        self._walk = walk
        self._mapped = {media_types.bare(name) for name in document.compatible_media_types}

    def check(self, operation: Operation) -> Unit:
        """The unit of the operation itself: its problems, and references to the units of its schemas."""
        unit = Unit((None, operation.pointer))
        if operation.method not in USABLE_METHODS:
            unit.add("OA-B01", unit.link, f"{operation.method.upper()} gives no action.")
            return unit
        if operation.operation_id is None:
            unit.add("OA-B11", unit.link, "The operation has no operationId; its name comes from method and path.")
        name = operation.operation_id or derived_operation_name(operation.method, operation.path)
        check_length(unit, unit.link, "operation name", name)
        self._texts(operation, unit)
        self._structure(operation, unit)
        self._parameters(operation, unit)
        self._body(operation, unit)
        self._responses(operation, unit)
        return unit

    def _texts(self, operation: Operation, unit: Unit) -> None:
        text = operation.raw.get("description")
        if isinstance(text, str) and len(text) > MAX_DESCRIPTION:
            unit.add("OA-B13", (unit.link, "description"), f"The description has {len(text):,} characters.")
        callbacks = operation.raw.get("callbacks")
        if isinstance(callbacks, dict) and callbacks:
            unit.add("OA-B10", (unit.link, "callbacks"), "The operation has callbacks; they work from Apex alone.")

    def _structure(self, operation: Operation, unit: Unit) -> None:
        for key, kind in (("parameters", list), ("responses", dict), ("requestBody", dict)):
            found = operation.raw.get(key)
            if found is not None and not isinstance(found, kind):
                wanted = "a list" if kind is list else "a mapping"
                unit.add("OA-A01", (unit.link, key), f"`{key}` must be {wanted}.", fix=MALFORMED)
        if operation.operation_id is None and operation.raw.get("operationId") is not None:
            unit.add(
                "OA-A01", (unit.link, "operationId"), "`operationId` must be text.", effect=Effect.NONE, fix=MALFORMED
            )
        for response in operation.responses:
            if "content" in response.raw and type(response.raw["content"]) is not dict:
                unit.add("OA-A01", (None, f"{response.pointer}/content"), "`content` must be a mapping.", fix=MALFORMED)
        body = operation.request_body
        if body is not None and "content" in body.raw and type(body.raw["content"]) is not dict:
            unit.add("OA-A01", (None, f"{body.pointer}/content"), "`content` must be a mapping.", fix=MALFORMED)
        parameters = operation.raw.get("parameters")
        for index, entry in enumerate(parameters if isinstance(parameters, list) else ()):
            self._part(unit, entry, ((unit.link, "parameters"), index), "parameter")
        responses = operation.raw.get("responses")
        for code, entry in responses.items() if isinstance(responses, dict) else ():
            if not code.startswith("x-"):
                link = ((unit.link, "responses"), code)
                self._part(unit, entry, link, "response")
                if response_code(code) != code:
                    message = f"{code or 'An empty text'} is no key of a response."
                    unit.add("OA-A01", link, message, severity=Severity.MEDIUM, fix=CODES)
        if "requestBody" in operation.raw and operation.request_body is None:
            self._part(unit, operation.raw["requestBody"], (unit.link, "requestBody"), "request body")

    def _part(self, unit: Unit, entry: Any, link: Any, what: str) -> None:
        if type(entry) is dict and "$ref" not in entry:
            return
        if not isinstance(entry, dict):
            unit.add("OA-A01", link, f"A {what} must be a mapping.", fix=MALFORMED)
        elif isinstance(entry.get("$ref"), str) and not isinstance(self._document.follow(entry, "")[0], dict):
            unit.add("OA-A09", link, f"The reference {entry['$ref']} leads to no {what}.")

    def _parameters(self, operation: Operation, unit: Unit) -> None:
        for parameter in operation.parameters:
            self._parameter(parameter, unit)
        names = [p.name for p in operation.parameters if p.name and p.location != "cookie"]
        self._template(operation, unit)
        pairs = twins(names) if len(names) > 1 else []
        for first, second in pairs:
            same = next(p for p in reversed(operation.parameters) if p.name == second)
            unit.add("OA-C10", (None, same.pointer), f"The inputs {first} and {second} {likeness(first, second)}.")

    def _template(self, operation: Operation, unit: Unit) -> None:
        """Names in braces of the path against the parameters that fill them."""
        wanted = path_names(operation.path)
        declared = {one.name: one for one in operation.parameters if one.location == "path" and one.name}
        for name in wanted:
            if name not in declared:
                message = f"No parameter fills {{{name}}} of the path; it would be sent as it is written."
                unit.add("OA-B14", unit.link, message)
        for name, parameter in declared.items():
            if name not in wanted:
                message = f"The path has no {{{name}}}; the parameter is an input that goes nowhere."
                unit.add("OA-B14", (None, parameter.pointer), message, severity=Severity.MEDIUM)

    def _parameter(self, parameter: Parameter, unit: Unit) -> None:
        link = (None, parameter.pointer)
        if not parameter.name:
            effect = Effect.UNUSABLE if parameter.required else Effect.AFTER_FIT
            unit.add("OA-B03", link, "The parameter has no name.", effect=effect)
        if parameter.location not in LOCATIONS:
            shown = f"`in: {parameter.location}`" if parameter.location else "no `in`"
            unit.add("OA-A01", link, f"The parameter {parameter.name} has {shown}.", fix=MALFORMED)
        if parameter.location == "header" and parameter.name.lower() in PLATFORM_HEADERS:
            message = f"The header {parameter.name} is set by the platform; the parameter is of no use."
            unit.add("OA-B04", link, message, severity=Severity.INFO)
            return
        text = parameter.raw.get("description")
        if isinstance(text, str) and len(text) > MAX_DESCRIPTION:
            unit.add("OA-B13", (link, "description"), f"The description has {len(text):,} characters.")
        if is_plain_text(parameter.schema) and parameter.location != "cookie":
            return
        if self._cannot_be_sent(parameter, unit, link):
            return
        if parameter.schema is not None:
            schema = self._walk.unit(parameter.schema, parameter.schema_pointer)
            unit.references.add(schema.link[1])
        elif parameter.content:
            message = f"The parameter {parameter.name} is described with `content`; it can be sent as text."
            unit.add("OA-C02", (link, "content"), message, severity=Severity.MEDIUM)
        else:
            unit.add("OA-C02", link, f"The parameter {parameter.name} has no schema, so no type.")

    def _cannot_be_sent(self, parameter: Parameter, unit: Unit, link: Any) -> bool:
        effect = Effect.UNUSABLE if parameter.required else Effect.AFTER_FIT
        severity = Severity.MEDIUM if parameter.required else Severity.LOW
        if parameter.location == "cookie":
            message = f"The cookie {parameter.name} cannot be sent; cookies are in no list of what is supported."
            unit.add("OA-B09", link, message, severity=severity, effect=effect)
            return True
        if parameter.location in ("query", "header", "path") and holds_objects(self._document, parameter.schema):
            message = (
                f"The {parameter.location} parameter {parameter.name} is an object; there is no form to send it in."
            )
            unit.add("OA-B09", link, message, severity=severity, effect=effect)
            return True
        return False

    def _body(self, operation: Operation, unit: Unit) -> None:
        body = operation.request_body
        forms = [p for p in operation.parameters if p.location == "formData"]
        if operation.method in ("get", "delete") and (body is not None or forms):
            pointer = body.pointer if body is not None else forms[0].pointer
            if operation.method == "get":
                unit.add("OA-B02", (None, pointer), "A GET with a body is refused.")
                return
            message = "A body on DELETE: many servers ignore it."
            unit.add("OA-B02", (None, pointer), message, severity=Severity.LOW, effect=Effect.NONE)
        if any(p.raw.get("type") == "file" for p in forms):
            file = next(p for p in forms if p.raw.get("type") == "file")
            effect = Effect.UNUSABLE if file.required else Effect.AFTER_FIT
            severity = Severity.HIGH if file.required else Severity.MEDIUM
            message = f"The form field {file.name} is a file upload."
            unit.add("OA-B05", (None, file.pointer), message, severity=severity, effect=effect)
        if body is None:
            return
        if not body.content:
            unit.add("OA-B06", (None, body.pointer), "The request body names no media type.", effect=Effect.AFTER_FIT,
                     severity=Severity.MEDIUM)  # fmt: skip
            return
        self._media(body.content, unit, response=False, required=body.required)

    def _responses(self, operation: Operation, unit: Unit) -> None:
        for response in operation.responses:
            if isinstance(response.raw.get("headers"), dict) and response.raw["headers"]:
                message = f"The headers of response {response.code} give no output."
                unit.add("OA-B04", (None, f"{response.pointer}/headers"), message)
            if response.content:
                self._media(response.content, unit, response=True, required=False)

    def _media(self, content: Sequence[MediaType], unit: Unit, *, response: bool, required: bool) -> None:
        good = [one for one in content if self._is_taken(one.name, response)]
        best = media_types.preferred(good or content)
        if len(content) > 1:
            named = ", ".join(one.name for one in content[:4])
            unit.add("OA-B08", (None, content[0].pointer), f"{len(content)} media types for one body: {named}.")
        for one in content:
            if not self._is_taken(one.name, response):
                self._unsupported(one, unit, response, required, bool(good))
            elif not one.name and one is best:
                unit.add("OA-B06", (None, one.pointer), "No media type is named; Salesforce takes its default.")
        if best is None:
            return
        if media_types.is_binary(best.name):
            message = "A binary body travels as the id of a file (Winter '26)."
            unit.add("OA-B05", (None, best.pointer), message, severity=Severity.INFO, effect=Effect.NONE)
        if best.schema is None:
            if not response:
                unit.add("OA-C02", (None, best.pointer), "The request body has no schema, so no type.")
            return
        schema = self._walk.unit(best.schema, best.schema_pointer, is_body=True)
        unit.references.add(schema.link[1])
        self._fits(best, unit)

    def _is_taken(self, name: str, response: bool) -> bool:
        if media_types.is_supported(name, response=response) or media_types.bare(name) in self._mapped:
            return True
        return media_types.is_binary(name)

    def _unsupported(self, one: MediaType, unit: Unit, response: bool, required: bool, spare: bool) -> None:
        link = (None, one.pointer)
        severity = Severity.MEDIUM if spare else Severity.HIGH
        if media_types.bare(one.name) == media_types.MULTIPART:
            effect = Effect.UNUSABLE if not spare and not response else Effect.AFTER_FIT
            unit.add("OA-B05", link, "multipart/form-data cannot be sent.", severity=severity, effect=effect)
            return
        repairable = spare or response or media_types.is_wildcard(one.name) or media_types.mapping_for(one.name)
        effect = Effect.AFTER_FIT if repairable or not required else Effect.UNUSABLE
        if media_types.mapping_for(one.name):
            message = f"{one.name} needs a mapping to {media_types.mapping_for(one.name)}."
        elif media_types.is_wildcard(one.name):
            message = f"{one.name} names no media type that Salesforce could serialise."
        else:
            message = f"{one.name} is no media type that Salesforce can {'read' if response else 'write'}."
        unit.add("OA-A07", link, message, severity=severity, effect=effect)

    def _fits(self, one: MediaType, unit: Unit) -> None:
        if media_types.bare(one.name) != media_types.PLAIN:
            return
        target = self._document.follow(one.schema, "")[0]
        if isinstance(target, dict) and (target.get("type") in ("object", "array") or "properties" in target):
            message = f"{one.name} cannot carry an object or a list; the callout fails."
            unit.add("OA-B07", (None, one.pointer), message)


def holds_objects(document: OpenApiDocument, schema: Any) -> bool:
    """True for a parameter schema that is an object or a list of objects, through references and `allOf`."""
    for _ in range(20):
        schema = document.follow(schema, "")[0]
        if not isinstance(schema, dict):
            return False
        if schema.get("type") == "object" or isinstance(schema.get("properties"), dict):
            return True
        parts = schema.get("allOf")
        if schema.get("type") == "array" or "items" in schema:
            schema = schema.get("items")
        elif isinstance(parts, list) and len(parts) == 1:
            schema = parts[0]
        else:
            return False
    return False
