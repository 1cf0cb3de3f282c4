"""Compares two states of one component by meaning, element by element.

Lists are matched by what identifies their entries, documents inside elements are compared as documents, and fields that
the platform fills in are left out: see `shape`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.model.plan import Change
from sfsetup.planning.shape import DEFAULT_GROUP, PRINCIPAL_TYPES, Shape, shape_of

if TYPE_CHECKING:
    from lxml.etree import _Element

Node = dict[str, list["Node | str"]]
"""An element with children: child name -> its occurrences in document order. A leaf is its text."""

_HIDDEN = "(literal value, not shown)"
_SENSITIVE = ("auth", "key", "token", "secret", "password", "signature", "credential", "cookie")


def compare(type_name: str, before: bytes | None, after: bytes | None) -> tuple[Change, ...]:
    """What differs in meaning between two files of one component; empty when they mean the same.

    Raises InvalidInput when either is not XML.
    """
    if before is None or after is None:
        return () if before is after else (Change("", _presence(before), _presence(after), destructive=after is None),)
    if before == after:
        return ()
    return tuple(_nodes(type_name, load(type_name, before), load(type_name, after), "", ""))


def same(type_name: str, before: bytes | None, after: bytes | None) -> bool:
    """True if both mean the same."""
    return not compare(type_name, before, after)


def load(type_name: str, data: bytes) -> Node:
    """A component's file as nested values, with the platform's equivalences applied (`shape`)."""
    node = raw(data)
    _normalise(type_name, node)
    return node


def raw(data: bytes) -> Node:
    """A component's file as nested values, as it stands."""
    from sfsetup.text.xml import parse_xml

    node = _convert(parse_xml(data))
    return {} if isinstance(node, str) else node


def summary(node: Node | str) -> str:
    """An element on one line, for a change that adds or removes it whole."""
    if isinstance(node, str):
        return node
    parts: list[str] = []
    for name, values in node.items():
        parts.extend(f"{name}: {v}" if isinstance(v, str) else f"{name}: {{{summary(v)}}}" for v in values)
    return ", ".join(parts)


def text(node: Node | str | None, name: str) -> str | None:
    """Text of a child element; None where it is missing or has children."""
    if not isinstance(node, dict):
        return None
    values = node.get(name)
    return values[0] if values and isinstance(values[0], str) else None


def _presence(data: bytes | None) -> str | None:
    return None if data is None else "present"


def _convert(element: _Element) -> Node | str:
    from sfsetup.text.xml import local_name

    # comments and processing instructions have no text for a tag
    children = [child for child in element if isinstance(child.tag, str)]  # type: ignore[redundant-expr]
    if not children:
        return element.text or ""
    node: Node = {}
    for child in children:
        node.setdefault(local_name(child), []).append(_convert(child))
    return node


def _normalise(type_name: str, node: Node) -> None:
    shape = shape_of(type_name)
    for old, new in shape.renamed.items():
        if old in node:
            values = node.pop(old)
            node.setdefault(new, values)
    if type_name == "ExternalCredential":
        for entry in node.get("externalCredentialParameters", []):
            if isinstance(entry, dict) and "parameterGroup" not in entry:
                # reference 'metadata types' section 2, parameterGroup: what an omitted group stands for
                principal = text(entry, "parameterType") in PRINCIPAL_TYPES
                entry["parameterGroup"] = [(text(entry, "parameterName") or "") if principal else DEFAULT_GROUP]
    if type_name == "PermissionSet":
        _drop_refusals(node)


def _drop_refusals(node: Node) -> None:
    """An entry that grants nothing equals its absence: a retrieve lists enabled user permissions only."""
    for name, values in list(node.items()):
        kept = [v for v in values if not (isinstance(v, dict) and text(v, "enabled") == "false")]
        if kept:
            node[name] = kept
        else:
            del node[name]


def _nodes(type_name: str, before: Node, after: Node, path: str, where: str) -> Iterator[Change]:
    shape = shape_of(type_name)
    for name in sorted({*before, *after}):
        here = f"{path}.{name}" if path else name
        if here in shape.ignored or f"*.{name}" in shape.ignored:
            continue
        old, new = before.get(name, []), after.get(name, [])
        shown = f"{where}.{name}" if where else name
        if name in shape.keys or len(old) > 1 or len(new) > 1:
            yield from _lists(type_name, name, old, new, here, shown)
        else:
            yield from _values(type_name, old[0] if old else None, new[0] if new else None, here, shown)


