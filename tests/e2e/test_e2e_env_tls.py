"""`-o env` against a local org that speaks https: every log-in that the environment can describe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sfsetup.localorg import server
from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, running_org


@pytest.fixture(scope="module")
def org() -> Iterator[RunningOrg]:
    with running_org(tls=True) as found:
        yield found


@pytest.fixture
def auth_url(org: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> str:
    """An auth URL of the org, in the environment."""
    told = sfsetup("local", "token", org.name, "--kind", "auth-url")
    monkeypatch.setenv("SFSETUP_AUTH_URL", told.out.strip())
    assert f"SFSETUP_INSTANCE_URL={org.url}" in told.err
    assert "REQUESTS_CA_BUNDLE=" in told.err
    return told.out.strip()


def test_with_the_scheme_and_the_authority(org: RunningOrg, auth_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSETUP_INSTANCE_URL", org.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.status(org.name).ca_file))
    shown = sfsetup("org", "display", "-o", "env", "--json").result
    assert shown["instanceUrl"] == org.url
    assert auth_url.partition("::")[2].partition("@")[0] not in sfsetup("org", "display", "-o", "env").text


def test_without_the_scheme_it_is_said_how_to_give_it(org: RunningOrg, auth_url: str) -> None:
    refused = sfsetup("org", "display", "-o", "env", code=4)
    assert f"SFSETUP_INSTANCE_URL=https://127.0.0.1:{org.port}" in refused.err
    assert "REQUESTS_CA_BUNDLE" in refused.err


def test_without_the_authority_it_is_said_what_to_trust(
    org: RunningOrg, auth_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFSETUP_INSTANCE_URL", org.url)
    refused = sfsetup("org", "display", "-o", "env", code=4)
    assert "REQUESTS_CA_BUNDLE" in refused.err


def test_an_access_token(org: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSETUP_INSTANCE_URL", org.url)
    monkeypatch.setenv("SFSETUP_ACCESS_TOKEN", org.token)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.status(org.name).ca_file))
    assert sfsetup("org", "display", "-o", "env", "--json").result["instanceUrl"] == org.url


def test_by_its_name(org: RunningOrg) -> None:
    assert sfsetup("org", "display", "-o", org.target, "--json").result["instanceUrl"] == org.url
