"""What an audit asks of an org: all metadata it judges, and the rows behind it. Reads only.

The org is asked first what there is (listMetadata), then for the files in pieces that stay within the limits of a
retrieve. What it refuses, or shows to no user without View Setup and Configuration, is kept with the reason: a rule
whose evidence is missing says *unknown*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfsetup.errors import InvalidInput, OrgRefused
from sfsetup.facts.apex import LARGEST_TEXT
from sfsetup.facts.reader import JUDGED_TYPES, FactSet, read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import PrincipalState
from sfsetup.org.connection import OrgConnection
from sfsetup.org.credentials import Principal
from sfsetup.org.evidence_rows import Rows
from sfsetup.org.jobs import FileProperties
from sfsetup.org.metadata_api import QUERIES_PER_LIST
from sfsetup.org.people import Rights
from sfsetup.org.snapshot import CANNOT_SEE, NEEDS_VIEW_SETUP
from sfsetup.rules.evidence import OrgEvidence, Touch
from sfsetup.rules.secrets import may_hold_secret

CHUNK = 2_000
"""Components in one retrieve; the Metadata API takes 10,000 files and 39 MB zipped (MD guide, retrieve())."""
BULKY_CHUNK = 100
_BULKY = frozenset(("StaticResource", "AuraDefinitionBundle", "LightningComponentBundle"))
"""Types whose files may be megabytes each."""
_NEED_SETUP = ("principal_grants", "object_grants", "run_flow_grants", "assignments", "certificates", "flows", "sites")
"""Parts that come back empty, without an error, to a user without View Setup and Configuration."""
_LIMITS = ("LIMIT_EXCEEDED", "RETRIEVE_LIMIT", "EXCEEDED_MAX_SIZE_REQUEST")
VIEW_SETUP = "PermissionsViewSetup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Evidence, the org's files by their path in a package, and the facts in them."""

    evidence: OrgEvidence
    files: Mapping[str, bytes] = field(repr=False)
    facts: FactSet = field(repr=False)


def gather(connection: OrgConnection, *, listener: Listener = nobody) -> Gathered:
    """Everything an audit wants to know. Raises Unreachable, LoginFailed, or OrgRefused of the session as a whole."""
    listener(Event("audit.started", f"Reading {connection.info.username} at {connection.instance_url}."))
    rights = connection.people.rights()
    taken = _Taken(connection, rights, listener)
    taken.read_metadata()
    facts = read_facts(read_entries(taken.files), may_hold_secret=may_hold_secret)
    parts = taken.read_rows(facts)
    evidence = OrgEvidence(
        org=connection.info,
        retrieved=tuple(sorted(taken.whole)),
        touched=taken.touched,
        missing_rights=_missing(rights),
        unread=dict(sorted(taken.unread.items())),
        **parts,
    )
    return Gathered(evidence=evidence, files=taken.files, facts=facts)


def _missing(rights: Rights) -> tuple[str, ...]:
    """Labels of the rights that a whole audit needs and this user lacks."""
    if not rights.known:
        return ()
    wanted = (
        ("View Setup and Configuration", (VIEW_SETUP,)),
        (
            "Modify Metadata Through Metadata API Functions",
            ("PermissionsModifyMetadata", "PermissionsModifyAllData", "PermissionsCustomizeApplication"),
        ),
    )
    return tuple(label for label, fields in wanted if not rights.any_of(*fields))


