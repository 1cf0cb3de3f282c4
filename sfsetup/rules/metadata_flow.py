"""Flows: the action they call, what they give it, what they read from it, and whether their parts fit together.

Judged against the schema of the registration among the files (reference 'external services', sections 4 and 5). Names
that the org gave itself may differ from those predicted; where the prediction is an inference, so is the finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_parts import ActionCall, Connector, Node, Variable
from sfsetup.facts.flow_paths import FlowPaths
from sfsetup.facts.graph import Graph
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.metadata_flow_names import FlowNames
from sfsetup.rules.metadata_report import MetadataReport
from sfsetup.rules.metadata_service import ReadService

if TYPE_CHECKING:
    from sfsetup.openapi.names import Input, OperationNames


def check_flows(report: MetadataReport, graph: Graph, services: Mapping[str, ReadService], *, complete: bool) -> None:
    """All checks of this file."""
    classes = {one.apex_class: one for service in services.values() for one in service.names.classes}
    for flow in graph.facts.flows:
        called: dict[str, OperationNames] = {}
        for call in flow.external_calls:
            operation = _action(report, graph, services, flow, call, complete=complete)
            if operation is not None:
                called[call.name] = operation
                _inputs(report, flow, call, operation, classes)
        _connectors(report, flow)
        _variables(report, flow, services, complete=complete)
        FlowNames(report, flow, called, services).check()
        if complete:
            _fault_paths(report, flow)


def _suggest(word: str, known: list[str], what: str) -> str:
    from sfsetup.spec.reporting import did_you_mean

    fix, _found = did_you_mean(word, known, what=what)
    return fix


def _action(
    report: MetadataReport,
    graph: Graph,
    services: Mapping[str, ReadService],
    flow: Flow,
    call: ActionCall,
    *,
    complete: bool,
) -> OperationNames | None:
    """The operation that an action calls; None where it is not known, after saying why."""
    registration = graph.registration_of(call)
    if registration is None:
        names = [each.full_name for each in graph.facts.registrations]
        fix = _suggest(call.service, names, "Services here")
        if complete:
            _no_action(report, flow, call, "MD-050", f"There is no service `{call.service}` here", fix)
        elif names:
            message = f"The service `{call.service}` of the action {call.name} is not among these files"
            report.add("MD-050", flow, message, fix, element=_element(call), line=call.line, severity=Severity.INFO)
        return None
    service = services.get(registration.full_name.lower())
    if service is None:
        return None
    operation = _operation(service, call)
    if operation is None:
        known = [each.action_name.partition(".")[2] for each in service.names.operations]
        reason = f"The service {registration.full_name} has no operation `{call.operation}`"
        _no_action(report, flow, call, "MD-051", reason, _suggest(call.operation, known, "Operations"))
        return None
    listed = [each for each in registration.operations if each.name.lower() == operation.registration_name]
    if registration.has_operations and not any(each.active for each in listed):
        state = "not active" if listed else "not listed"
        reason = (
            f"The operation `{operation.registration_name}` is {state} in the registration {registration.full_name}"
        )
        fix = "Activate the operation in the registration, or call another one."
        _no_action(report, flow, call, "MD-051", reason, fix, certainty=Certainty.INFERRED)
    if registration.full_name.rpartition("__")[2] != call.service:
        report.add(
            "MD-050",
            flow,
            f"The action {call.name} writes the service as `{call.service}`, and it is called {registration.full_name}",
            f"Write `{registration.full_name}.{call.operation}`.",
            element=_element(call),
            line=call.line,
            severity=Severity.MEDIUM,
            certainty=Certainty.INFERRED,
        )
    return operation


def _element(call: ActionCall) -> str:
    return f"actionCalls[{call.name}].actionName"


def _no_action(
    report: MetadataReport,
    flow: Flow,
    call: ActionCall,
    rule: str,
    reason: str,
    fix: str,
    *,
    certainty: Certainty = Certainty.SEEN,
) -> None:
    """Salesforce's own words, with the reason that they leave out."""
    message = f"{call.name} (Action) - We can't find an action with the name and action type that you specified."
    report.add(rule, flow, f"{message} ({reason})", fix, element=_element(call), line=call.line, certainty=certainty)


