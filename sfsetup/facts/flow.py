"""Flow: its elements, the ways between them, and every text in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

from sfsetup.facts import flow_nodes
from sfsetup.facts.base import NAMES, Fact, is_true, line_at, text_of
from sfsetup.facts.flow_parts import (
    ActionCall,
    Assignment,
    Connector,
    Decision,
    Loop,
    Node,
    RecordOperation,
    Resource,
    Start,
    Subflow,
    Text,
    Variable,
)
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Fact):
    """One version of a flow, as a file holds it."""

    metadata_type: ClassVar[str] = "Flow"

    label: str | None = None
    description: str | None = None
    status: str | None = None
    process_type: str | None = None
    api_version: str | None = None
    run_in_mode: str | None = None
    interview_label: str | None = None
    needs_permission: bool = False
    """isAdditionalPermissionRequiredToRun: the flow asks for access of its own."""
    start: Start | None = None
    """None where neither `start` nor the older `startElementReference` is there."""
    action_calls: tuple[ActionCall, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    loops: tuple[Loop, ...] = ()
    record_operations: tuple[RecordOperation, ...] = ()
    subflows: tuple[Subflow, ...] = ()
    other_nodes: tuple[Node, ...] = ()
    """Screens, waits, transforms, stages and what newer versions add."""
    variables: tuple[Variable, ...] = ()
    resources: tuple[Resource, ...] = ()
    texts: tuple[Text, ...] = ()
    references: tuple[Text, ...] = ()
    """Everything that names a resource or a part of one: `Call_SMS.responseCode`, also from merge fields in texts."""
    may_hold_secret: bool = True
    """False where whoever read the file saw no sign of a secret anywhere in it."""
    later: Callable[[], Flow] | None = field(default=None, repr=False, compare=False)
    """Reads the file again, whole. With it, the parts in LATE are read when somebody first looks at them."""

    def __getattr__(self, name: str) -> Any:
        # called for slots without a value only
        if name not in LATE or self.later is None:
            raise AttributeError(name)
        whole = self.later()
        for part in LATE:
            object.__setattr__(self, part, getattr(whole, part))
        return getattr(whole, name)

    @property
    def nodes(self) -> Iterator[Node]:
        """All elements that connectors can lead to."""
        yield from self.action_calls
        yield from self.assignments
        yield from self.decisions
        yield from self.loops
        yield from self.record_operations
        yield from self.subflows
        yield from self.other_nodes

    @property
    def external_calls(self) -> tuple[ActionCall, ...]:
        """Actions that call an External Service."""
        return tuple(call for call in self.action_calls if call.is_external_service)

    @property
    def is_active(self) -> bool:
        """True if the file's version is to be active."""
        return self.status == "Active"

    def node(self, name: str) -> Node | None:
        """The element with this name."""
        return next((node for node in self.nodes if node.name == name), None)

    def variable(self, name: str) -> Variable | None:
        """The variable with this name."""
        return next((variable for variable in self.variables if variable.name == name), None)


LATE = (
    "assignments",
    "decisions",
    "loops",
    "record_operations",
    "other_nodes",
    "resources",
    "texts",
    "references",
)
"""Parts of a flow that only rules over flows that call out, and over texts, look at."""
_NODES: dict[str, tuple[str, Callable[[_Element, str], Any]]] = {
    "actionCalls": ("action_calls", flow_nodes.action_call),
    "assignments": ("assignments", flow_nodes.assignment),
    "decisions": ("decisions", flow_nodes.decision),
    "loops": ("loops", flow_nodes.loop),
    "recordCreates": ("record_operations", flow_nodes.record_operation),
    "recordUpdates": ("record_operations", flow_nodes.record_operation),
    "recordDeletes": ("record_operations", flow_nodes.record_operation),
    "recordLookups": ("record_operations", flow_nodes.record_operation),
    "recordRollbacks": ("record_operations", flow_nodes.record_operation),
    "subflows": ("subflows", flow_nodes.subflow),
    "constants": ("resources", flow_nodes.resource),
    "formulas": ("resources", flow_nodes.resource),
    "textTemplates": ("resources", flow_nodes.resource),
    "choices": ("resources", flow_nodes.resource),
}
_NO_NODES = frozenset(
    ("processMetadataValues", "dynamicChoiceSets", "groups", "exitRules", "customProperties", "stages")
)
_REFERENCES = frozenset(
    (
        "elementReference",
        "leftValueReference",
        "assignToReference",
        "collectionReference",
        "inputReference",
        "outputReference",
        "transformValueReference",
    )
)
_MERGE = re.compile(r"\{!([^{}]*)\}")
_NAME = re.compile(r"\$?[A-Za-z_][\w.]*")
_TEXTS = frozenset(
    ("stringValue", "expression", "text", "formulaExpression", "complexValue", "fieldText", "helpText", "errorMessage")
)


