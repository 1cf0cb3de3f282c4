"""Every name that Salesforce derives from a document: operations, actions, inputs, outputs, classes, property paths.

Predictions from rules that were checked against metadata, flows and Apex of real orgs; each carries how sure it is
(reference 'external services', sections 4 to 6). What the org itself says wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Certainty
from sfsetup.openapi.encode import (
    MAX_CLASS_NAME,
    MAX_DEVELOPER_NAME,
    derivation_is_seen,
    derived_operation_name,
    encode,
    is_sure,
)
from sfsetup.openapi.media import preferred
from sfsetup.openapi.types import NUMBER, TEXT, Classes, ClassName, FlowType, PropertyName
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Operation, Response

__all__ = [
    "ClassName",
    "Collision",
    "Input",
    "OperationNames",
    "Output",
    "PropertyName",
    "ServiceNames",
    "action_operation_name",
    "encode",
    "names",
]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an action. `name` is what the flow writes, `wire_name` what the vendor receives."""

    name: str
    type: str
    apex_class: str | None
    required: bool
    collection: bool
    wire_name: str = ""
    location: str = ""
    """path, query, header, cookie, formData or body."""
    certainty: Certainty = Certainty.SEEN
    pointer: str = ""
    """Of the parameter or the body's schema."""

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "name": self.name,
            "type": self.type,
            "apexClass": self.apex_class,
            "required": self.required,
            "collection": self.collection,
            "in": self.location,
            "certainty": self.certainty.value,
        }


@dataclass(frozen=True, slots=True)
class Output:
    """One output of an action."""

    name: str
    type: str
    apex_class: str | None
    collection: bool
    code: str = ""
    """The response key it stands for; empty for responseCode and the undeclared default."""
    certainty: Certainty = Certainty.SEEN
    pointer: str = ""

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "name": self.name,
            "type": self.type,
            "apexClass": self.apex_class,
            "collection": self.collection,
            "certainty": self.certainty.value,
        }


@dataclass(frozen=True, slots=True)
class OperationNames:
    """All names of one operation."""

    operation_id: str | None
    method: str
    path: str
    registration_name: str
    """`<operations><name>`: encoded, lower case."""
    action_name: str
    """`<actionName>` of a flow: `<Service>.` and the operation's name as written."""
    apex_method: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    certainty: Certainty
    """Of registration_name and action_name together."""
    pointer: str = ""

    def input(self, name: str) -> Input | None:
        """The input with this name."""
        return next((found for found in self.inputs if found.name == name), None)

    def output(self, name: str) -> Output | None:
        """The output with this name."""
        return next((found for found in self.outputs if found.name == name), None)

    @property
    def result(self) -> Output | None:
        """The first output of a success code: what a caller wants."""
        return next((found for found in self.outputs if found.code[:1] == "2"), None)

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "operationId": self.operation_id,
            "method": self.method.upper(),
            "path": self.path,
            "registrationName": self.registration_name,
            "actionName": self.action_name,
            "apexMethod": self.apex_method,
            "inputs": [found.as_json() for found in self.inputs],
            "outputs": [found.as_json() for found in self.outputs],
            "certainty": self.certainty.value,
        }


