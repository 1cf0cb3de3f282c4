"""A local org in a process of its own, as `local start` has it, and what the system knows of that process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import requests

from sfsetup.localorg import server as local_orgs
from tests.support.metadata_caller import MetadataCaller

MEGABYTE = 1024 * 1024


class ServerProcess:
    """`python -m sfsetup.localorg` with a state folder of its own. `before` is Python that the child runs first."""

    def __init__(
        self,
        home: Path,
        name: str = "strain",
        *,
        before: str = "",
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.home = home
        self.name = name
        self.folder = home / "local" / name
        self.log = home / f"{name}.log"
        self._environment = {**os.environ, "SFSETUP_HOME": str(home), **(environment or {})}
        run = [
            "-c",
            f"{before}\nimport runpy\nrunpy.run_module('sfsetup.localorg', run_name='__main__', alter_sys=True)",
        ]
        self._command = [sys.executable, *(run if before else ["-m", "sfsetup.localorg"]), "--name", name, *arguments]
        self.process: subprocess.Popen[bytes] | None = None
        self.status: Any = None
        self._left = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begins, and returns when it answers. Raises AssertionError with its log."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self._command, env=self._environment, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SFSETUP_HOME", str(self.home))
                self.status = local_orgs.status(self.name)
                if self.status.running:
                    self.token = local_orgs.access_token(self.name)
                    return
            time.sleep(0.02)
        self.stop()
        raise AssertionError(f"the server did not start: {self.log_text}")

    def stop(self) -> None:
        """Ends it, by force if it does not go."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
        self.process = None

    def kill(self) -> None:
        """`kill -9`."""
        assert self.process is not None
        self._left = self.url
        self.process.kill()
        self.process.wait(20)
        self.process = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.status.url)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    @property
    def log_text(self) -> str:
        """What it has said so far."""
        return self.log.read_text("utf-8", "replace")

    @property
    def caller(self) -> MetadataCaller:
        """A SOAP client of it."""
        return MetadataCaller(self.url, self.token)

    @property
    def headers(self) -> dict[str, str]:
        """Of a REST client."""
        return {"Authorization": f"Bearer {self.token}"}

    def answers(self) -> bool:
        """True if it does its work: one REST request and one SOAP call, with their right answers."""
        limits = requests.get(f"{self.url}/services/data/v66.0/limits", headers=self.headers, timeout=30)
        return limits.status_code == 200 and "DailyApiRequests" in limits.json() and self.caller.list("Flow") == []

    def answers_with(self, site: str) -> bool:
        """True if it lists this remote site and no other."""
        return [each["fullName"] for each in self.caller.list("RemoteSiteSetting")] == [site]

    def wait_for_another(self) -> None:
        """Until the same org answers from another process."""
        deadline = time.monotonic() + 60
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SFSETUP_HOME", str(self.home))
            while not self.status.running or self.status.url == self._left:
                assert time.monotonic() < deadline
                time.sleep(0.02)
                self.status = local_orgs.status(self.name)

    def memory(self, name: str = "VmRSS") -> int:
        """Megabytes by the name of /proc: VmRSS now, VmHWM the most so far. Skips the test where there is none."""
        try:
            text = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            pytest.skip("there is no /proc here")
        line = next((each for each in text.splitlines() if each.startswith(f"{name}:")), None)
        if line is None:
            pytest.skip(f"this system does not tell {name}")
        return int(line.split()[1]) // 1024

    def forget_peak(self) -> None:
        """Begins VmHWM anew, where the system can."""
        try:
            Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        except OSError:
            pytest.skip("the peak of a process cannot be set back here")

    def connect(self) -> socket.socket:
        """A plain connection to it."""
        host, _, port = self.url.rpartition("//")[2].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def raw(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """Sends bytes as they are and reads one answer: status, headers, body. Status 0 where there is none."""
        with self.connect() as client:
            client.sendall(data)
            return read_answer(client)


def read_answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One HTTP answer with a Content-Length from a socket."""
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        piece = client.recv(65536)
        if not piece:
            return 0, {}, buffer
        buffer += piece
    head, _, body = buffer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        piece = client.recv(65536)
        if not piece:
            break
        body += piece
    return int(lines[0].split()[1]), headers, body[:length]


def error_of(body: bytes) -> str:
    """The code of an error: of a SOAP fault, or of REST."""
    if body.lstrip()[:1] == b"<":
        return body.partition(b"<faultcode>")[2].partition(b"</faultcode>")[0].decode()
    return str(json.loads(body)[0]["errorCode"])
