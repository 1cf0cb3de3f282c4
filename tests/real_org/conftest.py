"""Where the questions are asked: the org that SFSETUP_TEST_ORG names, else a fresh local org for each.

    SFSETUP_TEST_ORG=my-sandbox SFSETUP_ANSWERS=answers.json python -m pytest tests/real_org

Never a production org. `SFSETUP_PROBE_URL` is the endpoint that the probes call (default: the org's own address, which
answers without a session with 401). One question, which Authorization header wins, needs an endpoint there that answers
2xx to `Authorization: Bearer probe` and 401 to everything else. `SFSETUP_TEST_ORG_OTHER` is a second log-in to the same
org, whose profile gives no access to User External Credentials, for the question which rights a caller needs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from sfsetup.org.connection import OrgConnection
from tests.real_org.probe import Answers, Prober

TARGET = os.environ.get("SFSETUP_TEST_ORG", "")

ProberAt = Callable[..., AbstractContextManager[Prober]]


@pytest.fixture(scope="session")
def answers() -> Iterator[Answers]:
    """What a real org answered; written at the end to the file that SFSETUP_ANSWERS names."""
    found = Answers("")
    path = os.environ.get("SFSETUP_ANSWERS")
    yield found
    if path and found.answers:
        Path(path).write_text(json.dumps(found.document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _real(api_version: str | None = None) -> Iterator[OrgConnection]:
    from sfsetup.cli.targets import resolve

    with resolve(TARGET, writing=True, api_version=api_version) as connection:
        if connection.info.type.is_production:
            pytest.exit("The probes create and delete components: never in production.", returncode=2)
        yield connection


@contextmanager
def _other() -> Iterator[OrgConnection | None]:
    target = os.environ.get("SFSETUP_TEST_ORG_OTHER")
    if not target:
        yield None
        return
    from sfsetup.cli.targets import resolve

    with resolve(target, writing=False) as connection:
        yield connection


@pytest.fixture
def prober_at(answers: Answers, tmp_path: Path) -> ProberAt:
    """Opens a prober: on the real org, or on a fresh local org with one switch turned."""

    @contextmanager
    def opened(switch: str | None = None, value: bool = True) -> Iterator[Prober]:
        if TARGET:
            with _real() as connection:
                answers.api_version = connection.api_version
                prober = Prober(connection, tmp_path, _probe_url(connection.instance_url), answers)
                with _other() as prober.other:
                    try:
                        yield prober
                    finally:
                        stayed = prober.remove_everything()
                        assert not stayed, f"could not be removed: {', '.join(stayed)}"
            return
        from sfsetup.localorg.embedded import Embedded
        from sfsetup.localorg.state import State
        from sfsetup.model.secret import Secret
        from sfsetup.org.login import connect
        from sfsetup.org.logins import AccessToken

        with Embedded(State.open(None)) as server:
            if switch is not None:
                server.org.state.switches.set(switch, value)
            connection = connect(AccessToken(server.url, Secret(server.token)))
            state = server.org.state
            state.permissions.put("Probe", label="Probe", user_permissions=("ApiEnabled",), profile=True)
            user = state.users.add("caller@probe.example", name="Caller", profile="Probe")
            caller = connect(AccessToken(server.url, Secret(state.sessions.issue(user.id))))
            try:
                yield Prober(connection, tmp_path, "https://probe.example", answers, caller, server.org)
            finally:
                caller.close()
                connection.close()

    return opened


def _probe_url(instance_url: str) -> str:
    return os.environ.get("SFSETUP_PROBE_URL") or instance_url
