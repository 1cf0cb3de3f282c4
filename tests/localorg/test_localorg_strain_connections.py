"""Clients that connect and say little or nothing, send nonsense, or take no answer: the others are served all the same."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from sfsetup.localorg.connection import Connection
from sfsetup.localorg.embedded import Embedded
from tests.support.rest_client import Client
from tests.support.server_process import ServerProcess, error_of, read_answer

HEAD = b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("connections")) as server:
        yield server


def half_open(server: ServerProcess, count: int, said: bytes) -> list[socket.socket]:
    clients = []
    for _ in range(count):
        client = server.connect()
        client.sendall(said)
        clients.append(client)
    return clients


SAID = {
    "nothing": b"",
    "a part of a head": b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    "a part of a body": b"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n<a>",
    "a part of a chunk": (
        b"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n<a>"
    ),
    "a whole request, and it stays": HEAD,
}


@pytest.mark.parametrize("said", SAID)
def test_three_hundred_slow_clients_block_nobody(strained: ServerProcess, said: str) -> None:
    clients = half_open(strained, 300, SAID[said])
    try:
        began = time.monotonic()
        assert strained.answers()
        assert time.monotonic() - began < 10
    finally:
        for client in clients:
            client.close()
    assert strained.answers()


def test_more_clients_than_the_process_may_have_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With 256 descriptors (the default of macOS) four hundred silent clients cannot keep the others out."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))"
    with ServerProcess(tmp_path_factory.mktemp("few"), before=limit) as server:
        clients = half_open(server, 400, b"GET /")
        try:
            for _ in range(3):
                assert server.answers()
        finally:
            for client in clients:
                client.close()
        assert server.answers()
        assert "Too many open files" not in server.log_text
        assert "Traceback" not in server.log_text


def test_clients_that_never_begin_to_speak_tls_keep_nobody_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before TLS is spoken HTTP knows nothing of a connection, which Python waits for a minute for."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))"
    with ServerProcess(tmp_path_factory.mktemp("tls"), before=limit, arguments=("--tls",)) as server:
        authority = str(server.status.ca_file)
        clients = [server.connect() for _ in range(400)]
        try:
            for _ in range(3):
                assert requests.get(f"{server.url}/services/data", verify=authority, timeout=20).status_code == 200
        finally:
            for client in clients:
                client.close()
        assert "Too many open files" not in server.log_text
        assert "Traceback" not in server.log_text


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", bytes(1000), b"\x16\x03\x01\xff\xff" + bytes(70_000)])
def test_what_is_no_tls(tmp_path_factory: pytest.TempPathFactory, said: bytes) -> None:
    from sfsetup.localorg.state import State
    from sfsetup.localorg.tls import certificates

    found = certificates(tmp_path_factory.mktemp("ca"))
    with Embedded(State.open(None), tls=found) as server:
        with socket.create_connection(place(server), timeout=60) as client:
            client.sendall(said)
            assert rest_of(client) == b""
        url = f"{server.url}/services/data"
        assert requests.get(url, verify=str(found.authority), timeout=60).status_code == 200


def test_who_is_being_served_is_not_the_one_to_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A client in the middle of its body stays; the silent ones make room."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))"
    text = b"{}"
    with ServerProcess(tmp_path_factory.mktemp("served"), before=limit) as server, server.connect() as served:
        head = f"POST /services/data/v66.0/composite HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(text)}\r\n\r\n"
        served.sendall(head.encode() + text[:1])
        clients = half_open(server, 200, b"")
        served.sendall(text[1:])
        status, _, body = read_answer(served)
        assert (status, error_of(body)) == (401, "INVALID_SESSION_ID")
        for client in clients:
            client.close()


# -- time, of which these tests take little ----------------------------------------------------------------------------


def place(server: Embedded) -> tuple[str, int]:
    host, _, port = server.url.rpartition("//")[2].rpartition(":")
    return host, int(port)


def rest_of(client: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            found += piece
    return found


@pytest.mark.parametrize("said", [SAID[name] for name in SAID if name != "a whole request, and it stays"])
def test_a_connection_that_stands_still_is_ended(
    server: Embedded, rest: Client, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(Connection, "SECONDS", 0.15)
    with socket.create_connection(place(server), timeout=60) as client:
        client.sendall(said)
        assert rest_of(client) == b""
    assert rest("GET", "/limits").status == 200


def test_a_head_has_its_time_from_its_first_byte(
    server: Embedded, rest: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte after the other does not make it last for ever, on a connection that has been of use before either."""
    monkeypatch.setattr(Connection, "SECONDS", 0.3)
    with socket.create_connection(place(server), timeout=0.02) as client:
        client.sendall(HEAD)
        client.settimeout(60)
        assert read_answer(client)[0] == 200
        client.settimeout(0.02)
        ended = False
        for number in range(500):
            try:
                client.sendall(HEAD[number % 20 : number % 20 + 1])
                ended = client.recv(10) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended:
                break
        assert ended
        assert number < 200
    assert rest("GET", "/limits").status == 200


def test_a_slow_body_that_goes_on_is_waited_for(server: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "SECONDS", 0.4)
    body = b"{}" + b" " * 8
    with socket.create_connection(place(server), timeout=60) as client:
        head = f"POST /services/data/v66.0/composite HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode())
        waiting = time.monotonic()
        for number in range(len(body)):
            client.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                client.recv(1)
            client.sendall(body[number : number + 1])
        client.settimeout(60)
        assert read_answer(client)[0] == 401
        assert time.monotonic() - waiting > 0.8


