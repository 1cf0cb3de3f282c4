"""Renders an integration: one row per metadata type, in two stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.model.component import Component, ComponentSet
from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.model.snapshot import RegisteredOperation
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.spec.service import DescribedService


def render(
    spec: IntegrationSpec,
    document: OpenApiDocument,
    *,
    api_version: str | None = None,
    registered: Sequence[RegisteredOperation] = (),
) -> ComponentSet:
    """The components of an integration. Stage 1: credentials, registration, permission set. Stage 2: the flow, and the
    permission set again where the flow is restricted.

    `registered` is what the org says of its actions; without it names are predictions. Raises InvalidInput for a
    document that cannot be registered and for text that XML cannot hold.
    """
    version = api_version or spec.effective_api_version
    return ComponentSet(version, tuple(_components(spec, document, version, registered)))


def _components(
    spec: IntegrationSpec, document: OpenApiDocument, version: str, registered: Sequence[RegisteredOperation]
) -> Iterator[Component]:
    from sfsetup.render import external_credential, named_credential, permission_set, registration
    from sfsetup.spec.service import described_service

    described = described_service(spec, document)
    schema_type = described.document.schema_type
    first: tuple[tuple[str, str, str, Callable[[], dict[str, Any]]], ...] = (
        (
            "ExternalCredential",
            spec.external_credential.name,
            "/external_credential",
            lambda: external_credential.context(spec),
        ),
        (
            "NamedCredential",
            spec.named_credential.name,
            "/named_credential",
            lambda: named_credential.context(spec, version),
        ),
        (
            "ExternalServiceRegistration",
            spec.service.name,
            "/service",
            lambda: registration.context(spec, described.fitted, described.names, schema_type),
        ),
        (
            "PermissionSet",
            spec.permission_set.name,
            "/permission_set",
            lambda: permission_set.context(spec, version, with_flow=False),
        ),
    )
    for type_name, full_name, pointer, context in first:
        yield _component(type_name, full_name, context, pointer, spec)
    yield from _second_stage(spec, described, version, registered)


def _second_stage(
    spec: IntegrationSpec, described: DescribedService, version: str, registered: Sequence[RegisteredOperation]
) -> Iterator[Component]:
    from sfsetup.render import permission_set

    if spec.flow is None:
        return
    from sfsetup.render import flow
    from sfsetup.spec.interface import flow_interface

    operation = described.operation(spec.flow.operation)
    if operation is None:
        raise InvalidInput(
            f"The flow calls the operation {spec.flow.operation}, which is not among the registered ones",
            file=str(spec.path),
            line=spec.line("/flow/operation"),
            pointer="/flow/operation",
        )
    interface = flow_interface(described.document, described.names, operation, registered)
    yield _component("Flow", spec.flow.name, lambda: flow.context(spec, interface, version), "/flow", spec, stage=2)
    if spec.flow.restrict:
        yield _component(
            "PermissionSet",
            spec.permission_set.name,
            lambda: permission_set.context(spec, version, with_flow=True),
            "/flow/restrict",
            spec,
            stage=2,
        )


def _component(
    type_name: str,
    full_name: str,
    context: Callable[[], dict[str, Any]],
    pointer: str,
    spec: IntegrationSpec,
    *,
    stage: int = 1,
) -> Component:
    from sfsetup.metadata.xml import canonical
    from sfsetup.render.environment import fill

    try:
        content = canonical(type_name, fill(f"{type_name}.xml.j2", context()))
    except InvalidInput as error:
        raise InvalidInput(
            f"{type_name} {full_name} cannot be written: {error.message}",
            actions=error.actions,
            file=error.file or str(spec.path),
            line=error.line if error.file else spec.line(pointer),
            pointer=pointer,
        ) from error
    return Component(type_name, full_name, content, stage, spec.pointer(pointer))
