"""Writing metadata by the Tooling API: `FullName` and `Metadata` of credentials, registrations and sites.

What is written goes through the judge of deploys. Messages: messages 1, ExternalServiceRegistration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.deploy.rights import CREDENTIAL_RIGHTS
from sfsetup.localorg.records.components import REFUSED, delete_component, write_component
from sfsetup.localorg.records.metadata import metadata_json, metadata_xml
from sfsetup.localorg.refusal import OURS, Refused

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, StoredComponent, User

Values = Mapping[str, Any]

_OTHERS = ("CustomizeApplication", "ModifyMetadata", "ModifyAllData")


@dataclass(frozen=True, slots=True)
class SetupObject:
    """A Tooling object that is a metadata type. Its functions fit the rows of `writing.WRITERS`."""

    type: str
    rights: tuple[str, ...]

    def create(self, state: State, user: User, values: Values) -> str:
        """POST: a new component."""
        self._demand(state, user)
        full_name = values.get("FullName")
        if not isinstance(full_name, str) or not full_name:
            raise Refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", ["FullName"])
        if state.components.exists(self.type, full_name):
            raise Refused("DUPLICATE_DEVELOPER_NAME", f"There is a {self.type} {full_name} already{OURS}")
        return write_component(state, user, self.type, full_name, self._content({}, values), code=REFUSED).id

    def update(self, state: State, user: User, identifier: str, values: Values) -> None:
        """PATCH: the whole `Metadata` anew; a field alone, such as Status, is refused."""
        self._demand(state, user)
        stored = self._stored(state, identifier)
        if values.get("FullName", stored.full_name) != stored.full_name:
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", f"FullName cannot be changed{OURS}", ["FullName"])
        before = metadata_json(self.type, stored.content)
        write_component(state, user, self.type, stored.full_name, self._content(before, values), code=REFUSED)

    def delete(self, state: State, user: User, identifier: str) -> None:
        """DELETE: refused as long as something needs it."""
        self._demand(state, user)
        stored = self._stored(state, identifier)
        delete_component(state, user, self.type, stored.full_name, code="DELETE_FAILED")

    def _demand(self, state: State, user: User) -> None:
        rights = state.permissions.of_user(user.id)
        if not any(rights.may(name) for name in self.rights):
            raise Refused(
                "INSUFFICIENT_ACCESS_OR_READONLY", f"This needs {' or '.join(self.rights)}{OURS}", in_body=True
            )

    def _stored(self, state: State, identifier: str) -> StoredComponent:
        found = next((each for each in state.components.of_type(self.type) if each.id[:15] == identifier[:15]), None)
        if found is None:
            raise Refused("NOT_FOUND", "The requested resource does not exist")
        return found

    def _content(self, before: Values, values: Values) -> bytes:
        metadata = values.get("Metadata")
        if not isinstance(metadata, Mapping):
            raise Refused("REQUIRED_FIELD_MISSING", "You must provide a valid Metadata field", ["Metadata"])
        try:
            # Inferred: what a PATCH leaves out stays, as with every record; lists come whole.
            return metadata_xml(self.type, {**before, **metadata})
        except InvalidInput as error:
            raise Refused("XML_PARSER_ERROR", f"{error.message}{OURS}", ["Metadata"]) from error


OBJECTS: Mapping[str, SetupObject] = {
    "ExternalCredential": SetupObject("ExternalCredential", CREDENTIAL_RIGHTS),
    "NamedCredential": SetupObject("NamedCredential", CREDENTIAL_RIGHTS),
    "ExternalServiceRegistration": SetupObject("ExternalServiceRegistration", _OTHERS),
    "RemoteProxy": SetupObject("RemoteSiteSetting", _OTHERS),
    "CspTrustedSite": SetupObject("CspTrustedSite", _OTHERS),
}
"""Tooling object -> what it is in metadata."""
