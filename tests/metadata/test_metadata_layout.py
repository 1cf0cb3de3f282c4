"""Names of files, trees and archives: written as Salesforce's tools write them, read as people keep them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.metadata.layout import SourceFile, deploy_zip, mdapi_tree, read_entries, read_tree, source_tree
from sfsetup.metadata.types import TYPES, file_name, type_of_file
from sfsetup.metadata.xml import canonical
from sfsetup.model.component import Component, ComponentSet
from sfsetup.text.archive import read_zip, write_zip
from sfsetup.text.xml import METADATA_NS

PATHS = [
    ("externalCredentials/A.externalCredential", "ExternalCredential", "A"),
    ("force-app/main/default/namedCredentials/A.namedCredential-meta.xml", "NamedCredential", "A"),
    ("x/externalServiceRegistrations/A.externalServiceRegistration-meta.xml", "ExternalServiceRegistration", "A"),
    ("permissionsets/A.permissionset-meta.xml", "PermissionSet", "A"),
    ("flows/A.flow", "Flow", "A"),
    ("flows/A-3.flow", "Flow", "A-3"),
    ("flowDefinitions/A.flowDefinition-meta.xml", "FlowDefinition", "A"),
    ("profiles/Custom%3A Sales.profile-meta.xml", "Profile", "Custom%3A Sales"),
    ("mutingpermissionsets/A.mutingpermissionset", "MutingPermissionSet", "A"),
    ("permissionsetgroups/A.permissionsetgroup-meta.xml", "PermissionSetGroup", "A"),
    ("remoteSiteSettings/A.remoteSite-meta.xml", "RemoteSiteSetting", "A"),
    ("cspTrustedSites/A.cspTrustedSite-meta.xml", "CspTrustedSite", "A"),
    ("connectedApps/A.connectedApp-meta.xml", "ConnectedApp", "A"),
    ("authproviders/A.authprovider-meta.xml", "AuthProvider", "A"),
    ("certs/A.crt-meta.xml", "Certificate", "A"),
    ("certs/A.crt", "Certificate", "A"),
    ("customMetadata/Type.Record.md-meta.xml", "CustomMetadata", "Type.Record"),
    ("customMetadata/ns__Type.Record.md", "CustomMetadata", "ns__Type.Record"),
    ("labels/CustomLabels.labels-meta.xml", "CustomLabels", "CustomLabels"),
    ("classes/A.cls", "ApexClass", "A"),
    ("classes/sub/A.cls-meta.xml", "ApexClass", "A"),
    ("triggers/A.trigger", "ApexTrigger", "A"),
    ("lwc/cmp/cmp.js", "LightningComponentBundle", "cmp"),
    ("aura/cmp/cmpController.js", "AuraDefinitionBundle", "cmp"),
    ("staticresources/A.resource-meta.xml", "StaticResource", "A"),
    ("staticresources/A.json", "StaticResource", "A"),
    ("staticresources/A/inner/x.js", "StaticResource", "A"),
    ("objects/Account/Account.object-meta.xml", "CustomObject", "Account"),
    ("objects/Account/fields/X__c.field-meta.xml", "CustomField", "Account.X__c"),
    ("objects/Account.object", "CustomObject", "Account"),
    ("reports/Folder/Sub/R.report-meta.xml", "Report", "Folder/Sub/R"),
    ("settings/Flow.settings-meta.xml", "Settings", "Flow"),
    ("odd/place/A.namedCredential-meta.xml", "NamedCredential", "A"),
    ("A.flow-meta.xml", "Flow", "A"),
    ("flows\\A.flow-meta.xml", "Flow", "A"),
]


@pytest.mark.parametrize(("path", "type_name", "full_name"), PATHS)
def test_type_of_file(path: str, type_name: str, full_name: str) -> None:
    found = type_of_file(path)
    assert found is not None
    assert (found[0].name, found[1]) == (type_name, full_name)


@pytest.mark.parametrize(
    "path",
    ["", "README.md", "flows/README.md", "flows/.flow-meta.xml", "A.flow", "lwc/x.js", "jsconfig.json", "a/b.xml"],
)
def test_other_files(path: str) -> None:
    assert type_of_file(path) is None


@pytest.mark.parametrize(
    ("type_name", "full_name", "source", "mdapi"),
    [
        ("Flow", "A", "flows/A.flow-meta.xml", "flows/A.flow"),
        ("PermissionSet", "A", "permissionsets/A.permissionset-meta.xml", "permissionsets/A.permissionset"),
        ("ApexClass", "A", "classes/A.cls-meta.xml", "classes/A.cls-meta.xml"),
        ("CustomField", "Account.X__c", "objects/Account/fields/X__c.field-meta.xml", None),
        ("CustomObject", "Account", "objects/Account/Account.object-meta.xml", "objects/Account.object"),
        ("Report", "F/R", "reports/F/R.report-meta.xml", "reports/F/R.report"),
    ],
)
def test_file_names(type_name: str, full_name: str, source: str, mdapi: str | None) -> None:
    assert file_name(type_name, full_name, source=True) == source
    if mdapi is not None:
        assert file_name(type_name, full_name, source=False) == mdapi


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "/etc/x", "a\\b", "", "a\nb", "."])
def test_names_stay_in_their_folder(name: str) -> None:
    with pytest.raises(InvalidInput):
        file_name("Flow", name, source=True)


def test_every_plain_type_finds_its_own_files() -> None:
    plain = [row for row in TYPES.values() if row.suffix and row.parent is None and row.adapter is None]
    looked = 0
    for row in plain:
        for source in (True, False):
            found = type_of_file(file_name(row, "F/Name" if row.in_folder else "Name", source))
            assert found is not None, row
            # some folders and suffixes serve several types: the first one of the registry counts
            assert (found[0].folder, found[0].suffix) == (row.folder, row.suffix)
        looked += 1
    assert looked > 400


def test_since() -> None:
    assert TYPES["ExternalCredential"].since == 54.0
    assert TYPES["Flow"].since == 0.0


NAMED = (
    f'<NamedCredential xmlns="{METADATA_NS}"><label>x</label><namedCredentialType>SecuredEndpoint</namedCredentialType>'
    "</NamedCredential>"
)
SET = f'<PermissionSet xmlns="{METADATA_NS}"><label>x</label></PermissionSet>'
COMPONENTS = ComponentSet(
    "66.0",
    (
        Component("PermissionSet", "S", canonical("PermissionSet", SET.encode())),
        Component("NamedCredential", "N", canonical("NamedCredential", NAMED.encode())),
    ),
)


def test_trees() -> None:
    assert set(source_tree(COMPONENTS)) == {
        "permissionsets/S.permissionset-meta.xml",
        "namedCredentials/N.namedCredential-meta.xml",
    }
    assert set(mdapi_tree(COMPONENTS)) == {
        "package.xml",
        "permissionsets/S.permissionset",
        "namedCredentials/N.namedCredential",
    }


def test_archives_are_the_same_every_time_and_pass_an_independent_judge(tmp_path: Path, judge_folder: Path) -> None:
    data = deploy_zip(COMPONENTS)
    assert data == deploy_zip(ComponentSet("66.0", COMPONENTS.components[::-1]))
    assert next(iter(read_zip(data))) == "package.xml"
    (tmp_path / "deploy.zip").write_bytes(data)
    command = [sys.executable, judge_folder / "metadata-check", "--strict", tmp_path / "deploy.zip"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(files: list[SourceFile]) -> list[tuple[str, str]]:
    return [(file.type, file.full_name) for file in files]


def test_folder_archive_and_single_file_give_the_same(tmp_path: Path) -> None:
    entries = mdapi_tree(COMPONENTS)
    write(tmp_path / "tree", {name: data.decode() for name, data in entries.items()})
    (tmp_path / "t.zip").write_bytes(write_zip({f"unpackaged/{name}": data for name, data in entries.items()}))
    from_folder = list(read_tree(tmp_path / "tree"))
    from_zip = list(read_tree(tmp_path / "t.zip"))
    assert names(from_folder) == names(from_zip) == [("NamedCredential", "N"), ("PermissionSet", "S")]
    assert [file.data for file in from_folder] == [file.data for file in from_zip]
    assert from_zip[0].path == f"{tmp_path / 't.zip'}!unpackaged/namedCredentials/N.namedCredential"
    single = list(read_tree(tmp_path / "tree" / "permissionsets" / "S.permissionset"))
    assert names(single) == [("PermissionSet", "S")]
    assert names(list(read_entries(entries))) == names(from_folder)


def test_missing_paths(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        list(read_tree(tmp_path / "none"))
    with pytest.raises(UsageError, match="no such file"):
        list(read_tree(tmp_path / "none.zip"))


def test_package_directories_of_a_project(tmp_path: Path) -> None:
    flow = f'<Flow xmlns="{METADATA_NS}"/>'
    write(
        tmp_path,
        {
            "sfdx-project.json": json.dumps(
                {
                    "packageDirectories": [
                        {"path": "one"},
                        {"path": "./two/", "default": True},
                        {"path": "gone"},
                        {"path": "one/in"},
                        3,
                    ]
                }
            ),
            "one/flows/A.flow-meta.xml": flow,
            "one/in/flows/C.flow-meta.xml": flow,
            "two/flows/B.flow-meta.xml": flow,
            "three/flows/D.flow-meta.xml": flow,
            "node_modules/x/flows/E.flow-meta.xml": flow,
        },
    )
    assert names(list(read_tree(tmp_path))) == [("Flow", "A"), ("Flow", "C"), ("Flow", "B")]
    for broken in ("{", "[]", '{"packageDirectories": 3}'):
        write(tmp_path, {"sfdx-project.json": broken})
        assert len(list(read_tree(tmp_path))) == 4


def test_content_files_and_their_xml(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "classes/A.cls": "class A {}",
            "classes/A.cls-meta.xml": "<x/>",
            "staticresources/R.resource-meta.xml": "<x/>",
            "staticresources/R.json": "{}",
            "lwc/c/c.js": "x",
            "lwc/c/c.js-meta.xml": "<x/>",
        },
    )
    found = [(file.type, file.full_name, file.is_content) for file in read_tree(tmp_path)]
    assert found == [
        ("ApexClass", "A", True),
        ("ApexClass", "A", False),
        ("LightningComponentBundle", "c", True),
        ("LightningComponentBundle", "c", False),
        ("StaticResource", "R", True),
        ("StaticResource", "R", False),
    ]


def test_reading_is_lazy(tmp_path: Path) -> None:
    write(tmp_path, {"flows/A.flow-meta.xml": "x"})
    files = list(read_tree(tmp_path))
    (tmp_path / "flows/A.flow-meta.xml").unlink()
    with pytest.raises(UsageError):
        _ = files[0].data


def test_schema_beside_a_registration(tmp_path: Path) -> None:
    folder = "force-app/externalServiceRegistrations"
    write(
        tmp_path,
        {
            f"{folder}/A.externalServiceRegistration-meta.xml": "<x/>",
            f"{folder}/A.yaml": "openapi: 3.0.0",
            f"{folder}/B.externalServiceRegistration-meta.xml": "<x/>",
        },
    )
    found = list(read_tree(tmp_path))
    assert [file.beside() if file.beside else None for file in found] == [b"openapi: 3.0.0", None]
    single = next(read_tree(tmp_path / folder / "A.externalServiceRegistration-meta.xml"))
    assert single.beside
    assert single.beside() == b"openapi: 3.0.0"
    entries = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()
    }
    assert [bool(file.beside) for file in read_entries(entries)] == [True, False]


def test_parts_of_a_permission_set() -> None:
    entries = {
        "permissionsets/S/S.permissionset-meta.xml": b"",
        "permissionsets/S/userPermissions/RunFlow.userPermission-meta.xml": b"",
        "permissionsets/S/S.flowAccess-meta.xml": b"",
        "permissionsets/S/objectSettings/Account.objectSettings-meta.xml": b"",
        "permissionsets/T.permissionset-meta.xml": b"",
    }
    assert [(file.full_name, file.part) for file in read_entries(entries)] == [
        ("S", "flowAccess"),
        ("S", "permissionset"),
        ("S", "objectSettings"),
        ("S", "userPermission"),
        ("T", None),
    ]
