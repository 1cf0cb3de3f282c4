"""Checks of `verify`: does each input exist, has it a value that fits, is anything missing, can each output come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Severity
from sfsetup.spec.interface import FlowInterface
from sfsetup.spec.reporting import Report, did_you_mean
from sfsetup.text.pointers import join

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.types import Member

_INPUTS = "/verify/inputs"
_EXPECT = "/verify/expect"
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?\Z")


def check_verify(report: Report, document: OpenApiDocument, interface: FlowInterface) -> None:
    """All checks of this file. `document` is the one that will be registered."""
    verify = report.spec.verify
    if verify.inputs:
        _Inputs(report, document, interface).check(verify.inputs)
    for key, value in verify.expect.items():
        _expected(report, document, interface, key, value)


class _Inputs:
    def __init__(self, report: Report, document: OpenApiDocument, interface: FlowInterface) -> None:
        self.report, self.document, self.interface = report, document, interface
        self.operation = interface.operation
        self.by_name = {item.name: item for item in interface.inputs}
        self.parameters = {item.path[0]: item for item in interface.parameters}
        body = next((item for item in self.operation.inputs if item.location == "body"), None)
        self.body_pointer = body.pointer if body else None
        self.body_required = body.required if body else False
        self.body_keys = {"body", interface.body_input} - {""} if body else set()

    def check(self, inputs: Mapping[str, Any]) -> None:
        given: set[tuple[str, ...]] = set()
        meant: set[str] = set()
        for key, value in inputs.items():
            pointer = join(_INPUTS, key)
            if key in self.body_keys:
                self._body(value, pointer)
                given.add(("body",))
            elif key in self.parameters or key in self.by_name:
                item = self.parameters.get(key) or self.by_name[key]
                given.add(item.path)
                self._scalar(value, item.type, item.is_collection, pointer, key)
            else:
                meant |= self._unknown(key, pointer)
        self._missing_parameters(given, meant)
        if self.body_required and ("body",) not in given and not self._flat_body(given) and "body" not in meant:
            self._missing("body", _INPUTS, ["body"], "body")

    def _unknown(self, key: str, pointer: str) -> set[str]:
        """Reports a key that is nothing here; gives the name that was meant, which is then not missing as well."""
        known = [*self.parameters, *(["body"] if self.body_pointer is not None else [])]
        if self.body_pointer is not None and key in self._members(self.body_pointer):
            self._add(
                "SP-014", pointer, f"`{key}` is a property of the body, not a parameter", "Write it under `body`."
            )
            return {"body"}
        flat = [name for name in self.by_name if name not in known]
        fix, found = did_you_mean(key, known, what="Inputs")
        if found is None and flat:
            flat_fix, found = did_you_mean(key, flat)
            fix = flat_fix if found else fix
        label = self.operation.operation_id or f"{self.operation.method.upper()} {self.operation.path}"
        self._add("SP-014", pointer, f"The operation `{label}` has no input `{key}`", fix)
        return {found} if found else set()

    def _missing_parameters(self, given: set[tuple[str, ...]], meant: set[str]) -> None:
        for name, item in self.parameters.items():
            if item.required and item.path not in given and not {name, item.name} & meant:
                self._missing(name, _INPUTS, [name], f"parameter `{name}`")

    def _flat_body(self, given: set[tuple[str, ...]]) -> bool:
        """True if the body is given by the flow's flat inputs: what is missing there is told one by one."""
        paths = {path for path in given if len(path) > 1}
        if not paths:
            return False
        for item in self.interface.inputs:
            if len(item.path) > 1 and item.required and item.path not in paths:
                self._missing(item.name, _INPUTS, [item.name], f"`{item.name}`")
        return True

    def _missing(self, name: str, pointer: str, path: list[str], shown: str) -> None:
        self.report.add(
            "SP-015",
            pointer,
            f"`{name}` is missing, which the operation needs" if shown == "body" else f"The {shown} is missing",
            f"Add `{name}: …`.",
            element=".".join(path),
        )

    def _add(self, rule: str, pointer: str, message: str, fix: str) -> None:
        self.report.add(rule, pointer, message, fix)

    # the body, by its schema

    def _members(self, pointer: str) -> dict[str, Member]:
        from sfsetup.openapi.types import members

        node, place = self.document.follow(self.document.at(pointer), pointer)
        return {one.name: one for one in members(self.document, node, place)} if isinstance(node, dict) else {}

    def _body(self, value: Any, pointer: str) -> None:
        if self.body_pointer is not None:
            self._value(value, self.body_pointer, pointer, "body", 0)

    def _value(self, value: Any, schema_pointer: str, pointer: str, name: str, depth: int) -> None:
        schema, place = self.document.follow(self.document.at(schema_pointer), schema_pointer)
        if not isinstance(schema, dict) or depth > 20:
            return
        if value is None:
            if schema.get("nullable") is not True:
                self._add("SP-027", pointer, f"`{name}` has no value", "Give it one, or remove the key.")
            return
        kind = _kind(schema)
        if kind == "object" or (kind is None and self._members(place)):
            self._object(value, place, pointer, name, depth)
        elif kind == "array":
            self._array(value, schema, place, pointer, name, depth)
        elif kind is not None:
            self._one(value, schema, kind, pointer, name)

    def _object(self, value: Any, place: str, pointer: str, name: str, depth: int) -> None:
        if not isinstance(value, Mapping):
            self._add("SP-027", pointer, f"`{name}` must be a map of properties", "Write `{property: value, …}`.")
            return
        members = self._members(place)
        if not members:
            return
        meant: set[str] = set()
        for key, item in value.items():
            member = members.get(key)
            here = join(pointer, key)
            if member is None:
                fix, found = did_you_mean(key, [one for one in members if one not in value], what="Properties")
                self._add("SP-014", here, f"`{name}` has no property `{key}`", fix)
                meant |= {found} if found else set()
                continue
            if self._is_read_only(member):
                self._add("SP-014", here, f"`{key}` of `{name}` is read-only", "Remove it: the service fills it in.")
                continue
            self._value(item, member.pointer, here, key, depth + 1)
        for key, member in members.items():
            if member.required and key not in value and key not in meant and not self._is_read_only(member):
                self._missing(key, pointer, [name, key], f"property `{key}` of `{name}`")

    def _is_read_only(self, member: Member) -> bool:
        schema, _place = self.document.follow(member.schema, member.pointer)
        return isinstance(schema, dict) and schema.get("readOnly") is True

    def _array(self, value: Any, schema: Mapping[str, Any], place: str, pointer: str, name: str, depth: int) -> None:
        if not isinstance(value, list):
            self._add("SP-027", pointer, f"`{name}` must be a list", "Write `[first, second]`.")
            return
        items, _place = self.document.follow(schema.get("items"), f"{place}/items")
        if isinstance(items, dict) and _kind(items) == "object" and len(value) > 1:
            self._add(
                "SP-034",
                pointer,
                f"`{name}` has {len(value)} elements, and the flow's flat inputs make one",
                "Leave one element, or build the list in a flow of your own.",
            )
        for position, item in enumerate(value):
            self._value(item, f"{place}/items", join(pointer, position), f"{name}[{position}]", depth + 1)

    def _one(self, value: Any, schema: Mapping[str, Any], kind: str, pointer: str, name: str) -> None:
        if kind == "string" and schema.get("format") in ("date", "date-time"):
            kind = str(schema["format"])
        if problem := _misfit(value, kind):
            self._add("SP-027", pointer, f"`{name}` must be {problem}", _written(kind))
            return
        options = schema.get("enum")
        if isinstance(options, list) and value not in options and str(value) not in map(str, options):
            fix, _found = did_you_mean(str(value), [str(one) for one in options], what="Values")
            self._add("SP-027", pointer, f"`{name}` cannot be `{_short(value)}`", fix)

    def _scalar(self, value: Any, kind: str, is_collection: bool, pointer: str, name: str) -> None:
        if is_collection:
            if not isinstance(value, list):
                self._add("SP-027", pointer, f"`{name}` must be a list", "Write `[first, second]`.")
                return
            for position, item in enumerate(value):
                self._scalar(item, kind, False, join(pointer, position), f"{name}[{position}]")
            return
        if value is None:
            self._add("SP-027", pointer, f"`{name}` has no value", "Give it one, or remove the key.")
        elif problem := _misfit(value, _KINDS[kind]):
            self._add("SP-027", pointer, f"`{name}` must be {problem}", _written(_KINDS[kind]))