def _operation(service: ReadService, call: ActionCall) -> OperationNames | None:
    wanted = call.operation
    for operation in service.names.operations:
        if operation.action_name.partition(".")[2] == wanted:
            return operation
    # what stands behind the service is the operation's own name, not its encoded form
    return None


def _inputs(
    report: MetadataReport, flow: Flow, call: ActionCall, operation: OperationNames, classes: Mapping[str, object]
) -> None:
    known = {item.name: item for item in operation.inputs}
    given: set[str] = set()
    for each in call.inputs:
        item = known.get(each.name)
        if item is None:
            message = f"The action {call.name} has no input `{each.name}`"
            fix = _suggest(each.name, list(known), "Inputs")
            _input(report, flow, call, each.name, message, fix, line=each.line, certainty=Certainty.SEEN)
            continue
        if each.name in given:
            message = f"The input `{each.name}` of the action {call.name} is given twice"
            _input(report, flow, call, each.name, message, "Remove one of the two.", line=each.line)
        given.add(each.name)
        if each.value is None or not each.value.text:
            if item.required:
                message = f"The input `{each.name}` of the action {call.name} has no value"
                fix = "Give it a variable or a text."
                _input(report, flow, call, each.name, message, fix, line=each.line, severity=Severity.MEDIUM)
            continue
        reference = each.value.reference
        variable = flow.variable(reference) if reference and "." not in reference else None
        # a class that no service gives is told at the variable
        if variable is not None and not _is_unknown(variable.apex_class, classes):
            _input_type(report, flow, call, item, variable)
    for name, item in known.items():
        if item.required and name not in given:
            message = f"The action {call.name} is not given its required input `{name}`"
            certainty = Certainty.INFERRED if item.certainty is Certainty.INFERRED else Certainty.SEEN
            _input(report, flow, call, name, message, f"Add inputParameters for `{name}`.", certainty=certainty)


def _input(
    report: MetadataReport,
    flow: Flow,
    call: ActionCall,
    name: str,
    message: str,
    fix: str,
    *,
    line: int | None = None,
    severity: Severity = Severity.HIGH,
    certainty: Certainty = Certainty.INFERRED,
) -> None:
    report.add(
        "MD-052",
        flow,
        message,
        fix,
        element=f"actionCalls[{call.name}].inputParameters[{name}]",
        line=line or call.line,
        severity=severity,
        certainty=certainty,
    )


_DATA_TYPES = {"Text": "String", "Boolean": "Boolean", "Number": "Number", "Date": "Date", "DateTime": "DateTime"}


def _input_type(report: MetadataReport, flow: Flow, call: ActionCall, item: Input, variable: Variable) -> None:
    """A variable of another type than the input's."""
    wanted = item.apex_class if item.type == "Apex" else _DATA_TYPES.get(item.type)
    actual = variable.apex_class if variable.data_type == "Apex" else variable.data_type
    if wanted is None or (_bare(actual) == wanted and variable.is_collection == item.collection):
        return
    if item.type != "Apex" and variable.data_type != "Apex" and variable.is_collection == item.collection:
        # flows convert between simple types
        severity, certainty = Severity.MEDIUM, Certainty.INFERRED
    else:
        severity, certainty = Severity.HIGH, item.certainty
    shown = f"{'a list of ' if item.collection else ''}{wanted}"
    report.add(
        "MD-053",
        flow,
        f"The input `{item.name}` of the action {call.name} is {shown}, and `{variable.name}` is "
        f"{'a list of ' if variable.is_collection else ''}{actual or 'nothing'}",
        f"Give the variable the type {shown}.",
        element=f"variables[{variable.name}]",
        line=variable.line,
        severity=severity,
        certainty=certainty,
    )


