"""CspTrustedSite: a host that pages in the browser may load from. It never authorises callouts of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, root_values
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class CspSite(Fact):
    """A trusted site. `directives` are the parts after `isApplicableTo` that are on: ConnectSrc, ImgSrc …"""

    metadata_type: ClassVar[str] = "CspTrustedSite"

    url: str = ""
    is_active: bool = False
    context: str = "All"
    directives: frozenset[str] = frozenset()
    description: str | None = None


def read(root: _Element, *, full_name: str, file: str) -> CspSite:
    """The fact of an element tree."""
    texts, lines, _ = root_values(root)
    prefix = "isApplicableTo"
    return CspSite(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        url=texts.get("endpointUrl", "").strip(),
        is_active=is_true(texts.get("isActive")),
        context=texts.get("context", "").strip() or "All",
        directives=frozenset(
            name[len(prefix) :] for name, text in texts.items() if name.startswith(prefix) and is_true(text)
        ),
        description=texts.get("description"),
    )
