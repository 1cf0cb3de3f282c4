"""Actions and Apex-defined types that the org derives from a registered document.

Rules: reference 'external services', sections 4.2 to 4.5 (names) and 5 (inputs, outputs, types). Written from these
pages and nothing else: what sfsetup predicts elsewhere is judged by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.callout.service import DEFAULT_ERROR, RESPONSE_CODE, ActionInput, ActionOutput, ServiceAction
from sfsetup.localorg.flow.values import (
    APEX,
    BOOLEAN,
    DATE,
    DATETIME,
    MAP,
    NUMBER,
    TEXT,
    ClassShape,
    FlowType,
    Property,
)

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Operation, Response

_WORDS = """
abstract activate and any array as asc autonomous begin bigdecimal blob boolean break bulk by byte case cast catch char
class collect commit const continue currency date datetime decimal default delete desc do double else end enum exception
exit export extends false final finally float for from global goto group having hint if implements import in inner
insert instanceof int integer interface into join like limit list long loop map merge new not null nulls number object
of on or outer override package parallel pragma private protected public retrieve return rollback select set short
sobject sort static string super switch synchronized system testmethod then this throw time transaction trigger true try
type undelete update upsert user using virtual void webservice when where while
"""
RESERVED = frozenset(_WORDS.split())
"""Words that get `z0` (external-services 4.3: the published Apex table, and `user`, `type`, seen)."""

_NEVER_INPUT = frozenset({"cookie"})
_SUPPORTED = ("application/json", "application/x-www-form-urlencoded", "text/plain")
_MAX_DEPTH = 40


@lru_cache(maxsize=16_384)
def encode(name: str, *, reserved: bool = True) -> str:
    """enc() of external-services 4.3: `max_tokens` becomes `maxx5ftokens`, `type` becomes `z0type`."""
    parts = []
    for index, char in enumerate(name):
        plain = char.isascii() and char.isalnum() and not (index == 0 and char.isdigit())
        parts.append(char if plain else "".join(f"x{byte:02x}" for byte in char.encode("utf-8", "replace")))
    text = "".join(parts)
    return f"z0{text}" if reserved and text.lower() in RESERVED else text


def operation_name(operation: Operation) -> str:
    """The operationId as written, else method and path segments (external-services 4.2)."""
    if operation.operation_id:
        return operation.operation_id
    name = operation.method
    for segment in operation.path.split("/"):
        if segment.startswith("{") and segment.endswith("}"):
            segment = segment[1:-1]
            name += f"By{segment[:1].upper()}{segment[1:]}"
        elif segment:
            name += segment[:1].upper() + segment[1:]
    return name


def registration_name(operation: Operation) -> str:
    """`<operations><name>`: lower(enc(op)) (external-services 4.4)."""
    return encode(operation_name(operation)).lower()


class ServiceShapes:
    """Everything derived from one registration. Made once for each content of it."""

    def __init__(
        self,
        fact: ExternalServiceRegistration,
        document: OpenApiDocument,
        *,
        reserved_encoded: bool = True,
        listed_only: bool = True,
    ) -> None:
        self.name = fact.full_name
        self._fact = fact
        self._document = document
        self._reserved = reserved_encoded
        self._listed_only = listed_only
        self._classes: dict[str, ClassShape] = {}
        self._actions: dict[str, ServiceAction] = {}
        for component, schema in document.schemas.items():
            self._named(component, schema, (f"{document.schemas_pointer}/{_escaped(component)}",))
        for operation in document.operations:
            action = self._action(operation)
            if self._is_active(operation):
                self._actions[action.name] = action

    def actions(self) -> Sequence[ServiceAction]:
        """The active operations in the document's order."""
        return tuple(self._actions.values())

    def action(self, name: str) -> ServiceAction | None:
        """An active operation by `<Service>.<operation>`."""
        return self._actions.get(name)

    def operation_names(self) -> Sequence[str]:
        """Every operation of the document as `<Service>.<operation>`, inactive ones included."""
        return tuple(f"{self.name}.{operation_name(operation)}" for operation in self._document.operations)

    def class_names(self) -> Sequence[str]:
        """Full names of all types."""
        return tuple(self._classes)

    def class_shape(self, apex_class: str) -> ClassShape | None:
        """A type by its full name `ExternalService__<Service>_…`."""
        return self._classes.get(apex_class)

    def _is_active(self, operation: Operation) -> bool:
        listed = self._fact.is_active(registration_name(operation))
        if listed is None:
            return not self._fact.has_operations and not self._listed_only
        return listed

    def _class(self, *parts: str) -> str:
        return "_".join((f"ExternalService__{self.name}", *(encode(part, reserved=self._reserved) for part in parts)))

    def _action(self, operation: Operation) -> ServiceAction:
        name = operation_name(operation)
        return ServiceAction(
            service=self.name,
            name=f"{self.name}.{name}",
            operation=operation,
            document=self._document,
            named_credential=self._fact.named_credential or "",
            inputs=tuple(self._inputs(operation, name)),
            outputs=tuple(self._outputs(operation, name)),
            label=str(operation.raw.get("summary") or name),
        )

    def _inputs(self, operation: Operation, name: str) -> list[ActionInput]:
        found = []
        for parameter in operation.parameters:
            if parameter.location in _NEVER_INPUT:
                continue
            schema = parameter.schema if parameter.schema is not None else _schema_of(parameter.content)
            kind = self._type(schema, f"{self._class(name)}_IN_{encode(parameter.name)}", ())
            if kind is not None:
                found.append(ActionInput(_input_name(parameter.name), kind, parameter.required, parameter))
        body = operation.request_body
        if body is not None and body.content:
            wanted = self._chosen(body.content)
            kind = self._type(wanted.schema, f"{self._class(name)}_IN_{encode(body.name)}", ())
            if kind is not None:
                found.append(ActionInput(_input_name(body.name), kind, body.required))
        return found

    def _outputs(self, operation: Operation, name: str) -> list[ActionOutput]:
        found = [ActionOutput(RESPONSE_CODE, FlowType(NUMBER))]
        has_default = False
        for response in operation.responses:
            code = response.code
            if code == "default":
                has_default = True
                found.append(ActionOutput("default", self._response_type(response, name) or FlowType(TEXT), code))
            elif response.is_error:
                found.append(ActionOutput(f"{code}Exc", self._response_type(response, name) or FlowType(TEXT), code))
            elif (kind := self._response_type(response, name)) is not None:
                found.append(ActionOutput(code, kind, code))
        if not has_default:
            found.append(ActionOutput(DEFAULT_ERROR, FlowType(TEXT)))
        return found

    def _response_type(self, response: Response, name: str) -> FlowType | None:
        if not response.content:
            return None
        infix = "EXC" if response.is_error else "OUT"
        return self._type(self._chosen(response.content).schema, f"{self._class(name)}_{infix}_{response.code}", ())

    def _chosen(self, content: Sequence[MediaType]) -> MediaType:
        """The first media type that External Services reads, by name or by the registration's own map."""
        types = self._fact.binding.get("compatibleMediaTypes")
        mapped = types if isinstance(types, dict) else {}
        for media in content:
            kind = media.name.split(";", maxsplit=1)[0].strip().lower()
            if kind in _SUPPORTED or mapped.get(media.name) in _SUPPORTED or kind in ("", "*/*"):
                return media
        return content[0]

    def _type(self, schema: Any, name: str, above: tuple[str, ...]) -> FlowType | None:
        """The flow's type of a schema; None for what flows cannot use. `name` is the class of an inline object."""
        if len(above) > _MAX_DEPTH:
            return None
        ref = schema.get("$ref") if isinstance(schema, Mapping) else None
        if isinstance(ref, str):
            target, pointer = self._document.target(ref)
            component = self._component(pointer)
            if pointer in above:
                return self._known_class(component)
            if component is not None:
                return self._named(component, target, (*above, pointer))
            return self._type(target, name, (*above, pointer))
        if not isinstance(schema, Mapping):
            return None
        return self._inline(schema, name, above)

    def _component(self, pointer: str) -> str | None:
        prefix = f"{self._document.schemas_pointer}/"
        rest = pointer.removeprefix(prefix)
        if not pointer.startswith(prefix) or "/" in rest:
            return None
        return rest.replace("~1", "/").replace("~0", "~")

    def _known_class(self, component: str | None) -> FlowType | None:
        name = self._class(component) if component else ""
        return FlowType(APEX, name) if name in self._classes else None

    def _named(self, component: str, target: Any, above: tuple[str, ...]) -> FlowType | None:
        name = self._class(component)
        if name in self._classes:
            return FlowType(APEX, name)
        if isinstance(target, Mapping) and _kind(target) == "array":
            # The item class of a named array is Svc_VT_<Component> (external-services 4.5).
            return self._inline(target, f"ExternalService__{self.name}_VT_{encode(component)}", above)
        return self._type(target, name, above)

    def _inline(self, schema: Mapping[str, Any], name: str, above: tuple[str, ...]) -> FlowType | None:
        kind = _kind(schema)
        if not kind and (branches := _branches(schema)):
            return self._union(schema, branches, name, above)
        if kind == "array":
            item = self._type(schema.get("items"), name, above)
            return FlowType(item.kind, item.apex_class, True) if item and not item.collection else None
        if kind == "object":
            return self._object(schema, name, above)
        if kind == "string":
            return FlowType({"date": DATE, "date-time": DATETIME}.get(str(schema.get("format")), TEXT))
        if kind == "file":
            # A file travels as the id of a document (external-services 1.2 B5).
            return FlowType(TEXT)
        simple = {"integer": NUMBER, "number": NUMBER, "boolean": BOOLEAN}
        return FlowType(simple[kind]) if kind in simple else None

    def _union(
        self, schema: Mapping[str, Any], branches: Sequence[Any], name: str, above: tuple[str, ...]
    ) -> FlowType | None:
        """One branch is that branch. Several objects give one class with all properties; its name is inferred."""
        if len(branches) == 1:
            return self._type(branches[0], name, above)
        targets = [self._document.follow(branch, "")[0] for branch in branches]
        if all(isinstance(target, Mapping) and _kind(target) == "object" for target in targets):
            return self._object(schema, name, above)
        return None

    def _object(self, schema: Mapping[str, Any], name: str, above: tuple[str, ...]) -> FlowType:
        if name not in self._classes:
            # Entered before its properties: a type that holds itself finds its own name.
            self._classes[name] = ClassShape(name, {})
            found: dict[str, Property] = {}
            needed = self._required(schema, len(above), {})
            declared = self._properties(schema, len(above), {})
            for wire, inner in declared.items():
                flow_name = encode(wire, reserved=self._reserved)
                kind = self._type(inner, f"{name}_{flow_name}", (*above, f"{name}.{wire}"))
                if kind is not None:
                    found[flow_name] = Property(flow_name, wire, kind, wire in needed)
            if not declared and schema.get("additionalProperties") not in (None, False):
                # A map is never bare: the class has the one member `properties` (external-services 4.5).
                found["properties"] = Property("properties", "properties", FlowType(MAP))
            self._classes[name] = ClassShape(name, found)
        return FlowType(APEX, name)

    def _properties(self, schema: Mapping[str, Any], depth: int, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
        """Own properties and those of all parts: composition gives one class (external-services 4.5).

        `known` holds what was found of parts already: they may be named again and again, at every level twice.
        """
        if id(schema) in known:
            return known[id(schema)]
        merged: dict[str, Any] = {}
        known[id(schema)] = {}
        for part in (*(schema.get("allOf") or ()), *_branches(schema)):
            target = self._document.follow(part, "")[0]
            if isinstance(target, Mapping) and depth < _MAX_DEPTH:
                merged.update(self._properties(target, depth + 1, known))
        own = schema.get("properties")
        if isinstance(own, Mapping):
            merged.update(own)
        known[id(schema)] = merged
        return merged

    def _required(self, schema: Mapping[str, Any], depth: int, known: dict[int, set[str]]) -> set[str]:
        """Wire names of the properties that must be there, those of all parts of `allOf` included."""
        if id(schema) in known:
            return known[id(schema)]
        own = schema.get("required")
        found = {name for name in own if isinstance(name, str)} if isinstance(own, list) else set()
        known[id(schema)] = set()
        for part in schema.get("allOf") or ():
            target = self._document.follow(part, "")[0]
            if isinstance(target, Mapping) and depth < _MAX_DEPTH:
                found |= self._required(target, depth + 1, known)
        known[id(schema)] = found
        return found


def _input_name(name: str) -> str:
    """From systemVersion 7 the keyword `connection` is encoded (external-services 3.6)."""
    return "reconnection" if name.lower() == "connection" else name


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), None)
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "allOf" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "string" if "enum" in schema else ""


def _branches(schema: Mapping[str, Any]) -> list[Any]:
    """The branches of a union that say something: `null` is none."""
    found = schema.get("oneOf") or schema.get("anyOf")
    if not isinstance(found, list):
        return []
    return [branch for branch in found if not (isinstance(branch, Mapping) and branch.get("type") == "null")]


def _schema_of(content: Sequence[MediaType]) -> Any:
    return content[0].schema if content else None


def _escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
