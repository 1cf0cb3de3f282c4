"""What a flow can do with a schema: fill it as an input, read it as an output.

Flow knows no maps, no lists of lists and no values of any type (help: External Services schema definition, 'using').
A member of that kind does not spoil its object: a registration whose body holds a map is called from a flow in
mrhewbuc/mrflow. An operation is Apex only when such a value must be sent, or when nothing else is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.openapi.media import preferred
from sfsetup.openapi.types import branches, is_null, members, plain_type

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation

_PRIMITIVES = frozenset({"string", "integer", "number", "boolean", "file"})
_WHAT = "a map, a list of lists, an object without members, or a value of any type"
_DEEP = 60
"""Levels after which a schema is taken as usable: nobody builds such a value by hand."""


class Usable:
    """Answers for one document; every schema is looked at once per direction."""

    def __init__(self, document: OpenApiDocument) -> None:
        self._document = document
        self._known: dict[tuple[int, bool], bool] = {}

    def why_not(self, operation: Operation) -> str:
        """Why a flow cannot use the operation; empty if it can."""
        for parameter in operation.parameters:
            if parameter.required and parameter.schema is not None and not self._sends(parameter.schema):
                return f"A flow cannot fill the required {parameter.name}: {_WHAT}."
        body = operation.request_body
        media = preferred(body.content) if body is not None else None
        if body is not None and media is not None and media.schema is not None and not self._sends(media.schema):
            return f"A flow cannot fill {body.name}: {_WHAT}."
        callbacks = operation.raw.get("callbacks")
        if isinstance(callbacks, dict) and callbacks:
            return "The operation has callbacks, which work from Apex alone."
        results = [preferred(one.content) for one in operation.responses if one.code[:1] == "2" and one.content]
        typed = [one for one in results if one is not None and one.schema is not None]
        if typed and not any(self._usable(one.schema, False, 0) for one in typed):
            return f"A flow cannot read the result: {_WHAT}."
        return ""

    def _sends(self, schema: Any) -> bool:
        return self._usable(schema, True, 0)

    def _usable(self, schema: Any, sending: bool, depth: int) -> bool:
        schema = self._document.follow(schema, "")[0]
        if not isinstance(schema, dict):
            return False
        if depth > _DEEP:
            return True
        key = (id(schema), sending)
        found = self._known.get(key)
        if found is None:
            self._known[key] = False
            found = self._known[key] = self._look(schema, sending, depth)
        return found

    def _look(self, schema: dict[str, Any], sending: bool, depth: int) -> bool:
        kind = plain_type(schema)
        if kind in _PRIMITIVES:
            return True
        if kind == "array":
            items = self._document.follow(schema.get("items"), "")[0]
            nested = isinstance(items, dict) and plain_type(items) == "array"
            return not nested and self._usable(items, sending, depth + 1)
        inner = list(members(self._document, schema, ""))
        if inner:
            if sending and not all(self._usable(one.schema, True, depth + 1) for one in inner if one.required):
                return False
            return any(self._usable(one.schema, sending, depth + 1) for one in inner)
        parts = schema.get("allOf")
        if isinstance(parts, list):
            return any(self._usable(part, sending, depth + 1) for part in parts)
        union = branches(schema)
        if union is not None:
            return any(self._usable(part, sending, depth + 1) for part in union[1] if not is_null(part))
        return False
