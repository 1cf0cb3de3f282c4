"""A bare client of the Metadata API over real HTTP, written from the WSDL: no code of sfsetup's own client in it."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import requests
from lxml import etree

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NS = "http://soap.sforce.com/2006/04/metadata"
_OPTIONS = (
    "allowMissingFiles", "autoUpdatePackage", "checkOnly", "ignoreWarnings", "performRetrieve", "purgeOnDelete",
    "rollbackOnError", "runTests", "singlePackage", "testLevel",
)  # fmt: skip
_FOLDERS = {
    "authproviders": "AuthProvider",
    "externalCredentials": "ExternalCredential",
    "namedCredentials": "NamedCredential",
    "externalServiceRegistrations": "ExternalServiceRegistration",
    "permissionsets": "PermissionSet",
    "flows": "Flow",
    "flowDefinitions": "FlowDefinition",
    "classes": "ApexClass",
    "objects": "CustomObject",
    "profiles": "Profile",
    "remoteSiteSettings": "RemoteSiteSetting",
    "customMetadata": "CustomMetadata",
    "labels": "CustomLabels",
    "permissionsetgroups": "PermissionSetGroup",
    "staticresources": "StaticResource",
    "lwc": "LightningComponentBundle",
    "settings": "Settings",
}


def as_zip(files: Mapping[str, bytes | str]) -> bytes:
    """An archive of these files, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def manifest(members: Mapping[str, Iterable[str]], version: str = "66.0") -> str:
    """A package.xml; an empty version leaves the element out."""
    types = "".join(
        f"<types>{''.join(f'<members>{escape(name)}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    shown = f"<version>{version}</version>" if version else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Package xmlns="{NS}">{types}{shown}</Package>'


def members_of(files: Iterable[str]) -> dict[str, list[str]]:
    """What a package.xml for these files names."""
    found: dict[str, list[str]] = {}
    for path in files:
        folder, _, rest = path.partition("/")
        if folder not in _FOLDERS:
            continue
        name = rest.split("/")[0] if folder == "lwc" else rest.removesuffix("-meta.xml").rpartition(".")[0]
        names = found.setdefault(_FOLDERS[folder], [])
        if name not in names:
            names.append(name)
    return found


def package(files: Mapping[str, bytes | str], version: str = "66.0") -> bytes:
    """A deploy's zip: the files, and the package.xml that names them unless they bring one."""
    if "package.xml" in files:
        return as_zip(files)
    return as_zip({"package.xml": manifest(members_of(files), version), **files})


def xml(type_name: str, inner: str) -> str:
    """A metadata document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{type_name} xmlns="{NS}">\n{inner}\n</{type_name}>\n'


def value_of(element: Any) -> Any:
    """An element as text, or as a map of its children; a name that repeats becomes a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child).localname
        value = value_of(child)
        if name in found:
            found[name] = [*found[name], value] if isinstance(found[name], list) else [found[name], value]
        else:
            found[name] = value
    return found


def as_list(value: Any) -> list[Any]:
    """What is missing is empty, what is single is one."""
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


