"""What real files become: stored, and given back equal by meaning and in the style of orgs."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

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


def element(kind: str, inner: str) -> str:
    return f'<{kind} xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</{kind}>'


def neighbours(root: Any) -> dict[str, str]:
    """The least of what a file refers to, as far as the file tells enough: providers, principals, Apex classes."""
    found = {}
    for each in root.iterfind(".//{*}authProvider"):
        inner = f"<friendlyName>{each.text}</friendlyName><providerType>OpenIdConnect</providerType>"
        found[f"authproviders/{each.text}.authprovider"] = element("AuthProvider", inner)
    principals: dict[str, list[str]] = {}
    for each in root.iterfind("{*}externalCredentialPrincipalAccesses/{*}externalCredentialPrincipal"):
        credential, _, principal = each.text.partition("-")
        if "__" not in credential:  # those of a package are not looked for
            principals.setdefault(credential, []).append(principal.strip())
    for credential, names in principals.items():
        inner = "".join(
            f"<externalCredentialParameters><parameterName>{escape(name)}</parameterName><parameterType>NamedPrincipal"
            f"</parameterType><sequenceNumber>{number}</sequenceNumber></externalCredentialParameters>"
            for number, name in enumerate(names, start=1)
        )
        inner = f"<authenticationProtocol>Custom</authenticationProtocol>{inner}<label>L</label>"
        found[f"externalCredentials/{credential}.externalCredential"] = element("ExternalCredential", inner)
    classes = {each.text.partition(".")[0] for each in root.iterfind(".//{*}apexClass")}
    for call in root.iterfind("{*}actionCalls"):
        if call.findtext("{*}actionType") == "apex":
            classes.add(call.findtext("{*}actionName"))
    for name in sorted(classes):
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", name):
            found[f"classes/{name}.cls"] = f"public class {name} {{}}"
            inner = "<apiVersion>60.0</apiVersion><status>Active</status>"
            found[f"classes/{name}.cls-meta.xml"] = element("ApexClass", inner)
    return found | services(root)


def services(root: Any) -> dict[str, str]:
    """Registrations with the operations that a flow calls and the types of its variables."""
    operations: dict[str, list[str]] = {}
    for call in root.iterfind("{*}actionCalls"):
        service, _, operation = call.findtext("{*}actionName").partition(".")
        if call.findtext("{*}actionType") == "externalService" and "::" not in service:
            operations.setdefault(service, []).append(operation)
    found = {}
    for service, names in operations.items():
        start = f"ExternalService__{service}_"
        types = sorted({each.text[len(start) :] for each in root.iterfind(".//{*}apexClass") if start in each.text})
        schemas = {name: {"type": "object", "properties": {"id": {"type": "string"}}} for name in types}
        answers = {
            str(200 + number): {
                "description": name,
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
            }
            for number, name in enumerate(types)
        } or {"200": {"description": "ok"}}
        document = {
            "openapi": "3.0.3",
            "info": {"title": service, "version": "1"},
            "paths": {
                f"/p{number}": {"get": {"operationId": name, "responses": answers}} for number, name in enumerate(names)
            },
            "components": {"schemas": schemas},
        }
        active = "".join(
            f"<operations><active>true</active><name>{escape(name)}</name></operations>" for name in sorted(set(names))
        )
        inner = (
            f"<label>{service}</label><namedCredentialReference>N</namedCredentialReference>{active}"
            f"<schema>{escape(json.dumps(document))}</schema><schemaType>OpenApi3</schemaType>"
            "<serviceBinding>{}</serviceBinding><status>Complete</status><systemVersion>8</systemVersion>"
        )
        path = f"externalServiceRegistrations/{service}.externalServiceRegistration"
        found[path] = element("ExternalServiceRegistration", inner)
    return found


def deploy_or_put(caller: MetadataCaller, server: Embedded, row: Any, name: str, data: bytes, version: str) -> bool:
    """Deploys; where only something that the file refers to is missing, and cannot be made up, stores it as a deploy
    does."""
    path = f"{row.folder}/{name}.{row.suffix}"
    around = neighbours(parse_xml(data))
    caller.version = version
    if around:
        done = caller.deploy(around, version)
        assert done.status == "Succeeded", done.failures
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
    print(f"{deployed} of {len(VALID)} deployed, {identical} the same to the byte")
    assert deployed > len(VALID) * 0.9
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
