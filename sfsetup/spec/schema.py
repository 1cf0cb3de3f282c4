"""The table of keys: schema.json, with the part that each protocol contributes.

The file holds both, so that editors can use it as it is; `composed` says what it must hold, and a test compares.
`python -m sfsetup.spec.schema` writes it anew after a protocol has changed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.protocols.registry import PROTOCOLS
from sfsetup.resources import package_file

if TYPE_CHECKING:
    import jsonschema_rs


def schema_path() -> Path:
    """Where schema.json is installed."""
    return package_file("spec", "schema.json")


@cache
def schema() -> dict[str, Any]:
    """The schema as a mapping. Do not change it."""
    from sfsetup.text.documents import read_document

    value = read_document(schema_path().read_bytes(), name="schema.json", syntax="json").value
    assert isinstance(value, dict)
    return value


@cache
def validator() -> jsonschema_rs.Draft202012Validator:
    """The compiled schema."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema())


def composed(base: dict[str, Any]) -> dict[str, Any]:
    """The schema with the protocols' parts put in; parts that are there already are replaced."""
    credential = base["$defs"]["externalCredential"]
    properties = {key: value for key, value in credential["properties"].items() if "x-protocols" not in value}
    properties["protocol"] = {**properties["protocol"], "enum": list(PROTOCOLS)}
    for protocol in PROTOCOLS.values():
        for name, part in protocol.settings.items():
            users = [other.key for other in PROTOCOLS.values() if name in other.settings]
            properties[name] = {**part, "x-protocols": users}
    definitions = {**base["$defs"], "externalCredential": {**credential, "properties": properties}}
    return {**base, "$defs": definitions}


def resolve(part: Any) -> dict[str, Any]:
    """A part of the schema with its `$ref` followed; an empty mapping for anything else."""
    while isinstance(part, dict) and "$ref" in part:
        target: Any = schema()
        for token in str(part["$ref"]).removeprefix("#/").split("/"):
            target = target[token]
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    return part if isinstance(part, dict) else {}


def part_at(tokens: tuple[str, ...]) -> dict[str, Any]:
    """The part of the schema that describes the value at a path; an empty mapping where there is none."""
    part = resolve(schema())
    for token in tokens:
        if token.isdigit() and "items" in part:
            part = resolve(part["items"])
            continue
        inner = part.get("properties", {}).get(token, part.get("additionalProperties"))
        part = resolve(inner)
    return part


if __name__ == "__main__":
    from sfsetup.text.documents import dump_json

    schema_path().write_text(dump_json(composed(schema()), indent=2) + "\n", encoding="utf-8")
