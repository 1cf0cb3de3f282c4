"""Reads what the openapi commands are given: documents, registrations, and flows that call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.errors import InvalidInput, SfsetupError, UsageError

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.document import OpenApiDocument

_MAX_REMOTE = 64 * 1024 * 1024
_TIMEOUT_S = 30

remote_option = click.option(
    "--allow-remote", is_flag=True, help="Follow $ref to http(s) URLs; without it nothing goes over the network."
)


@dataclass(frozen=True)
class Given:
    """A document, and the registration that holds it where one was given."""

    document: OpenApiDocument
    registration: ExternalServiceRegistration | None = None

    @property
    def service(self) -> str | None:
        """Name of the registration without the namespace of a package; None where a document was given."""
        return self.registration.full_name.rpartition("__")[2] if self.registration is not None else None

    @property
    def active(self) -> frozenset[str] | None:
        """Registered names of active operations; None where that is not known."""
        if self.registration is None or not self.registration.has_operations:
            return None
        return frozenset(one.name for one in self.registration.operations if one.active)


def read(path: str, *, allow_remote: bool = False) -> Given:
    """Reads a document or a registration.

    Raises UsageError for a missing file, InvalidInput for a bad one, as `telling` does.
    """
    with telling(path):
        return _read(path, allow_remote=allow_remote)


@contextmanager
def telling(path: str) -> Iterator[None]:
    """An InvalidInput raised in it says what is wrong as a finding too: all commands tell the same of the same file."""
    try:
        yield
    except InvalidInput as error:
        from sfsetup.openapi.unreadable import as_finding

        error.findings = error.findings or (as_finding(error, path),)
        raise


def _read(path: str, *, allow_remote: bool) -> Given:
    from sfsetup.openapi.document import MAX_BYTES, load
    from sfsetup.text.files import read_file

    file = Path(path)
    if file.is_dir():
        raise UsageError(f"{path} is a folder; give the OpenAPI document itself.")
    if not _is_registration(file):
        return Given(load(file, fetch=fetcher() if allow_remote else None))
    registration = _registration(file, read_file(file, max_bytes=MAX_BYTES))
    if not registration.schema:
        raise InvalidInput(
            "The registration holds no schema, and there is none beside it.",
            actions=("Retrieve it again, or give the document.",),
            file=path,
        )
    return Given(_registered(registration, path), registration)


def _registered(registration: ExternalServiceRegistration, path: str) -> OpenApiDocument:
    """The document of a registration; lines are those of the file that holds it."""
    from dataclasses import replace

    from sfsetup.openapi.document import parse

    first = 1 if registration.schema_file else registration.lines.get("schema", 1)
    try:
        document = parse((registration.schema or "").encode(), name=registration.schema_file or path)
    except InvalidInput as error:
        if error.line is not None:
            error.line += first - 1
        raise
    binding = registration.binding.get("compatibleMediaTypes")
    mapped = (
        {key: value for key, value in binding.items() if isinstance(value, str)} if isinstance(binding, dict) else {}
    )
    return replace(document, first_line=first, mapped=mapped)


def require_content(document: OpenApiDocument) -> None:
    """Raises InvalidInput for what is no OpenAPI document, or one without operations and schemas."""
    if document.version and (document.operations or document.schemas):
        return
    what = "There is no operation and no schema." if document.version else "This is not an OpenAPI document."
    with telling(document.name):
        raise InvalidInput(what, actions=(f"`sfsetup openapi check {document.name}` says more.",), file=document.name)


def collect_no_garbage() -> None:
    """Switches the cycle collector off for the rest of a short process: it would walk a large document many times."""
    import gc

    gc.disable()


def _is_registration(file: Path) -> bool:
    return any(
        file.name.endswith(end) for end in (".externalServiceRegistration", ".externalServiceRegistration-meta.xml")
    )


def _registration(file: Path, data: bytes) -> ExternalServiceRegistration:
    from sfsetup.facts.reader import read_facts
    from sfsetup.metadata.layout import read_tree

    facts = read_facts(read_tree(file))
    if facts.registrations:
        return facts.registrations[0]
    problem = facts.unreadable[0] if facts.unreadable else None
    raise InvalidInput(
        problem.message if problem else f"This is no registration ({len(data)} bytes).",
        file=str(file),
        line=problem.line if problem else None,
    )


def fetcher() -> Callable[[str], bytes]:
    """Gets documents over the network, bounded in size and time."""

    def fetch(url: str) -> bytes:
        import requests

        try:
            with requests.get(url, timeout=_TIMEOUT_S, stream=True) as answer:
                answer.raise_for_status()
                data = bytearray()
                for chunk in answer.iter_content(1 << 16):
                    data += chunk
                    if len(data) > _MAX_REMOTE:
                        raise SfsetupError(f"{url} is larger than {_MAX_REMOTE:,} bytes")
        except requests.RequestException as error:
            raise SfsetupError(f"{url} cannot be read: {type(error).__name__}") from error
        return bytes(data)

    return fetch
