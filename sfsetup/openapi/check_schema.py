"""The walk over schemas: each once, no reference followed, problems of level C noted where they stand.

Paths are parent links, `(link, token)`; a JSON pointer is written only for what is reported. The walk does not recurse.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from sfsetup.openapi.check_names import likeness, may_hold_escapes, twins
from sfsetup.openapi.compositions import Compositions
from sfsetup.openapi.rule_table import RULES, Effect
from sfsetup.text.pointers import escape
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.model.finding import Certainty, Severity
    from sfsetup.openapi.document import OpenApiDocument

Link = tuple[Any, Any]
"""(parent link or None, token); the root of a link is (None, pointer)."""

TYPES: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "file"})
_LATER: Final = frozenset(
    {"const", "prefixItems", "contains", "minContains", "maxContains", "if", "then", "else", "dependentSchemas"}
    | {"dependentRequired", "patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "$defs"}
    | {"$dynamicRef", "contentMediaType", "contentEncoding", "contentSchema"}
)
"""Keywords that only OpenAPI 3.1 has, and that say something about values."""
_BOUNDS: Final = ("exclusiveMinimum", "exclusiveMaximum")
_TELLING: Final = _LATER | frozenset(
    {"$ref", "properties", "items", "additionalProperties", "default", "allOf", "anyOf", "oneOf", "not"}
    | {"discriminator"}
)
"""Keywords that have to be looked at; a text without one of them has nothing that could be wrong."""
_INTEGER_FORMATS = frozenset({"int32", "int64"})
_NUMBER_FORMATS = frozenset({"float", "double", "int32", "int64"})
_DEFAULTS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
MAX_DEPTH: Final = 15
"""Levels of the Flow HTTP Callout wizard, the only depth ever published (third-party copy of the help)."""
MAX_DESCRIPTION: Final = 1_333
MALFORMED: Final = "Write this place as the OpenAPI specification has it. `openapi fit` leaves it out."
"""Advice for what has the wrong type."""


def pointer_of(link: Link) -> str:
    """The JSON pointer of a link."""
    tokens: list[str] = []
    parent, token = link
    while parent is not None:
        tokens.append(escape(token))
        parent, token = parent
    return "/".join((str(token), *reversed(tokens)))


@dataclass(slots=True)
class Problem:
    """One breach of a rule, before anybody asks for its pointer or line."""

    rule: str
    link: Link
    message: str
    severity: Severity | None = None
    effect: Effect | None = None
    certainty: Certainty | None = None
    fix: str | None = None
    """What to do, where the rule's own advice does not fit."""


@dataclass(slots=True)
class Unit:
    """What is walked in one go: a named schema, or an inline one of an operation."""

    link: Link
    problems: list[Problem] = field(default_factory=list)
    references: set[str] = field(default_factory=set)
    """Pointers of the units this one refers to."""
    rules: set[str] = field(default_factory=set)
    blocking: set[str] = field(default_factory=set)
    """Those of the rules that keep operations from being usable in Flow as they are."""
    effect: Effect = Effect.NONE
    is_body: bool = False
    """True for the inline schema of a whole body or response."""
    objects: int = 0
    properties: int = 0

    def add(
        self,
        rule: str,
        link: Link,
        message: str,
        *,
        severity: Severity | None = None,
        effect: Effect | None = None,
        fix: str | None = None,
    ) -> None:
        """Notes a problem."""
        self.problems.append(Problem(rule, link, message, severity, effect, fix=fix))
        self.rules.add(rule)
        effect = RULES[rule].effect if effect is None else effect
        if effect > Effect.NONE:
            self.blocking.add(rule)
            self.effect = max(self.effect, effect)


