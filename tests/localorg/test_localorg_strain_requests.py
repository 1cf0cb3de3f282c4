"""Ten thousand small requests to a server process, good ones and bad ones: each gets its own answer, nothing piles up."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.server_process import ServerProcess, error_of

GROWTH = 12
"""Megabytes by which the process may grow over ten thousand requests."""


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("requests")) as server:
        yield server


Sent = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body, headers."""


def mixed(server: ServerProcess) -> list[tuple[Sent, tuple[int, str]]]:
    """Ten requests of different kinds, with the status and error code that each must get."""
    data, soap = "/services/data/v66.0", "/services/Soap/m/66.0"
    good = {**server.headers, "Content-Type": "application/json"}
    bad = {"Authorization": "Bearer 00Dxx!nonsense", "Content-Type": "application/json"}
    call = server.caller.envelope("listMetadata", "<met:queries><met:type>Flow</met:type></met:queries>")
    return [
        (("GET", f"{data}/limits", b"", good), (200, "")),
        (("GET", f"{data}/query?q=SELECT+Id+FROM+User+LIMIT+1", b"", good), (200, "")),
        (("GET", f"{data}/limits", b"", bad), (401, "INVALID_SESSION_ID")),
        (("GET", f"{data}/limits", b"", {}), (401, "INVALID_SESSION_ID")),
        (("POST", f"{data}/composite", b"{", good), (400, "JSON_PARSER_ERROR")),
        (("DELETE", f"{data}/limits", b"", good), (405, "METHOD_NOT_ALLOWED")),
        (("GET", f"{data}/nothing", b"", good), (404, "NOT_FOUND")),
        (("POST", soap, call.encode(), {"Content-Type": "text/xml"}), (200, "")),
        (("POST", soap, call.replace(server.token, "x").encode(), {}), (500, "sf:INVALID_SESSION_ID")),
        (("POST", soap, b"<Envelope", {}), (500, "soapenv:Client")),
    ]


def ask(connection: http.client.HTTPConnection, sent: Sent) -> tuple[int, str]:
    method, path, body, headers = sent
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, error_of(content) if answer.status >= 400 else ""


def run(server: ServerProcess, count: int, *, fresh: bool) -> Counter[tuple[tuple[int, str], tuple[int, str]]]:
    """(expected, got) -> how often, over `count` requests by one client."""
    kinds = mixed(server)
    host = server.url.rpartition("//")[2]
    found: Counter[tuple[tuple[int, str], tuple[int, str]]] = Counter()
    connection = http.client.HTTPConnection(host, timeout=60)
    for number in range(count):
        if fresh:
            connection.close()
            connection = http.client.HTTPConnection(host, timeout=60)
        sent, expected = kinds[number % len(kinds)]
        found[expected, ask(connection, sent)] += 1
    connection.close()
    return found


def in_equal_parts(server: ServerProcess, count: int) -> Counter[tuple[tuple[int, str], tuple[int, str]]]:
    share = count // len(mixed(server))
    wanted: Counter[tuple[tuple[int, str], tuple[int, str]]] = Counter()
    for _, expected in mixed(server):
        wanted[expected, expected] += share
    return wanted


@pytest.mark.parametrize("fresh", [False, True], ids=["kept alive", "fresh connections"])
def test_hundreds_of_requests(strained: ServerProcess, fresh: bool) -> None:
    assert run(strained, 300, fresh=fresh) == in_equal_parts(strained, 300)


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [False, True], ids=["kept alive", "fresh connections"])
def test_ten_thousand_requests(strained: ServerProcess, fresh: bool) -> None:
    run(strained, 500, fresh=fresh)
    before, said = strained.memory(), len(strained.log_text)
    assert run(strained, 10_000, fresh=fresh) == in_equal_parts(strained, 10_000)
    assert strained.memory() - before < GROWTH
    assert len(strained.log_text) - said < 2000
    assert strained.answers()


@pytest.mark.slow
def test_ten_thousand_requests_by_eight_clients_at_once(strained: ServerProcess) -> None:
    run(strained, 500, fresh=False)
    with ThreadPoolExecutor(8) as pool:
        found = sum(pool.map(lambda _: run(strained, 1250, fresh=False), range(8)), Counter())
    assert found == in_equal_parts(strained, 10_000)
    assert strained.answers()


def test_every_rest_call_is_counted(strained: ServerProcess) -> None:
    """Sforce-Limit-Info rises by one with each call, also when they come at once."""

    def calls(count: int) -> list[int]:
        url, told = f"{strained.url}/services/data/v66.0/limits", []
        with requests.Session() as session:
            for _ in range(count):
                answer = session.get(url, headers=strained.headers, timeout=60)
                told.append(int(answer.headers["Sforce-Limit-Info"].partition("=")[2].partition("/")[0]))
        return told

    (first,) = calls(1)
    with ThreadPoolExecutor(8) as pool:
        seen = [number for told in pool.map(calls, [50] * 8) for number in told]
    assert sorted(seen) == list(range(first + 1, first + 401))


def test_the_log_does_not_grow_with_what_is_no_request(strained: ServerProcess) -> None:
    before = len(strained.log_text)
    url = f"{strained.url}/services/data/v66.0/metadata/deployRequest"
    headers = {**strained.headers, "Content-Type": "multipart/form-data; boundary=b"}
    with requests.Session() as session:
        for _ in range(50):
            assert strained.raw(b"nonsense\r\n\r\n")[0] == 400
            assert strained.raw(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")[0] == 400
            assert session.post(url, data=b"nonsense", headers=headers, timeout=60).status_code == 400
    assert len(strained.log_text) == before


def test_invalid_requests_at_every_step_leave_the_connection_in_order(strained: ServerProcess) -> None:
    """After a refused body the same connection takes the next request."""
    connection = http.client.HTTPConnection(strained.url.rpartition("//")[2], timeout=60)
    for _ in range(3):
        for sent, expected in mixed(strained):
            assert ask(connection, sent) == expected
        connection.request("POST", "/services/data/v66.0/composite", bytes(17 * 1024 * 1024), strained.headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())[0]["errorCode"]) == (413, "REQUEST_ENTITY_TOO_LARGE")
    connection.close()
