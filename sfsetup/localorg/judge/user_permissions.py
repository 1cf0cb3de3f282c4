"""Names of user permissions.

Orgs have some 700, by edition and feature, and no complete list is published. The ones that integrations deal with
are known; a name that is nearly one of them is a misspelling, any other well-formed name is taken.
"""

from __future__ import annotations

import re
from functools import lru_cache

KNOWN = frozenset({
    # metadata-types 4, audit-rules: seen in real permission sets or named by the documentation
    "ApexRestServices",
    "ApiEnabled",
    "ApiUserOnly",
    "AssignPermissionSets",
    "AuthorApex",
    "CustomizeApplication",
    "ManageAuthProviders",
    "ManageCertificates",
    "ManageConnectedApps",
    "ManageDevSandboxes",
    "ManageFlow",
    "ManageInteraction",
    "ManageNamedCredentials",
    "ManageRemoteAccess",
    "ManageSandboxes",
    "ManageUsers",
    "ModifyAllData",
    "ModifyMetadata",
    "RunFlow",
    "UseAnyApiAuth",
    "ViewAllData",
    "ViewAllUsers",
    "ViewClientSecret",
    "ViewEncryptedData",
    "ViewRoles",
    "ViewSetup",
})  # fmt: skip

_SHAPE = re.compile(r"[A-Z][A-Za-z0-9]+\Z")
_NEARLY = 0.92
_LONGEST = 80
"""Characters; what is longer is not nearly any of them."""


def is_known(name: str) -> bool:
    """False for what is no permission's name: ill-formed, or nearly a known one."""
    if name in KNOWN:
        return True
    if not _SHAPE.match(name):
        return False
    return len(name) > _LONGEST or not _is_near(name.lower())


@lru_cache(maxsize=4096)
def _is_near(name: str) -> bool:
    """Kept, since the sets and profiles of an org name the same permissions over and over."""
    from difflib import get_close_matches

    return bool(get_close_matches(name, (each.lower() for each in KNOWN), n=1, cutoff=_NEARLY))
