"""`oneOf` and `anyOf` in a fitted document: one branch where it is sent, all members where it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.openapi import fit_keywords as keywords
from sfsetup.openapi.check_names import twins
from sfsetup.openapi.compositions import telling
from sfsetup.openapi.document import MISSING
from sfsetup.openapi.types import branches, is_null
from sfsetup.text.pointers import escape

if TYPE_CHECKING:
    from sfsetup.openapi.fit_schemas import SchemaFitter

Branch = tuple[int, Any]
Schema = dict[str, Any]


class Unions:
    """Works for one SchemaFitter."""

    def __init__(self, fitter: SchemaFitter) -> None:
        self._fitter = fitter
        self._objects: dict[int, bool] = {}

    def build(
        self,
        node: Mapping[str, Any],
        place: str,
        sending: bool,
        union: tuple[str, list[Any]],
        *,
        prop: bool,
        depth: int,
    ) -> Schema:
        """The schema without its union."""
        key, parts = union
        real = [(i, part) for i, part in enumerate(parts) if not is_null(part)]
        own = {name: value for name, value in node.items() if name not in ("oneOf", "anyOf", "discriminator")}
        other = "anyOf" if key == "oneOf" and "anyOf" in node else None
        log = self._fitter.log
        if other is not None:
            log(f"{place}/{other}", f"{other} beside {key} removed; the vendor still checks it", "OA-C01", dropped=True)
        if not real or keywords.only_constraints(real):
            if real:
                log(f"{place}/{key}", f"{key} of requirements removed; the vendor still checks them", "OA-C01",
                    dropped=True)  # fmt: skip
            return self._fitter.build(own or {"type": "string"}, place, sending, prop=prop, depth=depth + 1)
        if len(real) > 1 and not sending and all(self.is_object(part) for _, part in real):
            return self._merged(own, place, key, real, depth)
        if len(real) > 1 and not sending:
            simple = self._simple(real)
            if simple is not None:
                log(f"{place}/{key}", f"{key} of simple values read as {simple[0]}", "OA-C01", dropped=simple[1])
                return self._fitter.build({**own, "type": simple[0]}, place, sending, prop=prop, depth=depth + 1)
        chosen = self.choose(real, f"{place}/{key}", key) if len(real) > 1 else real[0]
        if len(real) == 1:
            log(f"{place}/{key}", f"{key} of one schema replaced by it", "OA-C01")
        return self._with_own(own, place, chosen, key, sending, prop=prop, depth=depth)

    def pick(self, real: Sequence[Branch]) -> Branch:
        """The branch that is kept: text among simple values, else the first object, else the first."""
        objects = [branch for branch in real if self.is_object(branch[1])]
        texts = [branch for branch in real if self._kind(branch[1]) == "string"]
        simple = all(self._kind(branch[1]) in keywords.PRIMITIVES for branch in real)
        return texts[0] if texts and simple else objects[0] if objects else real[0]

    def choose(self, real: Sequence[Branch], where: str, key: str) -> Branch:
        """The branch that is kept, and the log of those that are not."""
        chosen = self.pick(real)
        lost = len(real) - 1
        message = f"of {key} branch {chosen[0]} kept, {lost} other{'s' if lost > 1 else ''} dropped"
        self._fitter.log(where, message, "OA-C01", dropped=True)
        return chosen

    def _kind(self, node: Any) -> str | None:
        target = self._fitter.document.follow(node, "")[0]
        if not isinstance(target, dict):
            return None
        kind = target.get("type")
        return kind if isinstance(kind, str) else keywords.inferred_type(target)[0] if "enum" in target else None

    def is_object(self, node: Any) -> bool:
        """True for a schema whose values are objects with known members."""
        above: dict[int, tuple[int, bool]] = {}
        stack: list[tuple[Any, int]] = [(node, 0)]
        while stack:
            one, parent = stack.pop()
            # only what a reference leads to is sure to stay where it is in memory
            named = isinstance(one, dict) and "$ref" in one
            one = self._fitter.document.follow(one, "")[0]
            if not isinstance(one, dict) or id(one) in above:
                continue
            known = self._objects.get(id(one)) if named else None
            above[id(one)] = (parent, named)
            if known or one.get("type") == "object" or isinstance(one.get("properties"), dict):
                self._remember(id(one), above)
                return True
            if known is None:
                parts = (one.get(key) for key in ("allOf", "oneOf", "anyOf"))
                stack.extend((part, id(one)) for some in parts if isinstance(some, list) for part in some)
        self._objects.update((key, False) for key, (_, named) in above.items() if named)
        return False

    def _remember(self, found: int, above: Mapping[int, tuple[int, bool]]) -> None:
        """Everything on the way to an object is one: a chain of compositions is walked once."""
        while found:
            parent, named = above[found]
            if named:
                self._objects[found] = True
            found = parent

    def _simple(self, real: Sequence[Branch]) -> tuple[str, bool] | None:
        """The one type that holds all of some simple values, and whether reading then loses anything."""
        kinds = {self._kind(part) for _, part in real}
        if not kinds <= {"string", "integer", "number", "boolean"}:
            return None
        if len(kinds) == 1:
            return str(next(iter(kinds))), False
        if kinds == {"integer", "number"}:
            return "number", False
        return "string", True

    def _merged(self, own: Mapping[str, Any], place: str, key: str, real: Sequence[Branch], depth: int) -> Schema:
        """An object with the members of every branch, required only where all branches require them."""
        fitter = self._fitter
        fitter.log(f"{place}/{key}", f"members of all {len(real)} branches of {key} merged, as optional", "OA-C01")
        out = keywords.copied({**own, "type": "object"}, "object", place, fitter.document, fitter.log)
        found: dict[str, list[tuple[Any, str]]] = {}
        always: list[set[str]] = []
        for i, part in real:
            always.append(self._collect(part, f"{place}/{key}/{i}", found))
        needed = set.intersection(*always) | self._collect(own, place, found)
        lost = {second for _, second in twins(found)}
        properties = {}
        for name, schemas in found.items():
            if name in lost:
                fitter.log(schemas[0][1], "property dropped: another has its name in Apex", "OA-C10", dropped=True)
            else:
                properties[name] = self._one_of(name, schemas, depth)
        out["properties"] = properties
        required = [name for name in properties if name in needed]
        if required:
            out["required"] = required
        return out

    def _collect(self, node: Any, place: str, found: dict[str, list[tuple[Any, str]]]) -> set[str]:
        """Adds the members of a schema, through references and compositions; gives the names it always requires."""
        required: set[str] = set()
        stack: list[tuple[Any, str, bool]] = [(node, place, True)]
        seen: set[str] = set()
        while stack:
            one, where, always = stack.pop()
            one, where = self._fitter.document.follow(one, where)
            if one is MISSING or not isinstance(one, dict) or where in seen:
                continue
            seen.add(where)
            properties = one.get("properties")
            for name, schema in properties.items() if isinstance(properties, dict) else ():
                found.setdefault(name, []).append((schema, f"{where}/properties/{escape(name)}"))
            if always and isinstance(one.get("required"), list):
                required.update(name for name in one["required"] if isinstance(name, str))
            if one.get("additionalProperties") not in (None, False):
                log = self._fitter.log
                log(f"{where}/additionalProperties", "undeclared members of a union branch", "OA-C05", dropped=True)
            for key in ("oneOf", "anyOf", "allOf"):
                parts = one.get(key)
                if isinstance(parts, list):
                    stack.extend((p, f"{where}/{key}/{i}", always and key == "allOf") for i, p in enumerate(parts))
        return required

    def _one_of(self, name: str, schemas: Sequence[tuple[Any, str]], depth: int) -> Schema:
        """The schema of a member that several branches have."""
        fitter = self._fitter
        fitted = [fitter.fit(schema, where, False, prop=True, depth=depth + 1) for schema, where in schemas]
        first = fitted[0]
        if all(_same(first, one) for one in fitted[1:]):
            values = [value for one in fitted for value in one.get("enum", ())]
            if all("enum" in one for one in fitted) and len(fitted) > 1:
                return {**first, "enum": list(dict.fromkeys(values))}
            return {key: value for key, value in first.items() if key != "enum" or len(fitted) == 1}
        if all(one.get("type") in keywords.PRIMITIVES for one in fitted):
            message = f"{name} has different types in the branches: read as text"
            fitter.log(schemas[0][1], message, "OA-C01", dropped=True)
            return {"type": "string"}
        message = f"{name} has different types in the branches: the first is kept"
        fitter.log(schemas[0][1], message, "OA-C01", dropped=True)
        return first

    def _all_at_once(self, name: str, schemas: Sequence[tuple[Any, str]], sending: bool, depth: int) -> Schema:
        """The schema of a member for which several schemas hold."""
        fitter = self._fitter
        wanted = {id(one) for one in telling(fitter.document, [schema for schema, _ in schemas])}
        told = [(schema, where) for schema, where in schemas if id(schema) in wanted]
        schema, where = told[0]
        if any(other != schema for other, _ in told[1:]):
            message = f"{name} is described more than once: the first counts"
            fitter.log(where, message, "OA-C14", dropped=True)
        return fitter.fit(schema, where, sending, prop=True, depth=depth + 1)

    def _with_own(
        self, own: Mapping[str, Any], place: str, chosen: Branch, key: str, sending: bool, *, prop: bool, depth: int
    ) -> Schema:
        """The chosen branch together with what stands beside the union."""
        fitter = self._fitter
        i, part = chosen
        where = f"{place}/{key}/{i}"
        if "allOf" not in own and not self.says_more(own, part):
            if isinstance(part, dict) and "$ref" not in part:
                part = {**{name: own[name] for name in ("title", "description", "nullable") if name in own}, **part}
            return fitter.fit(part, where, sending, prop=prop, depth=depth + 1)
        if not self.is_object(part):
            return fitter.build(fitter.merged(own, [part], place), place, sending, prop=prop, depth=depth + 1)
        inner = own.get("allOf")
        above = [(one, f"{place}/allOf/{at}") for at, one in enumerate(inner if isinstance(inner, list) else ())]
        both = {name: value for name, value in own.items() if name != "allOf"}
        return self.joined(both, [*above, (part, where)], place, sending, depth)

    def can_join(self, own: Mapping[str, Any], parts: Sequence[Any]) -> bool:
        """True if parts declare a property differently and no union stands in the way of making them one object."""
        fitter = self._fitter
        if not parts or not fitter.compositions.disagreements({**own, "allOf": list(parts)}):
            return False
        stack, seen = list(parts), set()
        while stack:
            one = fitter.document.follow(stack.pop(), "")[0]
            if not isinstance(one, dict) or id(one) in seen:
                continue
            seen.add(id(one))
            if branches(one) is not None:
                return False
            inner = one.get("allOf")
            stack.extend(inner if isinstance(inner, list) else ())
        return True

    def says_more(self, own: Mapping[str, Any], part: Any) -> bool:
        """True if what stands beside a composition limits values that its part allows."""
        target = self._fitter.document.follow(part, "")[0]
        if not isinstance(target, dict):
            return True
        kind = target.get("type", "object" if self.is_object(target) else None)
        return own.get("type", kind) != kind or any(
            key not in keywords.ANNOTATIONS and key not in keywords.HARMLESS and not key.startswith("x-")
            for key in own
            if key not in ("type", "allOf", "oneOf", "anyOf")
        )

    def joined(
        self, own: Mapping[str, Any], parts: Sequence[tuple[Any, str]], place: str, sending: bool, depth: int
    ) -> Schema:
        """Own members and those of parts, each with its pointer, in one object."""
        fitter = self._fitter
        found: dict[str, list[tuple[Any, str]]] = {}
        if own.get("type", "object") != "object":
            fitter.log(place, f"{own['type']} and object at once: object", "OA-C01", dropped=True)
        required = self._collect(own, place, found)
        for part, where in parts:
            required |= self._collect(part, where, found)
        out = keywords.copied({**own, "type": "object"}, "object", place, fitter.document, fitter.log)
        lost = {second for _, second in twins(found)}
        properties = {
            name: self._all_at_once(name, schemas, sending, depth)
            for name, schemas in found.items()
            if name not in lost
        }
        if properties:
            out["properties"] = properties
        keywords.copy_required(out, {"required": sorted(required)}, place, fitter.log, sending=sending)
        return out


def _same(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """True if two schemas differ in annotations, bounds and values alone."""
    keep = ("type", "format", "$ref", "items", "properties")
    return all(first.get(key) == second.get(key) for key in keep)
