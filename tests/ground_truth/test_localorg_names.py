"""The local org's own names against names that were seen in real orgs: registered and asked for over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.flow.values import plain_class
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.service_shapes import encode, operation_name, registration_name
from sfsetup.localorg.state import State
from sfsetup.metadata.xml import escape
from sfsetup.openapi.document import Operation, parse
from tests.ground_truth.facts import NameFact, name_facts
from tests.support.metadata_caller import MetadataCaller
from tests.support.rest_client import Client

FACTS = list(name_facts())
_SUFFIX = "externalServiceRegistration"
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def operations(fact: NameFact) -> Mapping[tuple[str, str], Operation]:
    return {(each.method, each.path): each for each in parse(fact.document.encode(), name=fact.service).operations}


def operation(fact: NameFact) -> Operation:
    return operations(fact)[fact.method, fact.path]


def registration(fact: NameFact) -> bytes:
    """The file that registers the whole document."""
    entries = "".join(
        f"<operations><active>true</active><name>{name}</name></operations>"
        for name in sorted({registration_name(each) for each in operations(fact).values()})
    )
    inner = f"<label>{fact.service}</label>{entries}<registrationProviderType>Custom</registrationProviderType>"
    inner += f"<schema>{escape(fact.document)}</schema><status>Complete</status>"
    return f"<ExternalServiceRegistration {NS}>{inner}</ExternalServiceRegistration>".encode()


@dataclass(frozen=True)
class Registered:
    """A local org that holds every document, and what it gives back of each registration."""

    server: Embedded
    files: Mapping[str, str]


@pytest.fixture(scope="module")
def org() -> Iterator[Registered]:
    """All documents deployed in one package over SOAP."""
    folder, suffix = "externalServiceRegistrations", _SUFFIX
    files: dict[str, bytes | str] = {f"{folder}/{fact.service}.{suffix}": registration(fact) for fact in FACTS}
    with Embedded(State.open(None)) as embedded:
        caller = MetadataCaller(embedded.url, embedded.token)
        ended = caller.deploy(files)
        assert ended.status == "Succeeded", ended.problems
        kept, _ = caller.retrieve({"ExternalServiceRegistration": ["*"]})
        yield Registered(embedded, {name: data.decode() for name, data in kept.items()})


def described(org: Registered, fact: NameFact) -> dict[str, Any]:
    """What the org says of the operation's action."""
    name = f"{fact.service}.{operation_name(operation(fact))}"
    answer = Client(org.server)("GET", f"/actions/custom/externalService/{quote(name, safe='')}")
    assert answer.status == 200, (name, answer.json)
    return dict(answer.json)


def found(org: Registered, fact: NameFact) -> str | None:
    """What the local org says in place of the fact."""
    one = operation(fact)
    if fact.kind == "registration":
        names = re.findall(r"<name>([^<]*)</name>", org.files[f"externalServiceRegistrations/{fact.service}.{_SUFFIX}"])
        return fact.expected if fact.expected in names else ", ".join(names)
    if fact.kind == "action":
        name = str(described(org, fact)["name"])
        return f"{fact.namespace}::{name}" if fact.namespace else name
    if fact.kind == "method":
        return encode(operation_name(one))
    if fact.kind in ("input", "output"):
        names = [str(each["name"]) for each in described(org, fact)[f"{fact.kind}s"]]
        return fact.expected if fact.expected in names else ", ".join(names)
    return walked(org, fact)


def walked(org: Registered, fact: NameFact) -> str | None:
    """Class or path at the end of the wire path `input:body.messages`: the head from REST, the rest from the types."""
    side, _, path = fact.of.partition(":")
    services = runtime_of(org.server.org).services
    if side not in ("input", "output"):
        shape = services.class_shape(f"ExternalService__{fact.service}_{encode(fact.of)}")
        return shape.name if shape else None
    head, *rest = path.split(".")
    end = next(each for each in described(org, fact)[f"{side}s"] if each["name"] == head)
    names, apex_class = [head], end["apexClass"]
    for step in rest:
        shape = services.class_shape(apex_class or "")
        member = next((each for each in shape.properties.values() if each.wire == step), None) if shape else None
        if member is None:
            return None
        names.append(member.name)
        apex_class = member.type.apex_class
    return ".".join(names) if fact.kind == "path" else apex_class


@pytest.mark.parametrize("fact", FACTS, ids=[fact.label for fact in FACTS])
def test_name(org: Registered, fact: NameFact) -> None:
    said = found(org, fact)
    expected = plain_class(fact.expected) if fact.kind == "class" else fact.expected
    if fact.misses:
        assert said != expected, "this miss is a hit now: take `misses` away"
    else:
        assert said == expected, fact.source


def test_score(org: Registered, record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]) -> None:
    hits = 0
    for fact in FACTS:
        hits += found(org, fact) == (plain_class(fact.expected) if fact.kind == "class" else fact.expected)
    misses = [f"{fact.label}: {fact.misses}" for fact in FACTS if fact.misses]
    record_property("score", f"{hits}/{len(FACTS)}")
    with capsys.disabled():
        print(f"\nlocal org over HTTP: {hits} of {len(FACTS)} names seen in real orgs", *misses, sep="\n  missed: ")
    assert hits == len(FACTS) - len(misses)
