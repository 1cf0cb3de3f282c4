"""Taking in a request's body: its size, its encoding, its parts. Large bodies lie in a file until their turn comes.

What is refused is still read up to a bound, so that a client which sends first and reads then gets its answer.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from starlette.formparsers import MultiPartException, MultiPartParser

from sfsetup.localorg.http import Part, RestError
from sfsetup.localorg.refusal import OURS

if TYPE_CHECKING:
    from starlette.requests import Request as WebRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MEGABYTE = 1024 * 1024
LARGE = MEGABYTE
"""Bodies above this are kept in a file, and handled one after the other: that bounds the server's memory."""
_DRAIN = 256 * MEGABYTE
"""How much of a refused body is read, so that a client still gets its answer."""
_PIECE = 256 * 1024


class TooBig(Exception):
    """The body exceeds what the route takes."""


class Kept(SpooledTemporaryFile[bytes]):
    """A body that was taken in."""

    def __init__(self) -> None:
        super().__init__(max_size=LARGE)
        self.size = 0

    @property
    def is_large(self) -> bool:
        """True if it lies in a file."""
        return self.size > LARGE


async def take(web: WebRequest, limit: int) -> Kept:
    """The body, decoded. Raises TooBig, RestError for an encoding that cannot be undone, OSError for a full disk."""
    try:
        unpack = _decoder(web.headers.get("content-encoding", ""))
    except RestError:
        await pour_away(web.scope, web.receive)
        raise
    if "100-continue" in web.headers.get("expect", "").lower() and _declared(web) > limit:
        raise TooBig
    kept = Kept()
    try:
        await _fill(kept, web, limit, unpack)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept


async def _fill(kept: Kept, web: WebRequest, limit: int, unpack: _Unpack) -> None:
    received = 0
    problem: Exception | None = None
    async for chunk in web.stream():
        received += len(chunk)
        if received > _DRAIN:
            break
        if problem is not None:
            continue
        try:
            for piece in unpack(chunk):
                kept.size += len(piece)
                if kept.size > limit:
                    raise TooBig
                kept.write(piece)
        except (TooBig, RestError, OSError) as found:
            problem = found
            kept.truncate(0)
    if problem is not None:
        raise problem
    next(unpack(b""), None)


def _declared(web: WebRequest) -> int:
    text = web.headers.get("content-length", "")
    return int(text) if text.isdecimal() else 0


_Unpack = Callable[[bytes], Iterator[bytes]]
"""Bytes as they came in -> what they stand for; empty bytes mark the end."""


def _decoder(encoding: str) -> _Unpack:
    """REST takes gzip and deflate (developer.salesforce.com, REST API, Compression Headers); SOAP alike is inferred."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return lambda data: iter((data,) if data else ())
    if name in ("gzip", "x-gzip"):
        return _Inflating(31).feed
    if name == "deflate":
        return _Inflating(0).feed
    raise RestError(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Encoding {encoding[:40]!r} is not supported{OURS}")


_MORE = "something follows its end"


class _Inflating:
    """Undoes gzip or deflate in pieces of bounded size."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._undo = zlib.decompressobj(window) if window else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            if self._undo is not None and not self._undo.eof:
                raise _broken("it ends too early")
            return
        if self._undo is not None and self._undo.eof:
            raise _broken(_MORE)
        if self._undo is None:
            # Half of the clients send zlib's form of deflate, the other half the bare one.
            self._undo = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)
        try:
            piece = self._undo.decompress(data, _PIECE)
            while piece:
                yield piece
                piece = self._undo.decompress(self._undo.unconsumed_tail, _PIECE)
            if self._undo.unused_data:
                raise _broken(_MORE)
        except zlib.error as error:
            raise _broken(str(error)) from error


def _broken(detail: str) -> RestError:
    return RestError(400, "BAD_REQUEST", f"The compressed body cannot be read: {detail}{OURS}")


async def parts_of(web: WebRequest, kept: Kept, limit: int) -> tuple[Part, ...]:
    """The parts of a multipart/form-data body; none for any other. Raises RestError."""
    if not is_multipart(web):
        return ()

    async def stream() -> AsyncIterator[bytes]:
        while piece := kept.read(_PIECE):
            yield piece

    parser = MultiPartParser(web.headers, stream(), max_files=10, max_fields=10, max_part_size=limit)  # type: ignore[arg-type]
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise RestError(400, "INVALID_MULTIPART_REQUEST", error.message) from error
    try:
        parts = []
        for name, value in form.multi_items():
            if isinstance(value, str):
                parts.append(Part(name, "", value.encode("utf-8", "replace")))
            else:
                parts.append(Part(name, value.content_type or "", await value.read()))
        return tuple(parts)
    finally:
        await form.close()


async def pour_away(scope: Scope, receive: Receive) -> None:
    """Reads the body of a request that is refused whatever it holds."""
    headers = scope["headers"]
    if any(name == b"expect" for name, _ in headers):
        return
    received = 0
    while received <= _DRAIN:
        message = await receive()
        received += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


def is_multipart(web: WebRequest) -> bool:
    """True for a body of parts."""
    return web.headers.get("content-type", "").lower().startswith("multipart/form-data")
