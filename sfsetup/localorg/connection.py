"""One client's connection: what uvicorn leaves open to clients that send too little, too much or nonsense.

A connection that stands still is closed, the idlest one makes room when there are too many, and what is no HTTP is
answered in Salesforce's form. How long orgs wait is not known; these times are the local org's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import weakref
from functools import cache
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from sfsetup.localorg.http import RestError, error_response
from sfsetup.localorg.refusal import OURS

BATCH = 16
"""Connections that asyncio accepts at once, before any of them can be closed again."""
WAITING = 256
"""Connections that the system keeps until they are accepted."""
_RESERVED = 64 + 4 * BATCH
"""File descriptors that are not for clients."""
_CODES = {431: "REQUEST_HEADER_FIELDS_TOO_LARGE", 501: "NOT_IMPLEMENTED"}


@cache
def most_connections() -> int:
    """How many clients may be connected: far fewer than the process may have files open."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return 1000
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1000
    return max(16, min(1000, soft - _RESERVED))


_made: set[int] = set()
"""Descriptors of the connections that HTTP knows of: with TLS only those that have shaken hands."""


class Listener(socket.socket):
    """A listening socket whose clients cannot keep others out by never beginning to speak TLS."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._silent: list[weakref.ref[socket.socket]] = []
        """What was accepted and not seen to speak, oldest first."""

    def accept(self) -> tuple[socket.socket, Any]:
        """As every socket; where too many clients are silent, the one that has been so longest is let go."""
        found, address = super().accept()
        self._silent.append(weakref.ref(found))
        most = most_connections() // 2
        if len(self._silent) > most:
            alive = [each for each in (ref() for ref in self._silent) if each is not None]
            waiting = [each for each in alive if each.fileno() >= 0 and each.fileno() not in _made]
            for each in waiting[: len(waiting) - most if len(waiting) > most else 0]:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._silent = [weakref.ref(each) for each in waiting[-most:]]
        return found, address


class Connection(H11Protocol):
    """uvicorn's protocol over h11, with bounds."""

    SECONDS = 30.0
    """How long a client may take for the head of a request, and how long it may pause in a body or an answer."""

    cycle: Any  # None before the first request, whatever uvicorn declares
    _timer: asyncio.TimerHandle | None = None
    _moved = 0.0
    """When something last came in."""
    _unsent = 0
    _descriptor = -1

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._moved = self.loop.time()
        self._descriptor = transport.get_extra_info("socket").fileno()
        _made.add(self._descriptor)
        if len(self.connections) > most_connections():
            _make_room(self.connections, self)
        self._watch(self.SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        _made.discard(self._descriptor)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_waiting and not self._has_begun:
            # The head has its time from its first byte on, however slowly the others come.
            self._watch(self.SECONDS)
        self._moved = self.loop.time()
        super().data_received(data)

    def timeout_keep_alive_handler(self) -> None:
        # Closing would wait for a client that takes no byte of its answer.
        if self.transport.get_write_buffer_size():
            return
        super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()
        status = getattr(error, "error_status_hint", 400)
        detail = str(error) or msg
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE) or _has_answer_begun(self.cycle):
            # Nonsense after the beginning of an answer: there is nobody to tell.
            self._end()
            return
        refusal = RestError(status, _CODES.get(status, "BAD_REQUEST"), f"The request is no HTTP: {detail}{OURS}")
        answer = error_response(refusal)
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            (b"connection", b"close"),
        ]
        reason = STATUS_PHRASES.get(status, b"")
        events = (h11.Response(status_code=status, headers=headers, reason=reason), h11.Data(data=answer.body))
        for event in (*events, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._end()

    def _unsupported_upgrade_warning(self) -> None:
        """Says nothing: orgs have no WebSockets here either, and the request is answered as any other."""

    # -- standing still --------------------------------------------------------------------------------------------

    @property
    def _is_waiting(self) -> bool:
        """True between requests: before the head of one has come in whole."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def _has_begun(self) -> bool:
        """True if a part of a head has come in."""
        return bool(self.conn.trailing_data[0])

    @property
    def rank(self) -> tuple[bool, float]:
        """What goes first when there are too many: who neither sends nor receives, and of those the longest silent."""
        return not self._is_waiting or self.transport.get_write_buffer_size() > 0, self._moved

    def _watch(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """Closes a connection that has stood still; looks again later at one that has not."""
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            return
        unsent, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        if self._unsent:
            if unsent == self._unsent:
                self.transport.abort()
                return
        elif self._is_waiting:
            if self._has_begun or self.cycle is None or self.loop.time() - self._moved >= 2 * self.SECONDS:
                self._end()
                return
        elif self.cycle.more_body and not self.flow.read_paused:
            still = self.loop.time() - self._moved
            if still >= self.SECONDS:
                self._end()
                return
            self._watch(self.SECONDS - still)
            return
        self._watch(self.SECONDS)

    def _end(self) -> None:
        """Ends the connection, telling a handler that still reads from it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def _has_answer_begun(cycle: Any) -> bool:
    return cycle is not None and cycle.response_started and not cycle.response_complete


def _make_room(connections: set[Any], newest: Connection) -> None:
    """Ends the connection that will be missed least."""
    others = [each for each in connections if each is not newest]
    if others:
        least = min(others, key=lambda each: each.rank)
        # it is lost only in the loop's next turn, and must not be found by others until then
        connections.discard(least)
        least.transport.abort()
