"""RemoteSiteSetting: a host that Apex may call without a named credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, root_values
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSite(Fact):
    """A remote site."""

    metadata_type: ClassVar[str] = "RemoteSiteSetting"

    url: str = ""
    is_active: bool = False
    disable_protocol_security: bool = False
    """True lets code pass data between https and http."""
    description: str | None = None


def read(root: _Element, *, full_name: str, file: str) -> RemoteSite:
    """The fact of an element tree."""
    texts, lines, _ = root_values(root)
    return RemoteSite(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        url=texts.get("url", "").strip(),
        is_active=is_true(texts.get("isActive")),
        disable_protocol_security=is_true(texts.get("disableProtocolSecurity")),
        description=texts.get("description"),
    )
