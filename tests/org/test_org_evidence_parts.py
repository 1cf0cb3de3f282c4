"""Gathering from an org that is large, old, or tells only part: pieces, refusals, fields and objects it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from sfsetup.errors import InvalidInput, OrgRefused
from sfsetup.facts.reader import JUDGED_TYPES
from sfsetup.metadata.types import file_name
from sfsetup.model.snapshot import OrgInfo, OrgType, PrincipalState
from sfsetup.org import evidence as module
from sfsetup.org.evidence import gather
from sfsetup.org.evidence_rows import Rows
from sfsetup.org.jobs import FileProperties, Retrieved
from sfsetup.org.people import Rights
from tests.support.metadata_files import document

SETUP = Rights(frozenset(("PermissionsViewSetup", "PermissionsModifyMetadata")))
INFO = OrgInfo(
    id="00D000000000001EAA",
    username="admin@acme.example",
    user_id="005000000000001AAA",
    type=OrgType.SANDBOX,
    api_version="66.0",
    instance_url="https://acme.my.salesforce.com",
)


@dataclass
class Metadata:
    """A Metadata API with components of a few types, which gives no more than `most` at a time."""

    names: Mapping[str, Sequence[str]]
    most: int = 10_000
    refused: Mapping[str, str] = field(default_factory=dict)
    """Type -> why it is refused, by list or retrieve."""
    asked: list[int] = field(default_factory=list)
    known: Sequence[str] = tuple(sorted(JUDGED_TYPES))

    def describe(self) -> Any:
        return SimpleNamespace(objects=[SimpleNamespace(name=name) for name in self.known])

    def list_metadata(self, types: Sequence[str]) -> tuple[FileProperties, ...]:
        for name in types:
            if name in self.refused:
                raise OrgRefused(self.refused[name], code="INSUFFICIENT_ACCESS")
        return tuple(
            FileProperties(
                type=name,
                full_name=each,
                file_name="",
                last_modified_by="Ada",
                last_modified_date="2026-01-02T00:00:00.000Z",
                manageable_state="installed" if each.startswith("ns__") else "unmanaged",
            )
            for name in types
            for each in self.names.get(name, ())
        )

    def retrieve(self, members: Mapping[str, Sequence[str]], *, listener: Any) -> Retrieved:
        count = sum(map(len, members.values()))
        self.asked.append(count)
        if count > self.most:
            raise OrgRefused("LIMIT_EXCEEDED: too many files in retrieve call, limit is: 10000", code="LIMIT_EXCEEDED")
        for name in members:
            if f"retrieve {name}" in self.refused:
                raise OrgRefused(self.refused[f"retrieve {name}"])
        files = {
            file_name(name, each, source=False): document(name, "<label>x</label>")
            for name, names in members.items()
            for each in names
        }
        return Retrieved(files=files)


@dataclass
class Rest:
    """Answers queries by the object that they ask."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    lacks: Sequence[str] = ()
    """Objects and fields that this org does not have."""

    def query(self, query: str) -> list[Mapping[str, Any]]:
        source = query.partition(" FROM ")[2].split()[0]
        for name in self.lacks:
            if name in query:
                code = "INVALID_TYPE" if name == source else "INVALID_FIELD"
                raise OrgRefused(f"{name} is not known here", code=code)
        return list(self.rows.get(source, ()))

    tooling_query = query


def connection(metadata: Metadata, rest: Rest | None = None, rights: Rights = SETUP) -> Any:
    return SimpleNamespace(
        info=INFO,
        instance_url=INFO.instance_url,
        people=SimpleNamespace(rights=lambda: rights),
        metadata=metadata,
        rest=rest or Rest(),
        actions=SimpleNamespace(flow_versions=lambda names: {}),
        credentials=SimpleNamespace(get=lambda asked: PrincipalState(asked.external_credential, asked.name)),
    )


def test_a_large_org_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 4)
    metadata = Metadata({"NamedCredential": [f"N{number}" for number in range(10)], "Profile": ["Admin"]})
    gathered = gather(connection(metadata))
    assert metadata.asked == [4, 4, 3]
    assert len(gathered.facts.named_credentials) == 10
    assert {"NamedCredential", "Profile"} <= set(gathered.evidence.retrieved)
    assert len(gathered.evidence.touched) == 11


