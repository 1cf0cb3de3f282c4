"""Integrations made from published documents: every flow deploys without a word, and a run ends in an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfsetup.facts import flow as flow_facts
from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.flow.load import load as load_flow
from sfsetup.localorg.flow.values import APEX
from sfsetup.metadata.types import TYPES
from sfsetup.openapi.document import load
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration
from tests.support.commands import sfsetup
from tests.support.judging import Bench

VALUES: dict[str, Any] = {
    "Text": "abc",
    "Number": 1,
    "Boolean": True,
    "Date": "2026-01-02",
    "DateTime": "2026-01-02T03:04:05Z",
}
DOCUMENTS = (
    "adyen-payout.json",
    "docusign-click-v2.json",
    "galaxy-31.json",
    "museum-31.yaml",
    "netlify-v2.yaml",
    "petstore-v2.json",
    "petstore-v3.yaml",
    "twilio-lookups-v2.json",
)
WANTED = 4
"""Operations of each document."""


def integrations(document: Path, folder: Path) -> list[Path]:
    """Up to WANTED integrations of operations spread over a document that a flow can call."""
    operations = load(document).operations
    made: list[Path] = []
    for number, one in enumerate(operations[:: max(1, len(operations) // (2 * WANTED))]):
        out = folder / str(number)
        name = one.operation_id or f"{one.method.upper()} {one.path}"
        words = ("init", document, "-d", out, "--no-input", "--service", "Svc", "--operation", name)
        for more in ((), ("--protocol", "none"), ("--protocol", "custom")):
            if sfsetup(*words, "--url", "https://api.example.com", *more, code=None).code == 0:
                made.append(out)
                break
        if len(made) == WANTED:
            break
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_flows_of_published_documents(openapi_corpus: Path, tmp_path: Path, name: str) -> None:
    deployed = 0
    for folder in integrations(openapi_corpus / name, tmp_path):
        if sfsetup("validate", folder, code=None).code != 0:
            continue
        spec, document = load_integration(folder)
        made = [
            Incoming(TYPES[each.type], each.full_name, each.full_name, each.content) for each in render(spec, document)
        ]
        flow = next(each for each in made if each.type.name == "Flow")
        with Bench() as bench:
            assert bench.deploy([each for each in made if each is not flow]) == []
            assert bench.deploy([flow]) == []
            program = load_flow(flow_facts.read(flow.root, full_name=flow.full_name, file=""))
            inputs = {
                each.name: [VALUES[each.type.kind]] if each.type.collection else VALUES[each.type.kind]
                for each in program.variables.values()
                if each.is_input and each.type.kind != APEX
            }
            ran = bench.run(bench.user("u@bench.example", spec.permission_set.name), flow.full_name, inputs)
            assert ran["isSuccess"], ran["errors"]
            outputs = ran["outputValues"]
            assert outputs["ok"] is True or outputs["errorMessage"]
            deployed += 1
    assert deployed >= 2