class _Taken:
    """What was read so far, and why the rest was not."""

    def __init__(self, connection: OrgConnection, rights: Rights, listener: Listener) -> None:
        self._connection = connection
        self._sees_setup = rights.has(VIEW_SETUP) is not False
        self._listener = listener
        self._rows = Rows(connection)
        self.files: dict[str, bytes] = {}
        self.touched: dict[ComponentRef, Touch] = {}
        self.unread: dict[str, str] = {}
        self.whole: set[str] = set()
        self.listed: dict[str, list[str]] = {}

    # metadata

    def read_metadata(self) -> None:
        """Lists and retrieves every type that rules judge."""
        wanted = sorted(JUDGED_TYPES)
        try:
            known = {each.name for each in self._connection.metadata.describe().objects}
        except OrgRefused as error:
            self.unread.update(dict.fromkeys(wanted, error.message))
            return
        # a type that this version of the org does not have can have no components
        self.whole.update(name for name in wanted if name not in known)
        asked = [name for name in wanted if name in known]
        for start in range(0, len(asked), QUERIES_PER_LIST):
            self._list(asked[start : start + QUERIES_PER_LIST])
        for members in _chunks(self.listed):
            self._retrieve(members)

    def _list(self, names: Sequence[str]) -> None:
        """Lists types together; one at a time when the org refuses, to tell which of them it does."""
        try:
            found = self._connection.metadata.list_metadata(names)
        except OrgRefused as error:
            if len(names) == 1:
                self.unread[names[0]] = error.message
            else:
                for name in names:
                    self._list([name])
            return
        for name in names:
            self._listed(name, [entry for entry in found if entry.type == name])

    def _listed(self, name: str, found: Sequence[FileProperties]) -> None:
        if not self._sees_setup and (not found or name in NEEDS_VIEW_SETUP):
            self.unread[name] = CANNOT_SEE
        elif self._sees_setup:
            self.whole.add(name)
        self.listed[name] = sorted({entry.full_name for entry in found if _is_readable(entry)})
        for entry in found:
            if entry.last_modified_by and entry.last_modified_date:
                ref = ComponentRef(name, entry.full_name)
                self.touched[ref] = Touch(entry.last_modified_by, entry.last_modified_date)

    def _retrieve(self, members: Mapping[str, Sequence[str]]) -> None:
        count = sum(len(names) for names in members.values())
        self._listener(Event("audit.retrieve", f"Reading {count} components.", {"count": count}))
        try:
            found = self._connection.metadata.retrieve(members, listener=self._listener).files
            # libraries and media that no rule looks into would fill the memory
            self.files.update({name: data for name, data in found.items() if not _is_ballast(name, data)})
        except (OrgRefused, InvalidInput) as error:
            # an archive beyond our own limits is asked for in smaller parts as well
            if count > 1 and (isinstance(error, InvalidInput) or _is_too_much(error)):
                for half in _halves(members):
                    self._retrieve(half)
            elif len(members) > 1:
                # one type that the org will not give must not take the others with it
                for name, names in members.items():
                    self._retrieve({name: names})
            else:
                for name in members:
                    self.unread[name] = error.message
                    self.whole.discard(name)

    # rows

    def read_rows(self, facts: FactSet) -> dict[str, Any]:
        """The parts of the evidence; None where `unread` says why."""
        rows = self._rows
        parts: dict[str, Any] = {
            "principal_grants": self._part("principal_grants", rows.principal_grants),
            "object_grants": self._part("object_grants", rows.object_grants),
            "run_flow_grants": self._part("run_flow_grants", rows.run_flow_grants),
            "sites": self._part("sites", rows.sites),
            "active_users": self._part("active_users", rows.active_users),
            "flows": self._part("flows", lambda: self._flows(facts)),
        }
        parts["assignments"] = self._assignments(facts, parts["principal_grants"])
        parts["principals"] = self._principals(facts)
        # asked only where something depends on it: not every org has these objects
        used = any(each.certificates for each in facts.external_credentials) or any(
            each.certificates for each in facts.named_credentials
        )
        parts["certificates"] = self._part("certificates", rows.certificates) if used else ()
        allowing = any(each.allowed_namespaces for each in facts.named_credentials)
        parts["packages"] = self._part("packages", rows.packages) if allowing else ()
        parts["apps"] = self._part("apps", rows.apps) if facts.connected_apps else ()
        return parts

    def _part(self, name: str, read: Callable[[], Any]) -> Any:
        if name in _NEED_SETUP and not self._sees_setup:
            self.unread[name] = CANNOT_SEE
            return None
        try:
            return read()
        except OrgRefused as error:
            self.unread[name] = error.message
            return None

    def _assignments(self, facts: FactSet, grants: Sequence[Any] | None) -> Any:
        granting = {
            each.full_name for each in facts.permission_sets if any(access.enabled for access in each.principals)
        }
        granting |= {
            each.permission_set
            for credential in facts.external_credentials
            for each in credential.principals
            if each.permission_set
        }
        granting |= {row.parent for row in grants or () if row.kind != "Profile"}
        return self._part("assignments", lambda: self._rows.assignments(granting) if granting else ())

    def _flows(self, facts: FactSet) -> tuple[Any, ...]:
        found = self._connection.actions.flow_versions([each.full_name for each in facts.flows])
        return tuple(found[name] for name in sorted(found))

    def _principals(self, facts: FactSet) -> tuple[PrincipalState, ...] | None:
        found: list[PrincipalState] = []
        for credential in facts.external_credentials:
            for principal in credential.principals:
                # the state of a per-user principal is the state for the user who asks
                if principal.type == "PerUserPrincipal":
                    continue
                asked = Principal(credential.full_name, principal.name, credential.protocol, principal.type)
                try:
                    found.append(self._connection.credentials.get(asked))
                except OrgRefused as error:
                    self.unread["principals"] = error.message
                    found.append(PrincipalState(credential.full_name, principal.name, known=False))
        if any(not state.known for state in found):
            self.unread.setdefault("principals", "the org does not tell this user what is stored")
        if not facts.external_credentials and "ExternalCredential" in self.unread:
            self.unread.setdefault("principals", self.unread["ExternalCredential"])
            return None
        return tuple(found)


def _is_ballast(name: str, data: bytes) -> bool:
    return len(data) > LARGEST_TEXT and name.startswith(("staticresources/", "aura/", "lwc/"))


def _is_readable(entry: FileProperties) -> bool:
    """False for components of managed packages whose content no org gives away."""
    return entry.type not in ("ApexClass", "ApexTrigger") or not (entry.manageable_state or "").startswith("installed")


def _is_too_much(error: OrgRefused) -> bool:
    return error.code in _LIMITS or "limit" in error.message.lower() or "too large" in error.message.lower()


def _chunks(listed: Mapping[str, Sequence[str]]) -> Iterator[dict[str, list[str]]]:
    """Members of one retrieve each. Profiles come last and alone: they tell only of what is retrieved with them."""
    chunk: dict[str, list[str]] = {}
    size = 0
    for name in sorted(listed, key=lambda each: (each == "Profile", each in _BULKY, each)):
        most = BULKY_CHUNK if name in _BULKY else CHUNK
        for member in listed[name]:
            if size >= most:
                yield chunk
                chunk, size = {}, 0
            chunk.setdefault(name, []).append(member)
            size += 1
    if chunk:
        yield chunk


def _halves(members: Mapping[str, Sequence[str]]) -> Iterator[dict[str, list[str]]]:
    pairs = [(name, member) for name, names in members.items() for member in names]
    middle = len(pairs) // 2
    for part in (pairs[:middle], pairs[middle:]):
        half: dict[str, list[str]] = {}
        for name, member in part:
            half.setdefault(name, []).append(member)
        yield half
