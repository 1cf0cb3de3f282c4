"""Rewrites a document into one that External Services takes: bundled, converted, pruned, repaired.

Wire names never change. Every step is logged; a second run changes nothing (reference 'external services', section 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.openapi import fit_operations as operations_room
from sfsetup.openapi.document import parse
from sfsetup.openapi.encode import MAX_DEVELOPER_NAME, derived_operation_name, encode
from sfsetup.openapi.fit_log import FitChange, Log
from sfsetup.openapi.fit_names import safe, shortened, unique
from sfsetup.openapi.fit_operations import OperationFitter, Unfit
from sfsetup.openapi.fit_schemas import SchemaFitter
from sfsetup.openapi.parts import COMPATIBLE_MEDIA_TYPES_KEY, USABLE_METHODS
from sfsetup.openapi.reach import reachable
from sfsetup.text.pointers import escape
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation

__all__ = ["ErrorResponses", "FitChange", "Fitted", "fit"]

_ROUNDS = 4

ErrorResponses = Literal["none", "named", "ranges"]
"""Which typed error responses are added: none; the codes that the document or its prose names; 4XX and 5XX."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The rewritten document and how it came about."""

    text: str
    value: Mapping[str, Any]
    changes: tuple[FitChange, ...]
    compatible_media_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def dropped(self) -> tuple[FitChange, ...]:
        """The changes by which something was lost."""
        return tuple(change for change in self.changes if change.dropped)

    def as_json(self) -> dict[str, Any]:
        """`result` of `openapi fit --json`."""
        return {
            "document": dict(self.value),
            "characters": len(self.text),
            "changes": [change.as_json() for change in self.changes],
            "compatibleMediaTypes": dict(self.compatible_media_types),
        }


def fit(
    document: OpenApiDocument,
    *,
    operations: Sequence[str] | None = None,
    error_responses: ErrorResponses = "none",
    safe_names: bool = False,
    indent: int | None = None,
) -> Fitted:
    """Rewrites a document; `operations` are operationIds or `METHOD /path`, None for all.

    Raises UsageError for an operation that is not there, InvalidInput if nothing usable would be left.
    """
    fitted = _Fit(document, error_responses, safe_names).run(operations, indent)
    # a composition may come down to something that allows another step; everything else is done in one
    for _ in range(_ROUNDS):
        if not any(change.rule in ("OA-C01", "OA-C14") for change in fitted.changes):
            break
        again = _Fit(parse(fitted.text.encode(), name=document.name), "none", False).run(None, indent)
        if again.text == fitted.text:
            break
        fitted = replace(fitted, text=again.text, value=again.value, changes=(*fitted.changes, *again.changes))
    return fitted


