"""An answer as the action's outputs (external-services 5).

`responseCode` always; the output of the answer's code, typed; `defaultExc` with the raw text for codes that the
document does not describe. Whether an answer of 400 and above takes the fault path is a switch.
"""

from __future__ import annotations

from decimal import Decimal

from sfsetup.errors import InvalidInput
from sfsetup.localorg.callout.json_map import from_json
from sfsetup.localorg.callout.service import DEFAULT_ERROR, RESPONSE_CODE, ServiceAction
from sfsetup.localorg.callout.values import Incoming
from sfsetup.localorg.flow.interpreter import CallResult
from sfsetup.localorg.flow.values import TEXT, ClassLookup, FlowFault, FlowType, FlowValue
from sfsetup.localorg.judge.check import OURS_MARK
from sfsetup.localorg.stored import loads, reason


def result(action: ServiceAction, came: Incoming, classes: ClassLookup, *, faults: bool) -> CallResult:
    """Never raises: an answer that cannot be read is a fault."""
    outputs: dict[str, FlowValue] = {RESPONSE_CODE: Decimal(came.status)}
    text = came.body.decode("utf-8", "replace")
    found = action.output_of(came.status)
    is_error = came.status >= 400
    try:
        if found is not None and (found.code.upper() != "DEFAULT" or not is_error):
            outputs[found.name] = _read(came, text, found.type, classes)
        elif is_error or came.status >= 300:
            outputs[found.name if found else DEFAULT_ERROR] = text
    except FlowFault as fault:
        if not is_error:
            return CallResult(outputs, f"The answer of {action.name} cannot be read: {fault.message}")
        outputs[DEFAULT_ERROR] = text
    if is_error and faults:
        return CallResult(outputs, _fault_text(action, came, text))
    return CallResult(outputs)


def _read(came: Incoming, text: str, wanted: FlowType, classes: ClassLookup) -> FlowValue:
    if not came.body:
        return None
    if wanted == FlowType(TEXT) and "json" not in came.media_type:
        return text
    try:
        value = loads(came.body, name="answer")
    except InvalidInput as error:
        if wanted == FlowType(TEXT):
            return text
        raise FlowFault(f"{reason(error)}.") from error
    return from_json(value, wanted, classes)


def _fault_text(action: ServiceAction, came: Incoming, text: str) -> str:
    """No text of Salesforce is known for this (messages 3): ours, with the vendor's answer in it."""
    short = text if len(text) <= 500 else f"{text[:500]}…"
    return f"The callout of {action.name} was answered with HTTP {came.status}: {short}{OURS_MARK}"
