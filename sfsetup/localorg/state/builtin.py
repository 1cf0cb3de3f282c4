"""What every org has before anything is deployed: profiles with their permissions.

Permission names are those seen in real permission sets (metadata-types 4). Which profile has which is the local
org's own choice; that standard profiles read User External Credentials while the guest profile does not is
reported (metadata-types 4).
"""

from __future__ import annotations

from sfsetup.localorg.state.values import ObjectPermission

_FULL = ObjectPermission("UserExternalCredential", True, True, True, True, True, True)
_READ = ObjectPermission("UserExternalCredential", True, True, True, True)

ADMINISTRATOR = frozenset({
    "ApiEnabled",
    "CustomizeApplication",
    "ManageFlow",
    "ManageInteraction",
    "ManageNamedCredentials",
    "ManageUsers",
    "AssignPermissionSets",
    "AuthorApex",
    "ModifyAllData",
    "ModifyMetadata",
    "RunFlow",
    "ViewAllData",
    "ViewSetup",
})  # fmt: skip

PROFILES: tuple[tuple[str, frozenset[str], tuple[ObjectPermission, ...]], ...] = (
    ("System Administrator", ADMINISTRATOR, (_FULL,)),
    ("Standard User", frozenset({"ApiEnabled", "RunFlow"}), (_READ,)),
    ("Minimum Access", frozenset({"ApiEnabled"}), ()),
    # for users of integrations; its name is the one in common use, nothing depends on it
    ("Minimum Access - API Only Integrations", frozenset({"ApiEnabled", "ApiUserOnly"}), ()),
    ("Guest User", frozenset(), ()),
)
