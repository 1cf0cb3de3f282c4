"""PermissionSetGroup: sets that are assigned together, and the muting set that takes away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, name_of, root_values, word_of
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSetGroup(Fact):
    """A group of permission sets."""

    metadata_type: ClassVar[str] = "PermissionSetGroup"

    label: str | None = None
    description: str | None = None
    permission_sets: tuple[str, ...] = ()
    muting_permission_sets: tuple[str, ...] = ()
    has_activation_required: bool = False


def read(root: _Element, *, full_name: str, file: str) -> PermissionSetGroup:
    """The fact of an element tree."""
    texts, lines, _ = root_values(root)
    return PermissionSetGroup(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        permission_sets=tuple(word_of(child) for child in root if name_of(child) == "permissionSets"),
        muting_permission_sets=tuple(word_of(child) for child in root if name_of(child) == "mutingPermissionSets"),
        has_activation_required=is_true(texts.get("hasActivationRequired")),
    )
