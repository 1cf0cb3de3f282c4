"""Makes the flat interface of a flow out of the names of an operation: see `interface`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.spec.interface import (
    FIXED_OUTPUTS,
    MAX_DEPTH,
    MAX_FIELDS,
    SCALARS,
    BuiltObject,
    FlowInput,
    FlowInterface,
    FlowOutput,
    Namer,
    Success,
    Unsettable,
)

if TYPE_CHECKING:
    from sfsetup.model.snapshot import RegisteredOperation
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import ClassName, OperationNames, Output, PropertyName, ServiceNames


class Builder:
    """Builds one interface."""

    def __init__(
        self,
        document: OpenApiDocument,
        service_names: ServiceNames,
        operation: OperationNames,
        registered: Sequence[RegisteredOperation],
    ) -> None:
        self.document = document
        self.operation = operation
        self.classes: Mapping[str, ClassName] = {item.apex_class: item for item in service_names.classes}
        self.known = _registered(operation, registered)
        self.renamed: dict[str, str] = {}
        self.namer = Namer(FIXED_OUTPUTS)
        self.unsettable: list[Unsettable] = []
        self.count = 0

    def build(self) -> FlowInterface:
        """The interface."""
        operation = self.operation
        successes, errors = self._answers()
        outputs = tuple(self._outputs(successes[0])) if successes else ()
        for output in outputs:
            self.namer.give(output.name)
        parameters = []
        body_input = None
        for item in operation.inputs:
            wire_name = item.wire_name or item.name
            if item.location == "body":
                body_input = item
            elif item.type in SCALARS:
                name = self.namer.give(wire_name, f"parameter_{wire_name}")
                integer = self._is_integer(item.pointer)
                parameters.append(
                    FlowInput(name, item.type, (wire_name,), item.required, item.collection, integer, item.name)
                )
            else:
                self._unsettable((wire_name,), "is no scalar", item.required)
        interface = FlowInterface(
            operation=operation,
            action_name=self.known.action_name if self.known else operation.action_name,
            certainty=self.known.source if self.known else "predicted",
            parameters=tuple(parameters),
            successes=successes,
            outputs=outputs,
            error_texts=errors,
        )
        if body_input is not None:
            interface = self._with_body(interface, body_input)
        return replace(interface, unsettable=tuple(self.unsettable))

    def _with_body(self, interface: FlowInterface, item: Any) -> FlowInterface:
        interface = replace(interface, body_input=item.name)
        apex_class = self._root_class(item.name, item.apex_class)
        if item.type in SCALARS:
            name = self.namer.give(item.name, "body")
            value = FlowInput(name, item.type, ("body",), item.required, item.collection, target=item.name)
            return replace(interface, body_value=value)
        if item.type != "Apex" or not item.apex_class or not apex_class:
            self._unsettable(("body",), "has a type that Flow cannot hold", item.required)
            return interface
        body = self._object(item.apex_class, ("body",), item.required, (), "", into_collection=item.collection)
        return replace(interface, body=body, body_is_collection=item.collection)

    def _object(
        self,
        apex_class: str,
        path: tuple[str, ...],
        required: bool,
        above: tuple[str, ...],
        property_name: str,
        *,
        into_collection: bool,
    ) -> BuiltObject:
        fields: list[FlowInput] = []
        nested: list[PropertyName] = []
        found = self.classes.get(apex_class)
        for prop in found.properties if found else ():
            if self._schema(prop.pointer).get("readOnly") is True:
                continue
            if prop.type in SCALARS:
                if self.count >= MAX_FIELDS:
                    self._unsettable((*path, prop.name), f"is beyond the first {MAX_FIELDS} fields", prop.required)
                    continue
                fields.append(self._leaf(prop, path, required and prop.required))
            else:
                nested.append(prop)
        children = [child for prop in nested if (child := self._child(prop, path, required, (*above, apex_class)))]
        return BuiltObject(
            variable=self.namer.give("_".join(path), f"{'_'.join(path)}_object"),
            apex_class=self._actual(apex_class),
            path=path,
            required=required,
            property=property_name,
            into_collection=into_collection,
            fields=tuple(fields),
            children=tuple(children),
        )

    def _leaf(self, prop: PropertyName, path: tuple[str, ...], required: bool) -> FlowInput:
        self.count += 1
        flat = "_".join((*path[1:], prop.name))
        return FlowInput(
            self.namer.give(flat, f"body_{flat}"),
            prop.type,
            (*path, prop.name),
            required,
            prop.collection,
            is_integer=self._is_integer(prop.pointer),
            target=prop.flow_name,
        )

    def _child(
        self, prop: PropertyName, path: tuple[str, ...], required: bool, above: tuple[str, ...]
    ) -> BuiltObject | None:
        inner = (*path, prop.name)
        must = required and prop.required
        if prop.type != "Apex" or prop.apex_class is None:
            self._unsettable(inner, "has a type that Flow cannot hold (map, list of lists or any)", must)
        elif prop.apex_class in above:
            self._unsettable(inner, "refers to itself", must)
        elif len(inner) > MAX_DEPTH:
            self._unsettable(inner, f"lies deeper than {MAX_DEPTH} levels", must)
        elif not self.classes.get(prop.apex_class) or not self.classes[prop.apex_class].properties:
            self._unsettable(inner, "is an object without properties", must)
        else:
            child = self._object(prop.apex_class, inner, must, above, prop.flow_name, into_collection=prop.collection)
            if prop.collection:
                self._unsettable(inner, "takes one element from flat inputs, not several", False)
            if child.fields or child.children:
                return child
        return None

    def _answers(self) -> tuple[tuple[Success, ...], tuple[str, ...]]:
        successes, errors = [], []
        for output in self.operation.outputs:
            if output.name == "responseCode":
                continue
            if output.code.startswith("2") or output.code == "default":
                if output.type in SCALARS or (output.type == "Apex" and output.apex_class):
                    successes.append(self._success(output))
            elif output.type == "Text":
                errors.append(output.name)
        successes.sort(key=lambda item: item.type != "Apex")
        if successes:
            first = successes[0]
            successes = [item for item in successes if _same_type(item, first)]
        return tuple(successes), tuple(errors)

    def _success(self, output: Output) -> Success:
        apex_class = output.apex_class
        if apex_class and self.known:
            apex_class = self.known.outputs.get(output.name) or apex_class
            self.renamed[output.apex_class or ""] = apex_class
        code = int(output.code) if output.code.isdigit() else None
        return Success(output.name, code, output.type, apex_class, output.collection)

    def _outputs(self, success: Success) -> Iterator[FlowOutput]:
        if success.type != "Apex" or success.is_collection:
            return
        predicted = next((old for old, new in self.renamed.items() if new == success.apex_class), success.apex_class)
        left = [MAX_FIELDS]
        namer = Namer()
        yield from self._output_fields(str(predicted), (), (), (), namer, left, ())

    def _output_fields(
        self,
        apex_class: str,
        path: tuple[str, ...],
        reference: tuple[str, ...],
        guards: tuple[str, ...],
        namer: Namer,
        left: list[int],
        above: tuple[str, ...],
    ) -> Iterator[FlowOutput]:
        found = self.classes.get(apex_class)
        for prop in found.properties if found else ():
            here, there = (*path, prop.name), (*reference, prop.flow_name)
            if prop.collection or left[0] <= 0:
                continue
            if prop.type in SCALARS:
                left[0] -= 1
                integer = self._is_integer(prop.pointer)
                name = namer.give("_".join(("result", *here)))
                yield FlowOutput(name, prop.type, here, ".".join(there), guards, integer)
            elif prop.type == "Apex" and prop.apex_class and prop.apex_class not in above and len(here) < MAX_DEPTH:
                inner = (*guards, ".".join(there))
                yield from self._output_fields(prop.apex_class, here, there, inner, namer, left, (*above, apex_class))

    def _schema(self, pointer: str) -> Mapping[str, Any]:
        schema = self.document.resolve(pointer) if pointer else None
        if isinstance(schema, dict) and isinstance(schema.get("schema"), dict):
            schema = self.document.resolve(schema["schema"])
        return schema if isinstance(schema, dict) else {}

    def _is_integer(self, pointer: str) -> bool:
        schema = self._schema(pointer)
        kind = schema.get("type")
        if kind == "array":
            items = self.document.resolve(schema.get("items"))
            kind = items.get("type") if isinstance(items, dict) else None
        return kind == "integer"

    def _root_class(self, name: str, predicted: str | None) -> str | None:
        if predicted and self.known:
            actual = self.known.inputs.get(name)
            if actual and actual != predicted:
                self.renamed[predicted] = actual
        return self.renamed.get(predicted or "", predicted)

    def _actual(self, apex_class: str) -> str:
        if apex_class in self.renamed:
            return self.renamed[apex_class]
        for old, new in self.renamed.items():
            # inline objects are named after the class that holds them
            if apex_class.startswith(f"{old}_"):
                return new + apex_class.removeprefix(old)
        return apex_class

    def _unsettable(self, path: tuple[str, ...], reason: str, required: bool) -> None:
        self.unsettable.append(Unsettable(path, reason, required))


def _registered(operation: OperationNames, registered: Sequence[RegisteredOperation]) -> RegisteredOperation | None:
    wanted = operation.action_name.lower()
    return next((item for item in registered if item.action_name.lower() == wanted), None)


def _same_type(first: Success, second: Success) -> bool:
    return (first.type, first.apex_class, first.is_collection) == (second.type, second.apex_class, second.is_collection)
