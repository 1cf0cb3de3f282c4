"""The foreign clients and the recording local org, as values that tests use."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Recorder:
    """An ASGI layer around the local org that keeps the body of every SOAP reply with its API version."""

    app: Any
    replies: list[tuple[str, bytes]] = field(default_factory=list)
    metadata_requests: list[str] = field(default_factory=list)
    """Method and path of what was asked of the Metadata API, over SOAP or REST."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        # sf joins the org's address and the path with a slash too many
        path = f"/{scope.get('path', '').lstrip('/')}"
        is_soap = scope["type"] == "http" and path.startswith("/services/Soap/m/")
        if is_soap or "/metadata/deployRequest" in path:
            self.metadata_requests.append(f"{scope['method']} {path}")
        if not is_soap:
            await self.app(scope, receive, send)
            return
        body = bytearray()

        async def keep(message: MutableMapping[str, Any]) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, keep)
        self.replies.append((path.split("/")[4], bytes(body)))


@dataclass
class Org:
    """The org under test as the clients see it."""

    url: str
    token: str
    username: str
    recorder: Recorder
    org: Any
    authority: Path | None = None
    """The certificate authority to trust, over TLS."""


@contextmanager
def recording_org(tls_folder: Path | None = None) -> Iterator[Org]:
    """A fresh local org that records its SOAP replies; over TLS with certificates in a folder, else over plain HTTP."""
    from sfsetup.localorg import embedded
    from sfsetup.localorg.state import State

    recorders: list[Recorder] = []
    build = embedded.build_app

    def recording(*arguments: Any) -> Any:
        recorders.append(Recorder(build(*arguments)))
        return recorders[-1]

    embedded.build_app = recording  # type: ignore[assignment]
    try:
        found = None
        if tls_folder is not None:
            from sfsetup.localorg.tls import certificates

            found = certificates(tls_folder)
        server = embedded.Embedded(State.open(None), tls=found)
    finally:
        embedded.build_app = build
    with server:
        admin = server.org.state.users.get(server.org.state.admin_id)
        assert admin is not None
        yield Org(
            server.url, server.token, admin.username, recorders[0], server.org, found.authority if found else None
        )


@dataclass
class Sf:
    """The Salesforce CLI with a home folder of its own."""

    node_bin: Path
    home: Path
    extra: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, cwd: Path | None = None, code: int = 0, stdin: str | None = None) -> Any:
        """Runs `sf … --json` and returns `result` (or the whole answer for another exit code)."""
        done = self.run(*arguments, "--json", cwd=cwd, stdin=stdin)
        assert done.returncode == code, (
            f"sf {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        answer = json.loads(done.stdout)
        return answer.get("result") if code == 0 else answer

    def run(
        self, *arguments: str, cwd: Path | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs `sf …` as it is."""
        return subprocess.run(
            [str(self.node_bin / "sf"), *arguments],
            cwd=cwd or self.home,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=170,
        )

    def environment(self) -> dict[str, str]:
        """What `sf` finds around it."""
        return {
            "PATH": f"{self.node_bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "NO_PROXY": "127.0.0.1,localhost",
            "SF_AUTOUPDATE_DISABLE": "true",
            "SF_DISABLE_AUTOUPDATE": "true",
            "SF_DISABLE_TELEMETRY": "true",
            "SF_SKIP_NEW_VERSION_CHECK": "true",
            "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
            **self.extra,
        }
