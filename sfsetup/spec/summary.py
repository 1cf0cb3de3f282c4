"""What an OpenAPI document suggests for the spec: title, address, operations, authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, SecurityScheme


@dataclass(frozen=True, slots=True)
class Authentication:
    """How callers authenticate by the document: keys of `external_credential`, and what the user must know."""

    protocol: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    """Parameters that the headers, or the protocol, need."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why the document gives no usable answer; empty when it does."""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """The defaults that one document gives."""

    title: str
    base_path: str
    origins: tuple[str, ...]
    """Distinct https origins of its servers without placeholders, in order."""
    operations: tuple[str, ...]
    """operationId, or `METHOD /path`, of every operation that can become an action."""
    summaries: Mapping[str, str]
    authentication: Authentication
    shared_path: str = ""
    """What the paths of all its operations begin with, as `/api/v1`: whole segments without parameters."""


def summarise(document: OpenApiDocument) -> DocumentSummary:
    """Reads the defaults out of a document."""
    from sfsetup.openapi.parts import USABLE_METHODS

    info = document.value.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    usable = [operation for operation in document.operations if operation.method in USABLE_METHODS]
    origins = [server.origin for server in document.servers if server.origin.startswith("https://")]
    summaries = {operation.label: str(operation.raw.get("summary") or "") for operation in usable}
    return DocumentSummary(
        title=title.strip() if isinstance(title, str) else "",
        base_path=document.base_path,
        origins=tuple(dict.fromkeys(origin for origin in origins if "{" not in origin)),
        operations=tuple(operation.label for operation in usable),
        summaries=summaries,
        authentication=authentication(document.security),
        shared_path=_shared_path([operation.path for operation in usable]),
    )


def _shared_path(paths: list[str]) -> str:
    segments = [[segment for segment in path.split("/") if segment] for path in paths]
    shared: list[str] = []
    for column in zip(*segments, strict=False):
        if len(set(column)) > 1 or "{" in column[0]:
            break
        shared.append(column[0])
    return "".join(f"/{segment}" for segment in shared)


def authentication(schemes: tuple[SecurityScheme, ...]) -> Authentication:
    """The keys that the security schemes suggest. Schemes in use come first; several headers are taken together."""
    used = [scheme for scheme in schemes if scheme.used] or list(schemes)
    if not used:
        return Authentication(None, problem="the document declares no security scheme")
    headers: dict[str, str] = {}
    parameters: list[str] = []
    for scheme in used:
        if scheme.kind == "http" and scheme.scheme.lower() == "bearer":
            headers.setdefault("Authorization", "Bearer {api_key}")
            parameters.append("api_key")
        elif scheme.kind == "apiKey" and scheme.location == "header" and scheme.parameter:
            name = _parameter_name(scheme.parameter, parameters)
            headers.setdefault(scheme.parameter, f"{{{name}}}")
            parameters.append(name)
    if headers:
        return Authentication("custom", headers, tuple(dict.fromkeys(parameters)))
    return _other(used)


def _other(used: list[SecurityScheme]) -> Authentication:
    for scheme in used:
        if scheme.kind == "basic" or (scheme.kind == "http" and scheme.scheme.lower() == "basic"):
            return Authentication("basic", parameters=("username", "password"))
        if scheme.kind == "oauth2" and {"clientCredentials", "application"} & set(scheme.flows):
            settings = {"token_url": scheme.token_url} if scheme.token_url else {}
            return Authentication("oauth_client_credentials", {}, ("client_id", "client_secret"), settings)
    for scheme in used:
        if scheme.kind == "oauth2":
            return Authentication("oauth_browser")
    kinds = ", ".join(sorted({_described(scheme) for scheme in used}))
    return Authentication(None, problem=f"no external credential can carry what the document asks for: {kinds}")


def _described(scheme: SecurityScheme) -> str:
    if scheme.kind == "apiKey":
        return f"an API key in the {scheme.location}"
    return f"{scheme.kind} {scheme.scheme}".strip()


def _parameter_name(header: str, taken: list[str]) -> str:
    import re

    if header.lower() == "authorization":
        return "api_key"
    name = re.sub(r"[^a-z0-9]+", "_", header.lower().removeprefix("x-")).strip("_") or "api_key"
    name = name if name[0].isalpha() else f"x{name}"
    return name if name not in taken else f"{name}_{len(taken) + 1}"
