"""Context of ExternalCredential.xml.j2."""

from __future__ import annotations

from typing import Any

from sfsetup.protocols.registry import protocol_of
from sfsetup.spec.model import IntegrationSpec


def context(spec: IntegrationSpec) -> dict[str, Any]:
    """Protocol, parameters, label. The parameters are the protocol's own business."""
    credential = spec.external_credential
    protocol = protocol_of(credential)
    return {
        "protocol": protocol.metadata_name,
        "description": credential.description,
        "label": credential.label,
        "parameters": protocol.write(credential),
    }
