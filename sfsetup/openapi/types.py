"""How a schema looks in Flow and which Apex class it becomes (reference 'external services', sections 4.5 and 5).

Classes are found breadth first, so that neither recursion in a document nor deep nesting matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfsetup.model.finding import Certainty
from sfsetup.openapi.compositions import agree
from sfsetup.openapi.encode import encode, is_sure
from sfsetup.text.pointers import escape, split
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

TEXT: Final = "Text"
BOOLEAN: Final = "Boolean"
NUMBER: Final = "Number"
DATE: Final = "Date"
DATE_TIME: Final = "DateTime"
APEX: Final = "Apex"
NONE: Final = "None"
"""Type names of flow variables; NONE is what Flow cannot use: maps, lists of lists, anything goes."""

_MOST_NAMES: Final = 40
"""Classes of one inline object, one for each way that leads to it; circles of unions have ways without number."""
_PRIMITIVES = {"string": TEXT, "boolean": BOOLEAN, "integer": NUMBER, "number": NUMBER, "file": TEXT}
_STRINGS = {"date": DATE, "date-time": DATE_TIME}
_WEAKEST = {Certainty.DOCUMENTED: 0, Certainty.SEEN: 0, Certainty.INFERRED: 1}


@dataclass(frozen=True, slots=True)
class FlowType:
    """What a flow sees of a schema."""

    type: str
    apex_class: str | None = None
    collection: bool = False
    certainty: Certainty = Certainty.SEEN
    reason: str = ""
    """For NONE: why Flow cannot use it."""

    def in_list(self) -> FlowType:
        """The type of a list of this type."""
        if self.collection:
            return FlowType(NONE, None, False, Certainty.DOCUMENTED, "a list of lists")
        return FlowType(self.type, self.apex_class, self.type != NONE, self.certainty, self.reason)

    def weaker(self) -> FlowType:
        """The same with certainty inferred."""
        return FlowType(self.type, self.apex_class, self.collection, Certainty.INFERRED, self.reason)


@dataclass(frozen=True, slots=True)
class PropertyName:
    """One member of an Apex class: `name` on the wire, `flow_name` in flows and Apex."""

    name: str
    flow_name: str
    type: str
    apex_class: str | None
    collection: bool
    required: bool
    certainty: Certainty = Certainty.SEEN
    pointer: str = ""
    """Of the property's schema as the document writes it."""

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "name": self.name,
            "flowName": self.flow_name,
            "type": self.type,
            "apexClass": self.apex_class,
            "collection": self.collection,
            "required": self.required,
            "certainty": self.certainty.value,
        }


@dataclass(frozen=True, slots=True)
class ClassName:
    """The Apex class of one object schema."""

    pointer: str
    apex_class: str
    """As a flow names it: `ExternalService__<Service>_<part>`."""
    properties: tuple[PropertyName, ...]
    certainty: Certainty = Certainty.SEEN

    def property(self, name: str) -> PropertyName | None:
        """The member with this wire name or flow name."""
        return next((p for p in self.properties if p.name == name), None) or next(
            (p for p in self.properties if p.flow_name == name), None
        )

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "pointer": self.pointer,
            "apexClass": self.apex_class,
            "certainty": self.certainty.value,
            "properties": [found.as_json() for found in self.properties],
        }


@dataclass(frozen=True, slots=True)
class Member:
    """A property as the document writes it, found through `allOf` and unions as well."""

    name: str
    schema: Any
    pointer: str
    required: bool
    sure: bool = True
    """False if another part of the composition declares another type: which of the two counts is not known."""


def plain_type(schema: Mapping[str, Any]) -> str | None:
    """The one JSON type of a schema, `null` left out; inferred from its keywords where none is written."""
    found = schema.get("type")
    if isinstance(found, list):
        named = [entry for entry in found if isinstance(entry, str) and entry != "null"]
        found = named[0] if len(named) == 1 else None
    if isinstance(found, str):
        return found
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = schema.get("enum")
    if isinstance(values, list) and values and all(isinstance(value, str) or value is None for value in values):
        return "string"
    return None


def branches(schema: Mapping[str, Any]) -> tuple[str, list[Any]] | None:
    """The union of a schema (`oneOf` or `anyOf`) with its branches; None where there is none."""
    for key in ("oneOf", "anyOf"):
        found = schema.get(key)
        if isinstance(found, list) and found:
            return key, found
    return None


