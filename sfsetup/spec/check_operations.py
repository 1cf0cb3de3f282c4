"""Checks of a spec against its OpenAPI document: operations, the flow's call, the service as it will be registered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Certainty, Finding, Severity
from sfsetup.spec.reporting import Report, did_you_mean
from sfsetup.text.pointers import join

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation
    from sfsetup.spec.service import DescribedService


def check_operations(report: Report, document: OpenApiDocument) -> None:
    """All checks of this file, and those of `verify` where the flow's operation is known."""
    chosen = _chosen(report, document)
    flow_operation = _flow(report, document, chosen)
    if not chosen:
        return
    from sfsetup.spec.service import described_service

    known = replace(report.spec, operations=tuple(operation.label for operation in chosen))
    try:
        service = described_service(known, document)
    except InvalidInput as error:
        report.add(
            "SP-033",
            "/openapi",
            f"External Services would not take the document: {error.message}",
            " ".join(error.actions) or "Choose other operations; `sfsetup openapi check` says what is wrong.",
        )
        return
    _dropped(report, document, service, chosen)
    _registered(report, document, service)
    if flow_operation is None or report.spec.flow is None:
        return
    names = service.operation(flow_operation.label)
    if names is None:
        return
    from sfsetup.spec.check_inputs import check_verify
    from sfsetup.spec.interface import flow_interface

    interface = flow_interface(service.document, service.names, names)
    for part in interface.unsettable:
        if part.required:
            report.add(
                "SP-034",
                "/flow/operation",
                f"The flow cannot give `{'.'.join(part.path)}`, which the operation needs: it {part.reason}",
                "Choose another operation, or build this part of the flow by hand after the deploy.",
                severity=Severity.MEDIUM,
                certainty=Certainty.INFERRED,
                element=".".join(part.path),
            )
    check_verify(report, service.document, interface)


def _chosen(report: Report, document: OpenApiDocument) -> list[Operation]:
    spec = report.spec
    labels = [operation.label for operation in document.operations]
    if not labels:
        report.add(
            "SP-011",
            "/openapi",
            "The OpenAPI document has no operation",
            "Give the document that describes the paths of the API.",
        )
        return []
    written = _is_written(report)
    chosen: list[Operation] = []
    for position, text in enumerate(spec.operations):
        operation = document.operation(text)
        if operation is not None:
            chosen.append(operation)
            continue
        fix, _found = did_you_mean(text, labels, what="Operations of the document")
        pointer = join("/operations", position) if written else "/operations"
        report.add("SP-011", pointer, f"The document has no operation `{text}`", fix)
    return chosen


def _flow(report: Report, document: OpenApiDocument, chosen: list[Operation]) -> Operation | None:
    """The operation that the flow calls, if all that is said of it fits."""
    spec = report.spec
    if spec.flow is None:
        return None
    if spec.flow.service != spec.service.name:
        report.add(
            "SP-013",
            "/flow/service",
            f"The flow calls the service `{spec.flow.service}`, and the service of this integration is "
            f"`{spec.service.name}`",
            f"Did you mean `{spec.service.name}`? Leave `service` out: it is always this one.",
        )
    text = spec.flow.operation
    if not text or (text in spec.operations and document.operation(text) is None):
        # told where the operations are checked
        return None
    operation = document.operation(text)
    if operation is None:
        fix, _found = did_you_mean(text, [one.label for one in chosen], what="Operations of the service")
        report.add("SP-012", "/flow/operation", f"The flow calls the operation `{text}`, which the document lacks", fix)
        return None
    if operation not in chosen:
        report.add(
            "SP-012",
            "/flow/operation",
            f"The flow calls the operation `{text}`, which is not among `operations`",
            f"Add `{text}` to `operations`, or call one of: {', '.join(f'`{one.label}`' for one in chosen[:8])}.",
        )
        return None
    return operation


def _dropped(report: Report, document: OpenApiDocument, service: DescribedService, chosen: list[Operation]) -> None:
    """What is lost by making the document fit: operations that were asked for are errors, the rest is told."""
    spec = report.spec
    pointers = {operation.pointer: operation for operation in chosen}
    lost = service.fitted.dropped
    places = [_known(document, change.pointer) for change in lost]
    lines = document.lines(places)
    for change, place in zip(lost, places, strict=True):
        operation = pointers.get(change.pointer)
        is_operation = operation is not None and change.what.startswith("operation ")
        called = (
            is_operation and operation is not None and spec.flow is not None and operation.named(spec.flow.operation)
        )
        if operation is not None and is_operation and (called or _is_written(report)):
            report.add(
                "SP-033",
                _place_of(report, operation),
                f"`{operation.label}` cannot become an action: {change.what.partition(': ')[2] or change.what}",
                "Take it out of `operations`." if _is_written(report) else "Let the flow call another operation.",
                element=operation.label,
            )
            continue
        report.findings.append(
            Finding(
                rule="SP-035",
                severity=Severity.LOW,
                message=f"To make the document fit, something is left out: {change.what}",
                fix="Nothing, if callers do without it; `sfsetup openapi fit` shows the document as it is registered.",
                certainty=Certainty.DOCUMENTED,
                file=document.place(place)[0],
                line=lines[place] or 1,
                pointer=change.pointer,
                element=change.pointer,
            )
        )


def _is_written(report: Report) -> bool:
    """True if the spec itself names its operations."""
    source = report.spec.source
    return source is not None and source.document.line(report.spec.pointer("/operations")) is not None


def _place_of(report: Report, operation: Operation) -> str:
    for position, text in enumerate(report.spec.operations):
        if operation.named(text):
            return join("/operations", position)
    return "/operations"


def _registered(report: Report, document: OpenApiDocument, service: DescribedService) -> None:
    """Acceptance of the document as it is registered; places are those of the user's file where they are the same."""
    from sfsetup.openapi.acceptance import Verdict, check

    acceptance = check(service.document)
    serious = [finding for finding in acceptance.findings if finding.severity.at_least(Severity.MEDIUM)]
    pointers = [_known(document, finding.pointer or "") for finding in serious]
    lines = document.lines(pointers)
    for finding, pointer in zip(serious, pointers, strict=True):
        report.findings.append(replace(finding, file=document.place(pointer)[0], line=lines[pointer] or 1))
    flow = report.spec.flow
    for verdict in acceptance.operations:
        label = verdict.operation_id or f"{verdict.method.upper()} {verdict.path}"
        if flow is not None and label == flow.operation and verdict.verdict is Verdict.APEX_ONLY:
            report.add(
                "SP-033",
                "/flow/operation",
                f"`{label}` can be called from Apex alone, not from a flow: {verdict.why}",
                "Let the flow call another operation, or write `flow: false`.",
                element=label,
            )
    for collision in service.names.collisions:
        if collision.kind == "tooLong":
            report.add("SP-037", "/service/name", collision.message, "Choose a shorter name.", element=collision.name)
        elif collision.kind in ("class", "property", "input"):
            report.add(
                "SP-037",
                "/openapi",
                collision.message,
                "Rename one of them in the document, if the vendor's API allows it.",
                severity=Severity.MEDIUM,
                certainty=Certainty.INFERRED,
                element=collision.name,
            )


def _known(document: OpenApiDocument, pointer: str) -> str:
    """The pointer, as far down as the user's own document has it."""
    from sfsetup.openapi.document import MISSING

    while pointer and document.at(pointer) is MISSING:
        pointer = pointer.rpartition("/")[0]
    return pointer
