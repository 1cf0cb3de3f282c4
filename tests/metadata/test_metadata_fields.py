"""The tables of fields and types: generated, complete, and the same as other copies of the WSDL say."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from sfsetup.metadata.details import details_of
from sfsetup.metadata.fields import enumeration, fields_of, first_version, gone_values, is_complex, is_root
from sfsetup.metadata.types import TYPES

XSD = "{http://www.w3.org/2001/XMLSchema}"
OURS = (
    "ExternalCredential",
    "NamedCredential",
    "ExternalServiceRegistration",
    "PermissionSet",
    "Flow",
    "Package",
    "RemoteSiteSetting",
    "CspTrustedSite",
    "ConnectedApp",
    "CustomMetadata",
    "AuthProvider",
    "Certificate",
    "CustomLabels",
    "FlowDefinition",
    "PermissionSetGroup",
    "MutingPermissionSet",
    "Profile",
    "ApexClass",
)


def test_tables_are_what_the_script_makes(wsdl_folder: Path, repository: Path, tmp_path: Path) -> None:
    script = repository / "tests" / "tools" / "generate_metadata_tables.py"
    subprocess.run([sys.executable, script, wsdl_folder, tmp_path], check=True, timeout=120)
    for name in ("fields.json", "fields_more.json.gz", "folders.json"):
        assert (tmp_path / name).read_bytes() == (repository / "sfsetup" / "metadata" / name).read_bytes(), name


def _foreign_wsdl() -> etree._Element:
    found = importlib.util.find_spec("simple_salesforce")
    assert found
    assert found.origin
    path = Path(found.origin).with_name("metadata.wsdl")
    return next(etree.parse(path, etree.XMLParser(huge_tree=True)).iter(XSD + "schema"))


CHANGED_SINCE_63 = {("FlowDataTypeMapping", "typeName")}
"""Required in 63.0, optional in 66.0."""


def test_fields_agree_with_the_wsdl_of_another_release() -> None:
    """simple-salesforce ships a WSDL of its own (63.0, from an org with fewer features): all fields of our types."""
    schema = _foreign_wsdl()
    nodes = {node.get("name"): node for node in schema.findall(XSD + "complexType")}
    todo, seen, compared = list(OURS), set(), 0
    while todo:
        name = todo.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        ours, theirs = fields_of(name), _fields(name, nodes)
        for entry in theirs.values():
            field = ours[entry[0]]
            assert field.in_version(63.0), (name, field)
            if not field.gone and (name, field.name) not in CHANGED_SINCE_63:
                assert (field.name, field.type, field.required, field.many) == entry, name
        more = [field.name for field in ours.values() if field.in_version(63.0) and field.name not in theirs]
        assert all(ours[field].trimmed for field in more), (name, more)
        assert [field for field in ours if field in theirs] == list(theirs), name
        compared += len(theirs)
        todo.extend(field.type for field in ours.values())
    assert len(seen) > 150
    assert compared > 900


def _fields(name: str, nodes: dict[str, etree._Element]) -> dict[str, tuple[str, str, bool, bool]]:
    node = nodes[name]
    extension = node.find(f".//{XSD}extension")
    found = _fields(extension.get("base").partition(":")[2], nodes) if extension is not None else {}
    for element in node.iter(XSD + "element"):
        kind = element.get("type").partition(":")[2]
        many = element.get("maxOccurs", "1") != "1"
        found[element.get("name")] = (element.get("name"), kind, element.get("minOccurs") != "0", many)
    return found


NOT_IN_ANY_WSDL_OF_THE_HISTORY = {"PulseMetric", "pauseAds", "APICustomTopic"}
"""Values of that org's features."""


def test_enumerations_agree_with_the_wsdl_of_another_release() -> None:
    compared = 0
    for node in _foreign_wsdl().findall(XSD + "simpleType"):
        name = node.get("name")
        values = {value.get("value") for value in node.iter(XSD + "enumeration")}
        ours = enumeration(name)
        if not values or ours is None:
            continue
        in_63 = {value for value, since in ours.items() if since <= 63.0}
        in_63 |= {value for value, (first, last) in gone_values(name).items() if first <= 63.0 <= last}
        if name != "StatusCode":
            assert values <= in_63 | NOT_IN_ANY_WSDL_OF_THE_HISTORY, name
        compared += 1
    assert compared > 500


@pytest.mark.parametrize(
    ("type_name", "field", "since"),
    [
        ("PermissionSet", "externalCredentialPrincipalAccesses", 59.0),
        ("ExternalCredentialParameter", "parameterGroup", 58.0),
        ("ExternalCredentialParameter", "externalAuthIdentityProvider", 61.0),
        ("NamedCredential", "calloutStatus", 58.0),
        ("NamedCredential", "description", 64.0),
        ("ExternalServiceRegistration", "namedCredentialReference", 57.0),
        ("Flow", "areMetricsLoggedToDataCloud", 63.0),
        ("Flow", "accessType", 67.0),
        ("FlowActionCall", "versionString", 62.0),
        ("PermissionSet", "enrichments", 68.0),
    ],
)
def test_versions_of_fields(type_name: str, field: str, since: float) -> None:
    found = fields_of(type_name)[field]
    assert found.since == since
    assert found.in_version(since)
    assert not found.in_version(since - 1)


def test_fields_that_are_gone() -> None:
    principal = fields_of("ExternalCredentialParameter")["principal"]
    assert principal.gone == (54.0, 57.0)
    assert [version for version in range(52, 62) if principal.in_version(version)] == [54, 55, 56, 57]
    assert fields_of("FlowActionCall")["versionSegment"].gone == (58.0, 64.0)


def test_kinds_of_names() -> None:
    assert is_root("Flow")
    assert is_root("CustomObject")
    assert not is_root("Metadata")
    assert not is_root("FlowActionCall")
    assert not is_root("Nonsense")
    assert is_complex("FlowActionCall")
    assert not is_complex("string")
    assert enumeration("AuthenticationProtocol")["Basic"] == 60.0  # type: ignore[index]
    assert enumeration("Flow") is None
    assert fields_of("Nonsense") == {}
    assert first_version("ExternalCredential") == 54.0


def test_inherited_fields_come_first() -> None:
    names = list(fields_of("FlowActionCall"))
    assert names.index("name") < names.index("label") < names.index("locationX") < names.index("actionName")


def test_types_outside_the_small_file() -> None:
    assert fields_of("CustomObject")["fields"].many
    assert fields_of("Bot")["label"].type == "string"


@pytest.mark.parametrize("type_name", [*OURS, "CustomObject", "CustomField", "Layout"])
def test_details_name_elements_that_exist(type_name: str) -> None:
    """A fact about a misspelt element would never apply."""
    details = details_of(type_name)
    paths = {*details.server_filled, *details.write_only, *details.defaults, *details.references, *details.list_keys}
    paths |= set(details.by_meaning) | set(details.not_retrieved)
    for path in paths:
        assert _field_type(type_name, path) is not None, path
    for path, keys in details.list_keys.items():
        items = fields_of(_field_type(type_name, path) or "")
        assert set(keys) <= set(items), path
    for target in details.references.values():
        assert target in TYPES


def _field_type(type_name: str, path: str) -> str | None:
    for part in path.split("/"):
        field = fields_of(type_name).get(part)
        if field is None:
            return None
        type_name = field.type
    return type_name


def test_defaults_are_values_of_their_field() -> None:
    for path, value in details_of("NamedCredential").defaults.items():
        kind = _field_type("NamedCredential", path)
        assert kind
        assert value in ({"true", "false"} if kind == "boolean" else set(enumeration(kind) or ()))
