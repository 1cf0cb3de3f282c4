"""What real files become: stored, and given back equal by meaning and in the style of orgs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sfsetup.localorg.deploy import parts
from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.embedded import Embedded
from sfsetup.metadata.form import check_form
from sfsetup.metadata.types import TYPES
from sfsetup.metadata.xml import canonical
from sfsetup.model.finding import Severity
from sfsetup.text.xml import parse_xml
from tests.conftest import SHARED
from tests.support.metadata_caller import MetadataCaller

CORPUS = SHARED / "corpus" / "metadata"
FILES = sorted(path for path in CORPUS.glob("*/*-meta.xml")) if CORPUS.is_dir() else []
VERSIONS = ("66.0", "62.0", "57.0")
"""Tried in turn: a file is valid if one of them takes its form."""
WRITE_ONLY = {"password", "oauthToken", "oauthRefreshToken", "awsAccessSecret"}


def valid_version(path: Path) -> str | None:
    root = parse_xml(path.read_bytes())
    for version in VERSIONS:
        problems = check_form(root, path.parent.name, version)
        if not any(problem.severity.at_least(Severity.HIGH) for problem in problems):
            return version
    return None


VALID = [(path, version) for path in FILES if (version := valid_version(path))]


def meaning(element: Any) -> Any:
    """Name, text and children without order; documents inside texts by value."""
    name = etree.QName(element).localname
    text = (element.text or "") if not len(element) else ""
    if name == "serviceBinding":
        text = json.dumps(json.loads(text), sort_keys=True)
    if text in ("0", "1") and name in ("enabled", "active"):
        text = "true" if text == "1" else "false"
    attributes = tuple(sorted(element.attrib.items()))
    return name, text, attributes, tuple(sorted((meaning(child) for child in element), key=repr))


def without(root: Any, *names: str) -> Any:
    for child in [each for each in root if etree.QName(each).localname in names]:
        root.remove(child)
    return root


def leveled(root: Any) -> Any:
    """What the platform adds, drops or renames, taken out on both sides (sources: localorg/deploy/fill.py)."""
    kind = etree.QName(root).localname
    if kind == "ExternalServiceRegistration":
        names = {root.findtext(f"{{*}}{name}") for name in ("namedCredential", "namedCredentialReference")}
        binding = root.find("{*}serviceBinding")
        kept = json.loads(binding.text)["compatibleMediaTypes"] if binding is not None else {}
        active = {each.findtext("{*}name") for each in root.iterfind("{*}operations") if "true" in each.itertext()}
        without(root, "namedCredential", "namedCredentialReference", "systemVersion", "serviceBinding", "operations")
        without(root, "schemaType")
        return meaning(root), names - {None}, json.dumps(kept), active
    if kind == "ExternalCredential":
        for parameter in root.iterfind("{*}externalCredentialParameters"):
            without(parameter, "parameterGroup")
    if kind == "PermissionSet":
        for each in list(root.iterfind("{*}userPermissions")):
            if each.findtext("{*}enabled") != "true":
                root.remove(each)
        without(root, "hasActivationRequired")
    return meaning(without(root, "fullName", *WRITE_ONLY))


def deploy_or_put(caller: MetadataCaller, server: Embedded, row: Any, name: str, data: bytes, version: str) -> bool:
    """Deploys; where only something that the file refers to is missing, stores it as a deploy does."""
    path = f"{row.folder}/{name}.{row.suffix}"
    caller.version = version
    if caller.deploy({path: data}, version).status == "Succeeded":
        return True
    state = server.org.state
    with state.transaction():
        parts.store(state, Incoming(row, name, path, data), by=state.admin_id)
    return False


def test_the_corpus_is_judged_valid_as_expected() -> None:
    if not FILES:
        pytest.skip("the sample files are not beside this checkout")
    kinds = Counter(path.parent.name for path, _ in VALID)
    refused = len(FILES) - len(VALID)
    assert refused <= 3
    assert kinds["Flow"] > 15
    assert kinds["NamedCredential"] > 15


@pytest.mark.skipif(not FILES, reason="the sample files are not beside this checkout")
def test_every_valid_file_comes_back_equal_and_in_style(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    switches = server.org.state.switches
    for name in switches.all():
        if name.endswith(("-refused", "-checked", "-required")):
            switches.set(name, False)
    deployed = identical = 0
    for place, (path, version) in enumerate(VALID):
        row, name, data = TYPES[path.parent.name], f"Real{place}", path.read_bytes()
        if row.name == "PermissionSet":
            server.org.state.permissions.delete(name)
        deployed += deploy_or_put(caller, server, row, name, data, version)
        files, _ = caller.retrieve({row.name: [name]})
        back = files[f"{row.folder}/{name}.{row.suffix}"]
        assert leveled(etree.fromstring(back)) == leveled(etree.fromstring(data)), path
        assert canonical(row.name, back) == back, path
        identical += back == data
    assert deployed > len(VALID) * 0.55
    # files that an org wrote, and that the local org had nothing to add to, are the same to the byte
    assert identical > len(VALID) * 0.4


@pytest.mark.skipif(not FILES, reason="the sample files are not beside this checkout")
def test_an_older_version_gives_back_what_it_knows(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    row = TYPES["NamedCredential"]
    text = (
        '<NamedCredential xmlns="http://soap.sforce.com/2006/04/metadata"><calloutStatus>Enabled</calloutStatus>'
        "<description>d</description><endpoint>https://x.example</endpoint><label>L</label>"
        "<principalType>Anonymous</principalType><protocol>NoAuthentication</protocol></NamedCredential>"
    )
    assert caller.deploy({f"{row.folder}/Old.{row.suffix}": text}).status == "Succeeded"
    for version, there in (("66.0", (True, True)), ("60.0", (True, False)), ("57.0", (False, False))):
        caller.version = version
        back = caller.retrieve({row.name: ["Old"]})[0][f"{row.folder}/Old.{row.suffix}"]
        assert (b"calloutStatus" in back, b"description" in back) == there, version
