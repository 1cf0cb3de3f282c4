"""Readers of the types that are judged by more than their form."""

from __future__ import annotations

from collections.abc import Callable

from sfsetup.facts import (
    external_credential,
    flow,
    flow_definition,
    named_credential,
    permission_set,
    permission_set_group,
    registration,
)
from sfsetup.facts.base import Fact

READERS: dict[str, Callable[..., Fact]] = {
    "ExternalCredential": external_credential.read,
    "NamedCredential": named_credential.read,
    "ExternalServiceRegistration": registration.read,
    "PermissionSet": permission_set.read,
    "PermissionSetGroup": permission_set_group.read,
    "FlowDefinition": flow_definition.read,
    "Flow": flow.read,
}
