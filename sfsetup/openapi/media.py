"""Media types as External Services sees them (help: media type schema directives, MIME type mapping)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sfsetup.openapi.parts import MediaType

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
PLAIN: Final = "text/plain"
BINARY: Final = "application/octet-stream"
MULTIPART: Final = "multipart/form-data"

REQUEST: Final = (JSON, FORM, PLAIN)
RESPONSE: Final = (JSON, FORM, PLAIN, BINARY)

_TEXTUAL = frozenset({"text/csv", "text/html", "text/markdown", "text/css", "text/javascript", "text/yaml"})


@lru_cache(maxsize=256)
def bare(name: str) -> str:
    """The media type without parameters, lower case: `application/json; charset=utf-8` gives `application/json`."""
    return name.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    """True for `application/json` and every type whose syntax is JSON."""
    found = bare(name)
    return found in (JSON, "text/json") or found.endswith("+json") or found == "application/x-json"


def is_wildcard(name: str) -> bool:
    """True for `*/*` and `application/*`: any supported type serves."""
    return bare(name) in ("*/*", "application/*", "*")


def is_binary(name: str) -> bool:
    """True for bodies that Salesforce can carry as a file since Winter '26."""
    return bare(name) == BINARY


def is_supported(name: str, *, response: bool) -> bool:
    """True if the directive needs no mapping. No name at all is fine: Salesforce then takes its default."""
    return not name or bare(name) in (RESPONSE if response else REQUEST)


def mapping_for(name: str) -> str | None:
    """The supported type of the same syntax, to be mapped to; None where there is none."""
    found = bare(name)
    if is_json(found) and found != JSON:
        return JSON
    return PLAIN if found in _TEXTUAL else None


def preferred(content: Sequence[MediaType]) -> MediaType | None:
    """The media type that counts: JSON by name, JSON by syntax, form, text, then the first."""
    for test in (
        lambda name: bare(name) == JSON,
        is_json,
        is_wildcard,
        lambda name: bare(name) == FORM,
        lambda name: bare(name) == PLAIN,
    ):
        for media in content:
            if test(media.name):
                return media
    return content[0] if content else None
