"""Principals' parameters: what comes back in every shape, and that no write loses or doubles anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sfsetup.errors import OrgRefused, OutcomeUnknown, SfsetupError, Unreachable
from sfsetup.model.secret import Secret
from sfsetup.model.snapshot import PrincipalState
from sfsetup.org.connection import OrgConnection
from sfsetup.org.credentials import Principal, Value
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.org.transport import Limits
from tests.support.cutting_proxy import WAYS, CuttingProxy, When
from tests.support.scripted_org import Asked, Reply, ScriptedOrg, as_json, refused

CUSTOM = Principal("EC", "8x8 API Key Principal", "Custom")
BASIC = Principal("EC", "P", "Basic")
PATH = "/named-credentials/credential"
PLANTED = "s€cret \"quoted\" & <angle> % 'x'"


class Vault(ScriptedOrg):
    """Keeps the parameters of one principal as Salesforce is known to."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, tuple[str, int]] = {}
        self.writes: list[str] = []
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            self.on(method, PATH, self._answer_credential)

    def _shown(self) -> dict[str, Any]:
        entries = {name: {"encrypted": True, "id": "0pw1", "revision": n} for name, (_v, n) in self.stored.items()}
        return {"authenticationStatus": "Unknown", "principalName": CUSTOM.name, "credentials": entries}

    def _answer_credential(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return as_json(self._shown())
        self.writes.append(asked.method)
        if asked.method == "DELETE":
            self.stored.clear()
            return Reply(204)
        if asked.method == "POST" and self.stored:
            return refused(409, "CONFLICT", 'Authentication credentials for the principal "x" already exist.')
        given = json.loads(asked.body)["credentials"]
        kept = {} if asked.method == "PUT" else self.stored
        new = {name: (entry["value"], self.stored.get(name, ("", 0))[1] + 1) for name, entry in given.items()}
        self.stored = {**kept, **new}
        return as_json(self._shown(), 201 if asked.method == "POST" else 200)


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault() as server:
        yield server


def connected(url: str) -> OrgConnection:
    limits = Limits(connect=2, read=5, attempts=2, first_pause=0.01)
    return connect(AccessToken(url, Secret("00D000000000001!a.token")), limits=limits, sleep=lambda _s: None)


def values(**given: str) -> dict[str, Value]:
    return {name: Value(Secret(value)) for name, value in given.items()}


@pytest.mark.parametrize(
    "reply",
    [
        refused(404, "NOT_FOUND", "nothing"),
        as_json({"authenticationStatus": "NotConfigured", "credentials": {}}),
        as_json({"authenticationStatus": "NotConfigured"}),
        as_json({"credentials": None}),
        as_json({"credentials": {"api_key": {"encrypted": True}, "other": {}}}),
    ],
)
def test_nothing_stored_in_every_shape(vault: Vault, reply: Reply) -> None:
    vault.on("GET", PATH, reply)
    state = connected(vault.url).credentials.get(CUSTOM)
    assert state.known
    assert state.parameters == {}


def test_what_is_stored(vault: Vault) -> None:
    shown = {"a": {"encrypted": True, "id": "0pw1", "revision": 3}, "b": {"encrypted": False, "value": "v"}}
    vault.on("GET", PATH, as_json({"authenticationStatus": "Unknown", "credentials": shown}))
    state = connected(vault.url).credentials.get(CUSTOM)
    assert state.parameters == {"a": 3, "b": None}
    assert state.encrypted == {"a": True, "b": False}
    assert state.status == "Unknown"
    asked = vault.of("GET", PATH)[0].path
    assert "principalName=8x8 API Key Principal" in asked
    assert "principalType=NamedPrincipal" in asked
    assert "externalCredential=EC" in asked


@pytest.mark.parametrize("status", [400, 403])
def test_an_org_that_does_not_tell(vault: Vault, status: int) -> None:
    vault.on("GET", PATH, refused(status, "INSUFFICIENT_ACCESS", "no"))
    assert not connected(vault.url).credentials.get(CUSTOM).known


@pytest.mark.parametrize(
    ("before", "now", "given", "refused_for"),
    [
        # somebody stored the parameter since the look, the first of all or one more
        ({}, {"api_key": 1}, ("api_key",), "api_key"),
        ({"other": 1}, {"other": 1, "api_key": 1}, ("api_key",), "api_key"),
        # somebody wrote another value over the one that is to be written together with the missing one
        ({"a": 1}, {"a": 2}, ("a", "b"), "a"),
        ({"other": 1}, {"other": 2}, ("api_key",), None),
        ({}, {}, ("api_key",), None),
        ({"a": 1}, {"a": 1}, ("a", "b"), None),
    ],
)
def test_what_somebody_stored_since_the_look_is_not_written_over(
    vault: Vault, before: dict[str, int], now: dict[str, int], given: tuple[str, ...], refused_for: str | None
) -> None:
    vault.stored = {name: ("theirs", revision) for name, revision in now.items()}
    known = PrincipalState(CUSTOM.external_credential, CUSTOM.name, before)
    credentials = connected(vault.url).credentials
    wanted = values(**dict.fromkeys(given, "ours"))
    if refused_for is None:
        credentials.store(CUSTOM, wanted, before=known, overwrite=False)
        assert all(vault.stored[name][0] == "ours" for name in given)
        return
    with pytest.raises(OrgRefused, match=f"/ {refused_for} was stored by somebody else") as caught:
        credentials.store(CUSTOM, wanted, before=known, overwrite=False)
    assert "--secrets always" in caught.value.actions[0]
    assert {name: value for name, (value, _revision) in vault.stored.items()} == dict.fromkeys(now, "theirs")
    credentials.store(CUSTOM, wanted, before=known)
    assert vault.stored[refused_for][0] == "ours"


def test_the_first_value_is_posted_as_it_is(vault: Vault) -> None:
    state = connected(vault.url).credentials.store(CUSTOM, values(api_key=PLANTED))
    assert vault.writes == ["POST"]
    assert vault.stored == {"api_key": (PLANTED, 1)}
    assert state.parameters == {"api_key": 1}
    body = json.loads(vault.of("POST", PATH)[0].body)
    assert body == {
        "externalCredential": "EC",
        "principalName": CUSTOM.name,
        "principalType": "NamedPrincipal",
        "authenticationProtocol": "Custom",
        "credentials": {"api_key": {"value": PLANTED, "encrypted": True}},
    }


def test_a_custom_principal_keeps_its_other_parameters(vault: Vault) -> None:
    vault.stored = {"api_key": ("old", 1), "theirs": ("kept", 7)}
    state = connected(vault.url).credentials.store(CUSTOM, values(api_key="new-value"))
    assert vault.writes == ["PATCH"]
    assert vault.stored == {"api_key": ("new-value", 2), "theirs": ("kept", 7)}
    assert state.parameters == {"api_key": 2, "theirs": 7}


def test_a_fixed_protocol_is_replaced_whole_or_not_at_all(vault: Vault) -> None:
    vault.stored = {"username": ("u", 1), "password": ("p", 1)}
    credentials = connected(vault.url).credentials
    with pytest.raises(OrgRefused, match="would delete username"):
        credentials.store(BASIC, values(password="new-password"))
    assert vault.writes == []
    credentials.store(BASIC, values(username="name-of-user", password="new-password"))
    assert vault.writes == ["PUT"]


def test_somebody_was_quicker(vault: Vault) -> None:
    credentials = connected(vault.url).credentials
    before = credentials.get(CUSTOM)
    vault.stored = {"theirs": ("kept", 1)}
    credentials.store(CUSTOM, values(api_key="new-value"), before=before)
    assert vault.writes == ["POST", "PATCH"]
    assert set(vault.stored) == {"theirs", "api_key"}


def test_an_org_that_takes_and_shows_nothing_is_not_believed(vault: Vault) -> None:
    vault.on("POST", PATH, as_json({"principalName": "x"}, 201))
    with pytest.raises(OrgRefused, match="shows none named api_key"):
        connected(vault.url).credentials.store(CUSTOM, values(api_key="new-value"))


def test_an_answer_without_parameters_is_read_back(vault: Vault) -> None:
    def post(asked: Asked) -> Reply:
        vault.stored = {"api_key": (json.loads(asked.body)["credentials"]["api_key"]["value"], 1)}
        return Reply(201, b"{}", {"Content-Type": "application/json"})

    vault.on("POST", PATH, post)
    assert connected(vault.url).credentials.store(CUSTOM, values(api_key="new-value")).parameters == {"api_key": 1}


@pytest.mark.parametrize("when", WAYS)
@pytest.mark.parametrize("stored", [False, True])
def test_a_connection_that_breaks_while_writing(vault: Vault, when: When, stored: bool) -> None:
    if stored:
        vault.stored = {"theirs": ("kept", 1), "api_key": ("old", 1)}
    with CuttingProxy(vault.port) as proxy:
        connection = connected(proxy.url)
        proxy.cut(when, lambda method, path, _body: method in ("POST", "PATCH") and PATH in path)
        state = connection.credentials.store(CUSTOM, values(api_key=PLANTED))
        assert proxy.cuts == 1
    assert vault.stored["api_key"][0] == PLANTED
    assert "api_key" in state.parameters
    assert ("theirs" in vault.stored) == stored
    assert vault.writes.count("POST") <= 2


def test_a_network_that_stays_broken(vault: Vault) -> None:
    with CuttingProxy(vault.port) as proxy:
        connection = connected(proxy.url)
        proxy.cut("after_commit", lambda _method, path, _body: PATH in path, times=100)
        with pytest.raises(Unreachable):
            connection.credentials.get(CUSTOM)
        with pytest.raises(OutcomeUnknown, match=r"does no harm|cannot be asked") as caught:
            connection.credentials.post(CUSTOM, values(api_key=PLANTED))
    shown(caught.value)


def test_no_failure_shows_the_secret(vault: Vault) -> None:
    for reply in (
        refused(400, "INVALID_API_INPUT", f"cannot use {PLANTED}"),
        refused(500, "UNKNOWN_EXCEPTION", json.dumps(PLANTED)),
        Reply(403, f"<html><title>{PLANTED}</title>".encode(), {"Content-Type": "text/html"}),
    ):
        vault.on("POST", PATH, reply)
        with pytest.raises(SfsetupError) as caught:
            connected(vault.url).credentials.post(CUSTOM, values(api_key=PLANTED))
        shown(caught.value)


def shown(error: SfsetupError) -> None:
    text = str(error) + " ".join(error.actions) + repr(error) + repr(error.__context__)
    assert PLANTED not in text
    assert json.dumps(PLANTED)[1:-1] not in text


def test_delete(vault: Vault) -> None:
    vault.stored = {"a": ("b", 1)}
    with CuttingProxy(vault.port) as proxy:
        proxy.cut("after_commit", lambda method, _path, _body: method == "DELETE")
        connected(proxy.url).credentials.delete(CUSTOM, ("a", "b"))
    assert vault.stored == {}
    assert "authenticationParameters=a,b" in vault.of("DELETE", PATH)[0].path