def is_null(schema: Any) -> bool:
    """True for `{type: null}`, the 3.1 way of saying that a value may be missing."""
    return isinstance(schema, dict) and schema.get("type") in ("null", ["null"])


def members(document: OpenApiDocument, schema: Mapping[str, Any], pointer: str) -> Iterator[Member]:
    """Every property of an object schema: its own, those of `allOf` parts and (optional then) of union branches."""
    found: dict[str, Member] = {}
    required: set[str] = set()
    unsure: set[str] = set()
    stack: list[tuple[Any, str, bool]] = [(schema, pointer, False)]
    seen: set[str] = set()
    while stack:
        node, place, optional = stack.pop()
        node, place = document.follow(node, place)
        if not isinstance(node, dict) or place in seen:
            continue
        seen.add(place)
        own = node.get("properties")
        for name, value in own.items() if isinstance(own, dict) else ():
            if name not in found:
                found[name] = Member(name, value, f"{place}/properties/{escape(name)}", False)
            elif name not in unsure and not agree(document, (found[name].schema, value)):
                unsure.add(name)
        if not optional and isinstance(node.get("required"), list):
            required.update(name for name in node["required"] if isinstance(name, str))
        for key in ("oneOf", "anyOf", "allOf"):
            parts = node.get(key)
            if isinstance(parts, list):
                loose = optional or (key != "allOf" and len(parts) > 1)
                stack.extend((part, f"{place}/{key}/{i}", loose) for i, part in reversed(list(enumerate(parts))))
    for member in found.values():
        name = member.name
        yield Member(name, member.schema, member.pointer, name in required, name not in unsure)


