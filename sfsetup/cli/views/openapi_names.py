"""`openapi names` for people: operations with inputs and outputs, then classes with their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.cli.views.findings import plain
from sfsetup.model.finding import Certainty

if TYPE_CHECKING:
    from sfsetup.openapi.names import Input, OperationNames, Output, ServiceNames
    from sfsetup.openapi.types import ClassName, PropertyName


def names_text(found: ServiceNames) -> str:
    """Everything; `?` marks names that no source settles."""
    blocks = [_operation(one) for one in found.operations]
    blocks.extend(_class(one) for one in found.classes)
    if not blocks:
        return "There is no operation and no class."
    unsure = any("?" in block for block in blocks)
    if unsure:
        blocks.append("? marks a name that is inferred; `sfsetup deploy` asks the org for the real one.")
    return "\n\n".join(blocks)


def _operation(one: OperationNames) -> str:
    lines = [
        f"{plain(one.action_name)}{_mark(one.certainty)}   {one.method.upper()} {plain(one.path)}",
        f"  registered   {plain(one.registration_name)}",
        f"  Apex         {plain(one.apex_method)}()",
    ]
    lines.extend(_rows("input", [_input(each) for each in one.inputs]))
    lines.extend(_rows("output", [_output(each) for each in one.outputs]))
    return "\n".join(lines)


def _rows(title: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return [f"  {title:<12} none"]
    name_width = max(len(name) for name, _ in rows)
    return [f"  {title if i == 0 else '':<12} {name:<{name_width}}  {text}" for i, (name, text) in enumerate(rows)]


def _input(one: Input) -> tuple[str, str]:
    need = "required" if one.required else "optional"
    return f"{plain(one.name)}{_mark(one.certainty)}", f"{_type(one)}, {need}, {one.location}"


def _output(one: Output) -> tuple[str, str]:
    return f"{plain(one.name)}{_mark(one.certainty)}", _type(one)


def _class(one: ClassName) -> str:
    head = f"{plain(one.apex_class)}{_mark(one.certainty)}   {plain(one.pointer)}"
    rows = []
    for each in one.properties:
        name = plain(each.flow_name)
        wire = f" (wire: {plain(each.name)})" if each.name != each.flow_name else ""
        need = ", required" if each.required else ""
        rows.append((f"{name}{_mark(each.certainty)}", f"{_type(each)}{need}{wire}"))
    if not rows:
        return f"{head}\n  no members"
    name_width = min(40, max(len(name) for name, _ in rows))
    return "\n".join([head, *(f"  {name:<{name_width}}  {text}" for name, text in rows)])


def _type(one: Input | Output | PropertyName) -> str:
    base = plain(one.apex_class) if one.apex_class else "not usable in Flow" if one.type == "None" else one.type
    return f"list of {base}" if one.collection else base


def _mark(certainty: Certainty) -> str:
    return "?" if certainty is Certainty.INFERRED else ""
