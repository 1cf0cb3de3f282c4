"""Writes docs/integration-yaml.md from the schema of integration.yaml: `python tests/tools/generate_spec_reference.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sfsetup.spec.schema import resolve, schema

TARGET = Path(__file__).resolve().parents[2] / "docs" / "integration-yaml.md"

HEAD = """# integration.yaml

One integration: an API that Salesforce Flow can call. Only `openapi`, `service` and the secret's source must be given;
everything else has a default that is taken from the document.

This page is made from `sfsetup/spec/schema.json`, which is also what `sfsetup validate` checks. For completion in an
editor that knows JSON Schema, begin the file with the path of that schema:

    # yaml-language-server: $schema=path/to/schema.json

Scalars are read as JSON reads them: `null`, `true`, `false` and numbers; everything else is text, so that `no` stays
`no` and a phone number keeps its `+`. An unknown key, a key given twice and a secret written into the file are errors.
"""


def reference() -> str:
    """The page."""
    root = resolve(schema())
    return HEAD + "\n" + "\n".join(_rows("", root, seen=())) + "\n"


def _rows(path: str, part: dict[str, Any], *, seen: tuple[int, ...]) -> Iterator[str]:
    if id(part) in seen or len(seen) > 8:
        return
    required = set(part.get("required", ()))
    inner = [(name, resolve(value), value) for name, value in part.get("properties", {}).items()]
    if inner:
        yield f"## {f'`{path}`' if path else 'Top level'}\n"
        if path and part.get("description"):
            yield f"{part['description']}\n"
        yield "| key | value | |"
        yield "|---|---|---|"
        for name, value, _ in inner:
            yield f"| `{name}` | {_kind(value)} | {_text(value, name in required)} |"
        yield ""
    for name, value, _ in inner:
        yield from _below(f"{path}.{name}" if path else name, value, (*seen, id(part)))


def _below(path: str, part: dict[str, Any], seen: tuple[int, ...]) -> Iterator[str]:
    if part.get("properties"):
        yield from _rows(path, part, seen=seen)
    if isinstance(part.get("items"), dict):
        yield from _below(f"{path}[]", resolve(part["items"]), seen)
    if isinstance(part.get("additionalProperties"), dict):
        yield from _below(f"{path}.NAME", resolve(part["additionalProperties"]), seen)


def _kind(part: dict[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{str(part['const']).lower()}`"
    kinds = part.get("type", "object" if "properties" in part else "any")
    names = {"object": "map", "array": "list", "string": "text", "integer": "whole number", "boolean": "true or false"}
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _text(part: dict[str, Any], required: bool) -> str:
    texts = [str(part.get("description") or part.get("title") or "")]
    if required:
        texts.append("Required.")
    if "default" in part:
        texts.append(f"Default: `{_plain(part['default'])}`.")
    if part.get("x-protocols"):
        texts.append(f"For {', '.join(part['x-protocols'])}.")
    return " ".join(text for text in texts if text).replace("|", "\\|").replace("\n", " ")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
