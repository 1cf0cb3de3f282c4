"""Formulas in header values: `$Credential` references and the ways they go wrong.

Grammar: `$Credential.<external credential>.<parameter>`, whole value `{!'Bearer ' & $Credential.EC.Key}` or text with
an embedded merge `Bearer {!$Credential.EC.Key}` (reference 'metadata types', section 2).
"""

from __future__ import annotations

import re

from sfsetup.values import dataclass

_MERGE = re.compile(r"\{!((?:[^{}]|\{(?!!))*)\}")
_QUOTE = re.compile("['\"]")
_BODIES = {quote: re.compile(rf"((?:[^{quote}\\]|\\.)*+){quote}", re.DOTALL) for quote in "'\""}
_CREDENTIAL = re.compile(r"\$Credential\s*\.\s*([A-Za-z]\w*)(?:\s*\.\s*([A-Za-z_]\w*))?", re.IGNORECASE)
_USER = re.compile(r"\$User\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CredentialReference:
    """`$Credential.EC.Param`; `parameter` is None in the form of legacy credentials, as `$Credential.Password`."""

    external_credential: str
    parameter: str | None

    @property
    def namespace(self) -> str | None:
        """Namespace in front of the external credential's name."""
        before, separator, _ = self.external_credential.partition("__")
        return before if separator else None


@dataclass(frozen=True, slots=True)
class HeaderFormula:
    """A header value, taken apart."""

    text: str
    is_formula: bool
    """True if any part is evaluated."""
    is_whole: bool
    """True if the whole value is one formula, the documented form."""
    references: tuple[CredentialReference, ...]
    unevaluated: tuple[CredentialReference, ...]
    """References outside `{! }`: sent as they are written."""
    literal: str
    """The text outside formulas."""
    strings: tuple[str, ...]
    """String literals inside formulas."""
    uses_user: bool

    @property
    def repeats_header(self) -> bool:
        """True for a value that begins with its own header's name, as `'Authorization: Bearer ' & …`."""
        start = next(iter(self.strings), "") if self.is_whole else self.literal
        return re.match(r"['\"\s]*[A-Za-z][A-Za-z0-9-]*:\s", start) is not None and "://" not in start[:12]


def read(value: str | None) -> HeaderFormula:
    """Takes a header value apart; never fails."""
    text = value or ""
    inner = [_without_strings(part) for part in _MERGE.findall(text)]
    literal = _MERGE.sub("", text)
    stripped = text.strip()
    return HeaderFormula(
        text=text,
        is_formula=bool(inner),
        is_whole=len(inner) == 1 and stripped.startswith("{!") and stripped.endswith("}"),
        references=tuple(reference for part, _ in inner for reference in _references(part)),
        unevaluated=tuple(_references(literal)),
        literal=literal,
        strings=tuple(string for _, strings in inner for string in strings),
        uses_user=any(_USER.search(part) for part, _ in inner),
    )


def _without_strings(formula: str) -> tuple[str, list[str]]:
    """The formula with empty strings, and the strings. A quote that nothing closes is no string.

    Of each kind the first unclosed one is the last that is tried: those behind it read the same text to its end, and
    trying each again would take the square of the length.
    """
    parts: list[str] = []
    strings: list[str] = []
    unclosed: set[str] = set()
    begun = at = 0
    while len(unclosed) < len(_BODIES) and (quote := _QUOTE.search(formula, at)) is not None:
        kind, at = quote.group(), quote.end()
        string = None if kind in unclosed else _BODIES[kind].match(formula, at)
        if string is None:
            unclosed.add(kind)
            continue
        parts += (formula[begun : quote.start()], "''")
        strings.append(string.group(1))
        begun = at = string.end()
    return "".join((*parts, formula[begun:])), strings


def _references(text: str) -> list[CredentialReference]:
    return [CredentialReference(match.group(1), match.group(2)) for match in _CREDENTIAL.finditer(text)]
