"""The state of a local org: typed values in one SQLite file, one connection, one lock.

state = State.open(path)                     # or State.open(None): in memory
state.settings.org                           # OrgSettings: id, type, my_domain, name
state.components.get("Flow", "Send_SMS")     # StoredComponent
state.flows.active("Send_SMS")               # FlowVersion
state.users, state.permissions, state.credentials, state.sessions, state.jobs
state.switches.on("registration-and-flow-refused")
state.documents.append("requests", {...})    # JSON documents of other parts, in order
state.ids.of("ExternalCredentialParameter", "EC-Principal")   # the id of a named thing
with state.transaction(): ...                # all or nothing, holds the lock
"""

from __future__ import annotations

from sfsetup.localorg.state.store import State
from sfsetup.localorg.state.values import (
    Assignment,
    CredentialParameter,
    EffectiveRights,
    EntityAccess,
    FlowVersion,
    Job,
    ObjectPermission,
    OrgSettings,
    PermissionHolder,
    Session,
    StoredComponent,
    StoredCredential,
    User,
)

__all__ = [
    "Assignment",
    "CredentialParameter",
    "EffectiveRights",
    "EntityAccess",
    "FlowVersion",
    "Job",
    "ObjectPermission",
    "OrgSettings",
    "PermissionHolder",
    "Session",
    "State",
    "StoredComponent",
    "StoredCredential",
    "User",
]