def test_a_client_that_takes_no_answer_is_ended(
    server: Embedded, rest: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers do not stay in memory for who does not read them."""
    monkeypatch.setattr(Connection, "SECONDS", 0.2)
    head = (
        f"GET /services/data/v66.0/sobjects HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n\r\n"
    )
    held = server._server.server_state.connections
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(place(server))
        mine = client.getsockname()
        client.settimeout(0.1)
        with contextlib.suppress(OSError):
            for _ in range(20_000):  # until the server takes no more
                client.sendall(head.encode())
        assert rest("GET", "/limits").status == 200
        deadline = time.monotonic() + 30
        while any(each.client == mine for each in list(held)):
            assert time.monotonic() < deadline
            rest("GET", "/limits")


def test_who_still_reads_its_answer_is_not_the_one_to_go(server: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    from sfsetup.localorg import connection
    from tests.support.metadata_caller import MetadataCaller, xml

    caller = MetadataCaller(server.url, server.token)
    meta = xml(
        "StaticResource", "<cacheControl>Private</cacheControl><contentType>application/octet-stream</contentType>"
    )
    noise = random.Random(1).randbytes(8_000_000)
    caller.deploy({"staticresources/R.resource": noise, "staticresources/R.resource-meta.xml": meta})
    inner = "<met:types><met:members>*</met:members><met:name>StaticResource</met:name></met:types>"
    inner = f"<met:retrieveRequest><met:unpackaged>{inner}</met:unpackaged></met:retrieveRequest>"
    job = caller.call("retrieve", inner)[0].findtext("{*}id")
    body = caller.envelope("checkRetrieveStatus", f"<met:asyncProcessId>{job}</met:asyncProcessId>").encode()
    monkeypatch.setattr(connection, "most_connections", lambda: 5)
    head = f"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(socket.create_connection(place(server), timeout=60))
        reader.sendall(head.encode() + body)
        assert reader.recv(9) == b"HTTP/1.1 "
        for _ in range(20):
            stack.enter_context(socket.create_connection(place(server), timeout=60))
            assert requests.get(f"{server.url}/services/data", timeout=60).status_code == 200
        found = rest_of_answer(reader)
    assert len(found) > 10_000_000
    assert found.endswith(b"</soapenv:Envelope>")


def rest_of_answer(client: socket.socket) -> bytes:
    """What follows the first nine bytes of an answer."""
    found = b""
    while b"</soapenv:Envelope>" not in found[-40:]:
        piece = client.recv(1 << 20)
        if not piece:
            break
        found += piece
    return found


# -- nonsense ----------------------------------------------------------------------------------------------------------

NONSENSE = {
    "binary": (bytes(range(256)) * 4, 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "no host": (b"GET /services/data HTTP/1.1\r\n\r\n", 400),
    "a header without colon": (b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\nNonsense\r\n\r\n", 400),
    "a header folded into nothing": (b"GET / HTTP/1.1\r\n X: y\r\nHost: 127.0.0.1\r\n\r\n", 400),
    "a header with NUL": (b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n", 400),
    "a path that is not ASCII": ("GET /é HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(), 400),
    "an unknown transfer encoding": (
        b"POST /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    "a chunk of no size": (
        b"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a head without end": (b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000, 431),
    "ten thousand headers": (b"GET /services/data HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", 431),
}  # fmt: skip


@pytest.mark.parametrize("kind", NONSENSE)
def test_what_is_no_http_gets_an_answer_in_salesforces_form(strained: ServerProcess, kind: str) -> None:
    sent, expected = NONSENSE[kind]
    status, headers, body = strained.raw(sent)
    assert (status, headers["content-type"]) == (expected, "application/json;charset=UTF-8")
    assert error_of(body)
    assert strained.answers()
    assert "Traceback" not in strained.log_text


def test_nonsense_after_the_first_part_of_a_body(strained: ServerProcess) -> None:
    head = b"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with strained.connect() as client:
        client.sendall(head + b"5\r\n<abc>\r\n")
        requests.get(f"{strained.url}/services/data", timeout=60)
        client.sendall(b"not a chunk\r\n")
        status, _, _ = read_answer(client)
    assert status in (0, 400)
    assert strained.answers()
    assert "Traceback" not in strained.log_text


# -- requests one after the other, without waiting ---------------------------------------------------------------------


def test_pipelined_requests_are_answered_in_their_order(strained: ServerProcess) -> None:
    token = f"Authorization: Bearer {strained.token}\r\n".encode()
    one = HEAD
    two = HEAD.replace(b"/services/data", b"/services/data/v66.0/nothing").replace(
        b"\r\n\r\n", b"\r\n" + token + b"\r\n"
    )
    three = b"POST /services/Soap/m/66.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n<a"
    with strained.connect() as client:
        client.sendall((one + two + three) * 50 + HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        found = b""
        while piece := client.recv(65536):
            found += piece
    statuses = [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 500] * 50 + [200]


def test_a_client_that_leaves_in_the_middle_of_its_pipeline(strained: ServerProcess) -> None:
    for _ in range(20):
        with strained.connect() as client:
            client.sendall(HEAD * 20)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert strained.answers()
    assert "Traceback" not in strained.log_text
