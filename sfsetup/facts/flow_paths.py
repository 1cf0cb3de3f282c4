"""Ways through a flow: what can follow what, in loops, after writing, on fault paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_parts import Connector, Loop, Node, RecordOperation

_PAUSES = ("screens", "waits")
"""Elements at which the running transaction ends (reference 'audit rules', FL-003)."""


class FlowPaths:
    """The connectors of a flow as a graph of element names."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.nodes: dict[str, Node] = {node.name: node for node in flow.nodes}

    @cached_property
    def immediate(self) -> frozenset[str]:
        """Elements that run when the flow starts, not on a scheduled path."""
        start = self.flow.start
        return self.reach([start.connector.target]) if start and start.connector else frozenset()

    @cached_property
    def scheduled(self) -> frozenset[str]:
        """Elements that run on a scheduled (or asynchronous) path."""
        paths = self.flow.start.scheduled_paths if self.flow.start else ()
        return self.reach(path.connector.target for path in paths if path.connector)

    @cached_property
    def without_faults(self) -> frozenset[str]:
        """Elements that run without an error before them."""
        start = self.flow.start
        first = [start.connector] if start and start.connector else []
        first.extend(path.connector for path in (start.scheduled_paths if start else ()) if path.connector)
        return self.reach((connector.target for connector in first), follow=lambda _, way: not way.is_fault)

    def is_reachable(self, name: str) -> bool:
        """True if any way from the start leads to the element."""
        return name in self.immediate or name in self.scheduled

    def only_after_fault(self, name: str) -> bool:
        """True for an element that runs only after another one failed."""
        return self.is_reachable(name) and name not in self.without_faults

    def loops_around(self, name: str) -> tuple[Loop, ...]:
        """Loops whose body holds the element."""
        return tuple(loop for loop in self.flow.loops if name in self._bodies[loop.name])

    def writes_before(self, name: str) -> tuple[RecordOperation, ...]:
        """Elements that change records earlier in the same transaction: no screen or pause stands between."""
        leading = self._leading_to(name, lambda node: node.kind not in _PAUSES)
        return tuple(
            operation
            for operation in self.flow.record_operations
            if operation.writes
            and self.is_reachable(operation.name)
            and any(way.target in leading for way in operation.connectors if not way.is_fault)
        )

    def following(self, name: str) -> frozenset[str]:
        """Elements that can run after this one, on any way."""
        node = self.nodes.get(name)
        return self.reach(way.target for way in node.connectors) if node else frozenset()

    def reach(
        self, targets: Iterable[str], follow: Callable[[Node, Connector], bool] = lambda _node, _way: True
    ) -> frozenset[str]:
        """Names of elements that can be reached from these, these included, over connectors that `follow` takes."""
        found: set[str] = set()
        todo = [target for target in targets if target in self.nodes]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            node = self.nodes[name]
            todo.extend(way.target for way in node.connectors if way.target in self.nodes and follow(node, way))
        return frozenset(found)

    @cached_property
    def _bodies(self) -> dict[str, frozenset[str]]:
        """By loop: elements that run once an item, reached from the loop's body and leading back to it."""
        found = {}
        for loop in self.flow.loops:
            first = [way.target for way in loop.connectors if way.kind == "nextValueConnector"]
            inside = self.reach(first, follow=_not_from(loop))
            found[loop.name] = (inside & self._leading_to(loop.name, lambda _node: True)) - {loop.name}
        return found

    @cached_property
    def _before(self) -> dict[str, list[Node]]:
        """Elements with a way to this one."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            for way in node.connectors:
                found.setdefault(way.target, []).append(node)
        return found

    def _leading_to(self, name: str, passes: Callable[[Node], bool]) -> frozenset[str]:
        """The element, and all that lead to it over elements that `passes` lets through, themselves included."""
        found = {name}
        todo = [name]
        while todo:
            for node in self._before.get(todo.pop(), ()):
                if node.name not in found and passes(node):
                    found.add(node.name)
                    todo.append(node.name)
        return frozenset(found)

    def uses_output(self, name: str, *outputs: str) -> bool:
        """True if something in the flow reads one of these outputs of an action, by reference or by assignment."""
        wanted = {f"{name}.{output}" for output in outputs}
        for reference in self.flow.references:
            text = reference.text
            if text in wanted or any(text.startswith(each + ".") for each in wanted):
                return True
        node = self.nodes.get(name)
        assigned = {each.name for each in getattr(node, "outputs", ())}
        return bool(assigned & set(outputs))


def _not_from(loop: Loop) -> Callable[[Node, Connector], bool]:
    """Follows every way but those out of the loop itself."""
    return lambda node, _way: node.name != loop.name
