"""Every name that a flow reads or writes: does the variable, the element, the output, the property exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_parts import Text
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.metadata_report import MetadataReport
from sfsetup.rules.metadata_service import ReadService

if TYPE_CHECKING:
    from sfsetup.openapi.names import ClassName, OperationNames

_ALWAYS = ("responseCode", "defaultExc")
"""Outputs of every external service action (reference 'external services', section 5)."""


class FlowNames:
    """The names of one flow; `called` are the operations of its actions, as far as they are known."""

    def __init__(
        self,
        report: MetadataReport,
        flow: Flow,
        called: Mapping[str, OperationNames],
        services: Mapping[str, ReadService],
    ) -> None:
        self.report, self.flow, self.called = report, flow, called
        self.classes: dict[str, ClassName] = {
            one.apex_class: one for service in services.values() for one in service.names.classes
        }
        self.variables = {variable.name: variable for variable in flow.variables}
        self.named = {
            *self.variables,
            *(node.name for node in flow.nodes),
            *(resource.name for resource in flow.resources),
            *(rule.name for decision in flow.decisions for rule in decision.rules),
        }

    def check(self) -> None:
        """Reports each name that leads nowhere once."""
        seen: set[tuple[str, str]] = set()
        for reference in self._references():
            if (reference.owner, reference.text) in seen:
                continue
            seen.add((reference.owner, reference.text))
            self._reference(reference)
        self._twice()

    def _references(self) -> Iterator[Text]:
        yield from self.flow.references
        for call in self.flow.action_calls:
            for output in call.outputs:
                yield Text(call.name, "assignToReference", output.assign_to, output.line)

    def _reference(self, reference: Text) -> None:
        text = reference.text.strip()
        head, _, rest = text.partition(".")
        if not head or head.startswith("$"):
            return
        if head not in self.named:
            # screens, choices and stages have names that are not read here
            if self.flow.other_nodes:
                return
            self._add(
                "MD-055", reference, f"`{text}` names `{head}`, which does not exist in the flow", head, self.named
            )
        elif head in self.called and rest:
            self._output(reference, head, rest)
        elif head in self.variables and rest:
            apex_class = self.variables[head].apex_class
            if apex_class in self.classes:
                self._property(reference, apex_class, rest)

    def _output(self, reference: Text, call: str, rest: str) -> None:
        operation = self.called[call]
        name, _, path = rest.partition(".")
        output = operation.output(name)
        if output is None:
            if name in _ALWAYS:
                return
            known = [*(one.name for one in operation.outputs), *_ALWAYS]
            self._add("MD-057", reference, f"The action {call} has no output `{name}`", name, set(known))
        elif path and output.apex_class in self.classes:
            self._property(reference, str(output.apex_class), path)

    def _property(self, reference: Text, apex_class: str, path: str) -> None:
        at = apex_class
        for token in path.split("."):
            found = next((one for one in self.classes[at].properties if one.flow_name == token), None)
            if found is None:
                known = {one.flow_name for one in self.classes[at].properties}
                self._add("MD-054", reference, f"{at} has no property `{token}`", token, known)
                return
            if found.apex_class is None or found.apex_class not in self.classes or found.collection:
                return
            at = found.apex_class

    def _add(self, rule: str, reference: Text, message: str, word: str, known: set[str]) -> None:
        from sfsetup.spec.reporting import did_you_mean

        fix, _found = did_you_mean(word, sorted(known), what="Known")
        where = f" ({reference.element} of {reference.owner})" if reference.owner else ""
        self.report.add(
            rule,
            self.flow,
            message + where,
            fix,
            element=f"{reference.owner}.{reference.element} {reference.text}",
            line=reference.line,
            certainty=Certainty.SEEN if rule == "MD-055" else Certainty.INFERRED,
        )

    def _twice(self) -> None:
        seen: set[str] = set()
        for variable in self.flow.variables:
            lower = variable.name.lower()
            if lower in seen:
                self.report.add(
                    "MD-055",
                    self.flow,
                    f"Two variables are called `{variable.name}`",
                    "Give each a name of its own.",
                    element=f"variables[{variable.name}]",
                    line=variable.line,
                    severity=Severity.HIGH,
                    certainty=Certainty.INFERRED,
                )
            seen.add(lower)