def test_a_piece_that_is_too_large_is_halved() -> None:
    metadata = Metadata({"NamedCredential": [f"N{number}" for number in range(10)]}, most=3)
    gathered = gather(connection(metadata))
    assert max(count for count in metadata.asked if count <= 3) == 3
    assert len(gathered.facts.named_credentials) == 10
    assert "NamedCredential" not in gathered.evidence.unread


def test_an_archive_that_is_not_taken_leaves_out_one_component_only() -> None:
    metadata = Metadata({"StaticResource": ["Bomb", "Fine"]})
    retrieve = metadata.retrieve

    def bombed(members: Mapping[str, Sequence[str]], *, listener: Any) -> Retrieved:
        if "Bomb" in members.get("StaticResource", ()):
            raise InvalidInput("the archive unpacks to more than it should", file="the org's archive")
        return retrieve(members, listener=listener)

    metadata.retrieve = bombed  # type: ignore[method-assign]
    gathered = gather(connection(metadata))
    assert gathered.evidence.unread["StaticResource"] == "the archive unpacks to more than it should"
    assert [name for name in gathered.files if "Fine" in name]


def test_libraries_are_not_kept() -> None:
    metadata = Metadata({"StaticResource": ["Lib"]})
    big = {"staticresources/Lib.resource": b"x" * 600_000, "staticresources/Lib.resource-meta.xml": b"<x/>"}
    metadata.retrieve = lambda members, *, listener: Retrieved(files=big)  # type: ignore[method-assign]
    assert list(gather(connection(metadata)).files) == ["staticresources/Lib.resource-meta.xml"]


def test_what_the_org_refuses_is_kept_with_its_reason() -> None:
    metadata = Metadata(
        {"NamedCredential": ["N"], "Certificate": ["C"]},
        refused={"ExternalCredential": "insufficient access rights", "retrieve Certificate": "not today"},
    )
    gathered = gather(connection(metadata))
    unread = gathered.evidence.unread
    assert unread["ExternalCredential"] == "insufficient access rights"
    assert unread["principals"] == "insufficient access rights"
    assert "ExternalCredential" not in gathered.evidence.retrieved
    # one type that is refused takes no other with it
    assert unread["Certificate"] == "not today"
    assert "NamedCredential" not in unread
    assert "NamedCredential" in gathered.evidence.retrieved
    assert "Certificate" not in gathered.evidence.retrieved
    assert gathered.evidence.principals is None


def test_a_type_that_the_org_does_not_know_has_no_components() -> None:
    gathered = gather(connection(Metadata({}, known=("NamedCredential",))))
    assert "ExternalCredential" in gathered.evidence.retrieved
    assert "ExternalCredential" not in gathered.evidence.unread


def test_without_the_metadata_api_every_type_is_unread() -> None:
    metadata = Metadata({})
    metadata.describe = lambda: (_ for _ in ()).throw(OrgRefused("no access to the Metadata API"))  # type: ignore[method-assign]
    gathered = gather(connection(metadata))
    assert set(gathered.evidence.unread) >= set(JUDGED_TYPES)
    assert gathered.evidence.retrieved == ()


def test_silence_is_no_answer_for_who_sees_no_setup() -> None:
    rights = Rights(frozenset(("PermissionsModifyMetadata",)))
    gathered = gather(connection(Metadata({"PermissionSet": ["P"]}), rights=rights))
    assert gathered.evidence.missing_rights == ("View Setup and Configuration",)
    assert gathered.evidence.retrieved == ()
    for part in ("NamedCredential", "Flow", "principal_grants", "assignments", "sites"):
        assert "View Setup" in gathered.evidence.unread[part]
    assert "PermissionSet" not in gathered.evidence.unread


def test_hidden_apex_of_packages_is_not_asked_for() -> None:
    metadata = Metadata({"ApexClass": ["ns__Hidden", "Own"]})
    gather(connection(metadata))
    assert metadata.asked == [1]


