"""Builds values and places from the events of the YAML parser.

The events of libyaml are read one by one with a stack of our own: nothing recurses, depth and the expansion of aliases
are counted on the way, and no node graph is made. Keys merged with `<<` are taken in, as readers of OpenAPI documents
do; tags other than those of JSON's types are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sfsetup.errors import InvalidInput
from sfsetup.text.limits import Limits
from sfsetup.text.pointers import join
from sfsetup.text.positions import Duplicate

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False, "": None}
_TAG = "tag:yaml.org,2002:"


def load_yaml(text: str, name: str, limits: Limits) -> tuple[Any, tuple[Duplicate, ...], int | None]:
    """The value of a document, its repeated keys, and the line of the first alias or merge key.

    Raises InvalidInput with file, line and column.
    """
    builder = _Builder(name, limits)
    for event in _events(text, name):
        builder.take(event)
    return builder.root, tuple(builder.duplicates), builder.first_alias


def _events(text: str, name: str) -> Iterator[Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        if error.context and error.problem:
            problem = f"{error.problem} {error.context}"
        raise InvalidInput(
            f"not YAML: {problem}",
            file=name,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        line = None
        if isinstance(position, int):
            # the C reader counts bytes, the Python one characters
            line = text.encode("utf-8", "replace").count(b"\n", 0, position) + 1
        reason = getattr(error, "reason", None) or str(error).splitlines()[0]
        raise InvalidInput(f"not YAML: {reason}", file=name, line=line) from None


def _scalar(event: Any, name: str) -> Any:
    """The scalar's value by JSON's rules."""
    tag: str | None = event.tag
    value: str = event.value
    if tag is None or tag == "?":
        return _plain(value, event, name) if event.style in (None, "") else value
    if tag in ("!", _TAG + "str"):
        return value
    if tag.startswith(_TAG) and tag[len(_TAG) :] in ("int", "float", "bool", "null"):
        plain = _plain(value, event, name)
        kinds = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
        if isinstance(plain, kinds[tag[len(_TAG) :]]):  # type: ignore[arg-type]
            return plain
    raise _at(event, name, f"the YAML tag {tag.replace(_TAG, '!!')!r} is not used here")


def _plain(value: str, event: Any, name: str) -> Any:
    if value in _WORDS:
        return _WORDS[value]
    if value[0] not in "-0123456789":
        return value
    match = _NUMBER.match(value)
    if match is None:
        return value
    try:
        if match.lastindex is None:
            return int(value)
        from sfsetup.text.documents import to_float

        return to_float(value)
    except ValueError:
        raise _at(event, name, "the number has too many digits") from None


def _at(event: Any, name: str, message: str) -> InvalidInput:
    mark = event.start_mark
    return InvalidInput(message, file=name, line=mark.line + 1, column=mark.column + 1)


class _Frame:
    """A map or list that is being read."""

    __slots__ = ("anchor", "count", "height", "is_map", "key", "key_event", "merges", "value")

    def __init__(self, is_map: bool, anchor: str | None) -> None:
        self.is_map = is_map
        self.anchor = anchor
        self.value: Any = {} if is_map else []
        self.key: str | None = None
        self.key_event: Any = None
        self.merges: list[tuple[Any, Any]] = []
        self.count = 1
        self.height = 1


class _Builder:
    """Makes the value. `count` and `height` of what an anchor names are known when an alias uses it."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.root: Any = None
        self.duplicates: list[Duplicate] = []
        self.documents = 0
        self.first_alias: int | None = None
        self.expanded = 0
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}

    def take(self, event: Any) -> None:
        """One event of the parser."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._take_scalar(event)
        elif kind == "MappingStartEvent" or kind == "SequenceStartEvent":
            self._begin(event, kind == "MappingStartEvent")
        elif kind == "MappingEndEvent" or kind == "SequenceEndEvent":
            self._end(event)
        elif kind == "AliasEvent":
            self._take_alias(event)
        elif kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise _at(event, self.name, "a second document begins here; a file holds one")

    def _take_scalar(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.is_map and frame.key is None:
            key: str = event.value
            if key in frame.value:
                pointer = "".join(join("", f.key if f.is_map else len(f.value)) for f in self.stack[:-1])  # type: ignore[arg-type]
                self.duplicates.append(Duplicate(join(pointer, key), event.start_mark.line + 1))
            if event.anchor:
                self.anchors[event.anchor] = (key, 1, 0)
            frame.key, frame.key_event = key, event
            return
        value = _scalar(event, self.name)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1, 0)
        self._put(value, event, 1, 0)

    def _begin(self, event: Any, is_map: bool) -> None:
        self._needs_value(event)
        if event.tag is not None and event.tag not in ("!", _TAG + ("map" if is_map else "seq")):
            raise _at(event, self.name, f"the YAML tag {event.tag.replace(_TAG, '!!')!r} is not used here")
        self.stack.append(_Frame(is_map, event.anchor))
        if len(self.stack) > self.limits.max_depth:
            raise _at(event, self.name, f"nested deeper than {self.limits.max_depth} levels")

    def _end(self, event: Any) -> None:
        frame = self.stack.pop()
        for merged, merge_event in frame.merges:
            self._merge(frame, merged, merge_event)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.count, frame.height)
        self._put(frame.value, event, frame.count, frame.height)

    def _take_alias(self, event: Any) -> None:
        self._needs_value(event)
        if event.anchor not in self.anchors:
            raise _at(event, self.name, f"the alias *{event.anchor} names no anchor that is complete above it")
        if self.first_alias is None:
            self.first_alias = event.start_mark.line + 1
        value, count, height = self.anchors[event.anchor]
        self.expanded += count
        if self.expanded > self.limits.max_expanded:
            raise _at(event, self.name, f"aliases stand for more than {self.limits.max_expanded} values")
        if len(self.stack) + height > self.limits.max_depth:
            raise _at(event, self.name, f"nested deeper than {self.limits.max_depth} levels")
        self._put(value, event, count, height)

    def _needs_value(self, event: Any) -> None:
        if self.stack and self.stack[-1].is_map and self.stack[-1].key is None:
            raise _at(event, self.name, "a key has to be text, not a map, a list or an alias")

    def _put(self, value: Any, event: Any, count: int, height: int) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.count += count
        frame.height = max(frame.height, height + 1)
        if not frame.is_map:
            frame.value.append(value)
            return
        if frame.key == "<<" and frame.key_event.style in (None, ""):
            if self.first_alias is None:
                self.first_alias = frame.key_event.start_mark.line + 1
            frame.merges.append((value, event))
        else:
            frame.value[frame.key] = value
        frame.key = None

    def _merge(self, frame: _Frame, merged: Any, event: Any) -> None:
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                raise _at(event, self.name, "the merge key << takes a map or a list of maps")
            for key, value in source.items():
                frame.value.setdefault(key, value)


class _Place:
    """Where one value stands."""

    __slots__ = ("children", "key_line", "line", "text")

    def __init__(self, line: int, key_line: int, text: str | None) -> None:
        self.line = line
        self.key_line = key_line
        self.text = text
        self.children: dict[str, _Place] | None = None


class YamlPlaces:
    """Places in a YAML document, from a second reading of its events."""

    def __init__(self, text: str, name: str, limits: Limits) -> None:
        self._text = text
        self._name = name
        self._limits = limits
        self._root: _Place | None = None

    def value_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the value."""
        found = self._find(tokens)
        return found.line if found else None

    def value_lines(self, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int | None]:
        """Lines of many values at once."""
        return {tokens: self.value_line(tokens) for tokens in wanted}

    def key_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the key."""
        found = self._find(tokens)
        return found.key_line if found else None

    def source_text(self, tokens: tuple[str, ...]) -> str | None:
        """The scalar's text in the source."""
        found = self._find(tokens)
        return found.text if found else None

    def duplicates(self) -> tuple[Duplicate, ...]:
        """Repeated keys."""
        return load_yaml(self._text, self._name, self._limits)[1]

    def _find(self, tokens: tuple[str, ...]) -> _Place | None:
        if self._root is None:
            self._root = _read_places(_events(self._text, self._name))
        place: _Place | None = self._root
        for token in tokens:
            if place is None or place.children is None:
                return None
            found = place.children.get(token)
            if found is None and (merged := place.children.get("<<")) is not None:
                found = _in_merge(merged, token)
            place = found
        return place


