"""Secrets: references everywhere, a value only in the moment of use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from sfsetup.values import dataclass

MASK = "********"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret can be had; never the secret. `kind` is env, file, keyring, command, stdin or prompt."""

    kind: str
    locator: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.locator}" if self.locator else self.kind


class Secret:
    """Holds a secret value. Only `reveal` gives it out; text forms, pickling and comparison do not."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value
        _remember(value)

    def reveal(self) -> str:
        """The value itself. A lint rule lists the modules that may call this."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


_SHORTEST_MASKED = 6
"""Characters. Shorter values would turn ordinary words of every message into stars."""

_known: dict[str, tuple[str, ...]] = {}


def masked(text: str) -> str:
    """The text with every secret of this process replaced, raw and in the encodings in which it may travel."""
    if not _known or not text:
        return text
    for forms in _known.values():
        for form in forms:
            if form in text:
                text = text.replace(form, MASK)
    return text


def masked_value(value: Any) -> Any:
    """Each text of a JSON value masked by itself: as one text, what holds JSON would escape a secret a second time."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked(key) if isinstance(key, str) else key: masked_value(item) for key, item in value.items()}
    return [masked_value(item) for item in value] if isinstance(value, list | tuple) else value


def _remember(value: str) -> None:
    if len(value) < _SHORTEST_MASKED or value in _known:
        return
    import base64
    import json
    from urllib.parse import quote, quote_plus
    from xml.sax.saxutils import escape

    raw = value.encode("utf-8", "surrogatepass")
    xml = escape(value)
    encoded = base64.b64encode(raw).decode()
    forms = {
        value,
        xml,
        escape(value, {"'": "&apos;", '"': "&quot;"}),
        escape(value, {"'": "&#39;", '"': "&#34;"}),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
        encoded,
        encoded.rstrip("="),
        base64.urlsafe_b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    _known[value] = tuple(sorted(forms, key=len, reverse=True))
