"""uvicorn's server, ending at once: uvicorn itself looks ten times a second whether it should, and then waits as long.

A command with `-o local` runs a server for itself, so that wait would be part of every such command.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

import uvicorn

from sfsetup.localorg.connection import WAITING

TICK = 0.1
"""Seconds between two ticks, as in uvicorn."""


class PromptServer(uvicorn.Server):
    """A server that `end` wakes up."""

    _loop: asyncio.AbstractEventLoop | None = None
    _wake: asyncio.Event | None = None

    def end(self) -> None:
        """Ends the server from any thread; also before it has begun."""
        self.should_exit = True
        if self._loop is not None and self._wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._wake.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or []:
            # asyncio has set it to the number of connections that it accepts at once
            each.listen(WAITING)

    async def main_loop(self) -> None:
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864_000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A client that has just closed its connection is gone after a turn of the loop.
        await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
