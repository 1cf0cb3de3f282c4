"""A registered document is updated: what Salesforce refuses is told before it is sent, and done in order if allowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg


def change(spec: Path, edit: Callable[[dict[str, Any]], object], *yaml: tuple[str, str]) -> None:
    file = spec / "openapi.json"
    document = json.loads(file.read_text())
    edit(document)
    file.write_text(json.dumps(document))
    text = (spec / "integration.yaml").read_text()
    for before, after in yaml:
        assert before in text
        text = text.replace(before, after)
    (spec / "integration.yaml").write_text(text)


def test_an_addition_is_sent_and_the_flow_of_the_org_stays(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    change(spec, lambda doc: doc["components"]["schemas"]["SmsRequest"]["properties"].update(note={"type": "string"}))
    result = sfsetup("plan", spec, "-o", local.target, "--json").result
    (step,) = result["steps"]
    assert [entry["path"] for entry in step["changes"]] == ["schema/components/schemas/SmsRequest/properties/note"]
    assert [kept["type"] for kept in result["kept"]] == ["Flow"]
    deployed = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert deployed["flow"]["latestVersion"] == 1
    sfsetup("verify", spec, "-o", local.target)
    sfsetup("deploy", spec, "-o", local.target, "--take-flow")
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["kept"] == []
    sfsetup("verify", spec, "-o", local.target)


def test_an_operation_is_taken_away_in_two_jobs(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    change(spec, lambda _doc: None, ("operations: [Send-Sms-Single, Send-Many-Sms]", "operations: [Send-Sms-Single]"))
    planned = sfsetup("plan", spec, "-o", local.target, "--json", code=2)
    assert {finding["rule"] for finding in planned.result["findings"]} == {"PF-008"}
    refused = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert "The operation Send-Many-Sms is gone" in refused.err
    assert "nothing was sent" in refused.err
    done = sfsetup("deploy", spec, "-o", local.target, "--allow-destructive")
    assert "Deactivating Send-Many-Sms" in done.err
    client = ForeignClient(local.url, local.token)
    assert "sendx2dmanyx2dsms" not in client.read("ExternalServiceRegistration", "CPaaSSMS")
    client.close()
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"] == []
    sfsetup("verify", spec, "-o", local.target)


def test_an_operation_that_a_flow_uses_stays_and_the_org_s_words_are_shown(
    local: RunningOrg, spec: Path, key: str
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    client = ForeignClient(local.url, local.token)
    before = client.read("ExternalServiceRegistration", "CPaaSSMS")

    def retyped(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["SmsRequest"]["properties"]["destination"] = {"type": "integer"}

    change(spec, retyped, ('destination: "+12025550123"', "destination: 12025550123"))
    refused = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert "destination" in refused.err
    stopped = sfsetup("deploy", spec, "-o", local.target, "--allow-destructive", code=None)
    if stopped.code == 0:
        assert "destination" in client.read("ExternalServiceRegistration", "CPaaSSMS")
    else:
        assert stopped.code == 1
        assert "Send_SMS" in stopped.err
        assert client.read("ExternalServiceRegistration", "CPaaSSMS") == before
    client.close()