class _Fit:
    def __init__(self, document: OpenApiDocument, error_responses: ErrorResponses, safe_names: bool) -> None:
        self._document = document
        self._errors = error_responses
        self._safe_names = safe_names
        self._log = Log()

    def run(self, wanted: Sequence[str] | None, indent: int | None) -> Fitted:
        document, log = self._document, self._log
        if not document.version.startswith(("2", "3.")):
            raise InvalidInput(
                "This is not an OpenAPI 2.0 or 3 document, so it cannot be made fit.",
                actions=(f"`sfsetup openapi check {document.name}` says what it is.",),
                file=document.name,
            )
        if not document.operations and not document.schemas:
            raise InvalidInput(
                "There is nothing to make fit: no operation and no schema.",
                actions=(f"`sfsetup openapi check {document.name}` says what is wrong.",),
                file=document.name,
            )
        chosen = self._chosen(wanted)
        schemas = SchemaFitter(document, log, _sent(document, chosen), _read(document, chosen))
        fitter = OperationFitter(document, schemas, log)
        fitted = self._operations(chosen, fitter)
        if not document.operations:
            schemas.all_components()
        elif not fitted:
            raise self._nothing_left()
        names = self._names([operation for operation, _, _ in fitted])
        paths: dict[str, dict[str, Any]] = {}
        for (operation, path, body), name in zip(fitted, names, strict=True):
            if name is not None:
                body = {**body, "operationId": name}
            paths.setdefault(path, {})[operation.method] = body
        if self._errors != "none":
            from sfsetup.openapi.fit_errors import add_error_responses

            add_error_responses(document, [(o, b) for o, _, b in fitted], schemas, log, self._errors)
        value = self._assembled(paths, schemas, fitter)
        from sfsetup.text.documents import dump_json

        return Fitted(dump_json(value, indent=indent), value, log.changes, dict(sorted(fitter.mapped.items())))

    def _chosen(self, wanted: Sequence[str] | None) -> tuple[Operation, ...]:
        document = self._document
        if wanted is None:
            return document.operations
        missing = [text for text in wanted if document.operation(text) is None]
        if missing:
            import difflib

            known = [operation.label for operation in document.operations]
            close = difflib.get_close_matches(missing[0], known, n=3, cutoff=0.4) or known[:5]
            raise UsageError(
                f"The document has no operation {missing[0]}.",
                actions=(f"Operations are named by operationId or METHOD /path: {', '.join(close)}.",),
                file=document.name,
            )
        chosen = tuple(one for one in document.operations if any(one.named(text) for text in wanted))
        left = len(document.operations) - len(chosen)
        if left:
            self._log("/paths", f"{left} operations left out that were not asked for", "OA-A04")
        return chosen

    def _operations(
        self, chosen: Iterable[Operation], fitter: OperationFitter
    ) -> list[tuple[Operation, str, dict[str, Any]]]:
        fitted: list[tuple[Operation, str, dict[str, Any]]] = []
        taken: set[tuple[str, str]] = set()
        for operation in chosen:
            path = operation.path.partition("#")[0]
            if operation.method not in USABLE_METHODS:
                message = f"operation {operation.label} dropped: {operation.method.upper()} gives no action"
                self._log(operation.pointer, message, "OA-B01", dropped=True)
                continue
            if (operation.method, path) in taken:
                message = f"operation {operation.label} dropped: another one has its method and path"
                self._log(operation.pointer, message, "OA-A01", dropped=True)
                continue
            if path != operation.path:
                self._log(operation.pointer, f"path shortened to {path}", "OA-A01")
            try:
                body = fitter.fit(operation)
            except Unfit as reason:
                message = f"operation {operation.label} dropped: {reason}"
                self._log(operation.pointer, message, "OA-B05", dropped=True)
                continue
            taken.add((operation.method, path))
            fitted.append((operation, path, body))
        return fitted

    def _nothing_left(self) -> InvalidInput:
        reasons = [change.what for change in self._log.changes if change.what.startswith("operation ")]
        return InvalidInput(
            f"No operation can be made usable: {reasons[0] if reasons else 'there is none'}.",
            actions=tuple(reasons[1:4]) or ("Choose other operations with --operation.",),
            file=self._document.name,
        )

    def _names(self, operations: Sequence[Operation]) -> list[str | None]:
        """The operationId that each operation gets; None where it keeps what it has."""
        taken: set[str] = set()
        names: list[str | None] = []
        numbers: dict[str, int] = {}
        reserved = {_registered(operation) for operation in operations}
        for operation in operations:
            own = operation.operation_id or derived_operation_name(operation.method, operation.path)
            name, rule, why = own, "", ""
            if self._safe_names and safe(own) != operation.operation_id:
                name, rule, why = safe(own), "OA-B11", "a plain name"
            if len(encode(name)) > MAX_DEVELOPER_NAME:
                name, rule, why = shortened(name), "OA-C15", "the encoded name is too long"
            if encode(name).lower() in taken:
                name, rule, why = unique(name, reserved, numbers), "OA-B12", "another operation has the name"
            taken.add(encode(name).lower())
            reserved.add(encode(name).lower())
            if rule:
                self._log(operation.pointer, f"operationId {name}: {why} (was {own})", rule)
            names.append(name if rule else None)
        return names

    def _assembled(
        self, paths: dict[str, dict[str, Any]], schemas: SchemaFitter, fitter: OperationFitter
    ) -> dict[str, Any]:
        document, log = self._document, self._log
        value: dict[str, Any] = {}
        if document.is_v2:
            value["swagger"] = "2.0"
        else:
            value["openapi"] = "3.0.3" if document.is_v31 else document.version
            if document.is_v31:
                log("/openapi", f"{document.version} converted to 3.0.3", "OA-A01")
        value["info"] = operations_room.merged_info(document, log)
        self._servers(value)
        if document.value.get("security"):
            value["security"] = document.value["security"]
        value["paths"] = paths
        components = schemas.finish()
        lost = len(document.schemas) - sum(name in components for name in document.schemas)
        if lost:
            log(document.schemas_pointer, f"{lost} schemas left out that nothing uses under their name", "OA-A04")
        self._components(value, components)
        for key in document.value:
            known = key in value or key.startswith("x-") or key in ("servers", "host", "schemes", "basePath")
            if not known and key not in ("components", "definitions", "securityDefinitions"):
                log(f"/{escape(key)}", f"{key} left out", "OA-A08")
        if fitter.mapped:
            value[COMPATIBLE_MEDIA_TYPES_KEY] = dict(sorted(fitter.mapped.items()))
        return value

    def _components(self, value: dict[str, Any], components: dict[str, Any]) -> None:
        document = self._document
        if document.is_v2:
            if isinstance(document.value.get("securityDefinitions"), dict):
                value["securityDefinitions"] = document.value["securityDefinitions"]
            if components:
                value["definitions"] = components
            return
        raw = document.value.get("components")
        schemes = raw.get("securitySchemes") if isinstance(raw, dict) else None
        inner = {"schemas": components} if components else {}
        if isinstance(schemes, dict) and schemes:
            inner["securitySchemes"] = {name: document.follow(scheme, "")[0] or {} for name, scheme in schemes.items()}
        if inner:
            value["components"] = inner

    def _servers(self, value: dict[str, Any]) -> None:
        document, log = self._document, self._log
        if document.is_v2:
            for key in ("host", "basePath", "schemes"):
                if key in document.value:
                    value[key] = document.value[key]
            return
        absolute = [server for server in document.servers if server.origin]
        if absolute:
            value["servers"] = [{"url": absolute[0].url}]
        elif document.servers and document.servers[0].base_path:
            value["servers"] = [{"url": document.servers[0].base_path}]
        if len(document.servers) > 1:
            log("/servers", f"{len(document.servers) - 1} further servers left out", "OA-A08")


def _registered(operation: Operation) -> str:
    return encode(operation.operation_id or derived_operation_name(operation.method, operation.path)).lower()


def _sent(document: OpenApiDocument, operations: Iterable[Operation]) -> set[str]:
    """Pointers of the schemas that requests reach."""
    roots: list[Any] = []
    for operation in operations:
        roots.extend(parameter.schema for parameter in operation.parameters)
        if operation.request_body is not None:
            roots.extend(media.schema for media in operation.request_body.content)
    return reachable(document, roots)


def _read(document: OpenApiDocument, operations: Iterable[Operation]) -> set[str]:
    """Pointers of the schemas that responses reach."""
    roots = [media.schema for one in operations for response in one.responses for media in response.content]
    return reachable(document, roots)
