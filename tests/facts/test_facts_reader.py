"""Files become facts; what cannot be read is named and the rest stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.errors import InvalidInput
from sfsetup.facts.base import NAMES
from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.reader import read_fact
from sfsetup.metadata.layout import read_entries, read_tree
from sfsetup.metadata.types import type_of_file
from tests.support.metadata_files import document, facts_of, tree

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "metadata"


def test_each_type_becomes_its_fact() -> None:
    facts = facts_of(
        tree(
            externalCredentials__A__externalCredential="<authenticationProtocol>Custom</authenticationProtocol>",
            namedCredentials__A__namedCredential="<label>A</label>",
            externalServiceRegistrations__A__externalServiceRegistration="<label>A</label><status>Complete</status>",
            permissionsets__A__permissionset="<label>A</label>",
            permissionsetgroups__A__permissionsetgroup="<label>A</label>",
            profiles__A__profile="<custom>true</custom>",
            flows__A__flow="<label>A</label>",
            remoteSiteSettings__A__remoteSite="<url>https://acme.com</url>",
            cspTrustedSites__A__cspTrustedSite="<endpointUrl>https://acme.com</endpointUrl>",
            connectedApps__A__connectedApp="<label>A</label>",
            authproviders__A__authprovider="<friendlyName>A</friendlyName>",
            labels__CustomLabels__labels="<labels><fullName>A</fullName><value>a</value></labels>",
            classes__A__cls="public class A {}",
        )
    )
    assert facts.unreadable == ()
    assert sorted(facts.types) == [
        "ApexClass",
        "AuthProvider",
        "ConnectedApp",
        "CspTrustedSite",
        "CustomLabels",
        "ExternalCredential",
        "ExternalServiceRegistration",
        "Flow",
        "NamedCredential",
        "PermissionSet",
        "PermissionSetGroup",
        "Profile",
        "RemoteSiteSetting",
    ]
    assert {str(fact.ref) for fact in facts} >= {"Flow A", "NamedCredential A"}
    assert facts.files == 13


def test_lines_are_those_of_the_file() -> None:
    files = tree(namedCredentials__A__namedCredential="<label>A</label>\n<calloutStatus>Disabled</calloutStatus>")
    (credential,) = facts_of(files).named_credentials
    assert (credential.line, credential.line_of("label"), credential.line_of("calloutStatus")) == (2, 3, 4)
    assert credential.line_of("endpoint") == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"<NamedCredential>", "not well-formed XML"),
        (b"\xff\xfe<\x00N", "XML"),
        (document("ExternalCredential", ""), "the root element is <ExternalCredential>"),
        (b"<NamedCredential><label>A</label></NamedCredential>", "the root element is <NamedCredential>"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><NamedCredential>&e;</NamedCredential>', "DOCTYPE"),
    ],
)
def test_a_file_that_cannot_be_read_takes_no_other_with_it(data: bytes, message: str) -> None:
    files = tree(namedCredentials__Good__namedCredential="<label>A</label>")
    facts = facts_of({"namedCredentials/Bad.namedCredential": data, **files})
    assert [credential.full_name for credential in facts.named_credentials] == ["Good"]
    (bad,) = facts.unreadable
    assert (str(bad.ref), bad.file) == ("NamedCredential Bad", "namedCredentials/Bad.namedCredential")
    assert message in bad.message


def test_other_encodings_are_read() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?>'
        '<NamedCredential xmlns="http://soap.sforce.com/2006/04/metadata"><label>Größe</label></NamedCredential>'
    )
    (credential,) = facts_of({"namedCredentials/A.namedCredential": text.encode("utf-16")}).named_credentials
    assert credential.label == "Größe"


def test_types_without_facts_are_counted() -> None:
    facts = facts_of({"layouts/Account-A.layout": document("Layout", ""), "layouts/B.layout": document("Layout", "")})
    assert [(entry.type, entry.files) for entry in facts.not_judged] == [("Layout", 2)]


def test_one_document_becomes_one_fact() -> None:
    data = document("ExternalCredential", "<authenticationProtocol>Basic</authenticationProtocol>")
    fact = read_fact(data, "ExternalCredential", "Acme", file="x")
    assert isinstance(fact, ExternalCredential)
    assert fact.protocol == "Basic"
    with pytest.raises(InvalidInput):
        read_fact(b"<", "ExternalCredential", "Acme", file="x")
    with pytest.raises(KeyError):
        read_fact(data, "Layout", "Acme", file="x")


def test_a_decomposed_permission_set_is_one() -> None:
    folder = "permissionsets/Callers"
    files = {
        f"{folder}/Callers.permissionset-meta.xml": document("PermissionSet", "<label>Callers</label>"),
        f"{folder}/Callers.userPermission-meta.xml": document(
            "PermissionSet", "<userPermissions><enabled>true</enabled><name>RunFlow</name></userPermissions>"
        ),
        f"{folder}/Acme-Key.externalCredentialPrincipalAccess-meta.xml": document(
            "ExternalCredentialPrincipalAccess",
            "<enabled>true</enabled><externalCredentialPrincipal>Acme-Key</externalCredentialPrincipal>",
        ),
        f"{folder}/Broken.flowAccess-meta.xml": b"<",
    }
    facts = facts_of(files)
    (callers,) = facts.permission_sets
    assert (callers.full_name, callers.label) == ("Callers", "Callers")
    assert callers.has_permission("RunFlow")
    assert [(access.external_credential, access.principal) for access in callers.principals] == [("Acme", "Key")]
    assert [entry.file for entry in facts.unreadable] == [f"{folder}/Broken.flowAccess-meta.xml"]


@pytest.mark.parametrize("ending", ["yaml", "yml", "json"])
def test_a_schema_beside_its_registration_belongs_to_it(ending: str) -> None:
    name = f"externalServiceRegistrations/Shop.{ending}"
    files = tree(externalServiceRegistrations__Shop__externalServiceRegistration="<status>Complete</status>")
    facts = facts_of({**files, name: b'{"openapi": "3.0.3"}'})
    (shop,) = facts.registrations
    assert (shop.schema, shop.schema_file) == ('{"openapi": "3.0.3"}', name)


def test_the_schema_in_the_file_wins() -> None:
    files = tree(externalServiceRegistrations__Shop__externalServiceRegistration="<schema>own</schema>")
    (shop,) = facts_of({**files, "externalServiceRegistrations/Shop.yaml": b"beside"}).registrations
    assert (shop.schema, shop.schema_file) == ("own", None)


def test_libraries_and_binaries_are_not_looked_through() -> None:
    facts = facts_of(
        {
            "staticresources/big.js": b"x = 'k8f7d6s5a4q2w3e4';" + b" " * (600 * 1024),
            "staticresources/logo.js": b"x\0y",
            "staticresources/small.js": b"const key = 'k8f7d6s5a4q2w3e4';",
        }
    )
    assert [text.full_name for text in facts.texts] == ["small"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not there")
def test_every_public_file_is_read() -> None:
    files = {
        f"{path.parent.name}/{path.name.split('__', 2)[2]}": path.read_bytes()
        for path in sorted(CORPUS.glob("*/*"))
        if type_of_file(path.name.split("__", 2)[2]) is not None
    }
    assert len(files) > 40
    facts = facts_of(files)
    assert [(entry.file, entry.message) for entry in facts.unreadable] == []
    assert facts.flows
    assert facts.registrations


def test_a_folder_and_its_entries_give_the_same(tmp_path: Path) -> None:
    files = tree(flows__A__flow="<label>A</label>", namedCredentials__B__namedCredential="<label>B</label>")
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    of_folder = [file.full_name for file in read_tree(tmp_path)]
    assert of_folder == [file.full_name for file in read_entries(files)]


def test_names_that_no_field_has_are_not_remembered() -> None:
    inner = "".join(f"<n{number}{'x' * 300}/>" for number in range(50))
    before = len(NAMES)
    (found,) = facts_of(tree(namedCredentials__A__namedCredential=inner)).named_credentials
    assert len([line for line in found.lines if line.startswith("n")]) == 50
    assert len(NAMES) - before < 5
