"""Fitted documents of real vendors deploy to the local org, and what it calls things is what openapi.names said.

The two derive names with code of their own; where they differ, one of them is wrong and the build fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.flow.values import ClassShape
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.state import State
from sfsetup.metadata.xml import escape
from sfsetup.openapi.document import OpenApiDocument, load, parse
from sfsetup.openapi.fit import fit
from sfsetup.openapi.names import Input, Output, ServiceNames, names
from sfsetup.openapi.types import PropertyName
from tests.support.metadata_caller import MetadataCaller
from tests.support.rest_client import Client

NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
DOCUMENTS = (
    "adyen-payout.json", "docusign-click-v2.json", "galaxy-31.json", "messagebird-sms.yaml", "museum-31.yaml",
    "paypal-reporting.json", "petstore-v2.json", "petstore-v3.yaml", "twilio-lookups-v2.json", "twilio-proxy-v1.json",
    "ups-rating.yaml", "xero-assets.yaml",
)  # fmt: skip
LARGE = ("netlify-v2.yaml",)


@pytest.fixture(scope="module")
def server() -> Iterator[Embedded]:
    """One local org for all documents."""
    with Embedded(State.open(None)) as embedded:
        yield embedded


def registration(service: str, document: OpenApiDocument, found: ServiceNames) -> str:
    """The file that registers a document with all its operations active."""
    operations = "".join(
        f"<operations><active>true</active><name>{one.registration_name}</name></operations>"
        for one in found.operations
    )
    mapped = dict(document.compatible_media_types)
    binding = escape(json.dumps({"compatibleMediaTypes": mapped})) if mapped else ""
    return (
        f"<ExternalServiceRegistration {NS}><label>{service}</label>{operations}"
        "<registrationProviderType>Custom</registrationProviderType>"
        f"<schema>{escape(document.registered_text)}</schema><schemaType>{document.schema_type}</schemaType>"
        + (f"<serviceBinding>{binding}</serviceBinding>" if mapped else "")
        + "<status>Complete</status></ExternalServiceRegistration>"
    )


def test_no_document_is_left_out(openapi_corpus: Path) -> None:
    assert {file.name for file in openapi_corpus.iterdir() if file.suffix != ".tsv"} == {*DOCUMENTS, *LARGE}


@pytest.mark.parametrize("name", [*DOCUMENTS, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)])
def test_document_deploys_and_has_the_names_foretold(name: str, server: Embedded, openapi_corpus: Path) -> None:
    document = parse(fit(load(openapi_corpus / name)).text.encode(), name=name)
    service = "".join(word.capitalize() for word in Path(name).stem.split("-"))
    found = names(document, service)
    files: dict[str, bytes | str] = {
        f"externalServiceRegistrations/{service}.externalServiceRegistration": registration(service, document, found)
    }
    ended = MetadataCaller(server.url, server.token).deploy(files)
    assert ended.status == "Succeeded", ended.problems
    org = Comparison(server)
    for operation in found.operations:
        described = org.described(operation.action_name)
        org.ends(operation.action_name, described["inputs"], operation.inputs)
        org.ends(operation.action_name, described["outputs"], operation.outputs)
    for one in found.classes:
        shape = org.shape(one.apex_class)
        assert shape is not None, (one.apex_class, one.pointer)
        org.members(shape, one.properties)
    assert org.differences == []


class Comparison:
    """What the org says beside what was foretold."""

    def __init__(self, server: Embedded) -> None:
        self._client = Client(server)
        self._services = runtime_of(server.org).services
        self.differences: list[tuple[str, str, str | None, str | None]] = []

    def described(self, action: str) -> dict[str, Any]:
        """What the org answers about an action over HTTP."""
        answer = self._client("GET", f"/actions/custom/externalService/{quote(action, safe='')}")
        assert answer.status == 200, (action, answer.json)
        assert answer.json["name"] == action
        return dict(answer.json)

    def shape(self, apex_class: str) -> ClassShape | None:
        """The class as the org keeps it."""
        return self._services.class_shape(apex_class)

    def ends(self, action: str, described: list[dict[str, Any]], foretold: tuple[Input | Output, ...]) -> None:
        """Inputs or outputs of an action."""
        said = {each["name"]: each["apexClass"] for each in described}
        self._compare(action, said, {one.name: one.apex_class for one in foretold})

    def members(self, shape: ClassShape, foretold: tuple[PropertyName, ...]) -> None:
        """Members of a class: name in flows, name on the wire, class."""
        said = {f"{each.wire} as {each.name}": each.type.apex_class for each in shape.properties.values()}
        self._compare(shape.name, said, {f"{one.name} as {one.flow_name}": one.apex_class for one in foretold})

    def _compare(self, of: str, said: dict[str, str | None], foretold: dict[str, str | None]) -> None:
        assert said.keys() == foretold.keys(), of
        for name, apex_class in said.items():
            if apex_class != foretold[name] and not self._is_empty(apex_class, foretold[name]):
                self.differences.append((of, name, apex_class, foretold[name]))

    def _is_empty(self, said: str | None, foretold: str | None) -> bool:
        """True for an object without properties: whether that is a class without members or none is not known."""
        shape = self.shape(said) if said is not None and foretold is None else None
        return shape is not None and not shape.properties
