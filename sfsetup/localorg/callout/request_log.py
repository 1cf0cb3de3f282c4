"""The log of callouts: what was sent and what came back, with every secret redacted before it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from sfsetup.model.secret import MASK

if TYPE_CHECKING:
    from sfsetup.localorg.callout.values import Incoming, Outgoing
    from sfsetup.localorg.state.settings import Documents

COLLECTION = "requests"
KEEP = 500
"""Requests that the log holds; older ones go."""

_MAX_BODY = 20_000
_WIDEST = 12
"""Bytes that a character of a secret may take: four of UTF-8 in percent signs, two halves of a pair in JSON."""
_SECRET_NAMES = re.compile(
    r"authorization|cookie|token|secret|api[-_]?key|apikey|password|signature|credential|\bkey\b", re.IGNORECASE
)
_SECRET_PROPERTY = re.compile(
    r'("[^"\\]{0,80}(?:token|secret|password|passphrase|api[-_]?key|authorization|credential)s?"\s*:\s*)'
    r'"(?:[^"\\]|\\.)*(?:"|\Z)',
    re.IGNORECASE,
)
"""A JSON property with a telling name and a text for value; the text may be cut off at the end of what is shown."""
_SCHEMES = ("bearer", "basic", "token", "apikey", "digest")


def entry(sent: Outgoing, came: Incoming | None, *, problem: str = "", context: dict[str, Any]) -> dict[str, Any]:
    """One row of the log."""
    return {
        **context,
        "method": sent.method,
        "url": redact_url(sent.url, sent.secrets),
        "headers": {name: redact_header(name, value, sent.secrets) for name, value in sent.headers},
        "body": redact_body(sent.body, sent.headers, sent.secrets),
        "status": came.status if came else None,
        "response": redact_body(came.body, tuple(came.headers.items()), sent.secrets) if came else "",
        "problem": hide(problem, sent.secrets),
    }


def write(documents: Documents, row: dict[str, Any]) -> None:
    """Adds a row."""
    documents.append(COLLECTION, row, keep=KEEP)


def read(documents: Documents) -> list[dict[str, Any]]:
    """All rows, oldest first."""
    return [{"id": key, **row} for key, row in documents.items(COLLECTION)]


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, in the encodings in which they may stand there."""
    import base64
    import json

    from sfsetup.metadata.xml import escape

    for secret in sorted(set(secrets), key=len, reverse=True):
        if not secret:
            continue
        forms = {
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            escape(secret),
            base64.b64encode(secret.encode()).decode(),
        }
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, MASK)
    return text


def redact_header(name: str, value: str, secrets: Iterable[str]) -> str:
    """A header's value; of one that carries a credential only the scheme stays. Literal merge fields are shown."""
    if "{!" in value:
        return hide(value, secrets)
    if not _SECRET_NAMES.search(name):
        return hide(value, secrets)
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.lower() in _SCHEMES else MASK


def redact_url(url: str, secrets: Iterable[str]) -> str:
    """The URL with the values of telling query parameters replaced."""
    parts = urlsplit(url)
    if parts.query:
        pairs = [
            (name, MASK if _SECRET_NAMES.search(name) else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        parts = parts._replace(query=urlencode(pairs, safe="*"))
    return hide(urlunsplit(parts), secrets)


def redact_body(body: bytes, headers: Iterable[tuple[str, str]], secrets: Iterable[str]) -> str:
    """The body as text; form fields and JSON properties with telling names lose their values."""
    # More than is shown: a secret that the end of the shown part would cut in two is still found.
    secrets = tuple(secrets)
    text = body[: 2 * _MAX_BODY + _WIDEST * max(map(len, secrets), default=0)].decode("utf-8", "replace")
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    if "x-www-form-urlencoded" in kind:
        pairs = parse_qsl(text, keep_blank_values=True)
        text = urlencode([(name, MASK if _SECRET_NAMES.search(name) else value) for name, value in pairs], safe="*")
    else:
        text = _SECRET_PROPERTY.sub(rf'\1"{MASK}"', text)
    return hide(text, secrets)[:_MAX_BODY]