class Classes:
    """Gives schemas their flow types and collects the classes that come out, by (pointer, class)."""

    def __init__(self, document: OpenApiDocument, service: str, namespace: str | None = None) -> None:
        self._document = document
        self._prefix = f"ExternalService__{f'{namespace}__' if namespace else ''}{service}_"
        self._named = f"{document.schemas_pointer}/"
        self._queue: list[tuple[str, str, Mapping[str, Any], Certainty]] = []
        self._known: dict[tuple[str, str], ClassName | None] = {}
        self._parts: dict[str, list[str]] = {}
        self._borrowed: dict[str, str] = {}
        self._open: set[str] = set()
        self._component_types: dict[str, FlowType] = {}

    def type_of(self, schema: Any, pointer: str, part: str) -> FlowType:
        """The flow type of a schema; `part` is the class name behind `<Service>_` if it is an inline object."""
        return self._type(schema, pointer, part, 0)

    def _type(self, schema: Any, pointer: str, part: str, depth: int) -> FlowType:
        schema, place = self._document.follow(schema, pointer)
        if not isinstance(schema, dict) or depth > 50:
            return FlowType(NONE, reason="no schema")
        name = self._component(place)
        sure = True
        if name is not None:
            part, sure = encode(name), is_sure(name)
        elif place != pointer:
            # a reference to a place that is no component: the first way to it names the class, or recursion never ends
            part, sure = self._borrowed.setdefault(place, part), False
        if place in self._open:
            return FlowType(NONE, None, False, Certainty.INFERRED, "a schema made of itself")
        known = self._component_types.get(place) if name is not None else None
        if known is not None:
            return known
        self._open.add(place)
        found = self._shape(schema, place, part, depth, name is not None)
        self._open.discard(place)
        found = found if sure else found.weaker()
        if name is not None:
            self._component_types[place] = found
        return found

    def _component(self, pointer: str) -> str | None:
        if not pointer.startswith(self._named):
            return None
        tokens = split(pointer[len(self._named) - 1 :])
        return tokens[0] if len(tokens) == 1 else None

    def _shape(self, schema: Mapping[str, Any], pointer: str, part: str, depth: int, named: bool) -> FlowType:
        if isinstance(schema.get("allOf"), list) and schema["allOf"]:
            return self._composed(schema, pointer, part, depth)
        union = branches(schema)
        kind = plain_type(schema)
        if union is not None and kind in (None, "object") and "properties" not in schema:
            return self._union(union, pointer, part, depth)
        if kind == "array":
            item_part = f"VT_{part}" if named else part
            return self._type(schema.get("items"), f"{pointer}/items", item_part, depth + 1).in_list()
        if kind == "object":
            if schema.get("properties") or union is not None or schema.get("additionalProperties"):
                return self._class(schema, pointer, part, Certainty.SEEN)
            return FlowType(NONE, None, False, Certainty.INFERRED, "an object without properties")
        if kind == "string":
            return FlowType(_STRINGS.get(str(schema.get("format")), TEXT))
        if kind in _PRIMITIVES:
            return FlowType(_PRIMITIVES[kind])
        return FlowType(NONE, None, False, Certainty.INFERRED, "a value of any type")

    def _composed(self, schema: Mapping[str, Any], pointer: str, part: str, depth: int) -> FlowType:
        parts = schema["allOf"]
        if len(parts) == 1 and not schema.get("properties"):
            return self._type(parts[0], f"{pointer}/allOf/0", part, depth + 1).weaker()
        if next(members(self._document, schema, pointer), None) is not None:
            return self._class(schema, pointer, part, Certainty.INFERRED)
        return self._type(parts[0], f"{pointer}/allOf/0", part, depth + 1).weaker()

    def _union(self, union: tuple[str, list[Any]], pointer: str, part: str, depth: int) -> FlowType:
        key, parts = union
        real = [(i, branch) for i, branch in enumerate(parts) if not is_null(branch)]
        if len(real) == 1:
            return self._type(real[0][1], f"{pointer}/{key}/{real[0][0]}", part, depth + 1).weaker()
        schema = {key: parts}
        if next(members(self._document, schema, pointer), None) is not None:
            return self._class(schema, pointer, part, Certainty.INFERRED)
        found = {self._type(branch, f"{pointer}/{key}/{i}", part, depth + 1) for i, branch in real}
        if len(found) == 1:
            return found.pop().weaker()
        if found and all(one.type not in (APEX, NONE) and not one.collection for one in found):
            return FlowType(TEXT, None, False, Certainty.INFERRED)
        return FlowType(NONE, None, False, Certainty.INFERRED, "a union of types")

    def _class(self, schema: Mapping[str, Any], pointer: str, part: str, certainty: Certainty) -> FlowType:
        key = (pointer, part)
        if key not in self._known:
            parts = self._parts.setdefault(pointer, [])
            # an inline object that contains itself would get a longer name at every turn
            outer = next((known for known in parts if part.startswith(f"{known}_")), None)
            if outer is None and len(parts) >= _MOST_NAMES:
                outer = parts[0]
            if outer is not None:
                return FlowType(APEX, f"{self._prefix}{outer}", False, Certainty.INFERRED)
            parts.append(part)
            self._known[key] = None
            self._queue.append((pointer, part, schema, certainty))
        return FlowType(APEX, f"{self._prefix}{part}", False, certainty)

    def all(self) -> tuple[ClassName, ...]:
        """Every class met so far and those reachable from them, by name."""
        while self._queue:
            pointer, part, schema, certainty = self._queue.pop()
            self._known[pointer, part] = self._members_of(pointer, part, schema, certainty)
        found = [one for one in self._known.values() if one is not None]
        return tuple(sorted(found, key=lambda one: (one.apex_class, one.pointer)))

    def _members_of(self, pointer: str, part: str, schema: Mapping[str, Any], certainty: Certainty) -> ClassName:
        properties = [self._property(member, part) for member in members(self._document, schema, pointer)]
        extra = schema.get("additionalProperties")
        if extra not in (None, False) and not properties:
            inner = f"{pointer}/additionalProperties"
            self.type_of(extra, inner, f"{part}_properties")
            properties.append(PropertyName("properties", "properties", NONE, None, False, False, Certainty.SEEN, inner))
        return ClassName(pointer, f"{self._prefix}{part}", tuple(properties), certainty)

    def _property(self, member: Member, part: str) -> PropertyName:
        flow_name = encode(member.name)
        found = self.type_of(member.schema, member.pointer, f"{part}_{flow_name}")
        certainty = found.certainty if member.sure and is_sure(member.name) else Certainty.INFERRED
        return PropertyName(
            member.name,
            flow_name,
            found.type,
            found.apex_class,
            found.collection,
            member.required,
            certainty,
            member.pointer,
        )
