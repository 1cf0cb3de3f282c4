"""Reads names.yaml: what real orgs made of documents. Used for every predictor of names, each by its own test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("registration", "action", "method", "input", "output", "class", "path")


@dataclass(frozen=True)
class NameFact:
    """One name that was seen."""

    service: str
    namespace: str | None
    document: str
    """The minimal document as JSON text."""
    method: str
    path: str
    kind: str
    expected: str
    of: str
    source: str
    misses: str

    @property
    def label(self) -> str:
        """For test reports."""
        return f"{self.service} {self.method} {self.path} {self.kind} {self.expected}"


def name_facts() -> Iterator[NameFact]:
    """Every fact of the file."""
    from sfsetup.text.documents import read_document

    file = Path(__file__).with_name("names.yaml")
    entries: Any = read_document(file.read_bytes(), name=file.name, syntax="yaml").value
    for entry in entries:
        text = json.dumps({"info": {"title": entry["service"], "version": "1"}, **entry["document"]})
        for fact in entry["facts"]:
            kind = next(kind for kind in KINDS if kind in fact)
            method, _, path = fact["request"].partition(" ")
            yield NameFact(
                entry["service"],
                entry.get("namespace"),
                text,
                method.lower(),
                path,
                kind,
                str(fact[kind]),
                str(fact.get("of", "")),
                entry["source"],
                fact.get("misses", ""),
            )