_PACKAGED = re.compile(r"\AExternalService__[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__")


def _bare(apex_class: str | None) -> str:
    """The class without a package's namespace: source of a package leaves it out, flows of its org write it."""
    return _PACKAGED.sub("ExternalService__", apex_class or "")


def _is_unknown(apex_class: str | None, classes: Mapping[str, object]) -> bool:
    """True for a class that only an External Service could give, and none does."""
    return bool(classes) and (apex_class or "").startswith("ExternalService") and _bare(apex_class) not in classes


def _variables(report: MetadataReport, flow: Flow, services: Mapping[str, ReadService], *, complete: bool) -> None:
    classes = {one.apex_class: one for service in services.values() for one in service.names.classes}
    prefixes = tuple(f"ExternalService__{service.names.service}_" for service in services.values())
    for variable in flow.variables:
        apex_class = variable.apex_class
        if variable.data_type == "Apex" and not apex_class:
            problem, known = "names no class", list(classes)
        elif _is_unknown(apex_class, classes):
            if not str(apex_class).startswith(prefixes) and len(services) != 1:
                continue
            problem, known = f"has the class `{apex_class}`, which no service here gives", list(classes)
        else:
            continue
        report.add(
            "MD-053",
            flow,
            f'{variable.name} (Variable) - "apexClass" is invalid. Provide the API name of an Apex class that includes '
            f"an Apex data type supported in flows. (It {problem})",
            _suggest(apex_class or "", known, "Classes"),
            element=f"variables[{variable.name}]",
            line=variable.line,
            # older registrations name inline classes in ways that are not predicted
            severity=Severity.HIGH if complete else Severity.MEDIUM,
            certainty=Certainty.SEEN if complete else Certainty.INFERRED,
        )


def _ways(flow: Flow) -> Iterator[tuple[str, Connector]]:
    if flow.start is not None and flow.start.connector is not None:
        yield "start", flow.start.connector
    for node in flow.nodes:
        for connector in node.connectors:
            yield node.name, connector


def _connectors(report: MetadataReport, flow: Flow) -> None:
    nodes: dict[str, Node] = {}
    for node in flow.nodes:
        if node.name in nodes:
            report.add(
                "MD-056",
                flow,
                f"Two elements are called `{node.name}`",
                "Give each element a name of its own.",
                element=f"{node.kind}[{node.name}]",
                line=node.line,
            )
        nodes[node.name] = node
    sound = True
    for owner, connector in _ways(flow):
        if connector.target not in nodes:
            sound = False
            report.add(
                "MD-056",
                flow,
                f"A {connector.kind} of `{owner}` leads to `{connector.target}`, which does not exist",
                _suggest(connector.target, list(nodes), "Elements"),
                element=f"{owner}.{connector.kind}",
                line=connector.line,
            )
    paths = FlowPaths(flow)
    if flow.start is None or (flow.start.connector is None and not flow.start.scheduled_paths):
        report.add(
            "MD-056",
            flow,
            "Nothing follows the start of the flow",
            "Add a <start> with a <connector> to the first element.",
            element="start",
            line=flow.line_of("start"),
        )
        return
    for node in flow.nodes if sound else ():
        if not paths.is_reachable(node.name):
            report.add(
                "MD-056",
                flow,
                f"No way leads to the element `{node.name}`",
                "Connect it, or remove it.",
                element=f"{node.kind}[{node.name}]",
                line=node.line,
                severity=Severity.MEDIUM,
            )


def _fault_paths(report: MetadataReport, flow: Flow) -> None:
    for call in flow.external_calls:
        if call.fault_connector is None:
            report.add(
                "MD-058",
                flow,
                f"The action {call.name} has no fault path: a failed callout ends in an unhandled fault",
                "Add a <faultConnector>.",
                element=f"actionCalls[{call.name}].faultConnector",
                line=call.line,
                severity=Severity.MEDIUM,
                certainty=Certainty.DOCUMENTED,
            )
