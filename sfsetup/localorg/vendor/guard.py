"""Whether a request carries credentials as the document asks for, and the right ones once these are known."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from sfsetup.localorg.vendor.requests import Incoming
    from sfsetup.localorg.vendor.settings import VendorSettings
    from sfsetup.openapi.document import OpenApiDocument, Operation, SecurityScheme

TokenCheck = Callable[[str], bool]
"""Says whether a bearer token is one that the stand-in's own token endpoint has issued and not yet expired."""


def refusal(
    document: OpenApiDocument,
    operation: Operation,
    request: Incoming,
    settings: VendorSettings,
    issued: TokenCheck | None,
) -> str | None:
    """Why the request gets 401, or None. `issued` is given where the org fetches tokens for this vendor."""
    bearer = _after(request, "bearer")
    if issued is not None:
        if not bearer:
            return "The Authorization header holds no bearer token."
        return None if issued(bearer) else "The access token is not valid or has expired."
    requirements = _requirements(document, operation)
    reasons: list[str] = []
    for requirement in requirements:
        found = [_presented(scheme, request) for scheme in requirement]
        reasons.extend(reason for reason, _ in found if reason)
        if not any(reason for reason, _ in found):
            break
    else:
        if requirements:
            return reasons[0]
    # A signature does not tell the secret, of which only a digest is kept: any is taken.
    is_signed = request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=")
    if settings.demands_secret and not is_signed and not settings.is_right(set(_candidates(request))):
        return "The credentials are not valid."
    return None


def _requirements(document: OpenApiDocument, operation: Operation) -> list[list[SecurityScheme]]:
    """The alternatives of the operation; each is a list of schemes that must all hold. Empty: no authentication."""
    declared = {scheme.name: scheme for scheme in document.security}
    raw: Any = operation.raw.get("security", document.value.get("security"))
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        return []
    alternatives = [entry for entry in raw if isinstance(entry, Mapping)]
    if any(not entry for entry in alternatives):
        return []
    known = [[declared[name] for name in entry if name in declared] for entry in alternatives]
    return [entry for entry in known if entry]


def _presented(scheme: SecurityScheme, request: Incoming) -> tuple[str | None, str]:
    """(what is wrong, the credential) for one scheme; a merge field that was sent as it stands is no credential."""
    if (scheme.kind == "http" and scheme.scheme == "basic") or scheme.kind == "basic":
        pair = _basic(request)
        return (None, pair[1]) if pair else ("The Authorization header holds no Basic credentials.", "")
    if scheme.kind in ("http", "oauth2", "openIdConnect"):
        token = _after(request, scheme.scheme or "bearer")
        word = (scheme.scheme or "bearer").capitalize()
        return (None, token) if _well_formed(token) else (f"The Authorization header holds no {word} token.", "")
    if scheme.kind == "apiKey":
        value = _api_key(scheme, request)
        return (None, value) if _well_formed(value) else (f"{scheme.location} {scheme.parameter!r} is missing.", "")
    return None, ""


def _api_key(scheme: SecurityScheme, request: Incoming) -> str:
    if scheme.location == "header":
        return request.headers.get(scheme.parameter.lower(), "")
    if scheme.location == "query":
        return dict(parse_qsl(request.query)).get(scheme.parameter, "")
    cookies = dict(part.strip().partition("=")[::2] for part in request.headers.get("cookie", "").split(";"))
    return cookies.get(scheme.parameter, "")


def _well_formed(value: str) -> bool:
    return bool(value.strip()) and "{!" not in value


def _after(request: Incoming, scheme: str) -> str:
    word, _, rest = request.headers.get("authorization", "").partition(" ")
    return rest.strip() if word.lower() == scheme.lower() else ""


def _basic(request: Incoming) -> tuple[str, str] | None:
    try:
        text = base64.b64decode(_after(request, "basic"), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon and (user or password) else None


def _candidates(request: Incoming) -> Iterator[str]:
    """Everything in the request that may be the secret."""
    for name, value in request.headers.items():
        if name in ("host", "content-type", "content-length", "accept", "user-agent", "connection"):
            continue
        yield value
        yield value.partition(" ")[2].strip()
    if pair := _basic(request):
        yield from (*pair, ":".join(pair))
    for _, value in parse_qsl(request.query):
        yield value
