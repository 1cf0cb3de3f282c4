"""Our own output is clean: each ready integration, rendered or deployed, gives the strict audit nothing above info."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.commands import Ended, sfsetup
from tests.support.local import RunningOrg

SPECS = Path(__file__).resolve().parents[2] / "specs"
READY = sorted(path.parent.name for path in SPECS.glob("*/integration.yaml"))


def above_info(audit: Ended) -> list[tuple[str, str]]:
    return [
        (finding["rule"], finding["message"]) for finding in audit.result["findings"] if finding["severity"] != "info"
    ]


def with_secrets(name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every variable that the spec reads a secret from."""
    spec = SPECS / name
    text = (spec / "integration.yaml").read_text(encoding="utf-8")
    for variable in re.findall(r"\benv:\s*([A-Z][A-Z0-9_]*)", text):
        monkeypatch.setenv(variable, "tst-5b1d0c7e-key-of-the-tests")
    return spec


@pytest.mark.parametrize("name", READY)
def test_rendered_integrations_are_clean(name: str, tmp_path: Path) -> None:
    sfsetup("render", SPECS / name, "-d", tmp_path)
    audit = sfsetup("audit", tmp_path, "--profile", "strict", "--json", "--fail-on", "low", code=None)
    assert above_info(audit) == []
    assert audit.code in (0, 5), audit.text
    # files cannot tell whether Apex uses the named credential
    assert {entry["rule"] for entry in audit.result["unknown"]} <= {"NC-008"}
    assert audit.result["notJudged"] == []


@pytest.mark.parametrize("name", READY)
def test_deployed_integrations_are_clean(name: str, local: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = with_secrets(name, monkeypatch)
    sfsetup("deploy", spec, "-o", local.target)
    audit = sfsetup("audit", "-o", local.target, "--profile", "strict", "--spec", spec, "--json", "--fail-on", "low")
    assert above_info(audit) == []
    assert audit.result["unknown"] == []
    assert audit.result["notJudged"] == []
    assert "EC-002" in audit.result["rules"]
    assert "ES-008" not in audit.result["notApplicable"]


def test_what_was_changed_by_hand_is_told(local: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = with_secrets("8x8-sms", monkeypatch)
    sfsetup("deploy", spec, "-o", local.target)
    state = local.server.org.state
    credential = state.components.get("NamedCredential", "X8x8_SMS_API")
    assert credential is not None
    moved = credential.content.replace(b"https://sms.8x8.com", b"https://sms.8x8.uk")
    assert moved != credential.content
    state.components.put("NamedCredential", "X8x8_SMS_API", moved, by=state.admin_id)
    service = state.components.get("ExternalServiceRegistration", "CPaaSSMS")
    assert service is not None
    renamed = service.content.replace(b"Send-Sms-Single", b"Send-One-Sms")
    renamed = renamed.replace(b"sendx2dsmsx2dsingle", b"sendx2donex2dsms")
    state.components.put("ExternalServiceRegistration", "CPaaSSMS", renamed, by=state.admin_id)

    words = ("audit", "-o", local.target, "--json", "--rule", "GN-002", "--rule", "ES-009", "--rule", "ES-008")
    assert sfsetup(*words).result["findings"] == []
    audit = sfsetup(*words, "--spec", spec, code=3)
    found = {
        (finding["rule"], finding["component"]["fullName"], finding["element"]) for finding in audit.result["findings"]
    }
    assert found == {
        ("ES-009", "CPaaSSMS", "schema"),
        ("GN-002", "CPaaSSMS", "operation sendx2dsmsx2dsingle"),
        ("GN-002", "X8x8_SMS_API", "Url"),
    }
