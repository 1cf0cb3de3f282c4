"""uvicorn in this process: in a thread for one command and for tests, in the main thread for a background org."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn

from sfsetup.errors import Unreachable, UsageError
from sfsetup.localorg.app import build_app
from sfsetup.localorg.connection import BATCH, WAITING, Connection, Listener
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.prompt import PromptServer
from sfsetup.localorg.state import State

if TYPE_CHECKING:
    from sfsetup.localorg.tls import Certificates


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1 only. Raises UsageError when the port is taken."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer waits 40 ms for an ACK
    listener = Listener(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise UsageError(f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}") from error
    listener.listen(WAITING)
    return listener


def make_server(org: LocalOrg, *, certificate: Path | None = None, key: Path | None = None) -> PromptServer:
    """A uvicorn server for the org, as quiet and as closed as it can be."""
    for name in ("uvicorn.error", "python_multipart"):
        # They warn of every request that is none; who sent it is told, and the log must not grow with it.
        logging.getLogger(name).setLevel(logging.ERROR)
    config = uvicorn.Config(
        build_app(org),
        loop="asyncio",
        http=Connection,
        backlog=BATCH,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
        ssl_certfile=str(certificate) if certificate else None,
        ssl_keyfile=str(key) if key else None,
    )
    return PromptServer(config)


class Embedded:
    """A server in a thread of this process.

        with Embedded(State.open(None)) as server:
            requests.get(server.url + "/services/data")

    Closing ends the server, waits for its requests and closes the state.
    """

    def __init__(self, state: State, *, callouts: Sequence[str] = (), tls: Certificates | None = None) -> None:
        self.org = LocalOrg(state, callouts=tuple(callouts))
        self._listener = listen(0)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.org.base_url = self.url
        self.org.mark = secrets.token_hex(8)
        self._server = make_server(self.org, certificate=tls.certificate if tls else None, key=tls.key if tls else None)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="local-org", daemon=True
        )

    @property
    def token(self) -> str:
        """The administrator's access token."""
        return self.org.state.sessions.main_token()

    def __enter__(self) -> Self:
        self._thread.start()
        # The socket listens already: a client that comes early waits in its queue.
        while not self._server.started:
            if not self._thread.is_alive():
                raise Unreachable("The local org could not start in this process")
            self._thread.join(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join(15)
        with contextlib.suppress(OSError):
            self._listener.close()
        self.org.close()
