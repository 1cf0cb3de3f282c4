"""The service as it will be registered: the document fitted to the chosen operations, and the names that come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.fit import Fitted
    from sfsetup.openapi.names import ServiceNames


@dataclass(frozen=True, slots=True)
class DescribedService:
    """What is registered. `document` is the fitted one: its pointers are not those of the user's file."""

    fitted: Fitted
    document: OpenApiDocument
    names: ServiceNames


def described_service(spec: IntegrationSpec, document: OpenApiDocument) -> DescribedService:
    """Fits the document and predicts its names. Raises InvalidInput where it cannot be registered at all."""
    from sfsetup.openapi.document import parse
    from sfsetup.openapi.names import names

    try:
        from sfsetup.openapi.fit import fit
    except ImportError:  # until the room is furnished
        from types import SimpleNamespace

        fitted = SimpleNamespace(text=document.registered_text, compatible_media_types=document.compatible_media_types)
    else:
        fitted = fit(document, operations=spec.operations)
    registered = parse(fitted.text.encode(), name=document.name)
    return DescribedService(fitted, registered, names(registered, spec.service.name))