@dataclass(frozen=True, slots=True)
class Collision:
    """Names that clash or are too long, and where they come from."""

    kind: str
    """operation, input, class, property (equal ignoring case), shortened (over 80) or tooLong (over 255)."""
    name: str
    pointers: tuple[str, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        """Collision as `openapi names --json` shows it."""
        return {"kind": self.kind, "name": self.name, "pointers": list(self.pointers), "message": self.message}


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """All names of one registration."""

    service: str
    operations: tuple[OperationNames, ...]
    classes: tuple[ClassName, ...]
    collisions: tuple[Collision, ...]

    def operation(self, text: str) -> OperationNames | None:
        """By operationId, registration name (any case), action name, or `METHOD /path`."""
        for found in self.operations:
            label = f"{found.method.upper()} {found.path}"
            if text in (found.operation_id, found.action_name, label) or text.lower() == found.registration_name:
                return found
        return None

    def class_named(self, apex_class: str | None) -> ClassName | None:
        """The class with this name as a flow writes it."""
        return next((found for found in self.classes if found.apex_class == apex_class), None)

    def as_json(self) -> dict[str, Any]:
        """`result` of `openapi names --json`."""
        return {
            "service": self.service,
            "operations": [found.as_json() for found in sorted(self.operations, key=lambda one: one.registration_name)],
            "classes": [found.as_json() for found in self.classes],
            "collisions": [found.as_json() for found in self.collisions],
        }


def action_operation_name(operation: Operation) -> str:
    """The operation's name before any encoding: its operationId, else derived from method and path."""
    return operation.operation_id or derived_operation_name(operation.method, operation.path)


def names(
    document: OpenApiDocument,
    service: str,
    *,
    namespace: str | None = None,
    operations: Sequence[Operation] | None = None,
) -> ServiceNames:
    """Predicts every name for a registration called `service`; methods that give no action are left out."""
    from sfsetup.openapi.parts import USABLE_METHODS

    classes = Classes(document, service, namespace)
    chosen = document.operations if operations is None else operations
    found = tuple(
        _operation(operation, service, namespace, classes) for operation in chosen if operation.method in USABLE_METHODS
    )
    if not found:
        _all_components(document, classes)
    all_classes = classes.all()
    return ServiceNames(service, found, all_classes, tuple(_collisions(found, all_classes)))


def _all_components(document: OpenApiDocument, classes: Classes) -> None:
    from sfsetup.text.pointers import escape

    for name, schema in document.schemas.items():
        classes.type_of(schema, f"{document.schemas_pointer}/{escape(name)}", encode(name))


def _operation(operation: Operation, service: str, namespace: str | None, classes: Classes) -> OperationNames:
    name = action_operation_name(operation)
    encoded = encode(name)
    return OperationNames(
        operation_id=operation.operation_id,
        method=operation.method,
        path=operation.path,
        registration_name=encoded.lower(),
        action_name=f"{namespace}::{service}.{name}" if namespace else f"{service}.{name}",
        apex_method=encoded,
        inputs=tuple(_inputs(operation, encoded, classes)),
        outputs=tuple(_outputs(operation, encoded, classes)),
        certainty=_name_certainty(operation, name, encoded),
        pointer=operation.pointer,
    )


def _name_certainty(operation: Operation, name: str, encoded: str) -> Certainty:
    if len(encoded) > MAX_DEVELOPER_NAME or not is_sure(name):
        return Certainty.INFERRED
    if operation.operation_id is None:
        return Certainty.SEEN if derivation_is_seen(operation.path) else Certainty.INFERRED
    # letters, digits, spaces and underscores were seen raw in action names; hyphens, dots and the rest were not
    return Certainty.SEEN if all(c.isalnum() or c in " _" for c in name) else Certainty.INFERRED


def _inputs(operation: Operation, encoded: str, classes: Classes) -> Iterator[Input]:
    for parameter in operation.parameters:
        if parameter.location == "cookie" or not parameter.name:
            continue
        found = (
            FlowType(TEXT, certainty=Certainty.INFERRED)
            if parameter.schema is None and parameter.content
            else classes.type_of(parameter.schema, parameter.schema_pointer, f"{encoded}_IN_{encode(parameter.name)}")
        )
        # hyphens were seen in no input name of a real flow
        sure = found.certainty if all(c.isalnum() or c == "_" for c in parameter.name) else Certainty.INFERRED
        yield Input(
            _input_name(parameter.name),
            found.type,
            found.apex_class,
            parameter.required,
            found.collection,
            parameter.name,
            parameter.location,
            sure,
            parameter.pointer,
        )
    body = operation.request_body
    media = preferred(body.content) if body is not None else None
    if body is None or media is None or media.schema is None:
        return
    found = classes.type_of(media.schema, media.schema_pointer, f"{encoded}_IN_{encode(body.name)}")
    yield Input(
        _input_name(body.name),
        found.type,
        found.apex_class,
        body.required,
        found.collection,
        body.name,
        "body",
        found.certainty,
        media.schema_pointer,
    )


def _input_name(name: str) -> str:
    # from systemVersion 7 (developer docs, ExternalServiceRegistration): the keyword is encoded
    return "reconnection" if name.lower() == "connection" else name


def _outputs(operation: Operation, encoded: str, classes: Classes) -> Iterator[Output]:
    for response in operation.responses:
        output = _output(response, preferred(response.content), encoded, classes)
        if output is not None:
            yield output
    yield Output("responseCode", NUMBER, None, False, "", Certainty.DOCUMENTED)
    if not any(response.code == "default" for response in operation.responses):
        # Setup lists an output `default`; flows of real orgs call it defaultExc
        yield Output("defaultExc", TEXT, None, False, "", Certainty.SEEN)


def _output(response: Response, media: MediaType | None, encoded: str, classes: Classes) -> Output | None:
    # a declared `default` is `default` in the help; no flow was seen that tells
    certainty = Certainty.INFERRED if response.code == "default" else Certainty.SEEN
    name = f"{response.code}Exc" if response.is_error else response.code
    if media is None or media.schema is None:
        if response.is_error or response.code == "default":
            return Output(name, TEXT, None, False, response.code, certainty, response.pointer)
        return None
    # errors: the help says _EXC_; no file was seen that tells
    infix = "EXC" if response.is_error else "OUT"
    found = classes.type_of(media.schema, media.schema_pointer, f"{encoded}_{infix}_{encode_code(response.code)}")
    if response.is_error and media.schema_pointer.startswith(response.pointer) and found.apex_class is not None:
        certainty = Certainty.INFERRED if f"_EXC_{response.code}" in found.apex_class else certainty
    weakest = Certainty.INFERRED if Certainty.INFERRED in (certainty, found.certainty) else certainty
    return Output(name, found.type, found.apex_class, found.collection, response.code, weakest, media.schema_pointer)


def encode_code(code: str) -> str:
    """A response key as part of a class name: digits stay (`_OUT_200`)."""
    return code if code.isalnum() else encode(code)


def _collisions(operations: Sequence[OperationNames], classes: Sequence[ClassName]) -> Iterator[Collision]:
    yield from _equal("operation", [(found.registration_name, found.pointer) for found in operations])
    for found in operations:
        yield from _too_long("operation", found.apex_method, found.pointer)
        yield from _equal("input", [(one.name, one.pointer) for one in found.inputs])
    yield from _equal("class", [(found.apex_class, found.pointer) for found in classes])
    for one in classes:
        yield from _too_long("class", one.apex_class, one.pointer)
        yield from _equal("property", [(p.flow_name, p.pointer or one.pointer) for p in one.properties])


def _equal(kind: str, pairs: Iterable[tuple[str, str]]) -> Iterator[Collision]:
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, pointer in pairs:
        by_name.setdefault(name.lower(), []).append((name, pointer))
    for same in by_name.values():
        if len(same) > 1:
            name = same[0][0]
            message = f"{len(same)} times the {kind} name {name}, letter case ignored: only one of them can be used."
            yield Collision(kind, name, tuple(pointer for _, pointer in same), message)


def _too_long(kind: str, name: str, pointer: str) -> Iterator[Collision]:
    if kind == "operation" and len(name) > MAX_DEVELOPER_NAME:
        message = f"The encoded operation name has {len(name)} characters: Salesforce shortens it in a way not known."
        yield Collision("shortened", name, (pointer,), message)
    if kind != "class":
        return
    bare = name.removeprefix("ExternalService__")
    if len(bare) > MAX_CLASS_NAME:
        message = f"The class name has {len(bare)} characters, more than {MAX_CLASS_NAME}: the registration fails."
        yield Collision("tooLong", name, (pointer,), message)
    elif any(len(part) > MAX_DEVELOPER_NAME for part in bare.split("_")):
        message = f"A part of the class name is longer than {MAX_DEVELOPER_NAME} characters: Salesforce shortens it."
        yield Collision("shortened", name, (pointer,), message)
