"""Reads an OpenAPI document: 2.0, 3.0 or 3.1, JSON or YAML, one file or several.

Nothing here judges: wrong types are skipped, what does not resolve is remembered, and `openapi.acceptance` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from sfsetup.errors import InvalidInput
from sfsetup.openapi import normal
from sfsetup.openapi.parts import (
    COMPATIBLE_MEDIA_TYPES_KEY,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
    SecurityScheme,
    Server,
)
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.text.documents import Document

__all__ = [
    "FILES_KEY",
    "MAX_BYTES",
    "MISSING",
    "ForeignRef",
    "MediaType",
    "OpenApiDocument",
    "Operation",
    "Parameter",
    "RequestBody",
    "Response",
    "SecurityScheme",
    "Server",
    "load",
    "parse",
]

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest file that is read. Salesforce stores 10 million characters; published documents stay below 20 MB."""

FILES_KEY: Final = "x-sfsetup-files"
"""Root key below which the other files of a multi-file document hang in memory."""

_FOREIGN_JSON = re.compile(rb'"\$ref"\s*:\s*"(?!#)')
_FOREIGN_YAML = re.compile(rb"""\$ref['"]?\s*:\s*['"]?(?![#'"\s])""")

Fetch = Callable[[str], bytes]
"""Gets the document behind an http(s) URL; given only when the user allowed remote references."""


