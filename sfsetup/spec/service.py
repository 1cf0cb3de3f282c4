"""The service as it will be registered: the document fitted to the chosen operations, and the names that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.spec.model import IntegrationSpec
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.fit import Fitted
    from sfsetup.openapi.names import OperationNames, ServiceNames


@dataclass(frozen=True, slots=True)
class DescribedService:
    """What is registered. `document` is the fitted one: its pointers are not those of the user's file."""

    fitted: Fitted
    document: OpenApiDocument
    names: ServiceNames
    given: OpenApiDocument
    """The document that was fitted."""

    def operation(self, text: str) -> OperationNames | None:
        """Names of the operation that the user's document calls so; fitting may have given it another id."""
        given = self.given.operation(text)
        if given is None:
            return self.names.operation(text)
        place = (given.method, given.path.partition("#")[0])
        return next((one for one in self.names.operations if (one.method, one.path) == place), None)


_Key = tuple[tuple[str, ...], str]
_last: list[tuple[OpenApiDocument, _Key, DescribedService]] = []
"""The newest result: checking, rendering and comparing ask for the same service one after the other."""


def described_service(spec: IntegrationSpec, document: OpenApiDocument) -> DescribedService:
    """Fits the document and predicts its names. Raises InvalidInput where it cannot be registered at all."""
    key = (spec.operations, spec.service.name)
    for known, of, result in _last:
        if known is document and of == key:
            return result
    from sfsetup.openapi.document import parse
    from sfsetup.openapi.fit import fit
    from sfsetup.openapi.names import names

    fitted = fit(document, operations=spec.operations)
    registered = parse(fitted.text.encode(), name=document.name)
    described = DescribedService(fitted, registered, names(registered, spec.service.name), document)
    _last[:] = [(document, key, described)]
    return described
