"""Values of a flow run: `verify.inputs` to the flow's flat inputs, its outputs to what `verify.expect` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfsetup.spec.interface import FlowInput, FlowInterface

_MISSING = object()


def flat_inputs(interface: FlowInterface, given: Mapping[str, Any]) -> dict[str, Any]:
    """The flow's inputs that are given, by name: under their own name, or at their place in the request."""
    found: dict[str, Any] = {}
    for item in interface.inputs:
        value = given.get(item.name, _MISSING)
        if value is _MISSING:
            value = _at(given, item.path, interface.body_input)
        if value is not _MISSING and value is not None:
            found[item.name] = _converted(item, value)
    return found


def _at(given: Mapping[str, Any], path: Sequence[str], body_input: str) -> Any:
    node: Any = given
    for position, step in enumerate(path):
        if isinstance(node, list) and len(node) == 1:
            # an array of objects has the fields of one element
            node = node[0]
        if not isinstance(node, Mapping):
            return _MISSING
        if step in node:
            node = node[step]
        elif position == 0 and step == "body" and body_input in node:
            node = node[body_input]
        else:
            return _MISSING
    return node


def _converted(item: FlowInput, value: Any) -> Any:
    if item.is_collection:
        return [_scalar(item.type, one) for one in (value if isinstance(value, list) else [value])]
    return _scalar(item.type, value)


def _scalar(type_name: str, value: Any) -> Any:
    if type_name == "Text" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def output_at(interface: FlowInterface, outputs: Mapping[str, Any], key: str) -> Any:
    """What a key of `verify.expect` names: an output of the flow, else a path in the result; None if there is none."""
    if key in outputs:
        return outputs[key]
    path = key.split(".")
    if path[0] == "result":
        path = path[1:]
    for output in interface.outputs:
        if list(output.path) == path:
            return outputs.get(output.name)
    return _inside(outputs.get("result"), path)


def _inside(node: Any, path: Sequence[str]) -> Any:
    for token in path:
        if isinstance(node, list) and token.isdigit():
            node = node[int(token)] if int(token) < len(node) else None
        elif isinstance(node, Mapping):
            folded = {str(key).lower(): value for key, value in node.items()}
            node = node.get(token, folded.get(token.lower()))
        else:
            return None
    return node


def equal(expected: Any, actual: Any) -> bool:
    """Numbers by value, everything else as it is; `true` never equals 1."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return float(expected) == float(actual)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return expected.keys() == actual.keys() and all(equal(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(equal, expected, actual))
    return bool(expected == actual)