def _in_merge(merged: _Place, token: str) -> _Place | None:
    sources = [merged]
    if merged.children and all(key.isdigit() for key in merged.children):
        sources = list(merged.children.values())
    for source in sources:
        if source.children and token in source.children:
            return source.children[token]
    return None


def _read_places(events: Iterator[Any]) -> _Place:
    """The tree of places. An alias shares the children of its anchor and has its own line."""
    root = _Place(1, 1, None)
    stack: list[tuple[_Place, bool]] = []
    keys: list[Any] = []
    anchors: dict[str, _Place] = {}
    for event in events:
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
            keys.pop()
            continue
        if kind not in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
            continue
        if stack and stack[-1][1] and keys[-1] is None:
            keys[-1] = event
            continue
        line = event.start_mark.line + 1
        place = _Place(line, line, event.value if kind == "ScalarEvent" else None)
        if kind == "AliasEvent":
            place.children, place.text = anchors[event.anchor].children, anchors[event.anchor].text
        elif event.anchor:
            anchors[event.anchor] = place
        if not stack:
            root = place
        else:
            holder, is_map = stack[-1]
            assert holder.children is not None
            token = keys[-1].value if is_map else str(len(holder.children))
            if is_map:
                place.key_line = keys[-1].start_mark.line + 1
                keys[-1] = None
            holder.children[token] = place
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            place.children = {}
            stack.append((place, kind == "MappingStartEvent"))
            keys.append(None)
    return root