def _values(type_name: str, old: Node | str | None, new: Node | str | None, path: str, where: str) -> Iterator[Change]:
    shape = shape_of(type_name)
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _nodes(type_name, old, new, path, where)
        return
    if isinstance(old, dict) or isinstance(new, dict):
        yield _change(where, old, new, shape, path)
        return
    default = shape.defaults.get(path)
    before, after = (default if value is None else value for value in (old, new))
    if before == after or _leaf(path, before, shape) == _leaf(path, after, shape):
        return
    compare_documents = _DOCUMENTS.get((type_name, path))
    if compare_documents is not None:
        yield from compare_documents(before or "", after or "", where)
        return
    yield Change(where, before, after)


def _leaf(path: str, value: str | None, shape: Shape) -> object:
    """What a text means: numbers by value, case folded where case has no meaning, an empty element as none."""
    if not value:
        return None
    value = value.replace("\r\n", "\n")
    if path in shape.folded:
        return value.casefold()
    try:
        return float(value) if value[-1].isdigit() and value[0] in "-0123456789" and "." in value else value
    except ValueError:
        return value


def _change(where: str, old: Node | str | None, new: Node | str | None, shape: Shape, path: str) -> Change:
    destructive = new is None and path in shape.removal_is_destructive
    return Change(where, None if old is None else summary(old), None if new is None else summary(new), destructive)


def _lists(
    type_name: str, name: str, old: Sequence[Node | str], new: Sequence[Node | str], path: str, where: str
) -> Iterator[Change]:
    shape = shape_of(type_name)
    pairs = _matched(type_name, name, old, new, path)
    for before, after in pairs:
        entry = after if after is not None else before
        label = _label(name, entry, shape, (*old, *new))
        shown = f"{where}[{label}]"
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _hidden(before, _nodes(type_name, before, after, path, shown))
        elif before != after:
            yield from _hidden(before or after, iter((_change(shown, _masked(before), _masked(after), shape, path),)))


def _matched(
    type_name: str, name: str, old: Sequence[Node | str], new: Sequence[Node | str], path: str
) -> list[tuple[Node | str | None, Node | str | None]]:
    """Pairs of entries that are the same thing; None where one side has none. In the order of `new`, then `old`."""
    shape = shape_of(type_name)
    partner: dict[int, int] = {}
    taken: set[int] = set()

    def pair_by(identity: Callable[[Node | str], object]) -> None:
        free: dict[object, list[int]] = {}
        for index, entry in enumerate(old):
            if index not in taken and (key := identity(entry)) is not None:
                free.setdefault(key, []).append(index)
        for index, entry in enumerate(new):
            if index not in partner and (key := identity(entry)) is not None and free.get(key):
                partner[index] = free[key].pop(0)
                taken.add(partner[index])

    if name in shape.ordered:
        partner = {index: index for index in range(min(len(old), len(new)))}
        taken = set(partner.values())
    else:
        for keys in shape.keys.get(name, (("name",),)):
            pair_by(lambda entry, keys=keys: _key(entry, keys, path, shape))  # type: ignore[misc]
        pair_by(_frozen)
        if name not in shape.keys and not any(_key(e, ("name",), path, shape) for e in (*old, *new)):
            rest = [index for index in range(len(old)) if index not in taken]
            for index in range(len(new)):
                if index not in partner and rest and isinstance(new[index], dict):
                    partner[index] = rest.pop(0)
                    taken.add(partner[index])
    pairs: list[tuple[Node | str | None, Node | str | None]] = [
        (old[partner[index]] if index in partner else None, entry) for index, entry in enumerate(new)
    ]
    pairs.extend((entry, None) for index, entry in enumerate(old) if index not in taken)
    return pairs


def _key(entry: Node | str, keys: Sequence[str], path: str, shape: Shape) -> tuple[str, ...] | None:
    if not isinstance(entry, dict):
        return None
    values = []
    for key in keys:
        value = text(entry, key)
        if value is None:
            if key != "sequenceNumber":
                return None
            value = ""
        values.append(value.casefold() if f"{path}.{key}" in shape.folded else value)
    return tuple(values)