class SchemaWalk:
    """Walks schemas of one document; `units` holds what was found, by pointer."""

    def __init__(self, document: OpenApiDocument) -> None:
        self.document = document
        self.units: dict[str, Unit] = {}
        self.loose_integers: list[Link] = []
        self.compositions = Compositions(document)
        self._owner: dict[int, Unit] = {}
        self._pending: list[tuple[Any, Unit]] = []
        self._folded = {name.lower(): name for name in document.schemas}
        self._is_v2 = document.is_v2
        self._is_v31 = document.is_v31
        self._escapes = any(may_hold_escapes(file.text) for _, file in document.walk_files())
        self._rare = frozenset({"default"}) if document.is_v31 else _LATER | {"default"}
        self._home = f"#{document.schemas_pointer}/"

    def unit(self, schema: Any, pointer: str, *, is_body: bool = False) -> Unit:
        """The unit at this pointer, walked on first sight."""
        found = self.units.get(pointer)
        if found is None:
            found = self._later(schema, pointer)
            found.is_body = is_body
            while self._pending:
                self._walk(*self._pending.pop())
        return found

    def _later(self, schema: Any, pointer: str) -> Unit:
        unit = self.units[pointer] = Unit((None, pointer))
        self._pending.append((schema, unit))
        return unit

    def _walk(self, schema: Any, unit: Unit) -> None:
        stack: list[tuple[Any, Link, int, bool]] = [(schema, unit.link, 0, False)]
        owners = self._owner
        while stack:
            node, link, depth, is_property = stack.pop()
            if type(node) is not dict:
                self._no_mapping(unit, node, link)
                continue
            owner = owners.setdefault(id(node), unit)
            if owner is not unit or (node is schema and link is not unit.link):
                unit.references.add(owner.link[1])
                continue
            ref = node.get("$ref")
            if type(ref) is str:
                self.reference(unit, ref, link)
                continue
            kind = node.get("type")
            if kind == "object" or "properties" in node or "additionalProperties" in node:
                self._object(unit, node, link, depth, is_property, stack)
            elif kind == "array" or "items" in node:
                self._array(unit, node, link, depth, stack)
            elif kind == "integer" or kind == "number":
                self._number(unit, node, link, kind)
            if type(kind) is not str or kind not in TYPES:
                self._untyped(unit, node, link, kind)
            if not self._rare.isdisjoint(node):
                self._rarely(unit, node, link, kind)
            if "allOf" in node or "anyOf" in node or "oneOf" in node or "not" in node or "discriminator" in node:
                self._composition(unit, node, link, depth, stack)
            text = node.get("description")
            if type(text) is str and len(text) > MAX_DESCRIPTION:
                unit.add("OA-B13", (link, "description"), f"The description has {len(text):,} characters.")

    def _rarely(self, unit: Unit, node: dict[str, Any], link: Link, kind: Any) -> None:
        if "default" in node:
            self._default(unit, node, link, kind)
        for key in () if self._is_v31 else sorted(_LATER.intersection(node)):
            unit.add("OA-C16", (link, key), f"`{key}` is a keyword of OpenAPI 3.1, not of {self.document.version}.")

    def _no_mapping(self, unit: Unit, node: Any, link: Link) -> None:
        if node is True or node is None:
            unit.add("OA-C02", link, "There is no schema here, so the value has no type.")
        else:
            shown = "false" if node is False else type(node).__name__.replace("str", "text")
            unit.add("OA-C01", link, f"A schema must be a mapping; this is {shown}.")

    def reference(self, unit: Unit, ref: str, link: Link) -> None:
        """Notes where a `$ref` leads and what is wrong with it."""
        target, pointer = self.document.target(ref)
        if pointer or ref == "#":
            unit.references.add(pointer)
            is_component = ref.startswith(self._home) and "/" not in ref[len(self._home) :]
            if not is_component:
                self._elsewhere(unit, ref, link)
            if pointer not in self.units:
                self._later(target, pointer)
            return
        name = ref[len(self._home) :] if ref.startswith(self._home) else None
        twin = self._folded.get(name.lower()) if name is not None else None
        if twin is not None:
            unit.add("OA-C11", link, f"The reference says {name}, the schema is called {twin}.")
        elif ref.startswith("#"):
            unit.add("OA-A09", link, f"The reference {ref} leads nowhere.")
        else:
            problem = next((one.problem for one in self.document.foreign if one.ref == ref and one.problem), "")
            unit.add("OA-A09", link, f"The reference {ref} was not followed: {problem or 'other files are not read'}.")

    def _elsewhere(self, unit: Unit, ref: str, link: Link) -> None:
        from sfsetup.model.finding import Severity
        from sfsetup.openapi.document import FILES_KEY

        if ref.startswith(f"#/{FILES_KEY}/"):
            unit.add("OA-A09", link, "The reference leads to another file; a registration stores one text.")
        else:
            message = f"The reference {ref} does not lead to a named schema; Salesforce's names for it are unknown."
            unit.add("OA-A09", link, message, severity=Severity.MEDIUM)

    def _object(
        self, unit: Unit, node: dict[str, Any], link: Link, depth: int, is_property: bool, stack: list[Any]
    ) -> None:
        properties = node.get("properties")
        unit.objects += 1
        if depth == MAX_DEPTH:
            unit.add("OA-C13", link, f"Objects are nested more than {MAX_DEPTH} deep.")
        if type(properties) is dict:
            unit.properties += len(properties)
            below: Link = (link, "properties")
            stack.extend(
                (child, (below, name), depth + 1, True)
                for name, child in properties.items()
                if not is_plain_text(child)
            )
            self._property_names(unit, properties, below)
        elif properties is not None:
            unit.add("OA-C01", (link, "properties"), "`properties` must be a mapping of names to schemas.")
        extra = node.get("additionalProperties")
        if extra is None or extra is False:
            return
        if type(extra) is dict and extra:
            stack.append((extra, (link, "additionalProperties"), depth + 1, False))
        unit.add(
            "OA-C05", (link, "additionalProperties"), "Values under undeclared names reach Apex as a map, not Flow."
        )
        if is_property and properties:
            message = "Of properties and additionalProperties of an inline object only one survives."
            unit.add("OA-C06", link, message)

    def _property_names(self, unit: Unit, properties: dict[str, Any], link: Link) -> None:
        if self._escapes or len({name.lower() for name in properties}) != len(properties):
            for first, second in twins(properties):
                unit.add("OA-C10", (link, second), f"The properties {first} and {second} {likeness(first, second)}.")
        for name in properties:
            if name[:1].isdigit():
                unit.add("OA-C09", (link, name), f"The property name {name} starts with a digit.")

    def _array(self, unit: Unit, node: dict[str, Any], link: Link, depth: int, stack: list[Any]) -> None:
        items = node.get("items")
        if items is None or items is True:
            unit.add("OA-C03", link, "The list does not say what its items are.")
            return
        if type(items) is list:
            unit.add("OA-C03", (link, "items"), f"`items` holds {len(items)} schemas where one is wanted.")
            stack.extend((child, ((link, "items"), i), depth, False) for i, child in enumerate(items))
            return
        if is_plain_text(items):
            return
        stack.append((items, (link, "items"), depth, False))
        if type(items) is dict and self._is_list(items):
            unit.add(
                "OA-C04", (link, "items"), "A list of lists cannot be a field of an Apex-defined variable in Flow."
            )

    def _is_list(self, schema: dict[str, Any]) -> bool:
        target = self.document.follow(schema, "")[0] if "$ref" in schema else schema
        return isinstance(target, dict) and target.get("type") == "array"

    def _number(self, unit: Unit, node: dict[str, Any], link: Link, kind: str) -> None:
        for key in _BOUNDS if not self._is_v31 else ():
            if key in node and type(node[key]) is not bool:
                message = f"`{key}` is true or false in OpenAPI {self.document.version}; as a number it is of 3.1."
                unit.add("OA-C16", (link, key), message)
        form = node.get("format")
        if form is None:
            if kind == "integer":
                self.loose_integers.append(link)
        elif not isinstance(form, str) or form not in (_INTEGER_FORMATS if kind == "integer" else _NUMBER_FORMATS):
            unit.add("OA-C12", (link, "format"), f"{form} is no format of {kind} that Salesforce names.")

    def _untyped(self, unit: Unit, node: dict[str, Any], link: Link, kind: Any) -> None:
        if kind is None and "type" not in node:
            if "allOf" in node or "oneOf" in node or "anyOf" in node:
                return
            self._no_type(unit, node, link)
        elif type(kind) is list:
            if not self._is_v31:
                unit.add("OA-C01", (link, "type"), "`type` is a list; only OpenAPI 3.1 allows that.")
        elif kind != "null" or not self._is_v31:
            unit.add("OA-C01", (link, "type"), f"{kind!r} is no type of OpenAPI.")

    def _no_type(self, unit: Unit, node: dict[str, Any], link: Link) -> None:
        from sfsetup.model.finding import Certainty, Severity

        if "properties" in node:
            # seen: BankService of Trailhead, registered in a dozen public orgs
            message = "The schema has properties and no `type: object`; orgs were seen to take that."
            unit.add("OA-C02", link, message, severity=Severity.LOW, effect=Effect.NONE)
            unit.problems[-1].certainty = Certainty.SEEN
        elif "items" in node:
            unit.add("OA-C02", link, "The schema has items and no `type: array`.", severity=Severity.MEDIUM)
        elif unit.is_body and link is unit.link:
            # seen: two registrations of surajp/sf-external-services with an empty schema for a whole body
            message = "The body has no type; orgs were seen to take that, a flow can do nothing with it."
            unit.add("OA-C02", link, message, severity=Severity.MEDIUM)
        else:
            unit.add("OA-C02", link, "The schema has no type.")

    def _default(self, unit: Unit, node: dict[str, Any], link: Link, kind: Any) -> None:
        default = node["default"]
        if type(kind) is not str or kind not in _DEFAULTS:
            return
        fits = isinstance(default, _DEFAULTS[kind]) and (kind == "boolean" or not isinstance(default, bool))
        if not fits:
            unit.add("OA-C08", (link, "default"), f"The default is not of type {kind} and is ignored.")
        elif kind in ("object", "array"):
            unit.add("OA-C08", (link, "default"), f"Defaults of type {kind} are ignored.")
        elif kind == "integer" and str(node.get("format")) not in _INTEGER_FORMATS:
            unit.add("OA-C08", (link, "default"), "The default of an integer without format int32 or int64 is ignored.")

    def _composition(self, unit: Unit, node: dict[str, Any], link: Link, depth: int, stack: list[Any]) -> None:
        for key in ("allOf", "anyOf", "oneOf"):
            parts = node.get(key)
            if parts is None:
                continue
            if type(parts) is not list:
                unit.add("OA-C01", (link, key), f"`{key}` must be a list of schemas.")
                continue
            stack.extend((part, ((link, key), i), depth, False) for i, part in enumerate(parts))
            if key != "allOf":
                self._union(unit, key, parts, link)
            elif parts:
                self._parts(unit, node, link)
        if "not" in node:
            unit.add("OA-A06", (link, "not"), "`not` is a construct that Salesforce does not support.")
        discriminator = node.get("discriminator")
        if discriminator is not None:
            text = "mapping" if isinstance(discriminator, dict) and "mapping" in discriminator else "discriminator"
            unit.add("OA-C07", (link, "discriminator"), f"The {text} is read from systemVersion 6 on.")

    def _parts(self, unit: Unit, node: dict[str, Any], link: Link) -> None:
        kinds = self.compositions.types_at_once(node)
        if kinds:
            message = f"{' and '.join(kinds)} at once: no value can be valid, what Salesforce makes of it is not known."
            unit.add("OA-C14", (link, "allOf"), message)
            return
        found = self.compositions.disagreements(node)
        if found:
            shown = "; ".join(f"{one.name} ({', '.join(one.said)})" for one in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            message = f"Parts declare {shown}{more} differently; which of them Salesforce's class follows is not known."
            unit.add("OA-C14", (link, "allOf"), message)

    def _union(self, unit: Unit, key: str, parts: list[Any], link: Link) -> None:
        from sfsetup.model.finding import Certainty, Severity

        if self._is_v2:
            unit.add("OA-C01", (link, key), f"OpenAPI 2.0 has no `{key}`.")
            return
        if self._is_v31 and len(parts) == 2 and {"type": "null"} in parts:
            return
        objects = [self._is_object(part) for part in parts]
        if key == "anyOf" and not all(objects):
            unit.add("OA-C01", (link, key), "Only objects can be composed with `anyOf`.")
        else:
            message = f"What class Salesforce makes of `{key}` is not known, and a flow cannot choose a branch."
            unit.add("OA-C01", (link, key), message, severity=Severity.LOW, effect=Effect.NONE)
            unit.problems[-1].certainty = Certainty.INFERRED

    def _is_object(self, part: Any) -> bool:
        found = self.document.follow(part, "")[0]
        if not isinstance(found, dict):
            return False
        return found.get("type") == "object" or any(
            key in found for key in ("properties", "allOf", "additionalProperties")
        )


def is_plain_text(schema: Any) -> bool:
    """True for the most frequent schema, text or a truth value with nothing else to look at. Quick to say."""
    if type(schema) is not dict:
        return False
    kind = schema.get("type")
    if (kind != "string" and kind != "boolean") or not _TELLING.isdisjoint(schema):
        return False
    text = schema.get("description")
    return type(text) is not str or len(text) <= MAX_DESCRIPTION
