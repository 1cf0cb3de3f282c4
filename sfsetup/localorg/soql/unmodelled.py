"""What is SOQL and not modelled: a query with it is told so, and not called malformed."""

from __future__ import annotations

import re

_STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_WORDS = re.compile(
    r"\bTYPEOF\b|\bUSING\s+SCOPE\b|\bWITH\s+\w+|\bALL\s+ROWS\b|\bUPDATE\s+(?:TRACKING|VIEWSTAT)\b"
    r"|\b(?:THIS|LAST|NEXT)_(?:N_)?FISCAL_\w+|\bN_FISCAL_\w+|\b(?:INCLUDES|EXCLUDES)(?=\s*\()"
    r"|\b(?:ROLLUP|CUBE|GROUPING|FORMAT|TOLABEL|CONVERTCURRENCY|CONVERTTIMEZONE|DISTANCE|GEOLOCATION"
    r"|CALENDAR_\w+|FISCAL_\w+|DAY_IN_\w+|DAY_ONLY|HOUR_IN_DAY|WEEK_IN_\w+)(?=\s*\()",
    re.IGNORECASE,
)
"""Clauses, functions and date literals of the SOQL reference that the grammar lacks."""


def first_of(text: str) -> str | None:
    """The first such word of a query, in capitals; None if there is none."""
    found = _WORDS.search(_STRINGS.sub("''", text))
    return " ".join(found[0].upper().split()) if found else None
