"""What is known of single types beyond names and fields: references, identity of list items, the platform's part.

Paths are element names joined by `/` from below the root. Sources: reference 'metadata types' (sections 1-5, 8) and
'external services' (section 3); where a statement is inference the comment says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from sfsetup.values import dataclass


def _frozen(**entries: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(dict(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDetails:
    """Platform facts of one metadata type."""

    list_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """List element -> the fields that name an item. Such a list is a set: its order says nothing."""
    server_filled: frozenset[str] = frozenset()
    """Elements the platform writes by itself: absent in what we send, no difference when the org has them."""
    write_only: frozenset[str] = frozenset()
    """Elements that never come back: their absence in the org's file says nothing."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Element -> the value that its absence means."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Element that holds a name -> the type it names."""
    by_meaning: Mapping[str, str] = field(default_factory=dict)
    """Element whose text is itself a document -> its kind (`openapi`, `json`): compare parsed."""
    not_retrieved: frozenset[str] = frozenset()
    """Elements that depend on what else was retrieved with the file."""


NONE = TypeDetails()

_EXTERNAL_CREDENTIAL = TypeDetails(
    # not sorted in any stable way by orgs (section 1); the key is inference
    list_keys=_frozen(
        externalCredentialParameters=("parameterType", "parameterGroup", "parameterName", "sequenceNumber")
    ),
    references={
        "externalCredentialParameters/authProvider": "AuthProvider",
        "externalCredentialParameters/certificate": "Certificate",
        "externalCredentialParameters/externalAuthIdentityProvider": "ExternalAuthIdentityProvider",
    },
)

_NAMED_CREDENTIAL = TypeDetails(
    list_keys=_frozen(namedCredentialParameters=("parameterType", "parameterName", "sequenceNumber")),
    # section 3: defaults of the documentation; absent type = Legacy in every retrieved file
    defaults={
        "allowMergeFieldsInBody": "false",
        "allowMergeFieldsInHeader": "false",
        "generateAuthorizationHeader": "true",
        "calloutStatus": "Enabled",
        "namedCredentialType": "Legacy",
    },
    write_only=frozenset(("password", "oauthToken", "oauthRefreshToken", "awsAccessSecret")),
    references={
        "namedCredentialParameters/externalCredential": "ExternalCredential",
        "namedCredentialParameters/certificate": "Certificate",
        "namedCredentialParameters/outboundNetworkConnection": "OutboundNetworkConnection",
        "authProvider": "AuthProvider",
        "certificate": "Certificate",
        "jwtSigningCertificate": "Certificate",
        "outboundNetworkConnection": "OutboundNetworkConnection",
    },
)

_REGISTRATION = TypeDetails(
    list_keys=_frozen(operations=("name",)),
    # sections 3.4-3.6: filled by the platform; of serviceBinding only compatibleMediaTypes is anybody else's
    server_filled=frozenset(("systemVersion", "serviceBinding", "schemaType", "catalogedApiVersion")),
    by_meaning={"schema": "openapi", "serviceBinding": "json"},
    references={"namedCredential": "NamedCredential", "namedCredentialReference": "NamedCredential"},
)

_PERMISSION_SET_LISTS = _frozen(
    agentAccesses=("agentName",),
    applicationVisibilities=("application",),
    classAccesses=("apexClass",),
    customMetadataTypeAccesses=("name",),
    customPermissions=("name",),
    customSettingAccesses=("name",),
    emailRoutingAddressAccesses=("name",),
    externalCredentialPrincipalAccesses=("externalCredentialPrincipal",),
    externalDataSourceAccesses=("externalDataSource",),
    fieldPermissions=("field",),
    flowAccesses=("flow",),
    objectPermissions=("object",),
    pageAccesses=("apexPage",),
    recordTypeVisibilities=("recordType",),
    servicePresenceStatusAccesses=("servicePresenceStatus",),
    tabSettings=("tab",),
    userPermissions=("name",),
)

_PERMISSION_SET = TypeDetails(
    list_keys=_PERMISSION_SET_LISTS,
    # hasActivationRequired is `false` in every retrieved file (section 4)
    defaults={"hasActivationRequired": "false", "objectPermissions/viewAllFields": "false"},
    references={
        "classAccesses/apexClass": "ApexClass",
        "customPermissions/name": "CustomPermission",
        "flowAccesses/flow": "Flow",
    },
)

_FLOW_NODES = (
    "actionCalls", "apexPluginCalls", "assignments", "choices", "collectionProcessors", "constants", "customErrors",
    "decisions", "dynamicChoiceSets", "formulas", "loops", "orchestratedStages", "recordCreates", "recordDeletes",
    "recordLookups", "recordRollbacks", "recordUpdates", "screens", "stages", "steps", "subflows", "textTemplates",
    "transforms", "variables", "waits",
)  # fmt: skip

_FLOW = TypeDetails(
    # nodes are named and linked by name; inside a node (assignment items, rules) order is meaning
    list_keys=_frozen(
        **dict.fromkeys(_FLOW_NODES, ("name",)),
        **{
            "actionCalls/inputParameters": ("name",),
            "actionCalls/outputParameters": ("name", "assignToReference"),
            "processMetadataValues": ("name",),
        },
    ),
    # written by Flow Builder and by saving at newer versions (section 5)
    server_filled=frozenset(
        (
            "areMetricsLoggedToDataCloud",
            "environments",
            "actionCalls/nameSegment",
            "actionCalls/versionSegment",
            "actionCalls/versionString",
            "actionCalls/offset",
        )
    ),
    references={"subflows/flowName": "Flow", "overriddenFlow": "Flow"},
)

_PROFILE_LISTS = _frozen(
    **{
        name: keys
        for name, keys in _PERMISSION_SET_LISTS.items()
        if name not in ("tabSettings", "externalCredentialPrincipalAccesses", "emailRoutingAddressAccesses")
    },
    layoutAssignments=("layout", "recordType"),
    tabVisibilities=("tab",),
)

_DETAILS: dict[str, TypeDetails] = {
    "ExternalCredential": _EXTERNAL_CREDENTIAL,
    "NamedCredential": _NAMED_CREDENTIAL,
    "ExternalServiceRegistration": _REGISTRATION,
    "PermissionSet": _PERMISSION_SET,
    "MutingPermissionSet": _PERMISSION_SET,
    "Profile": TypeDetails(
        list_keys=_PROFILE_LISTS,
        # a profile holds only what concerns the components retrieved with it (reference 'audit rules', section 2)
        not_retrieved=frozenset(_PROFILE_LISTS),
    ),
    "Flow": _FLOW,
    "AuthProvider": TypeDetails(write_only=frozenset(("consumerSecret",)), server_filled=frozenset(("iconUrl",))),
    "ConnectedApp": TypeDetails(write_only=frozenset(("oauthConfig/consumerSecret",))),
    "PermissionSetGroup": TypeDetails(
        references={"permissionSets": "PermissionSet", "mutingPermissionSets": "MutingPermissionSet"}
    ),
}


def details_of(type_name: str) -> TypeDetails:
    """The facts of a type; an empty row for one without."""
    return _DETAILS.get(type_name, NONE)
