"""An integration whose provider asks a person to sign in: no advice speaks of a secret that a deploy would store."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests

from sfsetup.metadata.layout import deploy_zip
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.secret import Secret
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from tests.support.commands import sfsetup
from tests.support.local import RunningOrg

SPEC = Path(__file__).resolve().parents[1] / "golden" / "oauth_browser"
PROVIDER = (
    '<AuthProvider xmlns="http://soap.sforce.com/2006/04/metadata"><friendlyName>Calendar Login</friendlyName>'
    "<providerType>OpenIdConnect</providerType></AuthProvider>"
)


def with_auth_provider(local: RunningOrg) -> None:
    connection = connect(AccessToken(local.url, Secret(local.token)))
    archive = deploy_zip(ComponentSet("66.0", (Component("AuthProvider", "Calendar_Login", PROVIDER.encode(), 1),)))
    result = connection.metadata.wait(connection.metadata.deploy(archive, DeployOptions()), timeout=60)
    connection.close()
    assert result.succeeded, [message.problem for message in result.failures]


def sign_in(local: RunningOrg, principal: dict[str, str]) -> None:
    """As the pages of the org and the provider do it."""
    path = f"{local.url}/services/data/v66.0/named-credentials/credential/auth-url/o-auth"
    who = {"externalCredential": "Calendar_Authentication", **principal}
    answer = requests.post(path, json=who, headers={"Authorization": f"Bearer {local.token}"}, timeout=60)
    assert requests.post(answer.json()["authenticationUrl"], timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("written", "principal"),
    [
        ("{name: Shared}", {"principalType": "NamedPrincipal", "principalName": "Shared"}),
        ("{name: Each user, identity: per_user}", {"principalType": "PerUserPrincipal"}),
    ],
    ids=["named", "per user"],
)
def test_who_has_not_signed_in_is_told_to(
    local: RunningOrg, tmp_path: Path, written: str, principal: dict[str, str]
) -> None:
    folder = tmp_path / "calendar"
    shutil.copytree(SPEC, folder)
    spec = folder / "integration.yaml"
    spec.write_text(spec.read_text().replace("{name: Each user, identity: per_user}", written))
    with_auth_provider(local)
    sfsetup("deploy", folder, "-o", local.target)
    told = sfsetup("diagnose", folder, "-o", local.target, code=3)
    assert "Nobody has signed in for principal" in told.out
    assert "Sign in once in Setup" in told.out
    assert "--only secret" not in told.out
    failed = sfsetup("verify", folder, "-o", local.target, code=1)
    assert "The external credential isn't fully configured." in failed.out + failed.err
    assert "sign in" in failed.out + failed.err
    sign_in(local, principal)
    mended = sfsetup("diagnose", folder, "-o", local.target)
    assert "Somebody has signed in for principal" in mended.out
    sfsetup("verify", folder, "-o", local.target)


def test_what_only_another_user_can_see_is_unknown(local: RunningOrg, tmp_path: Path) -> None:
    with_auth_provider(local)
    sfsetup("deploy", SPEC, "-o", local.target)
    local.user_token("other@acme.example", permissions=["RunFlow", "ApiEnabled"])
    told = sfsetup("diagnose", SPEC, "-o", local.target, "--user", "other@acme.example", code=None)
    assert "Each user signs in; whether other@acme.example has, only other@acme.example can see." in told.out
