"""Names as Salesforce defines them. Sources: reference 'metadata types', section 1 'fullName / label rules'."""

from __future__ import annotations

import re

MAX_DEVELOPER_NAME = 80
"""Characters; documented for NamedCredential, inferred for the other types (the same DeveloperName field type)."""

_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")


def is_developer_name(text: str) -> bool:
    """True for an API name without namespace: letters, digits, single inner underscores, a letter first."""
    return len(text) <= MAX_DEVELOPER_NAME and _DEVELOPER_NAME.match(text) is not None


def suggested_developer_name(text: str) -> str:
    """The name Setup derives from a label: other characters become `_`, a leading digit gets `X` in front.

    `8x8 CPaaS Authentication` gives `X8x8_CPaaS_Authentication`. Empty when nothing usable is left.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    if name and not name[0].isalpha():
        name = f"X{name}"
    return name[:MAX_DEVELOPER_NAME].rstrip("_")


def principal_full_name(external_credential: str, principal: str) -> str:
    """`<EC>-<principal>`, the value of PermissionSet.externalCredentialPrincipalAccesses: one hyphen, no spaces."""
    return f"{external_credential}-{principal}"


def split_principal(value: str) -> tuple[str, str]:
    """Splits at the first hyphen: an external credential's name cannot hold one, a principal's can."""
    credential, _, principal = value.partition("-")
    return credential, principal
