"""What an action of a registered service takes and gives, as the callout needs to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.localorg.flow.values import FlowType

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation, Parameter

RESPONSE_CODE = "responseCode"
DEFAULT_ERROR = "defaultExc"


@dataclass(frozen=True, slots=True)
class ActionInput:
    """One input. `parameter` is the document's; None for the body."""

    name: str
    type: FlowType
    required: bool
    parameter: Parameter | None = None


@dataclass(frozen=True, slots=True)
class ActionOutput:
    """One output. `code` is the response key it stands for; empty for `responseCode` and the text of other errors."""

    name: str
    type: FlowType
    code: str = ""


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """An active operation of a registered service."""

    service: str
    name: str
    """`<Service>.<operation>`."""
    operation: Operation
    document: OpenApiDocument
    named_credential: str
    inputs: tuple[ActionInput, ...]
    outputs: tuple[ActionOutput, ...]
    label: str = ""

    def output_of(self, status: int) -> ActionOutput | None:
        """The output that an answer with this status fills: by exact code, by range, else `default`."""
        by_code = {output.code.upper(): output for output in self.outputs if output.code}
        for code in (str(status), f"{status // 100}XX", "DEFAULT"):
            if code in by_code:
                return by_code[code]
        return None
