"""Files in, facts out: one pass, one file at a time, every element tree freed before the next is read.

A file that cannot be read is no reason to stop: it is listed in `unreadable`, and what was read stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from sfsetup.errors import SfsetupError
from sfsetup.facts import (
    apex,
    auth_provider,
    connected_app,
    csp_site,
    custom_metadata,
    external_credential,
    flow,
    flow_definition,
    named_credential,
    permission_set,
    permission_set_group,
    registration,
    remote_site,
    stored_texts,
)
from sfsetup.facts.apex import ApexSource, TextSource
from sfsetup.facts.base import Fact
from sfsetup.facts.custom_metadata import CustomLabels, CustomMetadataRecord
from sfsetup.facts.stored_texts import STORED_TYPES, StoredTexts
from sfsetup.metadata.layout import PERMISSION_SET_PARTS
from sfsetup.model.finding import ComponentRef
from sfsetup.text.xml import METADATA_NS, line_of, local_name, parse_xml
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

    from sfsetup.metadata.layout import SourceFile


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and why."""

    ref: ComponentRef
    file: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A metadata type that was seen and about which nothing is known here."""

    type: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSet:
    """All facts by their type, each in the order in which its files were read."""

    external_credentials: tuple[external_credential.ExternalCredential, ...] = ()
    named_credentials: tuple[named_credential.NamedCredential, ...] = ()
    registrations: tuple[registration.ExternalServiceRegistration, ...] = ()
    permission_sets: tuple[permission_set.PermissionSet, ...] = ()
    muting_permission_sets: tuple[permission_set.MutingPermissionSet, ...] = ()
    permission_set_groups: tuple[permission_set_group.PermissionSetGroup, ...] = ()
    profiles: tuple[permission_set.Profile, ...] = ()
    flows: tuple[flow.Flow, ...] = ()
    flow_definitions: tuple[flow_definition.FlowDefinition, ...] = ()
    remote_sites: tuple[remote_site.RemoteSite, ...] = ()
    csp_sites: tuple[csp_site.CspSite, ...] = ()
    connected_apps: tuple[connected_app.ConnectedApp, ...] = ()
    client_apps: tuple[connected_app.ClientAppPart, ...] = ()
    auth_providers: tuple[auth_provider.AuthProvider, ...] = ()
    certificates: tuple[auth_provider.Certificate, ...] = ()
    custom_metadata: tuple[CustomMetadataRecord, ...] = ()
    custom_labels: tuple[CustomLabels, ...] = ()
    apex: tuple[ApexSource, ...] = ()
    texts: tuple[TextSource, ...] = ()
    stored_texts: tuple[StoredTexts, ...] = ()
    """Of objects, fields and workflows, which are not judged otherwise, and count as not judged."""
    not_judged: tuple[NotJudged, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    files: int = 0
    """Files that were looked at."""

    def __iter__(self) -> Iterator[Fact]:
        """Every fact of a type that is judged."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple) and each.name != "stored_texts":
                yield from (item for item in value if isinstance(item, Fact))

    @property
    def types(self) -> frozenset[str]:
        """Metadata types with at least one fact."""
        return frozenset(fact.metadata_type for fact in self)


_Reader = Callable[..., Fact]
Look = Callable[["SourceFile", Any], None]

