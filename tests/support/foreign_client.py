"""Another client of the same org, with nothing of sfsetup's conversation in it: simple-salesforce's REST and SOAP by hand.

It changes what an administrator or another tool would change, so that tests see how sfsetup treats it.
"""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from typing import Any

import requests

METADATA = "http://soap.sforce.com/2006/04/metadata"
FOLDERS = {
    "ExternalCredential": ("externalCredentials", "externalCredential"),
    "NamedCredential": ("namedCredentials", "namedCredential"),
    "ExternalServiceRegistration": ("externalServiceRegistrations", "externalServiceRegistration"),
    "PermissionSet": ("permissionsets", "permissionset"),
    "Flow": ("flows", "flow"),
}


class ForeignClient:
    """Speaks to a local org as another tool would."""

    def __init__(self, url: str, token: str, version: str = "66.0") -> None:
        self.url, self.version = url, version
        self._token = token
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    def rest(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """A REST call below /services/data/vNN.N/."""
        answer = self._http.request(
            method,
            f"{self.url}/services/data/v{self.version}/{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {self._token}"},
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def query(self, soql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.rest("GET", "query", q=soql)["records"]
        return found

    def read(self, type_name: str, full_name: str) -> str:
        """The component's XML, retrieved."""
        inner = (
            f"<m:retrieve><m:retrieveRequest><m:apiVersion>{self.version}</m:apiVersion>"
            "<m:singlePackage>true</m:singlePackage><m:unpackaged><m:types>"
            f"<m:members>{full_name}</m:members><m:name>{type_name}</m:name></m:types>"
            f"<m:version>{self.version}</m:version></m:unpackaged></m:retrieveRequest></m:retrieve>"
        )
        job = _first("id", self._soap(inner))
        while True:
            check = f"<m:checkRetrieveStatus><m:asyncProcessId>{job}</m:asyncProcessId><m:includeZip>true</m:includeZip></m:checkRetrieveStatus>"
            answer = self._soap(check)
            if _first("done", answer) == "true":
                break
            time.sleep(0.01)
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(_first("zipFile", answer))))
        folder, suffix = FOLDERS[type_name]
        (name,) = [n for n in archive.namelist() if n.endswith(f"{folder}/{full_name}.{suffix}")]
        return archive.read(name).decode()

    def write(self, type_name: str, full_name: str, xml: str) -> None:
        """Deploys one component."""
        self.deploy({(type_name, full_name): xml})

    def deploy(self, components: dict[tuple[str, str], str]) -> None:
        """Deploys components in one job; fails the test if the org refuses."""
        job = self.begin(components)
        while True:
            check = f"<m:checkDeployStatus><m:asyncProcessId>{job}</m:asyncProcessId><m:includeDetails>true</m:includeDetails></m:checkDeployStatus>"
            answer = self._soap(check)
            if _first("done", answer) == "true":
                break
            time.sleep(0.01)
        assert _first("success", answer.rpartition("<status>")[2]) == "true", answer

    def begin(self, components: dict[tuple[str, str], str]) -> str:
        """Begins to deploy components in one job and gives its id."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            types = ""
            for (type_name, full_name), xml in components.items():
                folder, suffix = FOLDERS[type_name]
                archive.writestr(f"{folder}/{full_name}.{suffix}", xml)
                types += f"<types><members>{full_name}</members><name>{type_name}</name></types>"
            archive.writestr(
                "package.xml",
                f'<?xml version="1.0"?><Package xmlns="{METADATA}">{types}<version>{self.version}</version></Package>',
            )
        data = base64.b64encode(stream.getvalue()).decode()
        options = "<m:rollbackOnError>true</m:rollbackOnError><m:singlePackage>true</m:singlePackage>"
        answer = self._soap(
            f"<m:deploy><m:ZipFile>{data}</m:ZipFile><m:DeployOptions>{options}</m:DeployOptions></m:deploy>"
        )
        return _first("id", answer)

    def edit(self, type_name: str, full_name: str, *changes: tuple[str, str]) -> None:
        """Replaces texts in a component."""
        xml = self.read(type_name, full_name)
        for before, after in changes:
            assert before in xml, (before, xml)
            xml = xml.replace(before, after, 1)
        self.write(type_name, full_name, xml)

    def _soap(self, inner: str) -> str:
        envelope = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:m="{METADATA}"><s:Header><m:SessionHeader><m:sessionId>{self._token}</m:sessionId>'
            f"</m:SessionHeader></s:Header><s:Body>{inner}</s:Body></s:Envelope>"
        )
        answer = self._http.post(
            f"{self.url}/services/Soap/m/{self.version}",
            data=envelope.encode(),
            headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
        )
        assert answer.status_code == 200, answer.text
        return answer.text


def _first(name: str, text: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", text, re.DOTALL)
    assert found is not None, (name, text)
    return found.group(1)
