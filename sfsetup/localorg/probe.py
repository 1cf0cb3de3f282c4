"""Talking to a running local org from outside, with the standard library alone."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from sfsetup.errors import OrgRefused, Unreachable
from sfsetup.localorg import places
from sfsetup.localorg.stored import loads


def answers(record: dict[str, Any]) -> bool:
    """True if the server of this record lives: it answers with the record's own mark."""
    try:
        status, body = _call(record, "GET", "/sfsetup/ready", timeout=2.0)
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return status == 200 and body.decode("utf-8", "replace") == record.get("mark")


def call_control(name: str, method: str, topic: str, value: Any = None) -> Any:
    """One call of the control route of a running org. Raises OrgRefused, Unreachable."""
    place = places.place(name)
    record = places.read_record(place)
    return call_url(record, str(places.peek(place, "main_token")), method, topic, value)


def call_url(record: dict[str, Any], token: str, method: str, topic: str, value: Any = None) -> Any:
    """The same for a server known by its record (`url`, `ca_file`)."""
    body = None if value is None else json.dumps(value).encode()
    try:
        status, answer = _call(record, method, f"/sfsetup/control/{topic}", body, token, timeout=60.0)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"The local org does not answer ({error})") from error
    found = loads(answer) if answer else None
    if status >= 400:
        first = found[0] if isinstance(found, list) and found else {}
        raise OrgRefused(first.get("message", f"HTTP {status}"), code=first.get("errorCode"), status=status)
    return found


def _call(
    record: dict[str, Any], method: str, path: str, body: bytes | None = None, token: str = "", *, timeout: float
) -> tuple[int, bytes]:
    address = urlsplit(str(record.get("url", "")))
    if address.hostname is None:
        raise ConnectionError("the org is not running")
    connection: http.client.HTTPConnection
    if address.scheme == "https":
        context = ssl.create_default_context(cafile=record.get("ca_file"))
        connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
