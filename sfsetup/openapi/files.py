"""Documents of several files: every file a `$ref` names is read once and hung below one root key in memory.

Only files below the folder of the main document are read, links followed; URLs only through the caller's `fetch`.
What cannot be read stays as it is and is remembered with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from sfsetup.errors import SfsetupError
from sfsetup.openapi.document import FILES_KEY, MAX_BYTES, Fetch, ForeignRef, OpenApiDocument
from sfsetup.text.documents import Document, read_document
from sfsetup.text.files import read_file
from sfsetup.text.pointers import escape

MAX_FILES: Final = 2_000
"""Most files of one document; the largest public multi-file document has about 1,600."""

_DATA = frozenset({"example", "default", "enum", "const", "x-example"})
"""Keys whose values are data of the vendor: a `$ref` in there is none."""


def gather(document: OpenApiDocument, *, folder: Path | None, fetch: Fetch | None) -> OpenApiDocument:
    """The document with every readable `$ref` to another file turned into one to `#/x-sfsetup-files/…`.

    Changes `document.value`, which belongs to this document alone.
    """
    gatherer = _Gatherer(document, folder, fetch)
    gatherer.run()
    if not gatherer.foreign:
        return document
    value = dict(document.value)
    if gatherer.values:
        value[FILES_KEY] = gatherer.values
    return replace(document, value=value, files=dict(gatherer.files), foreign=tuple(gatherer.foreign), _refs={})


class _Gatherer:
    def __init__(self, document: OpenApiDocument, folder: Path | None, fetch: Fetch | None) -> None:
        self._main = document
        self._root = Path(os.path.realpath(folder)) if folder is not None else None
        self._fetch = fetch
        self._bytes = len(document.text)
        self._homes: dict[str, str] = {}
        self._pending: list[tuple[Any, str, str]] = []
        self._problems: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.files: dict[str, Document] = {}
        self.foreign: list[ForeignRef] = []
        self._main_home = str(self._root / Path(document.name).name) if self._root is not None else ""

    def run(self) -> None:
        """Rewrites the main file, then each file that turns up."""
        self._pending.append((self._main.value, "", self._main_home))
        while self._pending:
            value, prefix, home = self._pending.pop()
            for holder, pointer in _references(value):
                holder["$ref"] = self._rewritten(holder["$ref"], f"{prefix}{pointer}", prefix, home)

    def _rewritten(self, ref: str, pointer: str, prefix: str, home: str) -> str:
        path, _, fragment = ref.partition("#")
        if not path:
            return f"#{prefix}{fragment}" if prefix and (not fragment or fragment.startswith("/")) else ref
        place, problem = self._place(path, home)
        if problem:
            self.foreign.append(ForeignRef(pointer, ref, problem))
            return ref
        self.foreign.append(ForeignRef(pointer, ref))
        if place == self._main_home:
            return f"#{fragment}"
        return f"#/{FILES_KEY}/{escape(place)}{fragment if fragment.startswith('/') else ''}"

    def _place(self, path: str, home: str) -> tuple[str, str]:
        """The home of the file that `path` means and why it cannot be had."""
        remote = urlsplit(path).scheme in ("http", "https")
        if remote or urlsplit(home).scheme in ("http", "https"):
            target = urljoin(home, path) if not remote else path
            if urlsplit(target).scheme not in ("http", "https"):
                return "", f"a remote document may not refer to {path}"
            return self._read(target, remote=True)
        if urlsplit(path).scheme not in ("", "file") or path.startswith("file:"):
            return "", f"{path} is not a file below the document's folder"
        if self._root is None or not home:
            return "", "other files are not read here"
        try:
            real = os.path.realpath(Path(home).parent / unquote(path))
        except (ValueError, OSError):
            # a NUL, which no path holds, or more names than the system follows
            return "", "this is no name of a file"
        if not Path(real).is_relative_to(self._root):
            return "", f"{path} lies outside the document's folder"
        if real == self._main_home or real == os.path.realpath(self._main_home):
            return self._main_home, ""
        return self._read(real, remote=False)

    def _read(self, home: str, *, remote: bool) -> tuple[str, str]:
        key = home if remote else self._shown(home)
        if key in self.values:
            return key, ""
        if key in self._problems:
            return "", self._problems[key]
        problem = ""
        try:
            if remote and self._fetch is None:
                problem = "references over the network are not followed without --allow-remote"
            elif len(self.values) >= MAX_FILES:
                problem = f"more than {MAX_FILES} files"
            else:
                self._take(key, home, remote)
        except SfsetupError as error:
            problem = error.message
        self._problems[key] = problem
        return (key, "") if not problem else ("", problem)

    def _take(self, key: str, home: str, remote: bool) -> None:
        data = self._fetch(home) if remote and self._fetch is not None else read_file(Path(home), max_bytes=MAX_BYTES)
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            raise SfsetupError(f"the files together are larger than {MAX_BYTES:,} bytes")
        source = read_document(data, name=key)
        self.files[key] = source
        self.values[key] = source.value
        self._pending.append((source.value, f"/{FILES_KEY}/{escape(key)}", home))

    def _shown(self, home: str) -> str:
        """A file as messages name it: beside the main document's name."""
        root = self._root or Path()
        return str(Path(self._main.name).parent / Path(home).relative_to(root))


def _references(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every mapping with a textual `$ref`, with its pointer; each mapping once."""
    seen: set[int] = set()
    stack: list[tuple[Any, str, bool]] = [(value, "", False)]
    while stack:
        node, pointer, is_map = stack.pop()
        if isinstance(node, (dict, list)):
            if id(node) in seen:
                continue
            seen.add(id(node))
        if isinstance(node, dict):
            if not is_map and isinstance(node.get("$ref"), str):
                yield node, pointer
            for key, child in node.items():
                if isinstance(child, (dict, list)) and (is_map or key not in _DATA):
                    stack.append((child, f"{pointer}/{escape(key)}", key == "properties" and not is_map))
        elif isinstance(node, list):
            stack.extend(
                (child, f"{pointer}/{i}", False) for i, child in enumerate(node) if isinstance(child, (dict, list))
            )