_READERS: dict[str, tuple[str, _Reader]] = {
    "ExternalCredential": ("external_credentials", external_credential.read),
    "NamedCredential": ("named_credentials", named_credential.read),
    "ExternalServiceRegistration": ("registrations", registration.read),
    "PermissionSet": ("permission_sets", permission_set.read),
    "MutingPermissionSet": ("muting_permission_sets", permission_set.read_muting),
    "PermissionSetGroup": ("permission_set_groups", permission_set_group.read),
    "Profile": ("profiles", permission_set.read_profile),
    "Flow": ("flows", flow.read),
    "FlowDefinition": ("flow_definitions", flow_definition.read),
    "RemoteSiteSetting": ("remote_sites", remote_site.read),
    "CspTrustedSite": ("csp_sites", csp_site.read),
    "ConnectedApp": ("connected_apps", connected_app.read),
    "ExternalClientApplication": ("client_apps", connected_app.read_client_app),
    "ExtlClntAppOauthSettings": ("client_apps", connected_app.read_client_app),
    "ExtlClntAppGlobalOauthSettings": ("client_apps", connected_app.read_client_app),
    "ExtlClntAppOauthConfigurablePolicies": ("client_apps", connected_app.read_client_app),
    "ExtlClntAppConfigurablePolicies": ("client_apps", connected_app.read_client_app),
    "AuthProvider": ("auth_providers", auth_provider.read),
    "Certificate": ("certificates", auth_provider.read_certificate),
    "CustomMetadata": ("custom_metadata", custom_metadata.read),
    "CustomLabels": ("custom_labels", custom_metadata.read_labels),
}
_APEX = ("ApexClass", "ApexTrigger")
_TEXT_TYPES = frozenset(("StaticResource", "LightningComponentBundle", "AuraDefinitionBundle", "ApexPage"))
_TEXT_ENDINGS = frozenset(
    ("js", "json", "ts", "html", "htm", "xml", "txt", "csv", "yaml", "yml", "properties", "env", "cmp", "page", "cls")
)

JUDGED_TYPES = frozenset((*_READERS, *_APEX, *_TEXT_TYPES))
"""Metadata types that become facts."""


def read_facts(
    files: Iterable[SourceFile], *, look: Look | None = None, may_hold_secret: Callable[[bytes], bool] | None = None
) -> FactSet:
    """The facts of these files. Raises nothing for what is wrong inside one file: see `FactSet.unreadable`.

    `look` is shown every file of a type with facts and its root element, before the tree is freed. With
    `may_hold_secret`, which sees the bytes of a file, texts of files without any sign of a secret are not kept, and
    flows that call nobody are read in their outline first: many times faster over a large org.
    """
    collector = _Collector(look, may_hold_secret)
    for file in files:
        collector.take(file)
    return collector.result()


def read_fact(data: bytes, type_name: str, full_name: str, *, file: str) -> Fact:
    """The fact of one XML document. Raises InvalidInput for broken XML, KeyError for a type without facts."""
    return _READERS[type_name][1](parse_xml(data, name=file), full_name=full_name, file=file)


