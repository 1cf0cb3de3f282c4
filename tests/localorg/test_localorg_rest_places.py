"""Discovery, state files, certificates and records of servers: what stays true whatever happened before."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sfsetup.errors import UsageError
from sfsetup.localorg import places, server, tls
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from sfsetup.localorg.state.identity import long_id, same_id
from tests.support.rest_client import Client


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# -- discovery ---------------------------------------------------------------------------------------------------------


def test_versions_are_told_oldest_first_with_their_releases(server: Embedded) -> None:
    found = Client(server, "")("GET", "//services/data").json
    numbers = [float(entry["version"]) for entry in found]
    assert numbers == sorted(numbers)
    labels = {entry["version"]: entry["label"] for entry in found}
    assert {version: labels[version] for version in ("56.0", "60.0", "65.0", "66.0", "67.0", "68.0")} == {
        "56.0": "Winter '23",
        "60.0": "Spring '24",
        "65.0": "Winter '26",
        "66.0": "Spring '26",
        "67.0": "Summer '26",
        "68.0": "Winter '27",
    }
    assert all(entry["url"] == f"/services/data/v{entry['version']}" for entry in found)


def test_the_map_of_resources_tells_who_one_is(server: Embedded, rest: Client) -> None:
    user = rest.of("u@example.com", "ApiEnabled")
    found = user("GET", "").json
    identity = found["identity"].removeprefix(server.url)
    assert user("GET", f"/{identity}").json["username"] == "u@example.com"
    for name, status in (("query", 200), ("sobjects", 200), ("limits", 200), ("composite", 405)):
        path = found[name].removeprefix("/services/data/v66.0")
        assert rest("GET", path, q="SELECT Id FROM User").status == status
    assert Client(server, "nonsense")("GET", "").verdict == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/limits", "GET"),
        ("PUT", "/query", "GET"),
        ("GET", "/composite", "POST"),
        ("PATCH", "/named-credentials/external-credentials", "GET,POST"),
        ("OPTIONS", "/sobjects/User", "GET,POST"),
    ],
)
def test_a_method_that_a_resource_does_not_have(rest: Client, method: str, path: str, allowed: str) -> None:
    answer = rest(method, path)
    assert answer.verdict == (405, "METHOD_NOT_ALLOWED")
    assert answer.message == f"HTTP Method '{method}' not allowed. Allowed are {allowed}"


MANY = [{"attributes": {"type": "User"}}] * 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/composite", {"compositeRequest": [{"method": "GET", "url": "/x"}]}),
        ("POST", "/composite", {"compositeRequest": [{"referenceId": "a"}] * 26}),
        ("POST", "/composite", {}),
        ("POST", "/composite/sobjects", {"records": MANY}),
        ("POST", "/actions/custom/flow/F", {"inputs": [{}] * 501}),
        ("POST", "/actions/custom/flow/F", {"inputs": 1}),
    ],
)
def test_words_that_no_source_has_are_marked(rest: Client, method: str, path: str, body: Any) -> None:
    answer = rest(method, path, body)
    assert answer.status == 400
    assert answer.message.endswith("[local org's wording]"), answer.message


def test_what_is_not_modelled_is_said_once(rest: Client, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        rest("GET", "/jobs/query")
        rest("GET", "/tooling/runTestsAsynchronous")
        rest("GET", "/query", q="SELECT Id FROM Account")
    said = [record.getMessage() for record in caplog.records if record.name == "sfsetup.localorg.unmodelled"]
    assert said == [
        "not modelled: the REST resource jobs",
        "not modelled: the REST resource tooling/runTestsAsynchronous",
        "not modelled: SOQL: sObject type 'Account' is not supported.",
    ]


def test_head_is_get_without_a_body(server: Embedded, state: State, rest: Client) -> None:
    import requests

    url = f"{server.url}/services/data/v66.0/sobjects/User/{state.admin_id}"
    answer = requests.head(url, headers={"Authorization": f"Bearer {rest.token}"}, timeout=60)
    assert (answer.status_code, answer.content) == (200, b"")


# -- ids ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("short", "whole"),
    [("001000000000001", "001000000000001AAA"), ("00DA0000000ABCD", "00DA0000000ABCDMA4"), ("aaaaaaaaaaaaaaa",) * 2],
)
def test_ids_of_18_characters_survive_readers_that_fold_case(short: str, whole: str) -> None:
    made = long_id(short)
    assert len(made) == 18
    assert made.startswith(short)
    assert whole == short or made == whole
    assert same_id(short, made)
    assert long_id(short.swapcase())[15:] != made[15:] or not any(char.isalpha() for char in short)


def test_ids_are_unique_and_belong_to_their_name_for_ever(state: State) -> None:
    made = {state.ids.new("User") for _ in range(500)}
    assert len(made) == 500
    first = state.ids.of("PermissionSet", "PS")
    assert state.ids.of("PermissionSet", "PS") == first
    assert state.ids.name_of(first[:15]) == ("PermissionSet", "PS")
    state.ids.forget("PermissionSet", "PS")
    assert state.ids.of("PermissionSet", "PS") != first


# -- state -------------------------------------------------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_nothing_and_nests(state: State) -> None:
    state.users.add("kept@example.com")
    with pytest.raises(ZeroDivisionError), state.transaction():  # noqa: PT012
        state.users.add("gone@example.com")
        with pytest.raises(KeyError), state.transaction():  # noqa: PT012
            state.users.add("inner@example.com")
            raise KeyError
        assert state.users.by_username("inner@example.com") is None
        assert state.users.by_username("gone@example.com")
        1 / 0  # noqa: B018
    assert state.users.by_username("gone@example.com") is None
    assert state.users.by_username("kept@example.com")


def test_settings_that_were_rolled_back_are_as_before(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.transaction():  # noqa: PT012
        state.switches.set("soap-login", False)
        assert not state.switches.on("soap-login")
        1 / 0  # noqa: B018
    assert state.switches.on("soap-login")


def test_the_file_of_a_state_is_its_owners_from_the_first_byte(home: Path) -> None:
    state = places.open_state("uat")
    for path in places.folder("uat").glob("state.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    state.close()


def test_what_was_written_is_there_after_the_process_died(home: Path) -> None:
    """The file as a killed process leaves it: with its journal, never closed."""
    import shutil

    state = places.open_state("uat")
    token = state.sessions.main_token()
    state.users.add("ann@example.com")
    with state.transaction():
        state.users.add("half@example.com")
        shutil.copytree(places.folder("uat"), places.folder("copy"), dirs_exist_ok=True)
    state.close()
    again = places.open_state("copy")
    assert again.users.by_username("ann@example.com")
    assert again.users.by_username("half@example.com") is None
    assert again.sessions.main_token() == token
    again.close()


def test_what_is_deleted_is_not_left_in_the_file(home: Path) -> None:
    state = places.open_state("uat")
    secret = "a-secret-nobody-may-find-again"
    state.credentials.write("EC", "P", {"key": (secret, True)}, replace=True)
    state.credentials.delete("EC")
    state.database.compact()
    state.close()
    for path in places.folder("uat").rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()


def test_options_of_a_later_start_change_the_org(home: Path) -> None:
    places.open_state("uat", org_type="sandbox").close()
    state = places.open_state("uat", my_domain="acme--uat", org_id="00D000000000001")
    org = state.settings.org
    assert (org.type, org.my_domain, org.id) == ("sandbox", "acme--uat", long_id("00D000000000001"))
    assert state.sessions.main_token().startswith("00D000000000001!")
    state.close()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "-x", "x" * 41, "ä", "a\x00"])
def test_names_that_could_leave_the_folder_are_refused(home: Path, name: str) -> None:
    with pytest.raises(UsageError):
        places.folder(name)
    assert not home.exists()


# -- servers -----------------------------------------------------------------------------------------------------------


def test_a_record_of_a_server_that_is_gone_means_nothing(home: Path) -> None:
    places.open_state("uat").close()
    folder = places.folder("uat")
    with Embedded(State.open(None)) as other:
        # another server has got the port meanwhile
        places.write_record(folder, {"pid": 1, "url": other.url, "mark": "another"})
        assert not server.status("uat").running
        places.write_record(folder, {"pid": 1, "url": other.url, "mark": other.org.mark})
        assert server.status("uat").running
    assert not server.status("uat").running
    (folder / "server.json").write_text("{")
    assert not server.status("uat").running
    (folder / "server.json").write_text('["x"]')
    assert not server.status("uat").running
    assert server.stop("uat") is False


def test_a_label_that_cannot_be_a_file_is_told_as_one_of_a_snapshot(home: Path) -> None:
    from sfsetup.localorg import manage

    for attempt in (lambda: server.snapshot("a", "../x"), lambda: manage.restore("a", "../x")):
        with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
            attempt()
    assert not home.exists()


def test_looking_at_an_org_that_does_not_exist_leaves_nothing_behind(home: Path) -> None:
    from sfsetup.localorg import manage

    assert server.status("nowhere").running is False
    assert manage.recorded_status("nowhere").org_id is None
    assert manage.snapshots("nowhere") == []
    for attempt in (
        lambda: server.snapshot("nowhere", "label"),
        lambda: manage.restore("nowhere", "label"),
        lambda: manage.refresh("nowhere", "other"),
    ):
        with pytest.raises(UsageError):
            attempt()
    assert not home.exists()


def test_reading_a_state_from_outside_never_changes_it(home: Path) -> None:
    folder = places.folder("uat")
    assert places.peek(folder, "org") is None
    assert not places.state_file(folder).exists()
    places.state_file(folder).write_bytes(b"nonsense")
    assert places.peek(folder, "org") is None
    places.state_file(folder).unlink()
    sqlite3.connect(places.state_file(folder)).close()
    assert places.peek_org(folder) == {}


def test_a_server_ends_with_connections_open_and_also_before_it_began() -> None:
    import http.client

    with Embedded(State.open(None)) as running:
        kept = http.client.HTTPConnection("127.0.0.1", int(running.url.rpartition(":")[2]), timeout=60)
        kept.request("GET", "/services/data")
        assert kept.getresponse().read()
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.1", int(running.url.rpartition(":")[2]), timeout=2).connect()
    kept.close()
    early = Embedded(State.open(None))
    early._server.end()
    with early:
        pass
    assert not early._thread.is_alive()


# -- certificates ------------------------------------------------------------------------------------------------------


def test_certificates_are_made_once_for_loopback_alone_and_without_the_authoritys_key(tmp_path: Path) -> None:
    made = tls.certificates(tmp_path)
    assert tls.certificates(tmp_path) == made
    leaf = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


def test_certificates_that_are_about_to_end_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tls.certificates(tmp_path).certificate.read_bytes()

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=392)

    monkeypatch.setattr(tls, "datetime", Later)
    assert tls.certificates(tmp_path).certificate.read_bytes() != before


def test_names_of_others_stay_on_one_line_of_the_log(server: Embedded, caplog: pytest.LogCaptureFixture) -> None:
    from sfsetup.localorg.unmodelled import tell

    tell(server.org, "the global variable $A\n2026-01-01 not modelled: nothing\x1b[31m" + "x" * 1000)
    (said,) = [record.getMessage() for record in caplog.records if record.name == "sfsetup.localorg.unmodelled"]
    assert said.isprintable()
    assert len(said) < 350