def test_grants_are_told_by_set_group_and_profile() -> None:
    rest = Rest(
        {
            "ExternalCredentialParameter": [
                {
                    "Id": "0pr000000000001AAA",
                    "ParameterName": "Key",
                    "ExternalCredential": {"DeveloperName": "Acme", "NamespacePrefix": "ns"},
                }
            ],
            "SetupEntityAccess": [
                {"ParentId": f"0PS00000000000{number}AAA", "SetupEntityId": "0pr000000000001AAA"}
                for number in (1, 2, 3)
            ]
            + [{"ParentId": None, "SetupEntityId": "0pr000000000001AAA"}],
            "PermissionSet": [
                {"Id": "0PS000000000001AAA", "Name": "Callers", "NamespacePrefix": "ns"},
                {
                    "Id": "0PS000000000002AAA",
                    "Name": "x1",
                    "PermissionSetGroup": {"DeveloperName": "Team", "NamespacePrefix": None},
                },
                {
                    "Id": "0PS000000000003AAA",
                    "Name": "x2",
                    "IsOwnedByProfile": True,
                    "ProfileId": "00e000000000001AAA",
                },
            ],
            "Profile": [{"Id": "00e000000000001AAA", "Name": "Shop Profile", "UserType": "Guest"}],
        }
    )
    rows = Rows(connection(Metadata({}), rest)).principal_grants()
    assert [(row.external_credential, row.principal, row.kind, row.parent, row.user_type) for row in rows] == [
        ("ns__Acme", "Key", "PermissionSet", "ns__Callers", None),
        ("ns__Acme", "Key", "PermissionSetGroup", "Team", None),
        ("ns__Acme", "Key", "Profile", "Shop Profile", "Guest"),
    ]


def test_a_relation_that_an_org_lacks_is_done_without() -> None:
    rest = Rest(
        {"ExternalCredentialParameter": [
            {"Id": "0pr000000000001AAA", "ParameterName": "Key", "ExternalCredential": {"DeveloperName": "Acme"}}
        ]},
        lacks=("ExternalCredential.NamespacePrefix",),
    )  # fmt: skip
    assert Rows(connection(Metadata({}), rest)).principals == {"0pr000000000001": ("Acme", "Key")}


def _assigning(**more: Any) -> Rest:
    user = {"Username": "a@acme.example", "IsActive": True, "UserType": "Standard", "Profile": {"Name": "Sales"}}
    return Rest(
        {
            "PermissionSet": [{"Id": "0PS000000000001AAA", "Name": "Callers"}],
            "PermissionSetGroup": [{"Id": "0PG000000000001AAA", "DeveloperName": "Team"}],
            "PermissionSetGroupComponent": [
                {"PermissionSetGroupId": "0PG000000000001AAA", "PermissionSetId": "0PS000000000001AAA"}
            ],
            "PermissionSetAssignment": [
                {
                    "AssigneeId": "005000000000009AAA",
                    "Assignee": user,
                    "PermissionSetId": "0PS000000000007AAA",
                    "PermissionSetGroupId": "0PG000000000001AAA",
                    "ExpirationDate": "2026-07-01T00:00:00.000+0000",
                }
            ],
        },
        **more,
    )


def test_a_group_is_assigned_as_the_sets_in_it() -> None:
    (row,) = Rows(connection(Metadata({}), _assigning())).assignments(["callers"])
    assert (row.permission_set, row.group, row.username, row.profile) == ("Callers", "Team", "a@acme.example", "Sales")
    assert row.expires == "2026-07-01T00:00:00.000+0000"


def test_an_org_without_groups_and_expiry_dates_is_read_all_the_same() -> None:
    rest = _assigning(lacks=("ExpirationDate", "PermissionSetGroupComponent"))
    assert Rows(connection(Metadata({}), rest)).assignments(["Callers"]) == ()
    rest = _assigning(lacks=("ExpirationDate",))
    assert len(Rows(connection(Metadata({}), rest)).assignments(["Callers"])) == 1


def test_objects_that_an_org_lacks_are_unread() -> None:
    gathered = gather(connection(Metadata({}), Rest(lacks=("SetupEntityAccess", "ObjectPermissions"))))
    assert gathered.evidence.principal_grants is None
    assert gathered.evidence.unread["principal_grants"] == "SetupEntityAccess is not known here"
    assert gathered.evidence.object_grants is None
