"""Names of schemas in a fitted document. They are not on the wire, so they may change; they stay where they can."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from sfsetup.openapi.encode import MAX_DEVELOPER_NAME, encode, is_plain
from sfsetup.text.pointers import split

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.fit_log import Log

_SYNTAX: Final = frozenset(
    {"schema", "properties", "items", "allOf", "oneOf", "anyOf", "content", "responses", "requestBody", "parameters"}
    | {"get", "put", "post", "delete", "patch", "options", "head", "trace", "default"}
    | {"paths", "components", "schemas", "definitions", "additionalProperties", "$defs", "x-sfsetup-files"}
)
"""Tokens of a pointer that say nothing about the schema."""

_WORD = re.compile(r"[A-Za-z0-9]+")


class ComponentNames:
    """Gives every schema that is referred to a name: its own where that is one, unique and not too long."""

    def __init__(self, document: OpenApiDocument, log: Log) -> None:
        self._home = f"{document.schemas_pointer}/"
        self._log = log
        self._by_place: dict[str, str] = {}
        self._taken: set[str] = set()
        # names that stay as they are win over names that are made up
        self._own = {_key(name): name for name in reversed(list(document.schemas))}
        self._in_use = set(self._own)
        self._numbers: dict[str, int] = {}
        self._order = list(document.schemas)

    def is_component(self, place: str) -> bool:
        """True for the pointer of a named schema."""
        return place.startswith(self._home) and "/" not in place[len(self._home) :]

    def in_order(self) -> list[str]:
        """Names in the order of the document, made-up ones last."""
        made = [name for name in self._by_place.values() if name not in self._order]
        return [*self._order, *made]

    def of(self, place: str) -> str:
        """The name of the schema at a pointer."""
        found = self._by_place.get(place)
        if found is None:
            found = self._by_place[place] = self._new(place)
            self._taken.add(_key(found))
            self._in_use.add(_key(found))
        return found

    def _new(self, place: str) -> str:
        if not self.is_component(place):
            name = self._made_up(place)
            self._log(place, f"moved to the schema {name}", "OA-A09")
            return name
        own = split(place)[-1]
        if len(encode(own)) > MAX_DEVELOPER_NAME:
            name = unique(shortened(own), self._in_use, self._numbers)
            self._log(place, f"schema renamed to {name}: its encoded name is too long", "OA-C15")
            return name
        if self._own[_key(own)] == own and _key(own) not in self._taken:
            return own
        name = unique(own, self._in_use, self._numbers)
        self._log(place, f"schema renamed to {name}: another has its name in Apex", "OA-C10")
        return name

    def _made_up(self, place: str) -> str:
        tokens = [token for token in split(place) if token not in _SYNTAX and not token.isdigit()]
        words: list[str] = []
        while tokens and not words:
            token = tokens.pop()
            # of a media type nothing tells what the schema is; of a path its last segment does
            words = [] if token.startswith(("application/", "text/")) else _WORD.findall(token.rpartition("/")[2])
        name = "".join(word[:1].upper() + word[1:] for word in words) or "Schema"
        if not name[0].isalpha():
            name = f"Schema{name}"
        return unique(shortened(name), self._in_use, self._numbers)


def _key(name: str) -> str:
    """What two names may not have in common: Apex knows no letter case."""
    return encode(name).lower()


def unique(name: str, taken: Collection[str], numbers: dict[str, int] | None = None) -> str:
    """The name, or the name with the first number that makes its encoded form, in lower case, none of those taken.

    `numbers` remembers from call to call where the search for a name ended: thousands may have one name.
    """
    if _key(name) not in taken:
        return name
    number = 2 if numbers is None else numbers.get(name, 2)
    while _key(f"{name}{number}") in taken:
        number += 1
    if numbers is not None:
        numbers[name] = number + 1
    return f"{name}{number}"


def shortened(name: str, limit: int = MAX_DEVELOPER_NAME - 8) -> str:
    """A name whose encoded form fits: letters and digits kept, a short hash of the whole at the end."""
    if len(encode(name)) <= limit:
        return name
    plain = safe(name)
    if len(plain) <= limit:
        return plain
    mark = hashlib.sha256(name.encode("utf-8", errors="replace")).hexdigest()[:6]
    return f"{plain[: limit - len(mark)]}{mark}"


def safe(name: str) -> str:
    """Letters and digits only, a letter first, words joined: `Send-Sms-Single` gives `SendSmsSingle`."""
    if is_plain(name):
        return name
    words = _WORD.findall(name)
    joined = "".join([*words[:1], *(word[:1].upper() + word[1:] for word in words[1:])])
    if not joined:
        return "operation"
    if not joined[0].isalpha():
        joined = f"op{joined}"
    return joined if is_plain(joined) else f"{joined}Operation"
