"""Where metadata files say something else than their spec renders, beyond what a rule has told already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.finding import Certainty, ComponentRef, Finding, Severity
from sfsetup.model.plan import Change
from sfsetup.planning.diff import compare
from sfsetup.rules.metadata_report import shown
from sfsetup.spec.model import IntegrationSpec
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

    from sfsetup.metadata.layout import SourceFile
    from sfsetup.rules.metadata_check import Judged

_WORDS_ONLY = frozenset(("label", "description", "interviewLabel", "defaultConnectorLabel"))
_PROSE = frozenset(("summary", "description", "title", "example", "examples"))
_SEGMENT = re.compile(r"([A-Za-z]\w*)(?:\[((?:[^\[\]]|\[[^\]]*\])*)\])?")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class _Range:
    first: int
    last: int


def differences(
    spec: IntegrationSpec, expected: ComponentSet, files: Sequence[SourceFile], judged: Judged
) -> Iterator[Finding]:
    """Findings MD-060 (missing), MD-061 (differs), MD-062 (not of this integration)."""
    wanted = _last_stage(expected)
    found: dict[ComponentRef, SourceFile] = {}
    for file in files:
        if not file.is_content and file.part is None:
            found.setdefault(ComponentRef(file.type, file.full_name), file)
    # a permission set is in both stages of a restricted flow: the later form is the whole one
    for file in files:
        if file.part is None and not file.is_content and re.search(r"(?:stage|-)2(?:[/\\]|\.zip!)", file.path):
            found[ComponentRef(file.type, file.full_name)] = file
    yield from _missing(spec, wanted, found)
    for ref, file in found.items():
        component = wanted.get(ref)
        if component is None:
            yield Finding(
                rule="MD-062",
                severity=Severity.MEDIUM,
                message=f"{ref} is no component of the integration {spec.name}",
                fix="Remove it, or name it as the spec does.",
                component=ref,
                file=file.path,
                line=1,
            )
            continue
        yield from _differences(spec, component, file, judged.findings)


def _last_stage(components: ComponentSet) -> Mapping[ComponentRef, Component]:
    return {component.ref: component for component in sorted(components, key=lambda one: one.stage)}


def _missing(
    spec: IntegrationSpec, wanted: Mapping[ComponentRef, Component], found: Mapping[ComponentRef, SourceFile]
) -> Iterator[Finding]:
    for ref, component in wanted.items():
        if ref not in found:
            yield Finding(
                rule="MD-060",
                severity=Severity.HIGH,
                message=f"{ref} is missing: the integration {spec.name} has it",
                fix="Render the integration again.",
                component=ref,
                file=str(spec.path),
                line=spec.line(component.spec_pointer or ""),
                pointer=component.spec_pointer,
            )


def _differences(
    spec: IntegrationSpec, component: Component, file: SourceFile, told: Iterable[Finding]
) -> Iterator[Finding]:
    from sfsetup.text.xml import parse_xml

    try:
        data = _whole(file)
        root = parse_xml(data, name=file.path)
        changes = (*compare(component.type, component.content, data), *_status(component, root))
    except InvalidInput:
        # the file cannot be read, which is a finding of its own
        return
    own = [one for one in told if one.component == component.ref and one.severity.at_least(Severity.MEDIUM)]
    for change in _merged(changes):
        line, around = _place(root, change.path)
        severity, certainty = _weight(component.type, change)
        covered = any(
            one.element == change.path or (one.line is not None and around.first <= one.line <= around.last)
            for one in own
            if one.severity.at_least(severity)
        )
        if covered:
            continue
        yield Finding(
            rule="MD-061",
            severity=severity,
            message=shown(f"{change.path} {_difference(change)}"),
            fix=shown(
                f"Write what the spec says{_written(change)}, or change the spec ({_spec_place(spec, component)})."
            ),
            certainty=certainty,
            component=component.ref,
            element=change.path,
            file=file.path,
            line=line,
        )


def _status(component: Component, root: _Element) -> Iterator[Change]:
    """Whether a flow is to be active: a plan decides that by the org, so that comparing leaves it out."""
    from sfsetup.text.xml import METADATA_NS, parse_xml

    if component.type != "Flow":
        return
    element = f"{{{METADATA_NS}}}status"
    wanted, found = parse_xml(component.content).findtext(element), root.findtext(element)
    if (found or "Draft").strip() != wanted:
        yield Change("status", wanted, found)


def _whole(file: SourceFile) -> bytes:
    """The file; a registration whose schema lies beside it with the schema put in."""
    schema = file.beside() if file.beside is not None else None
    if schema is None:
        return file.data
    from lxml import etree

    from sfsetup.text.xml import METADATA_NS, parse_xml

    root = parse_xml(file.data, name=file.path)
    if root.find(f"{{{METADATA_NS}}}schema") is None:
        etree.SubElement(root, f"{{{METADATA_NS}}}schema").text = schema.decode("utf-8", "replace")
    return etree.tostring(root)


def _merged(changes: Sequence[Change]) -> Iterator[Change]:
    """Many differences inside one registered document are told once, by the heaviest."""
    inside = [change for change in changes if change.path.startswith("schema/")]
    yield from (change for change in changes if not change.path.startswith("schema/"))
    if inside:
        yield min(inside, key=_is_prose)


def _is_prose(change: Change) -> bool:
    """True for a difference in words that only people read."""
    return change.path.rpartition("/")[2] in _PROSE


def _weight(type_name: str, change: Change) -> tuple[Severity, Certainty]:
    last = re.sub(r"\[.*\]", "", change.path).rpartition(".")[2]
    if last in _WORDS_ONLY or (change.path.startswith("schema/") and _is_prose(change)):
        return Severity.LOW, Certainty.DOCUMENTED
    if type_name == "Flow" and not change.path.startswith(("variables", "start", "actionCalls", "status")):
        # a flow may do its work in another way; whether this one still does is not known
        return Severity.MEDIUM, Certainty.INFERRED
    return Severity.HIGH, Certainty.DOCUMENTED


def _difference(change: Change) -> str:
    if change.before is None:
        return f"is not in the spec: {_short(change.after)}"
    if change.after is None:
        return f"is missing; the spec gives {_short(change.before)}"
    return f"is {_short(change.after)}; the spec gives {_short(change.before)}"


def _written(change: Change) -> str:
    return f": {_short(change.before)}" if change.before is not None and len(change.before) <= 60 else ""


def _spec_place(spec: IntegrationSpec, component: Component) -> str:
    return f"{spec.path.name}:{spec.line(component.spec_pointer or '')}"


def _short(text: str | None) -> str:
    shown = " ".join((text or "").split())
    return f"`{shown}`" if len(shown) <= _SHOWN else f"`{shown[:_SHOWN]}…`"


def _place(root: _Element, path: str) -> tuple[int | None, _Range]:
    """The line of what a change names, as far down as it is there, and the lines of the entry around it."""
    from sfsetup.text.xml import line_of, local_name

    element, line, around = root, line_of(root), _Range(0, -1)
    outer = True
    for name, label in _SEGMENT.findall(path.partition("/")[0]):
        candidates = [child for child in element if local_name(child) == name]
        if label:
            candidates = [child for child in candidates if _labelled(child, label)] or candidates
        if not candidates:
            break
        element = candidates[0]
        line = line_of(element)
        if outer:
            around = _Range(line or 0, _last_line(element))
            outer = False
    return line, around


def _labelled(element: _Element, label: str) -> bool:
    from sfsetup.text.xml import local_name

    texts = [(child.text or "").strip() for child in element]
    names = [local_name(child) for child in element]
    return (
        label == " ".join(texts)
        or any(label == text for text in texts)
        or (bool(names) and all(word in texts or word in " ".join(texts) for word in label.split(" ")))
    )


def _last_line(element: _Element) -> int:
    from sfsetup.text.xml import line_of

    return max((line_of(one) or 0 for one in element.iter()), default=0)