_OUTLINE = tuple(
    f"{{*}}{name}"
    for name in (
        "actionCalls",
        "apiVersion",
        "description",
        "interviewLabel",
        "isAdditionalPermissionRequiredToRun",
        "label",
        "processType",
        "runInMode",
        "start",
        "startElementReference",
        "status",
        "subflows",
        "variables",
    )
)
_COLLECTED = frozenset(("name", *_REFERENCES, *_TEXTS))


def read(
    root: _Element,
    *,
    full_name: str,
    file: str,
    may_hold_secret: bool = True,
    again: Callable[[], _Element] | None = None,
) -> Flow:
    """The fact of an element tree.

    With `again`, which gives the tree once more, a flow that neither calls out nor may hold a secret is read in its
    outline; the rest follows when it is asked for. Most flows of an org are such, and most of a flow is the rest.
    """
    lists: dict[str, list[Any]] = {}
    leaves: dict[str, str] = {}
    lines: dict[str, int] = {}
    start = _read_outline(root, lists, leaves, lines)
    is_outline = again is not None and not may_hold_secret and not _leads_out(lists)
    if not is_outline:
        # lxml makes an element's object whenever it is asked for one that nobody holds; here each is asked for often
        held = list(root.iter())
        _read_rest(root, lists, lines)
        del held
    parts: dict[str, Any] = {name: tuple(entries) for name, entries in lists.items()}
    flow = Flow(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=leaves.get("label"),
        description=leaves.get("description"),
        status=leaves.get("status"),
        process_type=leaves.get("processType"),
        api_version=leaves.get("apiVersion"),
        run_in_mode=leaves.get("runInMode"),
        interview_label=leaves.get("interviewLabel"),
        needs_permission=is_true(leaves.get("isAdditionalPermissionRequiredToRun")),
        start=start,
        may_hold_secret=may_hold_secret,
        **parts,
    )
    if is_outline and again is not None:
        tree = again
        object.__setattr__(flow, "later", lambda: read(tree(), full_name=full_name, file=file))
        for late in LATE:
            object.__delattr__(flow, late)
    return flow


def _leads_out(lists: dict[str, list[Any]]) -> bool:
    """True if the flow may call out: rules will look at all of it."""
    calls: list[ActionCall] = lists.get("action_calls", [])
    return "subflows" in lists or any(call.is_external_service or call.action_type == "apex" for call in calls)


def _read_outline(
    root: _Element, lists: dict[str, list[Any]], leaves: dict[str, str], lines: dict[str, int]
) -> Start | None:
    start: Start | None = None
    # chosen by lxml itself: an element that is passed over costs nothing
    for child in root.iterchildren(*_OUTLINE):
        name = NAMES[child.tag]
        lines.setdefault(name, line_at(child))
        if not len(child):
            leaves[name] = text_of(child)
        elif name in ("actionCalls", "subflows"):
            entry = _NODES[name]
            lists.setdefault(entry[0], []).append(entry[1](child, name))
        elif name == "variables":
            lists.setdefault("variables", []).append(flow_nodes.variable(child))
        elif name == "start":
            start = flow_nodes.start(child)
    if start is None and leaves.get("startElementReference"):
        first = Connector("connector", leaves["startElementReference"].strip(), lines["startElementReference"])
        start = Start(connector=first, line=lines["startElementReference"])
    return start


def _read_rest(root: _Element, lists: dict[str, list[Any]], lines: dict[str, int]) -> None:
    texts: list[Text] = []
    references: list[Text] = []
    for child in root:
        name = NAMES[child.tag]
        if name not in lines:
            lines[name] = line_at(child)
        if not len(child):
            continue
        entry = _NODES.get(name)
        if entry is not None:
            if name not in ("actionCalls", "subflows"):
                lists.setdefault(entry[0], []).append(entry[1](child, name))
        elif name not in _NO_NODES and name not in ("start", "variables"):
            lists.setdefault("other_nodes", []).append(flow_nodes.other(child, name))
        if name != "processMetadataValues":
            _collect_texts(child, texts, references)
    lists["texts"] = texts
    lists["references"] = references


def _collect_texts(element: _Element, texts: list[Text], references: list[Text]) -> None:
    owner = ""
    # lxml would look for a dozen names far longer than a dictionary
    for inner in element.iter():
        name = NAMES[inner.tag]
        if name not in _COLLECTED:
            continue
        text = inner.text
        if not text:
            continue
        if name == "name":
            owner = owner or text
        elif name in _REFERENCES:
            references.append(Text(owner, name, text, line_at(inner)))
        else:
            line = line_at(inner)
            texts.append(Text(owner, name, text, line))
            for merged in _MERGE.findall(text) if "{!" in text else ():
                references.extend(Text(owner, name, each, line) for each in _NAME.findall(merged))
