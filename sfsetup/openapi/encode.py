"""Identifier encoding of External Services: names that Apex cannot hold are escaped, reserved words get `z0`.

Source: help 'External Services: Apex reserved keywords'; every word and escape marked as seen below was met in metadata
or flows of real orgs (reference 'external services', section 4.3).
"""

from __future__ import annotations

import re
from typing import Final

RESERVED_SEEN: Final = frozenset({"type", "limit", "user", "currency"})
"""Words seen with `z0` in real orgs (or shown so by Salesforce's help). `user` is in no published list."""

_PUBLISHED = """
    abstract activate and any array as asc autonomous begin bigdecimal blob boolean break bulk by byte case cast
    catch char class collect commit const continue date datetime decimal default delete desc do double else end enum
    exception exit export extends false final finally float for from global goto group having hint if implements import
    in inner insert instanceof int integer interface into join like list long loop map merge new not null nulls number
    object of on or outer override package parallel pragma private protected public retrieve return rollback select set
    short sobject sort static string super switch synchronized system testmethod then this throw time transaction
    trigger true try undelete update upsert using virtual void webservice when where while
"""
RESERVED: Final = RESERVED_SEEN | frozenset(_PUBLISHED.split())
"""Apex reserved words as published up to sObject, the rest from general knowledge: a `z0` for them is 'likely'."""

MAX_DEVELOPER_NAME: Final = 80
"""Longest operation or object name that Salesforce does not shorten (help: External Services class names)."""

MAX_CLASS_NAME: Final = 255
"""Longest Apex class name; beyond it the registration fails (same page)."""

_SPECIAL = re.compile(r"[^A-Za-z0-9]")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def _escape(match: re.Match[str]) -> str:
    return "".join(f"x{byte:02x}" for byte in match.group().encode("utf-8", errors="surrogatepass"))


def encode(identifier: str) -> str:
    """The form of a name in class names, Apex and flow property paths: `max_tokens` gives `maxx5ftokens`.

    Characters beyond ASCII are written byte by byte in UTF-8, which is an inference.
    """
    if _PLAIN.match(identifier) is None:
        identifier = _SPECIAL.sub(_escape, identifier)
        if identifier[:1].isdigit():
            identifier = f"x{ord(identifier[0]):02x}{identifier[1:]}"
    return f"z0{identifier}" if identifier.lower() in RESERVED else identifier


def is_sure(identifier: str) -> bool:
    """True if `encode` rests on something seen: a plain name, an ASCII escape, or one of the words met in orgs."""
    return identifier.isascii() and (identifier.lower() not in RESERVED or identifier.lower() in RESERVED_SEEN)


def is_plain(identifier: str) -> bool:
    """True for a name that every place shows unchanged: letters and digits, a letter first, not reserved."""
    return _PLAIN.match(identifier) is not None and identifier.lower() not in RESERVED


def derived_operation_name(method: str, path: str) -> str:
    """The name of an operation without operationId: `GET /crawl/{crawl_id}` gives `getCrawlByCrawl_id`."""
    words = [method.lower()]
    for segment in path.split("/"):
        segment = _PARAMETER.sub(lambda match: f"By{_capital(match.group(1))}", segment)
        words.append(_capital(segment))
    return "".join(words)


def derivation_is_seen(path: str) -> bool:
    """True for paths whose derived name has the form met in orgs: plain segments and at most one parameter, last."""
    segments = [segment for segment in path.split("/") if segment]
    plain = all(re.match(r"\w+\Z", segment, re.ASCII) for segment in segments[:-1])
    return plain and (not segments or re.match(r"(?:\w+|\{\w+\})\Z", segments[-1], re.ASCII) is not None)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
