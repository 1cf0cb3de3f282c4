"""openapi.names against registrations and flows of public repositories, read where they lie beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.facts.flow import Flow
from sfsetup.facts.reader import read_facts
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.metadata.layout import read_tree
from sfsetup.openapi.document import parse
from sfsetup.openapi.names import ServiceNames, names

OLD_CLASS = "ExternalService__Slack_200"
"""Registered with systemVersion 2 or older, which left the operation out of the names of inline classes."""


def registrations(folder: Path) -> Iterator[tuple[str, ExternalServiceRegistration]]:
    """Repository and registration; files are named owner__repository__Name."""
    for file in sorted((folder / "ExternalServiceRegistration").iterdir()):
        if not file.name.startswith("derived__") and ".externalServiceRegistration" in file.name:
            for found in read_facts(read_tree(file)).registrations:
                yield repository_of(file), found


def repository_of(file: Path) -> str:
    """`owner__repository` of a corpus file."""
    return "__".join(file.name.split("__")[:2])


def service_of(found: ExternalServiceRegistration) -> str:
    """Name of the registration; the file's name has the repository in front."""
    return found.label or found.full_name.rpartition("__")[2]


def predicted(found: ExternalServiceRegistration, namespace: str | None = None) -> ServiceNames | None:
    """The names predicted for a registration; None where it holds no schema."""
    if not found.schema:
        return None
    return names(parse(found.schema.encode(), name=found.file), service_of(found), namespace=namespace)


def test_registered_operations_are_those_listed(metadata_corpus: Path) -> None:
    compared = 0
    for _, found in registrations(metadata_corpus):
        if not found.operations:
            continue
        service = predicted(found)
        assert service is not None, found.file
        listed = sorted(operation.name for operation in found.operations)
        assert sorted(one.registration_name for one in service.operations) == listed, found.file
        compared += len(listed)
    assert compared == 19


def test_flows_find_actions_classes_and_properties(metadata_corpus: Path) -> None:
    by_repository: dict[str, list[ExternalServiceRegistration]] = {}
    for repository, found in registrations(metadata_corpus):
        by_repository.setdefault(repository, []).append(found)
    calls, classes, paths = 0, 0, 0
    for file in sorted((metadata_corpus / "Flow").iterdir()):
        for flow in read_facts(read_tree(file)).flows:
            for found in by_repository.get(repository_of(file), ()):
                counted = compare(flow, found)
                calls, classes, paths = calls + counted[0], classes + counted[1], paths + counted[2]
    assert calls >= 10
    assert classes >= 10
    assert paths >= 20


def compare(flow: Flow, found: ExternalServiceRegistration) -> tuple[int, int, int]:
    """Asserts every name of the flow that belongs to the registration; how many calls, classes and paths that were."""
    own = [call for call in flow.external_calls if call.service == service_of(found)]
    namespace = next((call.namespace for call in own), _namespace(flow, service_of(found)))
    service = predicted(found, namespace)
    if service is None:
        return 0, 0, 0
    heads: dict[str, str | None] = {}
    for call in own:
        operation = next((one for one in service.operations if one.action_name == call.action_name), None)
        assert operation is not None, (flow.file, call.action_name)
        assert {one.name for one in call.inputs} <= {one.name for one in operation.inputs}, flow.file
        assert {one.name for one in call.outputs} <= {one.name for one in operation.outputs}, flow.file
        for output in operation.outputs:
            heads[f"{call.name}.{output.name}"] = output.apex_class
    prefix = f"ExternalService__{f'{namespace}__' if namespace else ''}{service.service}_"
    known = {one.apex_class for one in service.classes}
    seen = 0
    for variable in flow.variables:
        if variable.apex_class and variable.apex_class.startswith(prefix) and variable.apex_class != OLD_CLASS:
            assert variable.apex_class in known, (flow.file, variable.name, variable.apex_class)
            heads[variable.name] = variable.apex_class
            seen += 1
    return len(own), seen, sum(_walk(service, heads, reference.text, flow.file) for reference in flow.references)


def _namespace(flow: Flow, service: str) -> str | None:
    for variable in flow.variables:
        parts = (variable.apex_class or "").split("__")
        if len(parts) == 3 and parts[0] == "ExternalService" and parts[2].startswith(f"{service}_"):
            return parts[1]
    return None


def _walk(service: ServiceNames, heads: dict[str, str | None], reference: str, file: str) -> int:
    """Walks a reference such as `body.messages`; 1 if it went through a member of a predicted class."""
    tokens = reference.split(".")
    for length in (1, 2):
        head = ".".join(tokens[:length])
        if head in heads and len(tokens) > length:
            apex_class = heads[head]
            for token in tokens[length:]:
                one = service.class_named(apex_class)
                if one is None:
                    return 0
                member = next((p for p in one.properties if p.flow_name == token), None)
                assert member is not None, (file, reference, token)
                apex_class = member.apex_class
            return 1
    return 0


@pytest.mark.parametrize("name", ["BankService", "OpenAIRs", "AnimalsExternalService", "Scheduler", "ExchangeRate"])
def test_the_corpus_has_what_the_tests_rest_on(metadata_corpus: Path, name: str) -> None:
    assert name in {service_of(found) for _, found in registrations(metadata_corpus)}
