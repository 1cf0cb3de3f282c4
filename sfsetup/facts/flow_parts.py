"""The parts of a flow as values. Element and field names: Metadata API WSDL; meaning: reference 'metadata types' 5."""

from __future__ import annotations

from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class FlowValue:
    """A FlowElementReferenceOrValue: `kind` is elementReference, stringValue, numberValue, booleanValue …"""

    kind: str
    text: str
    line: int = 0

    @property
    def reference(self) -> str | None:
        """What it refers to, as `smsBody.text`; None for a literal."""
        return self.text if self.kind == "elementReference" else None

    @property
    def literal(self) -> str | None:
        """The text of a literal; None for a reference."""
        return None if self.kind == "elementReference" else self.text


@dataclass(frozen=True, slots=True)
class Connector:
    """A way from one element to the next. `kind` is its element name: connector, faultConnector, defaultConnector …"""

    kind: str
    target: str
    line: int = 0
    is_go_to: bool = False

    @property
    def is_fault(self) -> bool:
        """True for the way that is taken after an error."""
        return self.kind == "faultConnector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element of a flow that others can lead to. `kind` is its element name in the file: actionCalls, decisions …"""

    kind: str
    name: str
    label: str | None = None
    description: str | None = None
    connectors: tuple[Connector, ...] = ()
    line: int = 0

    @property
    def fault_connector(self) -> Connector | None:
        """The way taken after an error."""
        return next((each for each in self.connectors if each.is_fault), None)


@dataclass(frozen=True, slots=True)
class Input:
    """An input of an action or subflow; `value` is None where nothing is set."""

    name: str
    value: FlowValue | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """An output of an action or subflow and the variable that takes it."""

    name: str
    assign_to: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall(Node):
    """An action. For an external service `action_name` is `<Service>.<operation>`."""

    action_name: str = ""
    action_type: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    transaction_model: str | None = None
    store_output_automatically: bool = False
    data_type_mappings: tuple[tuple[str, str], ...] = ()
    """typeName and typeValue of generic inputs."""

    @property
    def is_external_service(self) -> bool:
        """True for an operation of a registered External Service; Flow HTTP callouts are such too."""
        return self.action_type == "externalService"

    @property
    def service(self) -> str:
        """Name of the registration without a package's namespace."""
        return self.action_name.partition(".")[0].rpartition("::")[2]

    @property
    def namespace(self) -> str | None:
        """The package's namespace of `ns::Service.operation`."""
        before, separator, _ = self.action_name.partition(".")[0].rpartition("::")
        return before if separator else None

    @property
    def operation(self) -> str:
        """Name of the operation behind the first dot; empty where there is none."""
        return self.action_name.partition(".")[2]


@dataclass(frozen=True, slots=True)
class AssignmentItem:
    """One assignment; without a value the target is cleared."""

    assign_to: str
    operator: str
    value: FlowValue | None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Node):
    """An assignment element."""

    items: tuple[AssignmentItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a decision."""

    left: str
    operator: str
    right: FlowValue | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One outcome of a decision."""

    name: str
    label: str | None
    logic: str
    conditions: tuple[Condition, ...]
    connector: Connector | None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Node):
    """A decision; the way without a matching rule is the defaultConnector."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Node):
    """A loop; its body begins at nextValueConnector, noMoreValuesConnector leaves it."""

    collection: str = ""
    item_variable: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOperation(Node):
    """recordCreates, recordUpdates, recordDeletes, recordLookups or recordRollbacks."""

    object: str | None = None
    input_reference: str | None = None
    inputs: tuple[Input, ...] = ()
    """Field and value of inputAssignments."""
    filters: tuple[Condition, ...] = ()

    @property
    def writes(self) -> bool:
        """True if it changes records (reference 'audit rules', FL-003: work that blocks a callout)."""
        return self.kind in ("recordCreates", "recordUpdates", "recordDeletes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subflow(Node):
    """A call of another flow."""

    flow_name: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPath:
    """A path of a record-triggered flow that runs later; `AsyncAfterCommit` right after the transaction."""

    name: str = ""
    path_type: str | None = None
    connector: Connector | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where and when a flow begins."""

    trigger_type: str | None = None
    record_trigger_type: str | None = None
    object: str | None = None
    connector: Connector | None = None
    scheduled_paths: tuple[ScheduledPath, ...] = ()
    schedule_frequency: str | None = None
    run_as_user: str | None = None
    has_filters: bool = False
    line: int = 0

    @property
    def is_record_triggered(self) -> bool:
        """True for a flow that a saved record starts."""
        return self.trigger_type in ("RecordBeforeSave", "RecordAfterSave", "RecordBeforeDelete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable; `apex_class` where the data type is Apex."""

    name: str
    data_type: str = ""
    apex_class: str | None = None
    object_type: str | None = None
    is_collection: bool = False
    is_input: bool = False
    is_output: bool = False
    value: FlowValue | None = None
    description: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A text somewhere in a flow: what may hold a literal, a merge field or a secret.

    `owner` is the name of the flow element (empty: the flow itself), `element` the XML element that holds the text.
    """

    owner: str
    element: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """A constant, formula, text template, choice or stage: a named thing that others refer to."""

    kind: str
    name: str
    data_type: str | None
    text: str
    line: int = 0
    scale: int | None = None
    """Decimal places of a formula's number."""
