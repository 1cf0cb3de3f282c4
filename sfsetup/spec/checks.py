"""Every check of a spec beyond its structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.model.finding import Finding
from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument


def check_all(spec: IntegrationSpec, document: OpenApiDocument | None) -> list[Finding]:
    """Findings about the top level and every environment."""
    return []
