"""Metadata files for tests: the children of the root are written, the root and the declaration are added."""

from __future__ import annotations

from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import type_of_file

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def document(kind: str, body: str) -> bytes:
    """An XML document of this metadata type."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{NAMESPACE}">\n{body}\n</{kind}>\n'.encode()


def tree(**named: str) -> dict[str, bytes]:
    """Files by path, from names such as `flows__Send__flow`: folder, name and suffix."""
    found = {}
    for name, body in named.items():
        folder, full_name, suffix = name.split("__", 2)
        path = f"{folder}/{full_name}.{suffix}"
        known = type_of_file(path)
        assert known is not None, path
        found[path] = body.encode() if suffix in ("cls", "trigger") else document(known[0].name, body)
    return found


def facts_of(files: dict[str, bytes]) -> FactSet:
    """The facts of these files."""
    return read_facts(read_entries(files))


def call(name: str, action: str, *more: str, kind: str = "externalService") -> str:
    """An action of a flow."""
    return (
        f"<actionCalls><name>{name}</name><label>{name}</label><locationX>0</locationX><locationY>0</locationY>"
        f"<actionName>{action}</actionName><actionType>{kind}</actionType>{''.join(more)}</actionCalls>"
    )


def way(target: str, kind: str = "connector") -> str:
    """A connector."""
    return f"<{kind}><targetReference>{target}</targetReference></{kind}>"


def node(kind: str, name: str, *more: str) -> str:
    """Any other element of a flow."""
    return (
        f"<{kind}><name>{name}</name><label>{name}</label><locationX>0</locationX><locationY>0</locationY>"
        f"{''.join(more)}</{kind}>"
    )


def start(*more: str) -> str:
    """The start of a flow."""
    return f"<start><locationX>0</locationX><locationY>0</locationY>{''.join(more)}</start>"
