"""Reading bodies of Connect requests: shapes are checked here, meaning is judged as in a deploy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsetup.localorg.refusal import OURS, Refused

Body = Mapping[str, Any]


def as_object(given: Any, known: frozenset[str]) -> Body:
    """The body as an object that has none but known members. Raises Refused."""
    if not isinstance(given, Mapping):
        raise Refused("JSON_PARSER_ERROR", f"The request's body must be an object{OURS}")
    if unknown := sorted(given.keys() - known):
        raise Refused("JSON_PARSER_ERROR", f'Unrecognized field "{unknown[0]}"{OURS}')
    return given


def rows(body: Body, name: str) -> list[Body]:
    """A list of objects; empty when it is missing. Raises Refused."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Refused("JSON_PARSER_ERROR", f"{name} must be a list of objects{OURS}")
    return found


def header_row(kind: str, header: Body) -> dict[str, Any]:
    """A custom header as a parameter in metadata."""
    return {
        "parameterName": header.get("headerName"),
        "parameterType": kind,
        "parameterValue": header.get("headerValue"),
        "sequenceNumber": header.get("sequenceNumber"),
    }


def names_of(given: Body, name: str | None) -> str:
    """The developerName of a body; `name` is that of the address in a PUT. Raises Refused."""
    developer_name = str(given.get("developerName") or name or "")
    if not developer_name:
        raise Refused("INVALID_API_INPUT", f"developerName is required{OURS}")
    if name is not None and developer_name != name:
        raise Refused("INVALID_API_INPUT", f"The developerName of {name} cannot be changed{OURS}")
    return developer_name


def demand_existence(thing: str, developer_name: str, *, known: bool, creating: bool) -> None:
    """A POST makes what is not there, a PUT replaces what is. Raises Refused."""
    if creating and known:
        raise Refused("CONFLICT", f"There is {thing} {developer_name} already{OURS}")
    if not creating and not known:
        raise Refused("NOT_FOUND", "The requested resource does not exist")
