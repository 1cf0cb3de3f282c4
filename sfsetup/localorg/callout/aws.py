"""AWS Signature Version 4 of a callout, as AWS documents it ("Create a signed AWS API request").

That the platform signs so, and which headers it signs, is inferred: the references know the protocol's parameters only.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
_SINGLE_ENCODED = ("s3",)
"""Services whose paths are encoded once; those of all others are encoded twice."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What signatures are made with."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str

    def headers(self, method: str, url: str, body: bytes, now: datetime) -> list[tuple[str, str]]:
        """X-Amz-Date and Authorization for a request; Host and the date are what is signed."""
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        signed = (("host", urlsplit(url).netloc.rpartition("@")[2]), ("x-amz-date", moment))
        request = _canonical(method, url, signed, body, self.service)
        to_sign = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        names = ";".join(name for name, _ in signed)
        value = f"{ALGORITHM} Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return [("X-Amz-Date", moment), ("Authorization", value)]


def _canonical(method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, service: str) -> str:
    parts = urlsplit(url)
    path = parts.path or "/"
    if service not in _SINGLE_ENCODED:
        path = quote(path, safe="/-_.~")
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in headers)
    names = ";".join(name for name, _ in headers)
    return "\n".join((method, path, query, lines, names, hashlib.sha256(body).hexdigest()))


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