class Fault(Exception):
    """A SOAP fault."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass
class Deployed:
    """A DeployResult, read."""

    raw: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def status(self) -> str:
        return str(self.raw["status"])

    @property
    def counts(self) -> tuple[int, int, int]:
        """(errors, deployed, total)."""
        names = ("numberComponentErrors", "numberComponentsDeployed", "numberComponentsTotal")
        return tuple(int(self.raw[name]) for name in names)  # type: ignore[return-value]

    @property
    def failures(self) -> list[dict[str, Any]]:
        return as_list(self.raw["details"].get("componentFailures"))

    @property
    def successes(self) -> list[dict[str, Any]]:
        return as_list(self.raw["details"].get("componentSuccesses"))

    @property
    def problems(self) -> dict[str, str]:
        """fullName -> problem of the failures."""
        return {each["fullName"]: each["problem"] for each in self.failures}

    def success(self, full_name: str) -> dict[str, Any]:
        """The entry of a component that went well."""
        found: dict[str, Any] = next(each for each in self.successes if each["fullName"] == full_name)
        return found


@dataclass
class MetadataCaller:
    """Talks to one server at one API version; keeps every reply."""

    url: str
    token: str
    version: str = "66.0"
    replies: list[bytes] = field(default_factory=list)

    def post(self, body: bytes | str, *, path: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """A raw request to the Metadata endpoint."""
        address = f"{self.url}{path or f'/services/Soap/m/{self.version}'}"
        data = body.encode() if isinstance(body, str) else body
        sent = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', **(headers or {})}
        return requests.post(address, data=data, headers=sent, timeout=60)

    def envelope(self, operation: str, inner: str) -> str:
        """The request's text."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
            'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:met="{NS}"><soapenv:Header><met:SessionHeader><met:sessionId>{escape(self.token)}'
            f"</met:sessionId></met:SessionHeader></soapenv:Header><soapenv:Body><met:{operation}>{inner}"
            f"</met:{operation}></soapenv:Body></soapenv:Envelope>"
        )

    def call(self, operation: str, inner: str = "") -> list[Any]:
        """The `result` elements. Raises Fault."""
        response = self.post(self.envelope(operation, inner))
        self.replies.append(response.content)
        return self.results(response)

    @staticmethod
    def results(response: Any) -> list[Any]:
        """The `result` elements of a reply. Raises Fault."""
        root = etree.fromstring(response.content, etree.XMLParser(huge_tree=True))
        fault = root.find(".//{http://schemas.xmlsoap.org/soap/envelope/}Fault")
        if fault is not None:
            assert response.status_code == 500
            raise Fault(fault.findtext("faultcode") or "", fault.findtext("faultstring") or "")
        assert response.status_code == 200
        return root.findall(f".//{{{NS}}}result")

    def start(self, archive: bytes, **options: object) -> str:
        """Queues a deploy; its id. Options as the WSDL spells them; singlePackage and rollbackOnError are true."""
        given = {"singlePackage": True, "rollbackOnError": True, "testLevel": "NoTestRun", **options}
        parts = []
        for name in _OPTIONS:
            values = given.get(name, False)
            sent = values if isinstance(values, tuple) else (values,)
            if not (name == "runTests" and values is False):
                parts += [f"<met:{name}>{_text(value)}</met:{name}>" for value in sent if value is not None]
        content = base64.b64encode(archive).decode()
        inner = f"<met:ZipFile>{content}</met:ZipFile><met:DeployOptions>{''.join(parts)}</met:DeployOptions>"
        return str(self.call("deploy", inner)[0].findtext(f"{{{NS}}}id"))

    def status(self, job_id: str, *, details: bool = True) -> Deployed:
        """checkDeployStatus."""
        inner = f"<met:asyncProcessId>{job_id}</met:asyncProcessId><met:includeDetails>{_text(details)}"
        return Deployed(value_of(self.call("checkDeployStatus", f"{inner}</met:includeDetails>")[0]))

    def deploy(self, files: Mapping[str, bytes | str], version: str | None = None, **options: object) -> Deployed:
        """Deploys files and tells the end."""
        return self.status(self.start(package(files, version or self.version), **options))

    def retrieve(
        self, members: Mapping[str, Iterable[str]], *, single: bool = True, more: str = ""
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """(files, RetrieveResult)."""
        types = "".join(
            f"<met:types>{''.join(f'<met:members>{escape(name)}</met:members>' for name in names)}"
            f"<met:name>{kind}</met:name></met:types>"
            for kind, names in members.items()
        )
        inner = (
            f"<met:retrieveRequest><met:apiVersion>{self.version}</met:apiVersion>{more}"
            f"<met:singlePackage>{_text(single)}</met:singlePackage><met:unpackaged>{types}"
            f"<met:version>{self.version}</met:version></met:unpackaged></met:retrieveRequest>"
        )
        job_id = self.call("retrieve", inner)[0].findtext(f"{{{NS}}}id")
        found = value_of(self.call("checkRetrieveStatus", f"<met:asyncProcessId>{job_id}</met:asyncProcessId>")[0])
        data = base64.b64decode(found.get("zipFile") or "")
        files: dict[str, bytes] = {}
        if data:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
        return files, found

    def list(self, *types: str) -> list[dict[str, Any]]:
        """listMetadata."""
        queries = "".join(f"<met:queries><met:type>{kind}</met:type></met:queries>" for kind in types)
        found = self.call("listMetadata", f"{queries}<met:asOfVersion>{self.version}</met:asOfVersion>")
        return [value_of(each) for each in found]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


@contextmanager
def running(
    path: Path | None = None, *, version: str = "66.0", **org: Any
) -> Iterator[tuple[MetadataCaller, Embedded]]:
    """A local org in this process and a caller of it."""
    with Embedded(State.open(path, **org)) as server:
        yield MetadataCaller(server.url, server.token, version), server
