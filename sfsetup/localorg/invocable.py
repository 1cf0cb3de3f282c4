"""Running and describing invocable actions: flows and operations of External Services. Knows no HTTP.

Forms: wire-protocols 2.3. Types of inputs and outputs in descriptions beyond `apexClass` are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.callout.json_map import from_json, to_json
from sfsetup.localorg.callout.run import Caller
from sfsetup.localorg.callout.service import ServiceAction
from sfsetup.localorg.flow.interpreter import CallRequest, CallResult, Interview, run
from sfsetup.localorg.flow.load import load
from sfsetup.localorg.flow.program import Program
from sfsetup.localorg.flow.scope import Surroundings
from sfsetup.localorg.flow.values import APEX, TEXT, FlowFault, FlowType, FlowValue
from sfsetup.localorg.judge.check import OURS_MARK
from sfsetup.localorg.runtime_access import UserRights, demand_run, version_for
from sfsetup.localorg.unmodelled import tell

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.runtime import Runtime
    from sfsetup.localorg.state import FlowVersion, User

MAX_SUBFLOWS = 20
"""Flows within flows."""

_TYPES = {
    "Text": "STRING",
    "Number": "DOUBLE",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "DateTime": "DATETIME",
    "Time": "TIME",
}


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One interview as REST shows it."""

    name: str
    interview: Interview
    version: int | None
    guid: str
    apex_values: bool
    """Whether Apex-defined outputs are carried (switch)."""
    program: Program | None = None

    @property
    def ok(self) -> bool:
        """Finished without a fault that nobody took."""
        return self.interview.error is None

    def as_json(self, version: float) -> dict[str, Any]:
        """The element of the answer; fields that newer versions add come with API 63.0."""
        error = self.interview.error
        outputs: dict[str, Any] | None = None
        errors = None
        if error is None:
            outputs = {name: to_json(value) for name, value in self.interview.outputs.items() if self._shown(name)}
            outputs["Flow__InterviewStatus"] = "Finished"
            if version >= 63:
                outputs["Flow__InterviewGuid"] = self.guid
        else:
            errors = [{"statusCode": error.code, "message": error.message, "fields": []}]
        entry: dict[str, Any] = {
            "actionName": self.name,
            "errors": errors,
            "isSuccess": error is None,
            "outputValues": outputs,
        }
        if version >= 63:
            entry |= {"invocationId": None, "outcome": None, "sortOrder": -1, "version": self.version or 1}
        return entry

    def _shown(self, name: str) -> bool:
        variable = self.program.variables.get(name) if self.program else None
        return variable is None or variable.type.kind != APEX or self.apex_values


def _writable(interview: Interview) -> Interview:
    """The interview, or its failure where an output cannot be told."""
    try:
        for value in interview.outputs.values():
            to_json(value)
    except FlowFault as fault:
        return Interview({}, fault, interview.path)
    return interview


