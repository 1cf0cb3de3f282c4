"""Tree of values + defaults of the document -> IntegrationSpec. Pure: no file is read here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sfsetup.model.names import MAX_DEVELOPER_NAME, suggested_developer_name
from sfsetup.model.secret import SecretRef
from sfsetup.protocols import templates
from sfsetup.protocols.registry import PROTOCOLS
from sfsetup.spec.model import (
    Environment,
    ExternalCredential,
    Flow,
    Header,
    IntegrationSpec,
    Match,
    NamedCredential,
    Parameter,
    PermissionSet,
    Principal,
    Service,
    Verify,
)
from sfsetup.spec.source import SpecSource, merged
from sfsetup.spec.summary import Authentication

_MAX_LABEL = 80

Tree = Mapping[str, Any]


def build(path: Path, source: SpecSource, environment: str | None = None) -> IntegrationSpec:
    """The spec of the top level, or of one environment merged over it. Missing values get their defaults."""
    tree: Tree = source.tree
    if environment is not None:
        overrides = tree.get("environments", {}).get(environment, {})
        tree = merged(tree, {key: value for key, value in overrides.items() if key != "match"})
    return _Builder(path, tree, source, environment).build()


class _Builder:
    def __init__(self, path: Path, tree: Tree, source: SpecSource, environment: str | None) -> None:
        self.path, self.tree, self.source, self.environment = path, tree, source, environment
        self.summary = source.summary
        self.service_name = str(self._part("service").get("name") or "Service")
        title = self.summary.title if self.summary else ""
        self.title = _label(title) or self.service_name

    def build(self) -> IntegrationSpec:
        operations = tuple(self.tree.get("operations") or (self.summary.operations if self.summary else ()))
        credential = self._external_credential()
        return IntegrationSpec(
            path=self.path,
            name=self.path.resolve().parent.name,
            openapi_path=self.path.parent / str(self.tree.get("openapi", "openapi.json")),
            operations=operations,
            service=self._service(),
            external_credential=credential,
            named_credential=self._named_credential(credential),
            permission_set=self._permission_set(),
            flow=self._flow(operations),
            verify=self._verify(),
            api_version=self.tree.get("api_version"),
            assign=self._assign(),
            environments=self._environments(),
            environment=self.environment,
            source=self.source,
        )

    def _part(self, key: str) -> Tree:
        value = self.tree.get(key)
        return value if isinstance(value, Mapping) else {}

    def _service(self) -> Service:
        part = self._part("service")
        return Service(
            name=self.service_name, label=part.get("label") or self.service_name, description=part.get("description")
        )

    def _named(self, part: Tree, default_label: str, fallback: str) -> tuple[str, str]:
        """Name and label: each from the other, else from the default label."""
        name, label = part.get("name"), part.get("label")
        if label is None:
            label = _label(default_label) if name is None else name.replace("_", " ")
        if name is None:
            name = suggested_developer_name(label) or suggested_developer_name(fallback)
        return name[: MAX_DEVELOPER_NAME + 1], label

    def _external_credential(self) -> ExternalCredential:
        part = self._part("external_credential")
        name, label = self._named(part, _label(self.title, " Authentication"), f"{self.service_name}_Authentication")
        suggested = self.summary.authentication if self.summary else Authentication(None)
        protocol = part.get("protocol") or suggested.protocol or "custom"
        principals = self._principals(part, label)
        written = part.get("headers")
        declared = any(principal.parameters for principal in principals)
        if written is None:
            same = protocol == suggested.protocol
            written = dict(suggested.headers) if same and not declared else {}
        settings = {key: part[key] for key in PROTOCOLS[protocol].settings if part.get(key) is not None}
        if protocol == suggested.protocol:
            settings = {**suggested.settings, **settings}
        return ExternalCredential(
            name=name,
            label=label,
            description=part.get("description"),
            protocol=protocol,
            headers=tuple(_header(header, value, name) for header, value in written.items()),
            principals=principals,
            settings=MappingProxyType(settings),
        )

    def _principals(self, part: Tree, label: str) -> tuple[Principal, ...]:
        items = part.get("principals") or [{}]
        result = []
        for position, item in enumerate(items, start=1):
            default = _label(label, " Principal") if len(items) == 1 else _label(label, f" Principal {position}")
            parameters = {key: _parameter(value) for key, value in (item.get("parameters") or {}).items()}
            result.append(
                Principal(
                    name=item.get("name") or default,
                    sequence=item.get("sequence") or position,
                    parameters=MappingProxyType(parameters),
                    per_user=item.get("identity") == "per_user",
                )
            )
        return tuple(result)

    def _named_credential(self, credential: ExternalCredential) -> NamedCredential:
        part = self._part("named_credential")
        name, label = self._named(part, self.title, f"{self.service_name}_API")
        protocol = PROTOCOLS[credential.protocol]
        url = part.get("url")
        if url is None and self.summary and len(self.summary.origins) == 1:
            url = self.summary.origins[0]
        generate = part.get("generate_authorization_header")
        formulas = part.get("allow_formulas_in_header")
        return NamedCredential(
            name=name,
            label=label,
            url=(url or "").rstrip("/"),
            base_path=part.get("base_path"),
            description=part.get("description"),
            generate_authorization_header=protocol.generate_authorization_header if generate is None else generate,
            allow_formulas_in_header=(
                any(header.is_formula for header in credential.headers) if formulas is None else formulas
            ),
        )

    def _permission_set(self) -> PermissionSet:
        part = self._part("permission_set")
        name, label = self._named(part, _label(self.title, " Access"), f"{self.service_name}_Access")
        return PermissionSet(
            name=name, label=label, run_flows=part.get("run_flows", True), description=part.get("description")
        )

    def _flow(self, operations: tuple[str, ...]) -> Flow | None:
        if self.tree.get("flow") is False:
            return None
        part = self._part("flow")
        operation = str(part.get("operation") or (operations[0] if operations else ""))
        summary = self.summary.summaries.get(operation, "") if self.summary else ""
        name, label = self._named(part, _label(summary) or _label(operation), f"{self.service_name}_Flow")
        return Flow(
            name=name,
            label=label,
            operation=operation,
            service=part.get("service") or self.service_name,
            activate=part.get("activate", self._activate()),
            activate_is_default="activate" not in part,
            manage=part.get("manage", "once"),
            restrict=part.get("restrict", False),
            description=part.get("description"),
        )

    def _assign(self) -> tuple[str, ...]:
        """Nobody in production unless it is written; elsewhere who deploys, so that `verify` can run the flow."""
        if "assign" in self.tree:
            return tuple(self.tree["assign"] or ())
        return ("me",) if self._activate() else ()

    def _activate(self) -> bool:
        """Active, but for an environment that is recognised by organization id: production's default is Draft."""
        match = self.tree.get("environments", {}).get(self.environment, {}).get("match", {})
        return not match.get("org_id")

    def _verify(self) -> Verify:
        part = self._part("verify")
        return Verify(
            MappingProxyType(dict(part.get("inputs") or {})), MappingProxyType(dict(part.get("expect") or {}))
        )

    def _environments(self) -> Mapping[str, Environment]:
        result = {}
        for name, part in (self.source.tree.get("environments") or {}).items():
            match = part.get("match") or {}
            overrides = {key: value for key, value in part.items() if key != "match"}
            result[name] = Environment(
                name, Match(match.get("my_domain"), match.get("org_id")), MappingProxyType(overrides)
            )
        return MappingProxyType(result)


def _header(name: str, value: Any, credential: str) -> Header:
    template = str(value.get("formula", "")) if isinstance(value, Mapping) else str(value)
    try:
        return Header(name, template, templates.formula(template, credential))
    except templates.TemplateError:
        # `checks` reports it, with its line; until then the text stands for itself
        return Header(name, template, template)


def _parameter(value: Any) -> Parameter:
    if not isinstance(value, Mapping):
        return Parameter()
    secret = value.get("secret")
    if isinstance(secret, Mapping) and secret:
        kind, locator = next(iter(secret.items()))
        return Parameter(SecretRef(str(kind), "" if kind == "stdin" else str(locator)))
    plain = value.get("value")
    return Parameter(None, str(plain)) if plain is not None else Parameter()


def _label(text: str, ending: str = "") -> str:
    """The text on one line with its ending, cut to what a label may have; the ending stays whole."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{line[: _MAX_LABEL - len(ending)].rstrip()}{ending}"
