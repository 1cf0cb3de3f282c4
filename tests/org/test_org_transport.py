"""The session: what it sends, what it refuses, and what every bad day turns into."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sfsetup.errors import ExitCode, LoginFailed, OrgRefused, OutcomeUnknown, SfsetupError, Unreachable, UsageError
from sfsetup.model.secret import Secret
from sfsetup.org.transport import Limits, LoopbackAdapter, OrgSession, Transport
from tests.support.scripted_org import Reply, ScriptedOrg, as_json, html, refused

TOKEN = "00D000000000001!sess.ion_token"
QUICK = Limits(connect=2, read=2, whole=5, attempts=3, first_pause=0.01)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    with ScriptedOrg() as server:
        yield server


def session_for(org: ScriptedOrg, **options: object) -> OrgSession:
    slept: list[float] = []
    session = OrgSession(org.url, Secret(TOKEN), limits=QUICK, sleep=slept.append, **options)  # type: ignore[arg-type]
    session.slept = slept  # type: ignore[attr-defined]
    return session


def test_the_token_goes_to_the_org_and_nowhere_else(org: ScriptedOrg) -> None:
    org.on("GET", "/here", as_json({}))
    with ScriptedOrg() as stranger:
        stranger.on("GET", "/there", as_json({}))
        with session_for(org) as session:
            session.allow_loopback(stranger.port)
            session.get(f"{org.url}/here")
            session.get(f"{stranger.url}/there")
        assert org.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert "Authorization" not in stranger.asked[0].headers


def test_netrc_is_never_used(org: ScriptedOrg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password planted\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    org.on("GET", "/moved", Reply(302, headers={"Location": f"{org.url}/other"}))
    org.on("GET", "/other", as_json({}))
    with requests.Session() as ordinary:
        ordinary.get(f"{org.url}/other")
    assert org.asked[0].headers["Authorization"].startswith("Basic "), "the planted netrc works for others"
    with Transport(limits=QUICK) as session:
        session.allow_loopback(org.port)
        session.get(f"{org.url}/other")
        with pytest.raises(Unreachable, match="sends us on"):
            session.get(f"{org.url}/moved")
    assert all("Authorization" not in asked.headers for asked in org.asked[1:])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:8080/",
        "http://localhost:8080/",
        "http://acme.my.salesforce.com/",
        "https://127.0.0.1:80@evil.example/",
        "http://127.0.0.1:1/",
        "http://[::1]:8080/",
        "http://0.0.0.0:8080/",
        "http://2130706433:8080/",
    ],
)
def test_plain_http_is_for_one_port_of_loopback(url: str) -> None:
    adapter = LoopbackAdapter(8080)
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:8080 only"):
        adapter.send(requests.Request("GET", url).prepare())


def test_http_elsewhere_is_refused_before_anything_is_sent() -> None:
    with Transport(limits=QUICK) as session:
        session.allow_loopback(80)
        with pytest.raises(UsageError, match="https only"):
            session.get("http://127.0.0.1:8080/")
        with pytest.raises(UsageError, match="https only"):
            session.get("http://acme.my.salesforce.com/services/data")


def test_a_client_that_insists_on_https_reaches_loopback(org: ScriptedOrg) -> None:
    org.on("GET", "/x", as_json({"ok": True}))
    with session_for(org) as session:
        assert session.get(f"https://127.0.0.1:{org.port}/x").json() == {"ok": True}


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    org: ScriptedOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    org.on("GET", "/x", as_json({}))
    with session_for(org) as session:
        assert session.get(f"{org.url}/x").status_code == 200
        assert session.get(f"https://127.0.0.1:{org.port}/x").status_code == 200


def test_cookies_are_not_kept(org: ScriptedOrg) -> None:
    org.on("GET", "/x", Reply(200, b"{}", {"Set-Cookie": "sid=1; Path=/", "Content-Type": "application/json"}))
    with session_for(org) as session:
        session.get(f"{org.url}/x")
        session.get(f"{org.url}/x")
    assert "Cookie" not in org.asked[1].headers


def failure(org: ScriptedOrg, reply: Reply | list[Reply], method: str = "GET") -> SfsetupError:
    org.on(method, "/bad", *(reply if isinstance(reply, list) else [reply]))
    with session_for(org) as session, pytest.raises(SfsetupError) as caught:
        session.request(method, f"{org.url}/bad", data=b"x" if method != "GET" else None)
    assert caught.value.__context__ is None, "no request stays behind in the exception"
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("reply", "kind", "text", "requests_made"),
    [
        (html("<html><title>Scheduled Maintenance</title></html>", 503), Unreachable, "Scheduled Maintenance", 3),
        (html("<!DOCTYPE html><title>Login | Salesforce</title>"), Unreachable, "Login | Salesforce", 1),
        (refused(503, "SERVER_UNAVAILABLE", "too many requests"), Unreachable, "busy or down", 3),
        (refused(429, "REQUEST_LIMIT_EXCEEDED", "slow down"), Unreachable, "slow down", 3),
        (refused(401, "INVALID_SESSION_ID", "Session expired or invalid"), LoginFailed, "Session expired", 1),
        (refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), OrgRefused, "Limit exceeded", 1),
        (refused(403, "API_DISABLED_FOR_ORG", "API is disabled"), OrgRefused, "API is disabled", 1),
        (refused(404, "NOT_FOUND", "The requested resource does not exist"), OrgRefused, "does not exist", 1),
        (refused(410, "GONE", "version 30.0 is retired"), OrgRefused, "retired", 1),
        (refused(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred"), OrgRefused, "unexpected", 1),
        (Reply(302, headers={"Location": "https://acme.my.salesforce.com/x"}), Unreachable, "acme.my.sales", 1),
        (Reply(400, b"\x00 garbage \xff"), OrgRefused, "garbage", 1),
        (Reply(cut=True), Unreachable, "broke the connection", 3),
        (Reply(200, b"[" * 50, drop_after=10), Unreachable, "before its answer was complete", 3),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_bad_answers_to_a_read(
    org: ScriptedOrg, reply: Reply, kind: type[SfsetupError], text: str, requests_made: int
) -> None:
    error = failure(org, reply)
    assert isinstance(error, kind)
    assert text in str(error)
    assert error.exit_code in (ExitCode.REFUSED, ExitCode.UNREACHABLE)
    assert error.actions or isinstance(error, OrgRefused)
    assert len(org.of("GET", "/bad")) == requests_made


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(cut=True), OutcomeUnknown),
        (Reply(200, b"[" * 50, drop_after=10), OutcomeUnknown),
        (html("<html>Bad gateway</html>", 502), OutcomeUnknown),
        (refused(504, "GATEWAY", "timeout"), OutcomeUnknown),
        (html("<html>Error</html>", 500), OutcomeUnknown),
        (refused(503, "SERVER_UNAVAILABLE", "busy"), Unreachable),
        (refused(400, "INVALID_FIELD", "no"), OrgRefused),
    ],
)
def test_a_change_is_never_sent_twice(org: ScriptedOrg, reply: Reply, kind: type[SfsetupError]) -> None:
    error = failure(org, reply, "POST")
    assert isinstance(error, kind)
    assert isinstance(error, OutcomeUnknown) == (kind is OutcomeUnknown)
    assert len(org.of("POST", "/bad")) == 1


def test_a_read_that_recovers(org: ScriptedOrg) -> None:
    org.on("GET", "/x", Reply(cut=True), html("<html></html>", 503), as_json([1]))
    with session_for(org) as session:
        assert session.get(f"{org.url}/x").json() == [1]
        assert session.slept == [0.01, 0.02]  # type: ignore[attr-defined]


def test_slow_answers_end(org: ScriptedOrg) -> None:
    never = threading.Event()
    org.on("GET", "/slow", Reply(hang=never))
    org.on("POST", "/slow", Reply(hang=never))
    with Transport(limits=Limits(connect=1, read=0.05, attempts=2, first_pause=0.01)) as session:
        session.allow_loopback(org.port)
        with pytest.raises(Unreachable, match="did not answer within"):
            session.get(f"{org.url}/slow")
        with pytest.raises(OutcomeUnknown, match="did not answer within"):
            session.post(f"{org.url}/slow", data=b"x")
    never.set()


def test_endless_answers_end(org: ScriptedOrg) -> None:
    org.on("GET", "/big", Reply(200, b"x" * 200_000))
    with Transport(limits=Limits(answer=100_000)) as session:
        session.allow_loopback(org.port)
        with pytest.raises(Unreachable, match="more than 100,000 bytes"):
            session.get(f"{org.url}/big")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_answers(method: str) -> None:
    with ScriptedOrg() as gone:
        port = gone.port
    with Transport(limits=QUICK, sleep=lambda _s: None) as session:
        session.allow_loopback(port)
        with pytest.raises(Unreachable, match="connection was refused") as caught:
            session.request(method, f"http://127.0.0.1:{port}/x")
    assert not isinstance(caught.value, OutcomeUnknown), "nothing was sent"


def test_an_unknown_host() -> None:
    session = Transport(limits=QUICK, sleep=lambda _s: None)
    with session, pytest.raises(Unreachable, match=r"no-such-host\.invalid cannot be reached"):
        session.get("https://no-such-host.invalid/services/data")


def test_what_answers_does_not_speak_tls(org: ScriptedOrg) -> None:
    with Transport(limits=QUICK, sleep=lambda _s: None) as session, pytest.raises(Unreachable, match="TLS"):
        session.get(f"https://127.0.0.1:{org.port}/")


@pytest.mark.parametrize(("status", "hint"), [(407, "user:password"), (403, "NO_PROXY")])
def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch, status: int, hint: str) -> None:
    with ScriptedOrg() as proxy:
        proxy.on("CONNECT", "", Reply(status))
        monkeypatch.setenv("HTTPS_PROXY", f"http://who:planted-word@127.0.0.1:{proxy.port}")
        session = Transport(limits=QUICK, sleep=lambda _s: None)
        with session, pytest.raises(Unreachable, match=f"proxy refuses .*{status}") as caught:
            session.get("https://acme.my.salesforce.com/services/data")
        assert proxy.of("CONNECT", "acme.my.salesforce.com:443")
    assert hint in caught.value.actions[0]
    assert "planted-word" not in str(caught.value) + "".join(caught.value.actions)


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedOrg() as gone:
        monkeypatch.setenv("HTTPS_PROXY", gone.url)
    session = Transport(limits=QUICK, sleep=lambda _s: None)
    with session, pytest.raises(Unreachable, match="proxy on the way"):
        session.get("https://acme.my.salesforce.com/services/data")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "company.pem"))
    with Transport(limits=QUICK, sleep=lambda _s: None) as session:
        settings = session.merge_environment_settings("https://acme.my.salesforce.com", {}, None, None, None)
        assert settings["verify"] == str(tmp_path / "company.pem")
        with pytest.raises(UsageError, match="there is no file") as caught:
            session.get("https://127.0.0.1:1/")
    assert "SSL_CERT_FILE" in caught.value.actions[0]


class TestRenewal:
    def test_once_and_the_request_is_repeated(self, org: ScriptedOrg) -> None:
        expired = refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        org.on("POST", "/x", expired, as_json({"ok": True}))
        with session_for(org, renew=lambda: Secret("fresh-token")) as session:
            assert session.post(f"{org.url}/x", data=b"once").json() == {"ok": True}
        tokens = [asked.headers["Authorization"] for asked in org.of("POST", "/x")]
        assert tokens == [f"Bearer {TOKEN}", "Bearer fresh-token"]
        assert [asked.body for asked in org.of("POST", "/x")] == [b"once", b"once"]

    def test_not_for_ever(self, org: ScriptedOrg) -> None:
        renewals = []

        def renew() -> Secret:
            renewals.append(1)
            return Secret(f"token-number-{len(renewals)}")

        org.on("GET", "/x", refused(401, "INVALID_SESSION_ID", "Session expired or invalid"))
        with session_for(org, renew=renew) as session:
            with pytest.raises(LoginFailed):
                session.get(f"{org.url}/x")
            with pytest.raises(LoginFailed):
                session.get(f"{org.url}/x")
        assert len(renewals) == 1
        assert len(org.asked) == 3

    def test_again_after_it_worked(self, org: ScriptedOrg) -> None:
        expired = refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        org.on("GET", "/x", expired, as_json(1), expired, as_json(2))
        renewals = []
        with session_for(org, renew=lambda: renewals.append(1) or Secret("another-token")) as session:
            assert session.get(f"{org.url}/x").json() == 1
            assert session.get(f"{org.url}/x").json() == 2
        assert len(renewals) == 2

    def test_a_bare_token_cannot_be_renewed(self, org: ScriptedOrg) -> None:
        error = failure(org, refused(401, "INVALID_SESSION_ID", "Session expired or invalid"))
        assert "fresh access token" in error.actions[0]
