"""What is wrong with a value of integration.yaml, and how it is written instead: the words of structure.py."""

from __future__ import annotations

import re
from typing import Any

from sfsetup.spec.secrets import is_token


def form(key: str, value: Any, part: dict[str, Any]) -> str:
    """How a text is written where a list or a map is wanted; empty where nobody can tell."""
    if not isinstance(value, str) or is_token(value) or not re.fullmatch(r"[\w.@ -]{1,60}", value):
        return ""
    if part.get("type") == "array":
        return f"Write `{key}: [{value}]`. "
    return f"Write `{key}: {{name: {value}}}`. " if "name" in part.get("properties", {}) else ""


def reason(kind: str, details: dict[str, Any], part: dict[str, Any]) -> str:
    """What is wrong, as the end of a sentence that begins with the key; `kind` is the validator's name for it."""
    if kind == "maxLength":
        return f"is longer than {part.get('maxLength')} characters"
    if kind in ("minLength", "minItems"):
        return "is empty"
    if kind in ("minProperties", "maxProperties"):
        keys = ", ".join(f"`{key}`" for key in part.get("properties", {}))
        return f"must have exactly one of {keys}" if part.get("maxProperties") else f"must have one of {keys}"
    if kind == "uniqueItems":
        return "names something twice"
    if kind == "const":
        return f"must be {details.get('expected_value', part.get('const'))}"
    if kind == "pattern":
        return "is not written as it must be"
    if kind == "minimum":
        return f"must be {part.get('minimum')} or more"
    return "cannot be used as it is written"
