"""CustomMetadata records, custom labels: texts that anybody with the right API permission can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, name_of, root_values, text_of, words
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of a record and its text."""

    field: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomMetadataRecord(Fact):
    """One record of a custom metadata type."""

    metadata_type: ClassVar[str] = "CustomMetadata"

    label: str | None = None
    is_protected: bool = False
    values: tuple[FieldValue, ...] = ()


def read(root: _Element, *, full_name: str, file: str) -> CustomMetadataRecord:
    """The fact of an element tree."""
    texts, lines, groups = root_values(root)
    values = []
    for element in groups.get("values", ()):
        entry = words(element)
        values.append(FieldValue(entry.get("field", ""), entry.get("value", ""), line_at(element)))
    return CustomMetadataRecord(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        is_protected=is_true(texts.get("protected")),
        values=tuple(values),
    )


@dataclass(frozen=True, slots=True)
class Label:
    """One custom label."""

    name: str
    value: str
    is_protected: bool
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomLabels(Fact):
    """The labels of one file."""

    metadata_type: ClassVar[str] = "CustomLabels"

    labels: tuple[Label, ...] = ()


def read_labels(root: _Element, *, full_name: str, file: str) -> CustomLabels:
    """The fact of a file of labels."""
    labels = []
    for element in root:
        if name_of(element) == "labels":
            entry = {name_of(child): text_of(child) for child in element}
            protected = is_true(entry.get("protected"))
            labels.append(Label(entry.get("fullName", ""), entry.get("value", ""), protected, line_at(element)))
    return CustomLabels(full_name=full_name, file=file, line=line_at(root), labels=tuple(labels))