class _Collector:
    def __init__(self, look: Look | None = None, may_hold_secret: Callable[[bytes], bool] | None = None) -> None:
        self.look = look
        self.may_hold_secret = may_hold_secret
        self.found: dict[str, list[Any]] = {}
        self.not_judged: dict[str, int] = {}
        self.unreadable: list[Unreadable] = []
        self.parts: dict[str, list[tuple[str, SourceFile]]] = {}
        self.files = 0

    def take(self, file: SourceFile) -> None:
        """One file."""
        self.files += 1
        try:
            if file.part is not None:
                self.parts.setdefault(file.full_name, []).append((file.part, file))
            elif file.is_content:
                self._take_content(file)
            elif file.type in _READERS:
                self._take_xml(file)
            elif file.type not in JUDGED_TYPES:
                self.not_judged[file.type] = self.not_judged.get(file.type, 0) + 1
                if file.type in STORED_TYPES:
                    self._take_stored_texts(file)
        except SfsetupError as error:
            self._note(file, error)

    def _note(self, file: SourceFile, error: SfsetupError) -> None:
        ref = ComponentRef(file.type, file.full_name)
        self.unreadable.append(Unreadable(ref, file.path, error.line, error.message))

    def _take_xml(self, file: SourceFile) -> None:
        attribute, read = _READERS[file.type]
        data = file.data
        root = parse_xml(data, name=file.path)
        if self.look is not None:
            self.look(file, root)
        if root.tag != f"{{{METADATA_NS}}}{file.type}":
            message = f'the root element is <{local_name(root)}>, expected <{file.type} xmlns="{METADATA_NS}">'
            ref = ComponentRef(file.type, file.full_name)
            self.unreadable.append(Unreadable(ref, file.path, line_of(root), message))
            return
        more: dict[str, Any] = {}
        if file.type == "Flow" and self.may_hold_secret is not None:
            again = partial(_tree, file)
            more = {"may_hold_secret": self.may_hold_secret(_texts(root, data)), "again": again}
        if file.beside is not None:
            schema = file.beside()
            if schema is not None:
                more = {"schema": schema.decode("utf-8", "replace"), "schema_file": file.beside_path}
        fact = read(root, full_name=file.full_name, file=file.path, **more)
        self.found.setdefault(attribute, []).append(fact)

    def _take_stored_texts(self, file: SourceFile) -> None:
        data = file.data
        # A project has thousands of fields, and next to none may hold a secret. In an address one may stand under any
        # key, and workflows are few.
        if file.type == "Workflow" or self._suspects(data):
            root = parse_xml(data, name=file.path)
            fact = stored_texts.read(root, kind=file.type, full_name=file.full_name, file=file.path)
            self.found.setdefault("stored_texts", []).append(fact)

    def _take_content(self, file: SourceFile) -> None:
        if file.type in _APEX:
            data = file.data
            text = data.decode("utf-8", "replace")
            fact: Fact = apex.read(
                text, full_name=file.full_name, file=file.path, kind=file.type, may_hold_secret=self._suspects(data)
            )
            self.found.setdefault("apex", []).append(fact)
        elif file.type in _TEXT_TYPES:
            ending = file.path.rpartition(".")[2].lower()
            if ending not in _TEXT_ENDINGS and ending != "resource":
                return
            data = file.data
            if len(data) > apex.LARGEST_TEXT or b"\0" in data[:4096]:
                return
            text = data.decode("utf-8", "replace")
            fact = apex.read_text(
                text, full_name=file.full_name, file=file.path, kind=file.type, may_hold_secret=self._suspects(data)
            )
            self.found.setdefault("texts", []).append(fact)

    def _suspects(self, data: bytes) -> bool:
        return self.may_hold_secret is None or self.may_hold_secret(data)

    def _join_parts(self) -> None:
        """Puts decomposed permission sets together, as if each were one file."""
        from lxml import etree

        for name, parts in sorted(self.parts.items()):
            root = etree.Element(f"{{{METADATA_NS}}}PermissionSet")
            main = next((file.path for part, file in parts if part == "permissionset"), parts[0][1].path)
            for part, file in parts:
                try:
                    _append_part(root, part, file)
                except SfsetupError as error:
                    self._note(file, error)
            self.found.setdefault("permission_sets", []).append(permission_set.read(root, full_name=name, file=main))

    def result(self) -> FactSet:
        """Everything that was taken."""
        self._join_parts()
        return FactSet(
            **{attribute: tuple(facts) for attribute, facts in self.found.items()},
            not_judged=tuple(NotJudged(name, count) for name, count in sorted(self.not_judged.items())),
            unreadable=tuple(self.unreadable),
            files=self.files,
        )


def _texts(root: _Element, data: bytes) -> bytes:
    """All texts of a file that is written with a line for each element, a tenth of it; else the file itself."""
    if b"><" in data:
        return data
    from lxml import etree

    return b" ".join(etree.tostring(root, method="text", encoding="utf-8").split())


def _tree(file: SourceFile) -> _Element:
    return parse_xml(file.data, name=file.path)


def _append_part(root: _Element, part: str, file: SourceFile) -> None:
    """A piece is either a whole PermissionSet with some of its elements, or one item under a root of its own."""
    from lxml import etree

    piece = parse_xml(file.data, name=file.path)
    if local_name(piece) == "PermissionSet" or part in ("permissionset", "objectSettings"):
        root.extend(list(piece))
        return
    item = etree.SubElement(root, f"{{{METADATA_NS}}}{PERMISSION_SET_PARTS[part]}")
    item.extend(list(piece))
