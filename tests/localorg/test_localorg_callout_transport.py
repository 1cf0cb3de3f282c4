"""Where callouts go: to the stand-in, to one port on loopback, or out to a host that was allowed; never elsewhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.localorg.callout.transport import Transport
from sfsetup.localorg.callout.values import Outgoing
from sfsetup.localorg.flow.values import FlowFault
from tests.support.vendor import OwnVendor

HEADERS = (("Authorization", "Bearer ü"), ("X-Two", "a"), ("X-Two", "b"))


@pytest.fixture
def vendor() -> Iterator[OwnVendor]:
    with OwnVendor({"ok": True}) as made:
        yield made


def port_of(vendor: OwnVendor) -> int:
    return int(vendor.address.rpartition(":")[2])


def refuse() -> int:
    raise AssertionError("the stand-in was not to be asked")


def request(url: str, method: str = "POST", body: bytes = b"{}") -> Outgoing:
    return Outgoing(method, url, HEADERS, body)


def test_without_a_word_to_the_stand_in_whatever_the_host(vendor: OwnVendor) -> None:
    transport = Transport(lambda: port_of(vendor), lambda: ())
    came = transport.send(request("https://api.example.com:8443/v1/a?b=c%20d"))
    (received,) = vendor.received
    assert (received.method, received.path, received.body) == ("POST", "/v1/a?b=c%20d", b"{}")
    assert received.header("Host") == b"api.example.com:8443"
    assert received.header("Authorization") == "Bearer ü".encode()
    assert [value for name, value in received.headers if name == "X-Two"] == [b"a", b"b"]
    assert (came.status, came.media_type, came.body) == (200, "application/json", b'{"ok": true}')


@pytest.mark.parametrize(("latency", "answers"), [(119.0, True), (120.0, False), (300.0, False)])
def test_a_stand_in_that_is_slower_than_a_callout_may_take_is_not_waited_for(
    vendor: OwnVendor, latency: float, answers: bool
) -> None:
    transport = Transport(lambda: port_of(vendor), lambda: (), latency=lambda: latency)
    if answers:
        assert transport.send(request("https://api.example.com")).status == 200
        return
    with pytest.raises(FlowFault, match=r"^Read timed out$"):
        transport.send(request("https://api.example.com"))
    assert vendor.received == []


def test_a_port_on_loopback_takes_every_callout_over_plain_http(vendor: OwnVendor) -> None:
    transport = Transport(refuse, lambda: (vendor.address,))
    transport.send(request("https://api.example.com/v1"))
    transport.send(request("https://other.example.com", "GET", b""))
    assert [(each.path, each.header("Host")) for each in vendor.received] == [
        ("/v1", b"api.example.com"),
        ("/", b"other.example.com"),
    ]


def test_an_allowed_host_is_really_called_and_no_other(
    vendor: OwnVendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with OwnVendor({}) as stand_in:
        transport = Transport(lambda: port_of(stand_in), lambda: ("127.0.0.1",))
        transport.send(Outgoing("GET", f"http://{vendor.address}/real", (), b""))
        transport.send(request("https://api.example.com/other"))
        assert [each.path for each in vendor.received] == ["/real"]
        assert [each.path for each in stand_in.received] == ["/other"]
        assert "authorization" not in {name.lower() for name, _ in vendor.received[0].headers}, "no netrc"


def test_a_redirect_is_an_answer_and_not_followed(vendor: OwnVendor) -> None:
    vendor.status = 302
    for allowed in (("127.0.0.1",), (vendor.address,)):
        came = Transport(refuse, lambda allowed=allowed: allowed).send(request(f"http://{vendor.address}/a"))
        assert came.status == 302
    assert len(vendor.received) == 2


@pytest.mark.parametrize(
    "url", ["callout:Name/path", "ftp://a.example/x", "https://", "/relative", "file:///etc/passwd"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(FlowFault, match="cannot be called"):
        Transport(refuse, lambda: ("127.0.0.1:1",)).send(request(url))


@pytest.mark.parametrize("header", ["a\r\nX-Injected: 1", "a\nb"])
def test_a_header_that_would_break_out_is_not_sent(vendor: OwnVendor, header: str) -> None:
    transport = Transport(lambda: port_of(vendor), lambda: ())
    with pytest.raises(FlowFault, match="cannot be sent"):
        transport.send(Outgoing("GET", "https://api.example.com/", (("X-A", header),), b""))
    assert vendor.received == []


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(FlowFault, match="got no answer"):
        Transport(lambda: port, lambda: ()).send(request("https://api.example.com/"))
    with pytest.raises(FlowFault, match="got no answer"):
        Transport(refuse, lambda: ("127.0.0.1",)).send(request(f"http://127.0.0.1:{port}/"))


def test_a_slow_vendor_times_out_in_salesforces_words() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(2)
        port = silent.getsockname()[1]
        for transport, url in (
            (Transport(lambda: port, lambda: (), timeout=0.05), "https://api.example.com/"),
            (Transport(refuse, lambda: ("127.0.0.1",), timeout=0.05), f"http://127.0.0.1:{port}/"),
        ):
            with pytest.raises(FlowFault) as caught:
                transport.send(request(url))
            assert caught.value.message == "Read timed out"


def test_an_answer_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfsetup.localorg.callout.transport.MAX_ANSWER", 1000)

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" + b"x" * 5000
            )

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        with pytest.raises(FlowFault, match="Exceeded max size limit"):
            Transport(lambda: listening.getsockname()[1], lambda: ()).send(request("https://api.example.com/"))
        thread.join(5)
