"""Users with fewer rights: what cannot be seen is unknown, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg

ALL = [
    "ModifyMetadata",
    "CustomizeApplication",
    "ManageNamedCredentials",
    "ViewSetup",
    "RunFlow",
    "ApiEnabled",
    "AssignPermissionSets",
]


@pytest.fixture
def as_user(local: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes `-o env` a user with all rights but those named."""

    def become(*lacking: str) -> None:
        token = local.user_token("less@acme.example", permissions=[right for right in ALL if right not in lacking])
        monkeypatch.setenv("SFSETUP_INSTANCE_URL", local.url)
        monkeypatch.setenv("SFSETUP_ACCESS_TOKEN", token)

    return become


@pytest.mark.parametrize("deployed", [True, False], ids=["deployed", "fresh"])
def test_without_view_setup_nothing_is_called_create_or_absent(
    local: RunningOrg, spec: Path, key: str, as_user: Callable[..., None], deployed: bool
) -> None:
    if deployed:
        sfsetup("deploy", spec, "-o", local.target)
    as_user("ViewSetup")
    ended = sfsetup("plan", spec, "-o", "env", "--json", code=5)
    result = ended.result
    assert [step for step in result["steps"] if step["action"] == "create"] == []
    # nor is a stored secret missing, or a flow inactive, because it cannot be seen
    if deployed:
        assert not {"setSecret", "activate"} & {step["action"] for step in result["steps"]}
        assert any("What is stored for principal" in text for text in result["unknown"])
        assert any("version of Flow Send_SMS is active" in text for text in result["unknown"])
    assert any("X8x8_CPaaS_Authentication" in text for text in result["unknown"])
    assert any("X8x8_SMS_API" in text for text in result["unknown"])
    assert any(finding["element"].startswith("View Setup") for finding in result["findings"])
    human = sfsetup("plan", spec, "-o", "env", code=5)
    for word in ("create", "absent.", "does not exist"):
        assert word not in human.out.replace("not the same as absent", ""), human.out
    markdown = sfsetup("plan", spec, "-o", "env", "--format", "markdown", code=5)
    assert "create" not in markdown.out
    refused = sfsetup("deploy", spec, "-o", "env", code=1)
    assert "View Setup" in refused.err
    destroyed = sfsetup("destroy", spec, "-o", "env", "--yes", code=1)
    assert "View Setup" in destroyed.err
    told = sfsetup("diagnose", spec, "-o", "env", "--json", code=None)
    assert told.code in (3, 5)
    assert all("The org has no" not in link["message"] for link in told.result["links"])


@pytest.mark.parametrize("right", ["ModifyMetadata", "ManageNamedCredentials"])
def test_a_missing_right_is_named_before_anything_is_sent(
    local: RunningOrg, spec: Path, key: str, as_user: Callable[..., None], right: str
) -> None:
    lacking = {
        "ModifyMetadata": ("ModifyMetadata",),
        "ManageNamedCredentials": ("ManageNamedCredentials", "CustomizeApplication"),
    }
    as_user(*lacking[right])
    refused = sfsetup("deploy", spec, "-o", "env", code=1)
    words = {"ModifyMetadata": "Modify Metadata", "ManageNamedCredentials": "Manage Named Credentials"}
    assert words[right] in refused.err
    assert "less@acme.example" in refused.err
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"][0]["action"] == "create"


@pytest.mark.parametrize("deployed", [True, False], ids=["deployed", "fresh"])
def test_without_view_setup_no_stored_value_is_called_missing(
    local: RunningOrg, spec: Path, key: str, as_user: Callable[..., None], deployed: bool
) -> None:
    if deployed:
        sfsetup("deploy", spec, "-o", local.target)
    as_user("ViewSetup")
    rows = sfsetup("secret", "status", spec, "-o", "env", "--json", code=5).result["secrets"]
    assert [row["present"] for row in rows] == [None]
    assert "missing" not in sfsetup("secret", "status", spec, "-o", "env", code=5).out


def test_users_to_assign_must_exist(local: RunningOrg, spec: Path, key: str) -> None:
    with (spec / "integration.yaml").open("a") as file:
        file.write("assign: [me, nobody@acme.example]\n")
    refused = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert "nobody@acme.example" in refused.err
    planned = sfsetup("plan", spec, "-o", local.target, "--json", code=2)
    finding = next(f for f in planned.result["findings"] if f["rule"] == "PF-005")
    assert finding["line"] == len((spec / "integration.yaml").read_text().splitlines())


def test_diagnose_names_the_missing_link_and_the_fix_works(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    local.user_token("joe@acme.example", name="Joe", profile="Standard User")
    ended = sfsetup("diagnose", spec, "-o", local.target, "--user", "joe@acme.example", "--json", code=3)
    broken = {link["link"] for link in ended.result["links"] if link["ok"] is False}
    assert "principal access" in broken
    (fix,) = {link["fix"] for link in ended.result["links"] if link["link"] == "principal access"}
    assert fix == "Assign CPaaS_API_Access to joe@acme.example."
    with (spec / "integration.yaml").open("a") as file:
        file.write("assign: [joe@acme.example]\n")
    sfsetup("deploy", spec, "-o", local.target)
    mended = sfsetup("diagnose", spec, "-o", local.target, "--user", "joe@acme.example")
    assert "can make the callout" in mended.out


@pytest.mark.slow
def test_diagnose_finds_every_kind_of_break(local: RunningOrg, spec: Path, key: str) -> None:
    from tests.support.foreign_client import ForeignClient

    sfsetup("deploy", spec, "-o", local.target)
    client = ForeignClient(local.url, local.token)

    def broken() -> dict[str, str]:
        links = sfsetup("diagnose", spec, "-o", local.target, "--json", code=None).result["links"]
        return {link["link"]: link["message"] for link in links if link["ok"] is False}

    assert broken() == {}
    sfsetup("secret", "clear", spec, "-o", local.target, "--yes")
    assert set(broken()) == {"secret"}
    sfsetup("secret", "set", spec, "-o", local.target)
    client.edit(
        "NamedCredential", "X8x8_SMS_API", ("<allowMergeFieldsInHeader>true", "<allowMergeFieldsInHeader>false")
    )
    assert set(broken()) == {"header"}
    sfsetup("deploy", spec, "-o", local.target)
    client.edit(
        "PermissionSet",
        "CPaaS_API_Access",
        (
            "<enabled>true</enabled>\n        <externalCredentialPrincipal>",
            "<enabled>false</enabled>\n        <externalCredentialPrincipal>",
        ),
    )
    assert set(broken()) == {"principal access"}
    sfsetup("deploy", spec, "-o", local.target)
    assert broken() == {}
    client.close()
