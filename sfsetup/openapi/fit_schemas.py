"""Repairs schemas: types, lists, compositions, references. Copies only what is reached, so it prunes as it goes.

What a flow sends through a repaired schema is valid in the original; what it reads has the place and type it had there.
Where that cannot be, the log says `dropped`. Property names are on the wire and never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfsetup.openapi import fit_keywords as keywords
from sfsetup.openapi.check_names import twins
from sfsetup.openapi.compositions import Compositions
from sfsetup.openapi.document import MISSING
from sfsetup.openapi.fit_merge import merged
from sfsetup.openapi.fit_names import ComponentNames
from sfsetup.openapi.fit_unions import Unions
from sfsetup.openapi.types import branches, is_null
from sfsetup.text.pointers import escape

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.fit_log import Log

Schema = dict[str, Any]

_DEEPEST: Final = 90
"""Nesting that is copied; beyond it a value becomes text."""

_MOST_COPIES: Final = 5_000
"""Schemas built beyond one for every four characters of the document, before merging counts as copying without end."""


class SchemaFitter:
    """Fits the schemas of one document. `components` grows as references are met."""

    def __init__(self, document: OpenApiDocument, log: Log, sent: Iterable[str], read: Iterable[str]) -> None:
        self.document = document
        self.log = log
        self.components: dict[str, Schema] = {}
        self._sent = frozenset(sent)
        self._read = frozenset(read)
        self._both = False
        """True while a schema is built that is sent and read."""
        self._names = ComponentNames(document, log)
        self.compositions = Compositions(document)
        self._unions = Unions(self)
        self._pending: list[tuple[str, Any]] = []
        self._open: set[int] = set()
        """Identities of the schemas that are being built: merging can lead into one of them again."""
        texts = (document.source, *document.files.values())
        self._left = _MOST_COPIES + sum(len(one.text) for one in texts) // 4
        self._folded = {name.lower(): name for name in document.schemas}

    def fit(self, node: Any, pointer: str, sending: bool, *, prop: bool = False, depth: int = 0) -> Schema:
        """The repaired schema; a reference where the original led to a named schema."""
        if depth > _DEEPEST:
            return self._too_deep(pointer)
        target, place, crossed, in_target = self.essence(node, pointer, sending)
        if target is MISSING:
            self.log(pointer, "the reference leads nowhere: text instead", "OA-A09", dropped=True)
            return {"type": "string"}
        if crossed:
            return self._use(target, place, in_target)
        return self.build(target, place, sending, prop=prop, depth=depth)

    def finish(self) -> dict[str, Schema]:
        """Builds every named schema that was referred to, and those they refer to; in the document's order."""
        while self._pending:
            place, target = self._pending.pop()
            name = self._names.of(place)
            self._both = place in self._read
            self.components[name] = self.build(target, place, place in self._sent, prop=False, depth=0)
        self._both = False
        order = {name: i for i, name in enumerate(self._names.in_order())}
        return dict(sorted(self.components.items(), key=lambda item: order.get(item[0], len(order))))

    def _is_read(self, sending: bool) -> bool:
        """True if values of what is being built come from the vendor, whether or not they go there too."""
        return self._both or not sending

    def all_components(self) -> None:
        """Refers to every named schema: for documents without operations."""
        for name, schema in self.document.schemas.items():
            self._use(schema, f"{self.document.schemas_pointer}/{escape(name)}", False)

    def essence(self, node: Any, pointer: str, sending: bool) -> tuple[Any, str, bool, bool]:
        """What a schema comes down to through references and compositions of one.

        Gives the schema, its pointer, whether a reference was followed, and whether it is sent.
        """
        crossed = False
        seen: set[str] = set()
        while isinstance(node, dict):
            if pointer in seen:
                return MISSING, "", crossed, sending
            seen.add(pointer)
            if isinstance(node.get("$ref"), str):
                self._siblings(node, pointer)
                node, pointer = self.target(node["$ref"], pointer)
                crossed = True
                sending = pointer in self._sent
                continue
            step = self._only_part(node, pointer, sending)
            if step is None:
                break
            node, pointer = step
        return node, pointer, crossed, sending

    def target(self, ref: str, pointer: str) -> tuple[Any, str]:
        """Where a reference leads, its letter case corrected."""
        target, place = self.document.target(ref)
        home = f"#{self.document.schemas_pointer}/"
        twin = self._folded.get(ref[len(home) :].lower()) if ref.startswith(home) else None
        if target is MISSING and twin is not None:
            self.log(pointer, f"reference corrected to {twin}", "OA-C11")
            place = f"{self.document.schemas_pointer}/{escape(twin)}"
            return self.document.schemas[twin], place
        return target, place

    def _siblings(self, node: Mapping[str, Any], pointer: str) -> None:
        extra = [key for key in node if key != "$ref"]
        if not extra:
            return
        silent = keywords.ANNOTATIONS | keywords.HARMLESS
        real = [key for key in extra if key not in silent and not key.startswith("x-")]
        shown = ", ".join(real or extra)
        self.log(pointer, f"removed beside $ref: {shown}", "OA-A01", dropped=bool(real) and self.document.is_v31)

    def _only_part(self, node: Mapping[str, Any], pointer: str, sending: bool) -> tuple[Any, str] | None:
        """The one part that a composition without content of its own comes down to, if that is a reference."""
        found = self._single(node, sending)
        if found is None:
            return None
        part = found[2]
        for _ in range(_DEEPEST):
            step = None if _is_reference(part) else self._single(part, sending)
            if step is None:
                break
            part = step[2]
        if not _is_reference(part):
            return None
        key, index, part = found
        union = branches(node)
        if union is not None and sum(not is_null(one) for one in union[1]) > 1:
            self._unions.choose([(i, one) for i, one in enumerate(union[1]) if not is_null(one)],
                                f"{pointer}/{key}", key)  # fmt: skip
        else:
            self.log(pointer, f"{key} of one schema replaced by it", "OA-C01")
        return part, f"{pointer}/{key}/{index}"

    def _single(self, node: Any, sending: bool) -> tuple[str, int, Any] | None:
        """Keyword, index and part that a schema consists of and of nothing else; of a union that is sent the choice."""
        if not isinstance(node, dict) or any(key in node for key in keywords.STRUCTURE):
            return None
        union = branches(node)
        parts = node.get("allOf")
        if union is None:
            key = "allOf"
            real = [(i, one) for i, one in enumerate(parts if isinstance(parts, list) else ())
                    if not keywords.is_annotation(one)]  # fmt: skip
        else:
            key = union[0]
            real = [(i, one) for i, one in enumerate(union[1]) if not is_null(one)]
        if not real or (union is not None and parts):
            return None
        if len(real) > 1 and (union is None or not sending or keywords.only_constraints(real)):
            return None
        index, part = real[0] if len(real) == 1 else self._unions.pick(real)
        return None if self._unions.says_more(node, part) else (key, index, part)

    def _use(self, target: Any, place: str, sending: bool) -> Schema:
        if self._names.is_component(place) or not keywords.is_primitive(target):
            name = self._names.of(place)
            if name not in self.components:
                self.components[name] = {}
                self._pending.append((place, target))
            return {"$ref": f"#{self.document.schemas_pointer}/{escape(name)}"}
        self.log(place, "copied to where it is referred to", "OA-A09")
        return self.build(target, place, sending, prop=False, depth=0)

    def build(self, node: Any, place: str, sending: bool, *, prop: bool, depth: int) -> Schema:
        """Repairs a schema that is no reference."""
        if depth > _DEEPEST:
            return self._too_deep(place)
        if _is_reference(node):
            return self.fit(node, place, sending, prop=prop, depth=depth + 1)
        if not isinstance(node, dict) or not node:
            self.log(place, "a value of any type becomes text", "OA-C02", dropped=self._is_read(sending))
            return {"type": "string"}
        if id(node) in self._open:
            self.log(place, "a composition that contains itself: text instead", "OA-C13", dropped=True)
            return {"type": "string"}
        self._left -= 1
        if self._left < 0:
            self.log(place, "compositions repeat one another too often: text instead", "OA-C13", dropped=True)
            return {"type": "string"}
        self._open.add(id(node))
        try:
            return self._built(node, place, sending, prop, depth)
        finally:
            self._open.discard(id(node))

    def _built(self, node: Schema, place: str, sending: bool, prop: bool, depth: int) -> Schema:
        node, nullable = keywords.without_null(node)
        union = branches(node)
        if union is not None:
            return self._unions.build(node, place, sending, union, prop=prop, depth=depth)
        parts = node.get("allOf")
        if isinstance(parts, list):
            return self._all_of(node, place, sending, parts, prop, depth)
        kind = self._kind(node, place, sending)
        if nullable:
            node["x-nullable" if self.document.is_v2 else "nullable"] = True
        out = keywords.copied(node, kind, place, self.document, self.log)
        if kind == "array":
            out["items"] = self._items(node, place, sending, depth)
        elif kind == "object":
            self._members(out, node, place, sending, depth)
            if prop and out.get("properties") and out.get("additionalProperties"):
                return self._hoisted(out, place)
        return out

    def _too_deep(self, pointer: str) -> Schema:
        self.log(pointer, f"nested deeper than {_DEEPEST}: text instead", "OA-C13", dropped=True)
        return {"type": "string"}

    def _kind(self, node: Mapping[str, Any], place: str, sending: bool) -> str:
        found = node.get("type")
        if isinstance(found, str) and found in keywords.TYPES:
            return found
        kind, sure = keywords.inferred_type(node)
        if "type" in node:
            self.log(f"{place}/type", f"{found!r} is no type: {kind} instead", "OA-C01", dropped=not sure)
        else:
            self.log(place, f"type {kind} added", "OA-C02", dropped=not sure and self._is_read(sending))
        return kind

    def _items(self, node: Mapping[str, Any], place: str, sending: bool, depth: int) -> Schema:
        items, where = node.get("items"), f"{place}/items"
        if items is None and isinstance(node.get("prefixItems"), list):
            items, where = node["prefixItems"], f"{place}/prefixItems"
        if isinstance(items, list):
            self.log(where, "the first of several item schemas taken", "OA-C03", dropped=True)
            items, where = (items[0] if items else None), f"{where}/0"
        if items is None or isinstance(items, bool):
            self.log(place, "items: text added", "OA-C03", dropped=self._is_read(sending))
            return {"type": "string"}
        return self.fit(items, where, sending, depth=depth + 1)

    def _members(self, out: Schema, node: Mapping[str, Any], place: str, sending: bool, depth: int) -> None:
        properties = node.get("properties")
        if isinstance(properties, dict) and properties:
            out["properties"] = self.properties(properties, f"{place}/properties", sending, depth)
        keywords.copy_required(out, node, place, self.log, sending=sending)
        extra = node.get("additionalProperties")
        if extra is None and "patternProperties" in node:
            self.log(f"{place}/patternProperties", "names by pattern become names of any kind", "OA-A01", dropped=True)
            extra = True
        if isinstance(extra, dict) and extra:
            out["additionalProperties"] = self.fit(extra, f"{place}/additionalProperties", sending, depth=depth + 1)
        elif extra is not None:
            out["additionalProperties"] = extra is not False

    def properties(self, properties: Mapping[str, Any], place: str, sending: bool, depth: int) -> dict[str, Schema]:
        """Repairs the properties of an object; of names equal but for letter case the first stays."""
        lost = {second: first for first, second in twins(properties)}
        out = {}
        for name, schema in properties.items():
            where = f"{place}/{escape(name)}"
            if name in lost:
                self.log(where, f"property dropped: it has the name of {lost[name]} in Apex", "OA-C10", dropped=True)
            elif schema is False:
                self.log(where, "property dropped: no value is valid", "OA-C01")
            else:
                out[name] = self.fit(schema, where, sending, prop=True, depth=depth + 1)
        return out

    def _hoisted(self, out: Schema, place: str) -> Schema:
        name = self._names.of(place)
        self.log(place, f"object with properties and additionalProperties moved to {name}", "OA-C06")
        self.components[name] = out
        return {"$ref": f"#{self.document.schemas_pointer}/{escape(name)}"}

    def _all_of(
        self, node: Mapping[str, Any], place: str, sending: bool, parts: list[Any], prop: bool, depth: int
    ) -> Schema:
        real = [(i, part) for i, part in enumerate(parts) if not keywords.is_annotation(part)]
        own = {key: value for key, value in node.items() if key != "allOf"}
        for i, part in enumerate(parts):
            if keywords.is_annotation(part):
                own = {**part, **own}
                self.log(f"{place}/allOf/{i}", "a part without content merged", "OA-C01")
        if not real:
            return self.build(own or {"type": "object"}, place, sending, prop=prop, depth=depth + 1)
        if not self._unions.is_object({**own, "allOf": [part for _, part in real]}):
            self.log(place, "allOf of simple values merged", "OA-C01")
            return self.build(self.merged(own, [part for _, part in real], place), place, sending, prop=prop,
                              depth=depth + 1)  # fmt: skip
        if len(real) == 1 and not _is_reference(real[0][1]) and not any(key in own for key in keywords.STRUCTURE):
            self.log(place, "allOf of one schema replaced by it", "OA-C01")
            where = f"{place}/allOf/{real[0][0]}"
            return self.build(self.merged(own, [real[0][1]], place), where, sending, prop=prop, depth=depth + 1)
        others = {self._plain_type(own), *(self._plain_type(part) for _, part in real)} - {"object"}
        if others:
            self.log(place, f"{', '.join(sorted(others))} and object at once: object", "OA-C01", dropped=True)
            real = [(i, part) for i, part in real if self._plain_type(part) == "object"]
        if self._unions.can_join(own, [part for _, part in real]):
            self.log(place, "parts that declare a property differently joined to one object", "OA-C14")
            return self._unions.joined(own, [(part, f"{place}/allOf/{i}") for i, part in real], place, sending, depth)
        out = keywords.copied({**own, "type": "object"}, "object", place, self.document, self.log)
        if real and "type" not in own and not own.get("properties"):
            out.pop("type", None)
        self._members(out, own, place, sending, depth)
        if real:
            out["allOf"] = [self._part(part, f"{place}/allOf/{i}", sending, depth) for i, part in real]
        return out

    def _plain_type(self, part: Any) -> str:
        """The type that a part of an object names; `object` where it names none."""
        target = self.document.follow(part, "")[0]
        kind = target.get("type") if isinstance(target, dict) else None
        return kind if isinstance(kind, str) else "object"

    def merged(self, own: Mapping[str, Any], parts: Iterable[Any], place: str) -> Schema:
        """One schema for a value of which several hold; what cannot be joined is said."""
        found, clashes = merged(self.document, own, parts)
        if clashes:
            message = f"parts contradict each other in {', '.join(sorted(set(clashes)))}: the first counts"
            self.log(place, message, "OA-C01", dropped=True)
        return found

    def _part(self, part: Any, place: str, sending: bool, depth: int) -> Schema:
        bare = isinstance(part, dict) and not any(key in part for key in ("$ref", "type", "allOf", "oneOf", "anyOf"))
        if bare:
            part = {"type": "object", **part}
            if "properties" not in part:
                self.log(place, "type object added", "OA-C02")
        return self.fit(part, place, sending, depth=depth + 1)


def _is_reference(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("$ref"), str)
