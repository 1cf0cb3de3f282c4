"""PermissionSet, MutingPermissionSet and Profile: what they grant. Fields: reference 'metadata types', section 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, name_of, text_of, words
from sfsetup.model.names import split_principal
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

USER_EXTERNAL_CREDENTIAL = "UserExternalCredential"
"""The object whose rows hold the secrets: who calls out needs access to it (reference, section 4)."""


@dataclass(frozen=True, slots=True)
class PrincipalAccess:
    """One `externalCredentialPrincipalAccesses`. `value` is `<external credential>-<principal>`."""

    value: str
    enabled: bool
    line: int = 0

    @property
    def external_credential(self) -> str:
        """The part before the first hyphen, namespace included."""
        return split_principal(self.value)[0]

    @property
    def principal(self) -> str:
        """The part behind the first hyphen."""
        return split_principal(self.value)[1]


@dataclass(frozen=True, slots=True)
class NamedAccess:
    """Access to a flow, class, page, custom permission, or a user permission, by name."""

    name: str
    enabled: bool
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAccess:
    """One `objectPermissions`."""

    object: str
    create: bool = False
    read: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False
    modify_all: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFact(Fact):
    """What permission sets, muting permission sets and profiles have in common."""

    label: str | None = None
    description: str | None = None
    license: str | None = None
    principals: tuple[PrincipalAccess, ...] = ()
    flows: tuple[NamedAccess, ...] = ()
    classes: tuple[NamedAccess, ...] = ()
    objects: tuple[ObjectAccess, ...] = ()
    user_permissions: tuple[NamedAccess, ...] = ()
    custom_permissions: tuple[NamedAccess, ...] = ()
    custom_metadata_types: tuple[NamedAccess, ...] = ()

    def has_permission(self, name: str) -> bool:
        """True if the user permission, as `RunFlow`, is enabled."""
        return any(each.enabled and each.name == name for each in self.user_permissions)

    def object_access(self, name: str) -> ObjectAccess | None:
        """The entry of an object."""
        return next((each for each in self.objects if each.object == name), None)

    def grants_principal(self, external_credential: str, principal: str | None = None) -> bool:
        """True if the principal (any of the external credential, if none is named) is enabled."""
        return any(
            each.enabled and each.external_credential == external_credential and principal in (None, each.principal)
            for each in self.principals
        )

    def grants_flow(self, name: str) -> bool:
        """True if access to the flow is enabled."""
        return any(each.enabled and each.name == name for each in self.flows)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet(AccessFact):
    """A permission set."""

    metadata_type: ClassVar[str] = "PermissionSet"

    has_activation_required: bool = False
    """True for a session-based set: its grants count only after an activation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutingPermissionSet(AccessFact):
    """What a permission set group takes away from the sets it holds."""

    metadata_type: ClassVar[str] = "MutingPermissionSet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(AccessFact):
    """A profile. Its file never tells principal access, and the rest only for what was retrieved with it."""

    metadata_type: ClassVar[str] = "Profile"

    is_custom: bool = False
    user_license: str | None = None


def _named(element_name: str) -> Callable[[_Element], NamedAccess]:
    def make(element: _Element) -> NamedAccess:
        texts = words(element)
        return NamedAccess(texts.get(element_name, ""), is_true(texts.get("enabled")), line_at(element))

    return make


def _principal(element: _Element) -> PrincipalAccess:
    texts = words(element)
    value = texts.get("externalCredentialPrincipal", "")
    return PrincipalAccess(value, is_true(texts.get("enabled")), line_at(element))


def _object(element: _Element) -> ObjectAccess:
    texts = words(element)
    return ObjectAccess(
        object=texts.get("object", ""),
        create=is_true(texts.get("allowCreate")),
        read=is_true(texts.get("allowRead")),
        edit=is_true(texts.get("allowEdit")),
        delete=is_true(texts.get("allowDelete")),
        view_all=is_true(texts.get("viewAllRecords")),
        modify_all=is_true(texts.get("modifyAllRecords")),
        line=line_at(element),
    )


_LISTS: dict[str, tuple[str, Callable[[_Element], Any]]] = {
    "externalCredentialPrincipalAccesses": ("principals", _principal),
    "flowAccesses": ("flows", _named("flow")),
    "classAccesses": ("classes", _named("apexClass")),
    "objectPermissions": ("objects", _object),
    "userPermissions": ("user_permissions", _named("name")),
    "customPermissions": ("custom_permissions", _named("name")),
    "customMetadataTypeAccesses": ("custom_metadata_types", _named("name")),
}


_KEPT = tuple(
    f"{{*}}{name}"
    for name in (*_LISTS, "custom", "description", "hasActivationRequired", "label", "license", "userLicense")
)
"""Everything that becomes a fact. Field permissions, thousands in a set, are passed over by lxml itself."""


def _collect(root: _Element) -> tuple[dict[str, list[Any]], dict[str, str], dict[str, int]]:
    """Grants by attribute, texts of leaves, lines."""
    lists: dict[str, list[Any]] = {}
    texts: dict[str, str] = {}
    lines: dict[str, int] = {}
    for child in root.iterchildren(*_KEPT):
        name = name_of(child)
        entry = _LISTS.get(name)
        if entry is not None:
            lists.setdefault(entry[0], []).append(entry[1](child))
        else:
            texts[name] = text_of(child)
        lines.setdefault(name, line_at(child))
    return lists, texts, lines


def _common(root: _Element, full_name: str, file: str) -> tuple[dict[str, Any], dict[str, str]]:
    lists, texts, lines = _collect(root)
    values: dict[str, Any] = {name: tuple(entries) for name, entries in lists.items()}
    values.update(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        license=texts.get("license"),
    )
    return values, texts


def read(root: _Element, *, full_name: str, file: str) -> PermissionSet:
    """The fact of a permission set's element tree."""
    values, texts = _common(root, full_name, file)
    return PermissionSet(**values, has_activation_required=is_true(texts.get("hasActivationRequired")))


def read_muting(root: _Element, *, full_name: str, file: str) -> MutingPermissionSet:
    """The fact of a muting permission set's element tree."""
    return MutingPermissionSet(**_common(root, full_name, file)[0])


def read_profile(root: _Element, *, full_name: str, file: str) -> Profile:
    """The fact of a profile's element tree."""
    values, texts = _common(root, full_name, file)
    return Profile(**values, is_custom=is_true(texts.get("custom")), user_license=texts.get("userLicense"))
