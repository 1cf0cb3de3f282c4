"""Context of PermissionSet.xml.j2: the three grants of a caller (reference 'metadata types', section 4)."""

from __future__ import annotations

from typing import Any

from sfsetup.protocols.registry import protocol_of
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.versions import number

_VIEW_ALL_FIELDS_SINCE = 63.0
"""PermissionSetObjectPermissions.viewAllFields, first API version (WSDL)."""


def context(spec: IntegrationSpec, api_version: str, *, with_flow: bool) -> dict[str, Any]:
    """Principal access, User External Credentials by the protocol's level, Run Flows; flow access only on demand."""
    permission_set = spec.permission_set
    return {
        "description": permission_set.description,
        "label": permission_set.label,
        "principals": sorted(spec.principal_accesses),
        "flows": [spec.flow.name] if with_flow and spec.flow else [],
        "access": protocol_of(spec.external_credential).access(spec.external_credential),
        "has_view_all_fields": number(api_version) >= _VIEW_ALL_FIELDS_SINCE,
        "user_permissions": ["RunFlow"] if permission_set.run_flows else [],
    }
