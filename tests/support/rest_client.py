"""A plain REST client for tests of the local org: no retry, no opinion, every answer as it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from sfsetup.localorg.embedded import Embedded


@dataclass(frozen=True)
class Answer:
    """Status and JSON of an answer."""

    status: int
    json: Any
    headers: Any

    @property
    def code(self) -> str:
        """errorCode of Salesforce's error form; empty for anything else."""
        first = self.json[0] if isinstance(self.json, list) and self.json else {}
        return str(first.get("errorCode", "")) if isinstance(first, dict) else ""

    @property
    def message(self) -> str:
        """The message of the error."""
        return str(self.json[0]["message"]) if self.code else ""

    @property
    def verdict(self) -> tuple[int, str]:
        """Status and error code together."""
        return self.status, self.code


class Client:
    """Calls one org at one API version with one token."""

    def __init__(self, server: Embedded, token: str | None = None, version: str = "66.0") -> None:
        self.server = server
        self.token = server.token if token is None else token
        self.version = version

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """`path` below /services/data/vNN.0, or from the root when it begins with //."""
        base = self.server.url + (path[1:] if path.startswith("//") else f"/services/data/v{self.version}{path}")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        came = requests.request(method, base, headers=headers, json=body, params=query, timeout=60)
        return Answer(came.status_code, came.json() if came.content else None, came.headers)

    def query(self, text: str, *, tooling: bool = False) -> list[dict[str, Any]]:
        """Records of a query that must succeed."""
        answer = self("GET", "/tooling/query" if tooling else "/query", q=text)
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = answer.json["records"]
        return found

    def of(self, username: str, *permissions: str, version: str | None = None, **values: Any) -> Client:
        """The same org for a user who has exactly these permissions."""
        from sfsetup.localorg import control

        given = {"username": username, "token": True, "permissions": list(permissions), **values}
        answer = control.run(self.server.org, "users", "POST", given)
        return Client(self.server, answer["token"], version or self.version)