class _Missing:
    """What a reference that leads nowhere leads to."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class ForeignRef:
    """A `$ref` to another file. `problem` is empty when it was read, else says why it was not."""

    pointer: str
    ref: str
    problem: str = ""


@dataclass(frozen=True)
class OpenApiDocument:
    """A document and lookups over it. `value` is the parsed text; other files hang below `FILES_KEY`."""

    source: Document
    value: Mapping[str, Any]
    name: str
    files: Mapping[str, Document] = field(default_factory=dict)
    foreign: tuple[ForeignRef, ...] = ()
    first_line: int = 1
    """Line of the file on which the text begins: a registration holds it further down."""
    mapped: Mapping[str, str] = field(default_factory=dict)
    """Media types that a registration's serviceBinding maps, beside those that the document itself names."""
    _refs: dict[str, tuple[Any, str]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The text of the main file, as it was read."""
        return self.source.text

    @property
    def syntax(self) -> str:
        """json or yaml."""
        return self.source.syntax

    @cached_property
    def version(self) -> str:
        """The text of `openapi` or `swagger`; empty when there is neither."""
        for key in ("openapi", "swagger"):
            if key in self.value:
                found = self.value[key]
                return found if isinstance(found, str) else (self.source.source_text(f"/{key}") or str(found))
        return ""

    @property
    def is_v2(self) -> bool:
        """True for OpenAPI (Swagger) 2.0."""
        return self.version.startswith("2")

    @property
    def is_v31(self) -> bool:
        """True for 3.1 and later, whose schemas are JSON Schema 2020-12."""
        return re.match(r"3\.[1-9]", self.version) is not None

    @property
    def characters(self) -> int:
        """Length of the text as Salesforce counts its limits."""
        return len(self.text)

    @property
    def schemas_pointer(self) -> str:
        """Where named schemas live."""
        return "/definitions" if self.is_v2 else "/components/schemas"

    @cached_property
    def schemas(self) -> Mapping[str, Any]:
        """The named schemas by name."""
        holder: Any = self.value if self.is_v2 else self.value.get("components")
        found = holder.get("definitions" if self.is_v2 else "schemas") if isinstance(holder, dict) else None
        return found if isinstance(found, dict) else {}

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation in the document's order, unusable methods included."""
        return tuple(normal.operations(self))

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """Servers of the whole document; for 2.0 one per scheme, https first."""
        return tuple(normal.servers(self))

    @property
    def base_path(self) -> str:
        """The base path that Salesforce puts between the Named Credential's URL and each path; empty for none."""
        if self.is_v2:
            found = self.value.get("basePath")
            return Server(found).base_path if isinstance(found, str) else ""
        return self.servers[0].base_path if self.servers else ""

    @cached_property
    def security(self) -> tuple[SecurityScheme, ...]:
        """The security schemes the document declares."""
        return tuple(normal.security(self))

    @cached_property
    def compatible_media_types(self) -> Mapping[str, str]:
        """Type on the wire -> supported type: what `fit` left in the document, or the registration maps."""
        found = self.value.get(COMPATIBLE_MEDIA_TYPES_KEY)
        own = found.items() if isinstance(found, dict) else ()
        return {**self.mapped, **{key: value for key, value in own if isinstance(value, str)}}

    @property
    def schema_type(self) -> str:
        """`schemaType` of the registration as orgs write it: OpenApi for 2.0, OpenApi3 for 3.x."""
        return "OpenApi" if self.is_v2 else "OpenApi3"

    @cached_property
    def registered_text(self) -> str:
        """The text that goes into the registration: the document without the key that only sfsetup reads."""
        if COMPATIBLE_MEDIA_TYPES_KEY not in self.value and not self.foreign:
            return self.text
        from sfsetup.text.documents import dump_json

        indent = 2 if "\n" in self.text.strip() else None
        return dump_json({k: v for k, v in self.value.items() if k != COMPATIBLE_MEDIA_TYPES_KEY}, indent=indent)

    def operation(self, text: str) -> Operation | None:
        """The operation with this operationId, or the one meant by `METHOD /path`."""
        return next((operation for operation in self.operations if operation.named(text)), None)

    def at(self, pointer: str) -> Any:
        """The value at a JSON pointer, or MISSING."""
        node: Any = self.value
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and token in node:
                node = node[token]
            elif isinstance(node, list) and token.isascii() and token.isdigit() and int(token) < len(node):
                node = node[int(token)]
            else:
                return MISSING
        return node

    def target(self, ref: str) -> tuple[Any, str]:
        """Where one `$ref` text leads: the value and its pointer, `(MISSING, "")` if nowhere. No further step."""
        found = self._refs.get(ref)
        if found is None:
            if ref == "#" or ref.startswith("#/"):
                pointer = unquote(ref[1:]) if "%" in ref else ref[1:]
                value = self.at(pointer)
                found = (value, pointer) if value is not MISSING else (MISSING, "")
            else:
                found = (MISSING, "")
            self._refs[ref] = found
        return found

    def follow(self, node: Any, pointer: str) -> tuple[Any, str]:
        """Follows `$ref`s until something else comes; `(MISSING, "")` for a dangling or circular chain."""
        seen: set[str] = set()
        while isinstance(node, dict):
            ref = node.get("$ref")
            if not isinstance(ref, str):
                return node, pointer
            if ref in seen:
                return MISSING, ""
            seen.add(ref)
            node, pointer = self.target(ref)
        return node, pointer

    def resolve(self, schema_or_pointer: Any) -> Any:
        """The value that a schema, a `$ref` text or a JSON pointer stands for, or MISSING."""
        if isinstance(schema_or_pointer, str):
            text = schema_or_pointer
            value, pointer = self.target(text if text.startswith("#") else f"#{text}")
            return self.follow(value, pointer)[0]
        return self.follow(schema_or_pointer, "")[0]

    def place(self, pointer: str) -> tuple[str, str]:
        """The file that holds what a pointer names, and the pointer within that file."""
        prefix = f"/{FILES_KEY}/"
        if pointer.startswith(prefix):
            token, slash, rest = pointer[len(prefix) :].partition("/")
            return token.replace("~1", "/").replace("~0", "~"), f"{slash}{rest}"
        return self.name, pointer

    def line(self, pointer: str) -> int | None:
        """1-based line of what a pointer names, in the file of `place`; None when it is not known."""
        return self.lines([pointer])[pointer]

    def lines(self, pointers: Iterable[str]) -> dict[str, int | None]:
        """Lines of many pointers, each file looked through once."""
        by_file: dict[str, dict[str, str]] = {}
        for pointer in pointers:
            name, inner = self.place(pointer)
            by_file.setdefault(name, {})[pointer] = inner
        found: dict[str, int | None] = {}
        for name, wanted in by_file.items():
            lines = self.files.get(name, self.source).lines(wanted.values())
            above = 0 if name in self.files else self.first_line - 1
            for pointer, inner in wanted.items():
                line = lines[inner]
                found[pointer] = line if line is None else line + above
        return found

    def walk_files(self) -> Iterator[tuple[str, Document]]:
        """The main file and the others, by name."""
        yield self.name, self.source
        yield from self.files.items()


def load(path: Path, *, fetch: Fetch | None = None) -> OpenApiDocument:
    """Reads a document from a file, and the files below its folder that it refers to.

    Raises UsageError for a missing file, InvalidInput for one that is too big, not JSON or YAML, or no mapping.
    """
    from sfsetup.text.files import read_file

    data = read_file(path, max_bytes=MAX_BYTES)
    return parse(data, name=str(path), folder=path.resolve().parent, fetch=fetch)


def parse(
    data: bytes, *, name: str, folder: Path | None = None, fetch: Fetch | None = None, syntax: str = "auto"
) -> OpenApiDocument:
    """Reads a document from bytes; `folder` (a real path) allows references to files below it.

    Raises InvalidInput for text that is neither JSON nor YAML, or whose top level is not a mapping.
    """
    from sfsetup.text.documents import read_document

    source = read_document(
        data, name=name, syntax="auto" if syntax == "auto" else "json" if syntax == "json" else "yaml"
    )
    value = source.value
    if not isinstance(value, dict):
        raise InvalidInput(
            f"This is not an OpenAPI document: the top level is {_kind(value)}, not a mapping.",
            actions=("Give the file that starts with `openapi` or `swagger`.",),
            file=name,
            line=1,
        )
    document = OpenApiDocument(source, value, name)
    if (_FOREIGN_JSON if source.syntax == "json" else _FOREIGN_YAML).search(data) is None:
        return document
    from sfsetup.openapi.files import gather

    return gather(document, folder=folder, fetch=fetch)


def _kind(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", type(None): "empty"}
    return names.get(type(value), "a number")
