"""How metadata is compared: what identifies a list entry, what an absent field means, what the platform fills in.

One table for all types, so that a new type is a row. Sources: reference 'metadata types' sections 1 to 5 (lists,
defaults, fields of retrieved files) and reference 'external services' section 3 (registration).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sfsetup.values import dataclass

Keys = tuple[tuple[str, ...], ...]
"""Ways to match two entries of a list, the most exact first; each is a tuple of child element names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What comparing one metadata type needs to know."""

    keys: Mapping[str, Keys] = field(default_factory=dict)
    """List element -> how its entries are matched. Lists that are not named here match by `name`, else by content."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Element -> the text that an absent element stands for; dots reach into children (`a.b`)."""
    ignored: frozenset[str] = frozenset()
    """Elements that the platform fills in, or that have no meaning; dots reach into children, `*` any parent."""
    folded: frozenset[str] = frozenset()
    """Elements whose text is compared without regard to case."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Older element -> the one that replaced it and means the same."""
    removal_is_destructive: frozenset[str] = frozenset()
    """List elements whose removal loses something that somebody entered."""
    ordered: frozenset[str] = frozenset()
    """List elements whose order has a meaning."""


_PARAMETER: Keys = (
    ("parameterType", "parameterGroup", "parameterName", "sequenceNumber"),
    ("parameterType", "parameterGroup", "parameterName"),
    ("parameterType", "parameterName"),
)

_EXTERNAL_CREDENTIAL = Shape(
    keys={"externalCredentialParameters": _PARAMETER},
    removal_is_destructive=frozenset({"externalCredentialParameters"}),
)

_NAMED_CREDENTIAL = Shape(
    keys={
        "namedCredentialParameters": (
            ("parameterType", "parameterName", "sequenceNumber"),
            ("parameterType", "parameterName"),
            ("parameterType",),
        )
    },
    # defaults: reference 'metadata types' section 3; calloutStatus of a new one is Enabled (retrieved files)
    defaults={
        "allowMergeFieldsInBody": "false",
        "allowMergeFieldsInHeader": "false",
        "calloutStatus": "Enabled",
        "generateAuthorizationHeader": "true",
        "namedCredentialType": "Legacy",
    },
    ignored=frozenset(
        {
            "namedCredentialParameters.globalNamedPrincipalCredential",
            "namedCredentialParameters.managedFeatureEnabledCallout",
            "namedCredentialParameters.readOnlyNamedCredential",
            "namedCredentialParameters.systemUserNamedCredential",
        }
    ),
    removal_is_destructive=frozenset({"namedCredentialParameters"}),
)

_REGISTRATION = Shape(
    keys={"operations": (("name",),)},
    defaults={"registrationProviderType": "Custom"},
    # recomputed or kept by the platform whatever is sent: reference 'external services' sections 3.1, 3.6 and 8
    ignored=frozenset(
        {
            "catalogedApiVersion",
            "registrationProvider",
            "registrationProviderAsset",
            "schemaType",
            "schemaUploadFileExtension",
            "schemaUploadFileName",
            "serviceDescriptor",
            "serviceName",
            "status",
            "systemVersion",
        }
    ),
    folded=frozenset({"operations.name"}),
    renamed={"namedCredential": "namedCredentialReference"},
    removal_is_destructive=frozenset({"operations"}),
)

_PERMISSION_SET_KEYS: Mapping[str, Keys] = {
    "applicationVisibilities": (("application",),),
    "classAccesses": (("apexClass",),),
    "customMetadataTypeAccesses": (("name",),),
    "customPermissions": (("name",),),
    "customSettingAccesses": (("name",),),
    "externalCredentialPrincipalAccesses": (("externalCredentialPrincipal",),),
    "externalDataSourceAccesses": (("externalDataSource",),),
    "fieldPermissions": (("field",),),
    "flowAccesses": (("flow",),),
    "objectPermissions": (("object",),),
    "pageAccesses": (("apexPage",),),
    "recordTypeVisibilities": (("recordType",),),
    "tabSettings": (("tab",),),
    "userPermissions": (("name",),),
}
"""Reference 'metadata types' section 4: each list is sorted by this element when retrieved."""

_PERMISSION_SET = Shape(
    keys=_PERMISSION_SET_KEYS,
    defaults={"hasActivationRequired": "false", "objectPermissions.viewAllFields": "false"},
    removal_is_destructive=frozenset(_PERMISSION_SET_KEYS),
)

_FLOW = Shape(
    keys={
        "dataTypeMappings": (("typeName",),),
        "inputAssignments": (("field",),),
        "outputAssignments": (("assignToReference",),),
        "outputParameters": (("name", "assignToReference"), ("name",)),
    },
    defaults={
        "areMetricsLoggedToDataCloud": "false",
        "environments": "Default",
        "isAdditionalPermissionRequiredToRun": "false",
        "runInMode": "DefaultMode",
        "variables.isCollection": "false",
        "variables.isInput": "false",
        "variables.isOutput": "false",
        "actionCalls.flowTransactionModel": "CurrentTransaction",
        "actionCalls.storeOutputAutomatically": "false",
    },
    # places on the canvas say nothing about what a flow does; the rest is written by newer orgs on retrieve
    # (reference 'metadata types' section 5, 'external services' section 5). `status` is the planner's business.
    ignored=frozenset(
        {
            "*.locationX",
            "*.locationY",
            "actionCalls.nameSegment",
            "actionCalls.offset",
            "actionCalls.versionSegment",
            "actionCalls.versionString",
            "apiVersion",
            "processMetadataValues",
            "status",
        }
    ),
    ordered=frozenset({"assignmentItems", "conditions", "rules", "filters", "sortOptions"}),
)

SHAPES: Mapping[str, Shape] = {
    "ExternalCredential": _EXTERNAL_CREDENTIAL,
    "ExternalServiceRegistration": _REGISTRATION,
    "Flow": _FLOW,
    "NamedCredential": _NAMED_CREDENTIAL,
    "PermissionSet": _PERMISSION_SET,
}

PRINCIPAL_TYPES = frozenset({"NamedPrincipal", "PerUserPrincipal", "AwsStsPrincipal"})
"""parameterType of entries that are principals (reference 'metadata types' section 2)."""

DEFAULT_GROUP = "DefaultGroup"


def shape_of(type_name: str) -> Shape:
    """The row of a type; an empty one for types that nobody described."""
    return SHAPES.get(type_name, Shape())
