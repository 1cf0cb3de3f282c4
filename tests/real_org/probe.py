"""A small integration of its own for asking an org what the references leave open, and what it answered.

Every component is called `sfsetup_probe_…` and is removed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sfsetup.metadata.layout import mdapi_tree
from sfsetup.metadata.package import write_package_xml
from sfsetup.model.component import Component, ComponentSet
from sfsetup.org.connection import OrgConnection
from sfsetup.org.jobs import DeployOptions, DeployResult
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration
from sfsetup.text.archive import write_zip

PREFIX = "sfsetup_probe_"
API_VERSION = "60.0"
"""Low enough for every org, high enough for all of our types."""

_ORDER = ("Flow", "PermissionSet", "ExternalServiceRegistration", "NamedCredential", "ExternalCredential")
"""Order in which components are removed: what refers to others first."""


def document(*, version: str = "3.0.3") -> dict[str, Any]:
    """Two operations, one with a hyphen in its operationId."""
    thing = {"type": "object", "properties": {"name": {"type": "string"}}}
    answer = {"200": {"description": "A thing", "content": {"application/json": {"schema": thing}}}}
    where = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": version,
        "info": {"title": "Probe", "version": "1"},
        "paths": {
            "/things/{id}": {"get": {"operationId": "get-thing", "parameters": [where], "responses": answer}},
            "/others/{id}": {"get": {"operationId": "getOther", "parameters": [where], "responses": answer}},
        },
    }


def spec_text(suffix: str, url: str, *, openapi: str = "openapi.json", operation: str = "getOther") -> str:
    """integration.yaml of one probe."""
    name = PREFIX + suffix
    return f"""
version: 1
api_version: "{API_VERSION}"
openapi: {openapi}
service: {{name: {PREFIX.replace("_", "")}{suffix}}}
external_credential:
  name: {name}
  protocol: custom
  headers: {{Authorization: "Bearer {{api_key}}"}}
  principals: [{{name: {name}, sequence: 1, parameters: {{api_key: {{secret: {{env: SFSETUP_PROBE_KEY}}}}}}}}]
named_credential: {{name: {name}, url: "{url}"}}
permission_set: {{name: {name}}}
flow: {{name: {name}, operation: {operation}}}
"""


@dataclass(frozen=True)
class Package:
    """Components to deploy, and what a probe changes in them."""

    components: ComponentSet

    @staticmethod
    def made(folder: Path, suffix: str, url: str, *, operation: str = "getOther") -> Package:
        """The probe's integration, rendered as any other."""
        place = folder / suffix
        place.mkdir()
        (place / "openapi.json").write_text(json.dumps(document()))
        (place / "integration.yaml").write_text(spec_text(suffix, url, operation=operation))
        spec, described = load_integration(place)
        return Package(render(spec, described, api_version=API_VERSION))

    def only(self, *types: str) -> Package:
        """The components of these types."""
        return Package(ComponentSet(self.components.api_version, tuple(c for c in self.components if c.type in types)))

    def edited(self, type_name: str, old: str, new: str) -> Package:
        """The same with a text of one component replaced."""
        changed = []
        found = False
        for component in self.components:
            if component.type == type_name:
                text = component.content.decode()
                assert old in text, f"{type_name} does not contain {old!r}"
                found = True
                component = replace(component, content=text.replace(old, new).encode())
            changed.append(component)
        assert found
        return Package(ComponentSet(self.components.api_version, tuple(changed)))

    def the(self, type_name: str) -> Component:
        """Its component of a type."""
        component = self.components.get(type_name)
        assert component is not None
        return component


@dataclass
class Answers:
    """What the org answered, by the name of the local org's switch or of the question. Holds no name, URL or secret."""

    api_version: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tell(self, question: str, value: bool | None, seen: str = "") -> None:
        """Notes an answer; None where the org does not let it be seen."""
        self.answers[question] = {"value": value, "seen": seen}

    def document(self) -> dict[str, Any]:
        """As it is written to the answers file."""
        return {"format": 1, "apiVersion": self.api_version, "answers": dict(sorted(self.answers.items()))}


@dataclass
class Prober:
    """Deploys packages to one org and takes everything away at the end."""

    connection: OrgConnection
    folder: Path
    url: str
    answers: Answers
    other: OrgConnection | None = None
    """The session of a second user without an administrator's rights."""
    local: Any = None
    """The local org itself, where one is asked."""
    deployed: set[tuple[str, str]] = field(default_factory=set)

    def package(self, suffix: str, *, operation: str = "getOther") -> Package:
        """A fresh probe."""
        return Package.made(self.folder, suffix, self.url, operation=operation)

    def deploy(self, package: Package, *, expect: bool | None = True) -> DeployResult:
        """Deploys a package and waits. With `expect`, the outcome it must have."""
        archive = write_zip(mdapi_tree(package.components))
        self.deployed.update((c.type, c.full_name) for c in package.components)
        metadata = self.connection.metadata
        result = metadata.wait(metadata.deploy(archive, DeployOptions()), timeout=600)
        if expect is not None:
            assert result.succeeded is expect, problems(result)
        return result

    def delete(self, refs: Iterable[tuple[str, str]], *, expect: bool | None = True) -> DeployResult:
        """Deletes components in one job."""
        members: dict[str, list[str]] = {}
        for type_name, full_name in refs:
            members.setdefault(type_name, []).append(full_name)
        files = {
            "package.xml": write_package_xml({}, API_VERSION),
            "destructiveChanges.xml": write_package_xml(members, API_VERSION),
        }
        metadata = self.connection.metadata
        result = metadata.wait(metadata.deploy(write_zip(files), DeployOptions()), timeout=600)
        if expect is not None:
            assert result.succeeded is expect, problems(result)
        return result

    def remove_everything(self) -> list[str]:
        """Removes what was deployed, one type after the other; returns what stayed."""
        stayed = []
        for type_name in _ORDER:
            for ref in sorted(ref for ref in self.deployed if ref[0] == type_name):
                if type_name == "Flow":
                    self.deactivate(ref[1])
                if not self.delete([ref], expect=None).succeeded:
                    stayed.append(f"{ref[0]} {ref[1]}")
        return stayed

    def deactivate(self, flow: str) -> None:
        """An active flow cannot be deleted."""
        if self.connection.actions.flow_versions([flow]).get(flow):
            self.connection.actions.activate(flow, None)

    def assign(self, package: Package) -> None:
        """Gives the session's user the probe's permission set."""
        user_id = self.connection.info.user_id
        assert user_id is not None
        self.connection.people.assign(user_id, package.the("PermissionSet").full_name)

    def run_as_other(self, package: Package, inputs: Mapping[str, Any]) -> Any:
        """Runs the probe's flow as the second user, who gets the permission set."""
        assert self.other is not None
        assert self.other.info.user_id is not None
        self.connection.people.assign(self.other.info.user_id, package.the("PermissionSet").full_name)
        return self.other.actions.run_flow(package.the("Flow").full_name, inputs)

    def run(self, package: Package, inputs: Mapping[str, Any]) -> Any:
        """Runs the probe's flow."""
        return self.connection.actions.run_flow(package.the("Flow").full_name, inputs)


def problems(result: DeployResult) -> str:
    """What the org said, without names of its own."""
    return "; ".join(f"{m.component_type}: {m.problem}" for m in result.failures) or str(result.error_message or "")
