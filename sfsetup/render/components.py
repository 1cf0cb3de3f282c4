"""Renders an integration: one row per metadata type, in two stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.snapshot import RegisteredOperation
from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument


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
    yield _component(
        "ExternalCredential",
        spec.external_credential.name,
        lambda: external_credential.context(spec),
        "/external_credential",
        spec,
    )
    yield _component(
        "NamedCredential",
        spec.named_credential.name,
        lambda: named_credential.context(spec, version),
        "/named_credential",
        spec,
    )
    yield _component(
        "ExternalServiceRegistration",
        spec.service.name,
        lambda: registration.context(spec, described.fitted, described.names, described.document.schema_type),
        "/service",
        spec,
    )
    yield _component(
        "PermissionSet",
        spec.permission_set.name,
        lambda: permission_set.context(spec, version, with_flow=False),
        "/permission_set",
        spec,
    )
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
