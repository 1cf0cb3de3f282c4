"""Circles in a graph of references: Tarjan's strongly connected components, without recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def cycles(graph: Graph) -> list[set[str]]:
    """Groups of nodes that reach each other, single nodes only if they refer to themselves."""
    return [group for group in _components(graph) if len(group) > 1 or next(iter(group)) in graph[next(iter(group))]]


def _components(graph: Graph) -> Iterator[set[str]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    work: list[tuple[str, Iterator[str]]] = []

    def enter(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        work.append((node, iter(graph[node])))

    for root in graph:
        if root not in index:
            enter(root)
        while work:
            node, children = work[-1]
            child = next((one for one in children if one in graph and (one not in index or one in on_stack)), None)
            if child is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    yield _group(node, stack, on_stack)
            elif child in index:
                low[node] = min(low[node], index[child])
            else:
                enter(child)


def _group(node: str, stack: list[str], on_stack: set[str]) -> set[str]:
    group: set[str] = set()
    while node not in group:
        member = stack.pop()
        on_stack.discard(member)
        group.add(member)
    return group