_KINDS = {"Text": "string", "Boolean": "boolean", "Number": "number", "Date": "date", "DateTime": "date-time"}


def _kind(schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    if kind is None and isinstance(schema.get("properties"), dict):
        return "object"
    return kind if isinstance(kind, str) else None


def _misfit(value: Any, kind: str) -> str:
    """What a value of this kind has to be; empty where this one is."""
    if kind in ("string", "date", "date-time"):
        # a number in the file is text all the same: its digits are what the flow is given
        if isinstance(value, bool | dict | list):
            return "text"
        if kind == "date" and not _DATE.match(str(value)):
            return "a date"
        return "a date with time" if kind == "date-time" and not _DATE_TIME.match(str(value)) else ""
    if kind == "boolean":
        return "" if isinstance(value, bool) else "true or false"
    if kind == "integer":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return "" if whole and not isinstance(value, bool) else "a whole number"
    if kind == "number":
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "a number"
    return ""


def _written(kind: str) -> str:
    return {
        "string": "Write it in quotes.",
        "date": "Write it as 2030-12-31.",
        "date-time": "Write it as 2030-12-31T23:59:00Z.",
        "boolean": "Write true or false, without quotes.",
    }.get(kind, "Write a number, without quotes.")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _expected(report: Report, document: OpenApiDocument, interface: FlowInterface, key: str, value: Any) -> None:
    pointer = join(_EXPECT, key)
    if key in interface.output_names:
        if key == "ok" and not isinstance(value, bool):
            report.add("SP-027", pointer, "`ok` must be true or false", "Write true or false, without quotes.")
        if key == "responseCode" and (not isinstance(value, int) or isinstance(value, bool)):
            report.add("SP-027", pointer, "`responseCode` must be a number", "Write the HTTP status, as 200.")
        return
    names = [*interface.output_names, *(".".join(output.path) for output in interface.outputs)]
    if interface.result is None:
        fix, _found = did_you_mean(key, names, what="Outputs")
        report.add("SP-029", pointer, f"The flow has no output `{key}`, and the operation's answer has no schema", fix)
        return
    schemas = list(_answer(document, interface, key.split(".")))
    if not schemas:
        fix, _found = did_you_mean(key, names, what="Outputs, and paths in the result")
        report.add("SP-029", pointer, f"`{key}` is no output of the flow and no path in the result", fix)
        return
    options = schemas[0].get("enum")
    if isinstance(options, list) and value not in options and value is not None:
        fix, _found = did_you_mean(str(value), [str(one) for one in options], what="Values")
        message = f"`{key}` is never `{_short(value)}`"
        report.add("SP-029", pointer, message, fix, severity=Severity.MEDIUM, element="value")


def _answer(document: OpenApiDocument, interface: FlowInterface, path: list[str]) -> Iterator[Mapping[str, Any]]:
    """The schema at a path in the answer; nothing where there is none."""
    from sfsetup.openapi.types import members

    result = interface.result
    output = interface.operation.output(result.name) if result else None
    if output is None:
        return
    node, place = document.follow(document.at(output.pointer), output.pointer)
    if path[0] == "result":
        path = path[1:]
    for token in path:
        if isinstance(node, dict) and token.isdigit() and _kind(node) == "array":
            node, place = document.follow(node.get("items"), f"{place}/items")
            continue
        found = next((one for one in members(document, node, place) if one.name == token), None)
        if found is None:
            return
        node, place = document.follow(found.schema, found.pointer)
        if not isinstance(node, dict):
            return
    if isinstance(node, dict):
        yield node
