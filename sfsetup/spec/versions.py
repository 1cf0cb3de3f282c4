"""API versions that an integration can be written in."""

from __future__ import annotations

NEWEST_TESTED = "66.0"
"""The newest version whose published WSDL our templates are checked against; the default of `api_version`."""

FLOOR = "59.0"
"""PermissionSet.externalCredentialPrincipalAccesses exists from 59.0 on (reference 'metadata types', version facts)."""


def number(version: str) -> float:
    """`66.0` as a number, for comparisons."""
    return float(version)


def lower(first: str, second: str) -> str:
    """The lower of two versions."""
    return min(first, second, key=number)
