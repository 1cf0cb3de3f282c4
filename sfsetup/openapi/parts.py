"""The parts of an OpenAPI document that the rest of sfsetup talks about: operations, parameters, bodies, servers.

OpenAPI 2.0 and 3.x look the same from here; what is written in the document stays reachable through `raw` and the
JSON pointers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from sfsetup.values import dataclass

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""HTTP methods that a path item may hold (OpenAPI 3.0.3, Path Item Object; 2.0 has no trace)."""

USABLE_METHODS = frozenset({"get", "patch", "put", "post", "delete"})
"""Methods that become actions (help: External Services schema definition)."""

COMPATIBLE_MEDIA_TYPES_KEY = "x-sfsetup-compatible-media-types"
"""Root key under which `openapi fit` keeps its media-type map (`serviceBinding.compatibleMediaTypes`)."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type of a body. `name` is empty where the document names none."""

    name: str
    schema: Any
    """The Schema Object as written, a `$ref` included; None where there is none."""
    pointer: str
    """Where the media type is named."""
    schema_pointer: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in path, query, header, cookie or (2.0) formData. A 2.0 body parameter is a RequestBody."""

    name: str
    location: str
    required: bool
    schema: Any
    pointer: str
    schema_pointer: str
    raw: Mapping[str, Any]
    content: tuple[MediaType, ...] = ()
    """Given instead of a schema by 3.x documents that describe the value with `content`."""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body of a request: named `body` in 3.x, after its parameter in 2.0."""

    name: str
    required: bool
    content: tuple[MediaType, ...]
    pointer: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """One response by its key: `200`, `2XX`, `default`."""

    code: str
    content: tuple[MediaType, ...]
    pointer: str
    raw: Mapping[str, Any]

    @property
    def is_error(self) -> bool:
        """True for keys of 300 and above, ranges included; False for `default`."""
        return self.code[:1] in {"3", "4", "5"}


_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def path_names(path: str) -> tuple[str, ...]:
    """The names in braces of a path, each once."""
    return tuple(dict.fromkeys(_IN_BRACES.findall(path)))


_CODE = re.compile(r"[1-5][0-9]{2}|[1-5]XX|default")


def response_code(key: str) -> str | None:
    """The key of a response as OpenAPI has it: a status code, a range such as `4XX`, `default`; None for others."""
    written = key.upper() if key[:1].isdigit() else key
    return written if _CODE.fullmatch(written) else None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, with the parameters of its path item merged in."""

    method: str
    """Lower case."""
    path: str
    operation_id: str | None
    pointer: str
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: tuple[Response, ...]
    raw: Mapping[str, Any]

    @property
    def label(self) -> str:
        """`operationId` or `METHOD /path`: how messages name the operation."""
        return self.operation_id or f"{self.method.upper()} {self.path}"

    def named(self, text: str) -> bool:
        """True if `text` means this operation: its operationId, or `METHOD /path` in any case of the method."""
        if self.operation_id is not None and text == self.operation_id:
            return True
        method, _, path = text.partition(" ")
        return method.lower() == self.method and path.strip() == self.path


@dataclass(frozen=True, slots=True)
class Server:
    """One server with the defaults of its variables filled in."""

    url: str
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """`https://host[:port]`; empty for a relative URL."""
        scheme, separator, rest = self.url.partition("://")
        return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0]}" if separator else ""

    @property
    def base_path(self) -> str:
        """The path behind the origin without a trailing slash; empty for the root."""
        rest = self.url[len(self.origin) :] if self.origin else self.url
        path = rest.split("?", 1)[0].split("#", 1)[0].rstrip("/")
        return path if not path or path.startswith("/") else f"/{path}"


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How the document says callers authenticate; Salesforce ignores it, the spec takes its defaults from it."""

    name: str
    kind: str
    """apiKey, http, oauth2, openIdConnect, mutualTLS or (2.0) basic."""
    scheme: str = ""
    """For http: basic, bearer, …"""
    location: str = ""
    """For apiKey: header, query or cookie."""
    parameter: str = ""
    """For apiKey: the name of the header, query parameter or cookie."""
    token_url: str = ""
    flows: tuple[str, ...] = ()
    used: bool = False
    """True if an operation or the document as a whole asks for it."""
