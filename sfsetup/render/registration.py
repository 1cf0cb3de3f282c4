"""Context of ExternalServiceRegistration.xml.j2 (reference 'external services', section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.openapi.fit import Fitted
    from sfsetup.openapi.names import ServiceNames


def context(spec: IntegrationSpec, fitted: Fitted, names: ServiceNames, schema_type: str) -> dict[str, Any]:
    """The fitted document as the schema, and every operation by its registered name.

    `serviceBinding` is authored only to map media types; the rest of it the platform fills.
    """
    from sfsetup.text.documents import dump_json

    mapping = dict(fitted.compatible_media_types)
    active = {name.registration_name for name in names.operations}
    return {
        "description": spec.service.description,
        "label": spec.service.label,
        "named_credential": spec.named_credential.name,
        # each name once: operations that agree ignoring case collapse into one
        "operations": [{"name": name, "active": True} for name in sorted(active)],
        "schema": fitted.text,
        "schema_type": schema_type,
        "service_binding": dump_json({"compatibleMediaTypes": mapping}) if mapping else None,
    }
