"""Header templates of the spec and the formulas of the platform: `Bearer {api_key}` <-> `{!'Bearer ' & $Credential…}`.

Grammar of a template: text with placeholders. `{name}` is a parameter of the principal; `{first:second}` is the base64
form of `first:second`, as HTTP Basic wants it; `{{` and `}}` are braces. A template that holds `{!` is a formula
already and is taken as it stands. Sources: reference 'metadata types', section 2 'Formula in a header value'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sfsetup.values import dataclass

MAX_FORMULA = 3900
"""Characters of a formula; documented (nc_named_creds_formula_functions)."""

MAX_RESULT = 1300
"""Characters of what a formula gives; longer values are cut silently (same source)."""

_PARAMETER = r"[A-Za-z][A-Za-z0-9_]*"
PARAMETER_NAME = re.compile(rf"{_PARAMETER}\Z")
"""A parameter that a formula can name: `$Credential.<EC>.<name>` has no quoting."""

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_PLACEHOLDER = re.compile(rf"\s*({_PARAMETER})\s*(?::\s*({_PARAMETER})\s*)?\Z")
_REFERENCE = re.compile(r"\$Credential\.([A-Za-z0-9_]+)\.([A-Za-z0-9_]+)")


class TemplateError(ValueError):
    """A template that cannot be read; the text says why and shows no value."""


@dataclass(frozen=True, slots=True)
class Template:
    """A read template: pieces of plain text and tuples of one or two parameter names."""

    pieces: tuple[str | tuple[str, ...], ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters in order, each once."""
        names = [name for piece in self.pieces if isinstance(piece, tuple) for name in piece]
        return tuple(dict.fromkeys(names))


def parse(template: str) -> Template:
    """Reads a template. Raises TemplateError for a lone brace and for a placeholder that is no parameter name."""
    pieces: list[str | tuple[str, ...]] = []
    for match in _PIECE.finditer(template):
        text = match.group()
        if text in ("{{", "}}"):
            _append_text(pieces, text[0])
        elif match.group(1) is not None:
            found = _PLACEHOLDER.match(match.group(1))
            if not found:
                raise TemplateError(
                    "a placeholder must be {parameter} or {user:password}, with names of letters, digits and _"
                )
            pieces.append(tuple(name for name in found.groups() if name))
        elif text in ("{", "}"):
            raise TemplateError(f"has a lone {text!r}; write {text * 2!r} for the character itself")
        else:
            _append_text(pieces, text)
    return Template(tuple(pieces))


def _append_text(pieces: list[str | tuple[str, ...]], text: str) -> None:
    if pieces and isinstance(pieces[-1], str):
        pieces[-1] += text
    else:
        pieces.append(text)


def is_formula(template: str) -> bool:
    """True for a value that is written as a formula already."""
    return "{!" in template


def formula(template: str, credential: str) -> str:
    """The header value of the metadata: a whole-value formula, or the text itself where nothing is filled in.

    The whole-value spelling is the one that is known to be evaluated. Raises TemplateError.
    """
    if is_formula(template):
        return template
    pieces = parse(template).pieces
    if not any(isinstance(piece, tuple) for piece in pieces):
        return "".join(piece for piece in pieces if isinstance(piece, str))
    return "{!" + " & ".join(_term(piece, credential) for piece in pieces) + "}"


def _term(piece: str | tuple[str, ...], credential: str) -> str:
    if isinstance(piece, str):
        return _literal(piece)
    references = [f"$Credential.{credential}.{name}" for name in piece]
    if len(references) == 1:
        return references[0]
    return f"BASE64ENCODE(BLOB({' & '.join((references[0], _literal(':'), references[1]))}))"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def references(value: str) -> tuple[tuple[str, str], ...]:
    """The (external credential, parameter) pairs that a formula names, in order, each once."""
    return tuple(dict.fromkeys((match[1], match[2]) for match in _REFERENCE.finditer(value)))


def template_of(value: str, credential: str) -> str | None:
    """The template that gives this header value, or None where only the formula itself can say it (adopt)."""
    if not is_formula(value):
        return value.replace("{", "{{").replace("}", "}}")
    if not (value.startswith("{!") and value.endswith("}")):
        return None
    terms = _terms(value[2:-1])
    if terms is None:
        return None
    candidate = "".join(_template_term(term, credential) or "" for term in terms)
    try:
        return candidate if formula(candidate, credential) == formula_normalised(terms) else None
    except TemplateError:
        return None


_TERM = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\$Credential\.[A-Za-z0-9_]+\.[A-Za-z0-9_]+)"""
    r"""|(BASE64ENCODE\(\s*BLOB\(\s*\$Credential\.[A-Za-z0-9_]+\.[A-Za-z0-9_]+\s*&\s*(?:':'|":")\s*&"""
    r"""\s*\$Credential\.[A-Za-z0-9_]+\.[A-Za-z0-9_]+\s*\)\s*\)))\s*(&|\Z)"""
)


def _terms(expression: str) -> list[str | tuple[str, ...]] | None:
    """Splits `a & b & c` into text and references (`EC.param`); None for anything else."""
    result: list[str | tuple[str, ...]] = []
    position = 0
    while position < len(expression):
        match = _TERM.match(expression, position)
        if not match:
            return None
        single, double, reference, encoded, end = match.groups()
        if reference:
            result.append((reference.removeprefix("$Credential."),))
        elif encoded:
            result.append(tuple(f"{credential}.{name}" for credential, name in _REFERENCE.findall(encoded)))
        else:
            _append_text(result, re.sub(r"\\(.)", r"\1", single if single is not None else double))
        position = match.end()
        if end != "&":
            break
    return result if result and position >= len(expression) else None


def _template_term(term: str | tuple[str, ...], credential: str) -> str | None:
    if isinstance(term, str):
        return term.replace("{", "{{").replace("}", "}}")
    prefix = f"{credential}."
    if any(not name.startswith(prefix) for name in term):
        return None
    return "{" + ":".join(name.removeprefix(prefix) for name in term) + "}"


def formula_normalised(terms: Sequence[str | tuple[str, ...]]) -> str:
    """The formula in our own spelling, for comparing formulas by meaning."""
    written = []
    for term in terms:
        if isinstance(term, str):
            written.append(_literal(term))
        elif len(term) == 1:
            written.append(f"$Credential.{term[0]}")
        else:
            written.append(f"BASE64ENCODE(BLOB($Credential.{term[0]} & ':' & $Credential.{term[1]}))")
    return "{!" + " & ".join(written) + "}"


def same_value(first: str, second: str) -> bool:
    """True if two header values mean the same: equal text, or formulas that differ in spelling alone."""
    if first == second:
        return True
    spelled = []
    for value in (first, second):
        if not (value.startswith("{!") and value.endswith("}")):
            return False
        terms = _terms(value[2:-1])
        if terms is None:
            return False
        spelled.append(formula_normalised(terms))
    return spelled[0] == spelled[1]