class Invocables:
    """The actions of one org, as one user sees them."""

    def __init__(self, org: LocalOrg, runtime: Runtime, user: User) -> None:
        self._org = org
        self._runtime = runtime
        self._user = user
        self._state = org.state

    def run_flow(self, name: str, inputs: Mapping[str, Any]) -> FlowRun | None:
        """Runs a flow with JSON inputs; None if there is no such flow."""
        carries = self._state.switches.on("rest-carries-apex-values")
        guid = self._state.ids.new("FlowInterview")
        try:
            found = version_for(self._state, self._user, name)
            if found is None:
                return None
            program = self._program(found)
            given = {key: self._input(program, key, value, carries) for key, value in inputs.items()}
        except FlowFault as fault:
            self._say(fault)
            return FlowRun(name, Interview({}, fault), None, guid, carries)
        interview = _writable(self._interview(program, given, depth=0))
        if interview.error is not None:
            self._say(interview.error)
        return FlowRun(name, interview, found.number, guid, carries, program)

    def flow_names(self) -> list[tuple[str, str]]:
        """(name, label) of autolaunched flows with an active version; for flow admins of all autolaunched ones."""
        sees_all = self._state.permissions.of_user(self._user.id).may("ManageFlow")
        found = []
        for name in dict.fromkeys(version.flow for version in self._state.flows.all()):
            version = self._state.flows.active(name) or (self._state.flows.latest(name) if sees_all else None)
            if version is None:
                continue
            fact = self._runtime.services.flow(version)
            if fact.process_type in ("AutoLaunchedFlow", None, ""):
                found.append((name, fact.label or name))
        return found

    def describe_flow(self, name: str) -> dict[str, Any] | None:
        """The description of a flow as action; None if there is none that the user could run."""
        try:
            version = version_for(self._state, self._user, name)
        except FlowFault:
            return None
        if version is None:
            return None
        fact = self._runtime.services.flow(version)
        program = load(fact)
        inputs = [v for v in program.variables.values() if v.is_input]
        outputs = [v for v in program.variables.values() if v.is_output]
        return {
            "description": fact.description,
            "inputs": [_parameter(v.name, v.type, required=False) for v in inputs],
            "label": fact.label or name,
            "name": name,
            "outputs": [_parameter(v.name, v.type, required=False) for v in outputs],
            "standard": False,
            "targetEntityName": None,
            "type": "FLOW",
        }

    def describe_service(self, name: str) -> dict[str, Any] | None:
        """The description of an External Service action; None if there is none."""
        action = self._runtime.services.action(name)
        if action is None:
            return None
        return {
            "description": action.operation.raw.get("description"),
            "inputs": [_parameter(i.name, i.type, required=i.required) for i in action.inputs],
            "label": action.label or action.name,
            "name": action.name,
            "outputs": [_parameter(o.name, o.type, required=False) for o in action.outputs],
            "standard": False,
            "targetEntityName": None,
            "type": "EXTERNAL_SERVICE",
        }

    def run_service(self, name: str, inputs: Mapping[str, Any]) -> CallResult | None:
        """Calls an operation directly; None if there is no such action."""
        action = self._runtime.services.action(name)
        if action is None:
            return None
        classes = self._runtime.services.class_shape
        try:
            known = {item.name: item.type for item in action.inputs}
            for key in inputs:
                if key not in known:
                    raise FlowFault(f"The action {name} has no input {key}.", code="INVALID_INPUT")
            given = {key: from_json(value, known[key], classes, f"/{key}") for key, value in inputs.items()}
            return self._callout(action, given, name)
        except FlowFault as fault:
            return CallResult({}, fault.message)

    def _program(self, version: FlowVersion) -> Program:
        fact = self._runtime.services.flow(version)
        demand_run(self._state, self._user, fact)
        return load(fact)

    def _interview(self, program: Program, inputs: Mapping[str, FlowValue], depth: int) -> Interview:
        org = self._state.settings.org
        around = Surroundings(
            globals={
                "$User.Id": self._user.id,
                "$User.Username": self._user.username,
                "$User.Email": self._user.email,
                "$Organization.Id": org.id,
                "$Organization.Name": org.name,
            },
            classes=self._runtime.services.class_shape,
            now=self._state.clock.now,
        )

        def calls(request: CallRequest) -> CallResult:
            if request.kind == "subflow":
                return self._subflow(request, depth + 1)
            if request.kind != "externalService":
                raise FlowFault(
                    f"The local org does not run actions of type {request.kind} ({request.element}: {request.target})."
                )
            action = self._runtime.services.action(request.target)
            if action is None:
                # The words that a deploy uses for an action that is not there (messages 1).
                raise FlowFault(
                    f"{request.element} (Action) - We can't find an action with the name and action type "
                    "that you specified.",
                    known=True,
                )
            return self._callout(action, request.inputs, request.element)

        return run(program, inputs, around, calls)

    def _callout(self, action: ServiceAction, inputs: Mapping[str, FlowValue], element: str) -> CallResult:
        rights = UserRights(self._state.permissions.of_user(self._user.id))
        try:
            return self._runtime.callouts().call(action, inputs, Caller(self._user.id, rights), element)
        except FlowFault as fault:
            self._say(fault)
            raise

    def _say(self, fault: FlowFault) -> None:
        """What ended because it is not modelled stands in the log, too: a fault path may hide it from the caller."""
        if fault.message.startswith("The local org does not "):
            tell(self._org, fault.message.removesuffix(OURS_MARK))

    def _subflow(self, request: CallRequest, depth: int) -> CallResult:
        if depth > MAX_SUBFLOWS:
            raise FlowFault(f"Flows call one another more than {MAX_SUBFLOWS} levels deep ({request.element}).")
        version = self._state.flows.active(request.target) or version_for(self._state, self._user, request.target)
        if version is None:
            raise FlowFault(f"The flow {request.target} of the subflow {request.element} does not exist.")
        interview = self._interview(self._program(version), request.inputs, depth)
        if interview.error:
            # A fault inside a subflow ends the whole interview: flows have no fault path for it.
            raise interview.error
        return CallResult(interview.outputs)

    def _input(self, program: Program, name: str, value: Any, carries_apex: bool) -> FlowValue:
        variable = program.variables.get(name)
        if variable is None or not variable.is_input:
            raise FlowFault(f"The flow {program.name} has no input variable {name}.", code="INVALID_INPUT")
        if variable.type.kind == APEX and not carries_apex:
            raise FlowFault(f"The input {name} is Apex-defined: it cannot be given over REST.", code="INVALID_INPUT")
        return rest_value(value, variable.type, name, self._runtime.services)


def rest_value(value: Any, wanted: FlowType, name: str, services: Any) -> FlowValue:
    """A JSON value as an input. Raises FlowFault with INVALID_INPUT."""
    try:
        if wanted.kind == TEXT and not wanted.collection and isinstance(value, dict | list):
            raise FlowFault(f"{name} is Text; {'an object' if isinstance(value, dict) else 'a list'} was given.")
        return from_json(value, wanted, services.class_shape, f"/{name}")
    except InvalidOperation as error:
        raise FlowFault(f"{name} is no number.", code="INVALID_INPUT") from error
    except FlowFault as fault:
        fault.code = "INVALID_INPUT"
        raise


def outputs_json(result: CallResult) -> dict[str, Any]:
    """The outputs of a directly called operation."""
    return {name: _plain(value) for name, value in result.outputs.items()}


def _plain(value: FlowValue) -> Any:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else to_json(value)


def _parameter(name: str, kind: FlowType, *, required: bool) -> dict[str, Any]:
    return {
        "apexClass": kind.apex_class,
        "byteLength": 0,
        "description": None,
        "label": name,
        "maxOccurs": 2000 if kind.collection else 1,
        "name": name,
        "picklistValues": None,
        "required": required,
        "sobjectType": None,
        "type": "APEX" if kind.kind == APEX else _TYPES.get(kind.kind, "STRING"),
    }
