"""Reads YAML and JSON documents: one value by JSON's rules, and the places of its parts when somebody asks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sfsetup.errors import InvalidInput
from sfsetup.text.limits import DEFAULT, Limits, size
from sfsetup.text.pointers import split
from sfsetup.text.positions import Duplicate, JsonPlaces, Places

__all__ = ["DEFAULT", "Document", "Duplicate", "Limits", "dump_json", "load_shipped", "read_document", "to_float"]

Syntax = Literal["auto", "json", "yaml"]


class Document:
    """A parsed document. `value` holds dict, list, str, int, float, bool and None; keys of maps are always str.

    Parts of a YAML document that aliases name are shared between their places: do not change them.
    """

    def __init__(self, name: str, text: str, syntax: Literal["json", "yaml"], value: Any, limits: Limits) -> None:
        self.name = name
        self.text = text
        self.syntax = syntax
        self.value = value
        self._limits = limits
        self.first_alias: int | None = None
        """Line of the first alias or merge key of YAML; None where every part is written out."""
        self._duplicates: tuple[Duplicate, ...] | None = None

    @cached_property
    def _places(self) -> Places:
        if self.syntax == "json":
            return JsonPlaces(self.text)
        from sfsetup.text.yaml_events import YamlPlaces

        return YamlPlaces(self.text, self.name, self._limits)

    def line(self, pointer: str) -> int | None:
        """Line (from 1) where the value begins that the pointer names; None if there is no such value."""
        return self._places.value_line(split(pointer))

    def lines(self, pointers: Iterable[str]) -> dict[str, int | None]:
        """Lines of many values at once: one pass where `line` takes one for each."""
        wanted = {pointer: split(pointer) for pointer in pointers}
        found = self._places.value_lines(wanted.values())
        return {pointer: found[tokens] for pointer, tokens in wanted.items()}

    def key_line(self, pointer: str) -> int | None:
        """Line (from 1) of the key that the pointer ends in; for an item of a list the item's own line."""
        return self._places.key_line(split(pointer))

    def source_text(self, pointer: str) -> str | None:
        """The scalar as the file writes it, without quotes (`+6591234567` keeps its plus); None for maps and lists."""
        return self._places.source_text(split(pointer))

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Keys that stand twice in one map; the last one is in `value`."""
        if self._duplicates is None:
            self._duplicates = self._places.duplicates()
        return self._duplicates


def read_document(data: bytes, *, name: str, syntax: Syntax = "auto", limits: Limits = DEFAULT) -> Document:
    """Parses a document. Scalars of YAML follow JSON: null, true, false and JSON's numbers; all else is text.

    `auto` goes by the name's ending, else by the first character. Raises InvalidInput with file, line and column.
    """
    if len(data) > limits.max_bytes:
        raise InvalidInput(f"too big: more than {size(limits.max_bytes)}", file=name)
    text = _decode(data, name)
    chosen: Literal["json", "yaml"]
    if syntax == "auto":
        chosen = _guess(text, name)
    else:
        chosen = syntax
    if chosen == "json":
        value, repeated = _load_json(text, name, limits)
        document = Document(name, text, "json", value, limits)
        if not repeated:
            document._duplicates = ()
        return document
    from sfsetup.text.yaml_events import load_yaml

    value, duplicates, first_alias = load_yaml(text, name, limits)
    document = Document(name, text, "yaml", value, limits)
    document._duplicates, document.first_alias = duplicates, first_alias
    return document


def dump_json(value: Any, *, indent: int | None = None, ensure_ascii: bool = False) -> str:
    """JSON text; compact without `indent`. Raises ValueError for what JSON cannot hold."""
    import json

    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, ensure_ascii=ensure_ascii, allow_nan=False, separators=separators)


def load_shipped(path: Path) -> Any:
    """The value of a JSON file that is part of sfsetup; with the ending `.gz` it is unpacked first."""
    import json

    data = path.read_bytes()
    if path.suffix == ".gz":
        import gzip

        data = gzip.decompress(data)
    return json.loads(data)


def _guess(text: str, name: str) -> Literal["json", "yaml"]:
    ending = name.rpartition(".")[2].lower()
    if ending == "json":
        return "json"
    if ending in ("yaml", "yml"):
        return "yaml"
    return "json" if text.lstrip()[:1] in ("{", "[", '"') else "yaml"


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-8-sig"
    kind = _WIDE.get(bytes(byte != 0 for byte in data[:4]))
    if kind is not None:
        raise InvalidInput(f"this looks like {kind}", file=name, line=1, actions=["save the file as UTF-8"])
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1 if encoding == "utf-8-sig" else None
        raise InvalidInput(
            f"not {encoding.removesuffix('-sig').upper()} text: {error.reason}",
            file=name,
            line=line,
            actions=["save the file as UTF-8"],
        ) from None


_WIDE = {
    **dict.fromkeys((b"\1\0\1\0", b"\0\1\0\1"), "UTF-16 without a byte order mark"),
    **dict.fromkeys((b"\1\0\0\0", b"\0\0\0\1", b"\1\1\0\0", b"\0\0\1\1"), "UTF-32"),
}
"""Encodings by which of the first four bytes are no NUL (RFC 4627, section 3; the last two: byte order marks)."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _load_json(text: str, name: str, limits: Limits) -> tuple[Any, bool]:
    """The value, and whether some map has a key twice (where is found out when somebody asks)."""
    import json

    keys = 0

    def count(made: dict[str, Any]) -> dict[str, Any]:
        nonlocal keys
        keys += len(made)
        return made

    try:
        value = json.loads(text, object_hook=count, parse_constant=_no_constant, parse_float=to_float)
    except json.JSONDecodeError as error:
        message = "the file is empty" if not text.strip() else _json_problem(error, text)
        raise InvalidInput(message, file=name, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise _too_deep(name, limits) from None
    except ValueError as error:
        # the interpreter's own words for the last case name a function of its own
        problem = "a number has thousands of digits" if "digits" in str(error) else str(error)
        raise InvalidInput(f"not usable as JSON: {problem}", file=name) from None
    if _SURROGATE.search(text):
        _refuse_surrogates(value, name)
    written = _skeleton(text, name, limits)
    return value, written != keys


_BONES = b'{}[]":'
_FLESH = bytes(one for one in range(256) if one not in _BONES)
_STEPS = bytes.maketrans(b"{}[]", b"\x01\xff\x01\xff")
"""Brackets as signed bytes: one level in, one level out."""


def _skeleton(text: str, name: str, limits: Limits) -> int:
    """The number of keys that valid JSON text holds, repeated ones included. Raises InvalidInput for too many levels.

    Looks at brackets and colons outside of strings alone: going through the parsed value takes three times as long.
    """
    from array import array
    from itertools import accumulate

    bare = text.encode("utf-8", "surrogatepass")
    if b"\\" in bare:
        bare = bare.replace(b"\\\\", b"").replace(b'\\"', b"")
    # two quotes side by side are an empty text or the seam of two texts: without them there is little to split
    outside = b"".join(bare.translate(None, _FLESH).replace(b'""', b"").split(b'"')[::2])
    steps = array("b", outside.translate(_STEPS, b":"))
    if max(accumulate(steps), default=0) > limits.max_depth:
        raise _too_deep(name, limits)
    return outside.count(b":")


def _json_problem(error: Any, text: str) -> str:
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return f"not complete JSON: {error.msg[0].lower()}{error.msg[1:]} (is the file cut off?)"
    return f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"


def _too_deep(name: str, limits: Limits) -> InvalidInput:
    return InvalidInput(f"nested deeper than {limits.max_depth} levels", file=name)


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def to_float(text: str) -> float:
    """The number; raises ValueError where it is too large for one."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _refuse_surrogates(value: Any, name: str) -> None:
    level = [value]
    while level:
        following: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                following.extend(item.keys())
                following.extend(item.values())
            elif isinstance(item, list):
                following.extend(item)
            elif isinstance(item, str) and not item.isascii() and any("\ud800" <= char <= "\udfff" for char in item):
                raise InvalidInput("a text has half of a surrogate pair, which is no character", file=name)
        level = following
