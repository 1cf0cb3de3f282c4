"""What clients may create, change and delete as records. No HTTP.

One row of WRITERS per object; a function for each thing that can be done with it. Error codes: wire-protocols 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.records import flow_writing, grant_writing, setup_writing
from sfsetup.localorg.refusal import OURS, Refused

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, User

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Writer:
    """What can be done with an object. `fields` are those that a create or a change may name."""

    fields: frozenset[str]
    required: tuple[str, ...] = ()
    create: Callable[[State, User, Values], str] | None = None
    update: Callable[[State, User, str, Values], None] | None = None
    delete: Callable[[State, User, str], None] | None = None
    tooling: bool = False
    """True for objects of the Tooling API alone."""


WRITERS: Mapping[str, Writer] = {
    "PermissionSetAssignment": Writer(
        frozenset({"AssigneeId", "PermissionSetId", "PermissionSetGroupId", "ExpirationDate"}),
        ("AssigneeId",),
        create=grant_writing.assign,
        delete=grant_writing.unassign,
    ),
    "SetupEntityAccess": Writer(
        frozenset({"ParentId", "SetupEntityId", "SetupEntityType"}),
        ("ParentId", "SetupEntityId"),
        create=grant_writing.grant_entity,
        delete=grant_writing.revoke_entity,
    ),
    "ObjectPermissions": Writer(
        frozenset({"ParentId", "SobjectType", *grant_writing.OBJECT_RIGHTS}),
        ("ParentId", "SobjectType"),
        create=grant_writing.grant_object,
        update=grant_writing.change_object,
        delete=grant_writing.revoke_object,
    ),
    "User": Writer(
        frozenset({
            "Username", "FirstName", "LastName", "Alias", "Email", "ProfileId", "IsActive", "EmailEncodingKey",
            "TimeZoneSidKey", "LocaleSidKey", "LanguageLocaleKey", "UserPermissionsInteractionUser",
        }),
        ("Username", "LastName", "Email", "Alias", "ProfileId"),
        create=grant_writing.create_user,
        update=grant_writing.change_user,
    ),
    "FlowDefinition": Writer(
        frozenset({"Metadata"}), update=flow_writing.change_definition, tooling=True
    ),
    **{
        name: Writer(
            frozenset({"FullName", "Metadata"}),
            create=row.create,
            update=row.update,
            delete=row.delete,
            tooling=True,
        )
        for name, row in setup_writing.OBJECTS.items()
    },
    "Flow": Writer(
        frozenset({"Metadata", "FullName", "Status"}),
        create=flow_writing.create_version,
        update=flow_writing.change_version,
        delete=flow_writing.delete_version,
        tooling=True,
    ),
}  # fmt: skip

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")


def create(state: State, user: User, name: str, values: Any, *, tooling: bool) -> str:
    """Makes a record and returns its id. Raises Refused."""
    writer = _writer(name, tooling=tooling)
    if writer.create is None:
        raise Refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {name}")
    checked = _checked(name, writer, values)
    missing = [field for field in writer.required if checked.get(field) in (None, "")]
    if missing:
        # wording: github.com/SalesforceFoundation/NPSP/issues/3394
        raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    with state.transaction():
        return writer.create(state, user, checked)


def update(state: State, user: User, name: str, identifier: str, values: Any, *, tooling: bool) -> None:
    """Changes a record. Raises Refused."""
    writer = _writer(name, tooling=tooling)
    if writer.update is None:
        raise Refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {name}")
    checked = _checked(name, writer, values)
    with state.transaction():
        writer.update(state, user, _id(identifier), checked)


def delete(state: State, user: User, name: str, identifier: str, *, tooling: bool) -> None:
    """Removes a record. Raises Refused."""
    writer = _writer(name, tooling=tooling)
    if writer.delete is None:
        raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", f"entity type cannot be deleted: {name}")
    with state.transaction():
        writer.delete(state, user, _id(identifier))


def _writer(name: str, *, tooling: bool) -> Writer:
    found = next((writer for known, writer in WRITERS.items() if known.lower() == name.lower()), None)
    if found is None:
        return Writer(frozenset(), tooling=tooling)
    if found.tooling and not tooling:
        raise Refused("NOT_FOUND", "The requested resource does not exist")
    return found


def _checked(name: str, writer: Writer, values: Any) -> Values:
    if not isinstance(values, Mapping):
        raise Refused("JSON_PARSER_ERROR", f"The request's body must be an object{OURS}")
    spelled = {field.lower(): field for field in writer.fields}
    found = {}
    for field, value in values.items():
        if field == "attributes":
            continue
        known = spelled.get(str(field).lower())
        if known is None:
            # wording: github.com/MinnPost/object-sync-for-salesforce/issues/194
            raise Refused("INVALID_FIELD", f"No such column '{field}' on sobject of type {name}", [str(field)])
        found[known] = value
    return found


def _id(text: str) -> str:
    if not _ID.match(text):
        raise Refused("NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + text)
    return text