def _frozen(entry: Node | str) -> str:
    return json.dumps(entry, sort_keys=True)


def _label(name: str, entry: Node | str | None, shape: Shape, entries: Sequence[Node | str]) -> str:
    if isinstance(entry, str):
        return entry
    if entry is None:
        return ""
    keys = shape.keys.get(name, (("name",),))[-1]
    if "parameterGroup" in shape.keys.get(name, ((),))[0]:
        keys = ("parameterType", "parameterName")
        group = text(entry, "parameterGroup")
        if group not in (DEFAULT_GROUP, text(entry, "parameterName")):
            keys = ("parameterType", "parameterGroup", "parameterName")
    if text(entry, "parameterType") == "HttpHeader":
        # a named credential may have many; its URL and authentication are one each, whatever they are called
        keys = ("parameterType", "parameterName")
    label = " ".join(filter(None, (text(entry, key) for key in keys)))
    return label or str(entries.index(entry))


def _masked(entry: Node | str | None) -> Node | str | None:
    """The entry without a literal value that may be a secret: a plan is shown, stored and pasted into requests."""
    if not isinstance(entry, dict) or text(entry, "parameterType") not in ("AuthHeader", "HttpHeader"):
        return entry
    value = text(entry, "parameterValue") or ""
    if not value or "{!" in value or not _is_sensitive(text(entry, "parameterName") or ""):
        return entry
    return {**entry, "parameterValue": [_HIDDEN]}


def _is_sensitive(header: str) -> bool:
    return any(word in header.lower() for word in _SENSITIVE)


def _hidden(entry: Node | str | None, changes: Iterator[Change]) -> Iterator[Change]:
    """The changes of one entry, with literal header values that may be secrets left out."""
    sensitive = isinstance(entry, dict) and (
        text(entry, "parameterType") in ("AuthHeader", "HttpHeader")
        and _is_sensitive(text(entry, "parameterName") or "")
    )
    for change in changes:
        if sensitive and change.path.endswith(".parameterValue"):
            yield Change(change.path, _formula_only(change.before), _formula_only(change.after), change.destructive)
        else:
            yield change


def _formula_only(value: str | None) -> str | None:
    return value if value is None or "{!" in value else _HIDDEN


def _schema(before: str, after: str, where: str) -> Iterator[Change]:
    """The registered document, compared as a document; as text where one side cannot be read."""
    from sfsetup.text.documents import read_document

    try:
        old = read_document(before.encode(), name="registered schema").value
        new = read_document(after.encode(), name="new schema").value
    except InvalidInput:
        yield Change(where, "(document)", "(another document)")
        return
    yield from _documents(old, new, where)


def _documents(old: Any, new: Any, where: str) -> Iterator[Change]:
    from sfsetup.text.pointers import escape

    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            here = f"{where}/{escape(key)}"
            if key not in old:
                yield Change(here, None, _shown(new[key]))
            elif key not in new:
                yield Change(here, _shown(old[key]), None)
            else:
                yield from _documents(old[key], new[key], here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _documents(left, right, f"{where}/{index}")
    elif (type(old) is not type(new) and not (_is_number(old) and _is_number(new))) or old != new:
        yield Change(where, _shown(old), _shown(new))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 200 else f"{shown[:197]}..."


def _binding(before: str, after: str, where: str) -> Iterator[Change]:
    """serviceBinding: only the media type map is authored (reference 'external services' section 3.4)."""
    old, new = _media_types(before), _media_types(after)
    yield from _documents(old, new, f"{where}/compatibleMediaTypes")


def _media_types(value: str) -> Mapping[str, Any]:
    from sfsetup.text.documents import read_document

    try:
        binding = read_document(value.encode(), name="serviceBinding", syntax="json").value if value else {}
    except InvalidInput:
        return {}
    found = binding.get("compatibleMediaTypes") if isinstance(binding, Mapping) else None
    return found if isinstance(found, Mapping) else {}


_DOCUMENTS: Mapping[tuple[str, str], Callable[[str, str, str], Iterator[Change]]] = {
    ("ExternalServiceRegistration", "schema"): _schema,
    ("ExternalServiceRegistration", "serviceBinding"): _binding,
}
