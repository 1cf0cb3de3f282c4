"""How much of an untrusted file is taken. Every reader has a default; tests lower them."""

from __future__ import annotations

from sfsetup.values import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one YAML, JSON or XML document."""

    max_bytes: int = 64 * MEGABYTE
    """Size as stored. Published OpenAPI documents stay below 20 MB."""
    max_depth: int = 200
    """Nesting of maps and lists, far below Python's own recursion limit, so that readers may recurse."""
    max_expanded: int = 2_000_000
    """YAML values that aliases stand for, each counted as often as it is used."""


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of one zip archive."""

    max_bytes: int = 64 * MEGABYTE
    """Size as stored. The Metadata API takes about 39 MB."""
    max_entries: int = 10_000
    """The Metadata API's own limit of files in one deploy."""
    max_entry_bytes: int = 64 * MEGABYTE
    max_total_bytes: int = 400 * MEGABYTE
    """All entries together, uncompressed; the Metadata API's documented limit."""
    max_ratio: int = 100
    """Uncompressed to stored size, looked at above `ratio_from` bytes."""
    ratio_from: int = 8 * MEGABYTE
    max_tags: int = 1_000_000
    """`<` in one entry, and half of what all of them may have: an element takes up to fifty times as much memory as
    its text. A profile of 20 MB has as many."""
    bytes_per_tag: int = 10
    """How thinly tags lie in larger archives. Of the files of orgs seen the densest has one in 21 bytes."""


ARCHIVE_DEFAULT = ArchiveLimits()


def size(count: int) -> str:
    """A number of bytes for a message."""
    return f"{count / MEGABYTE:.0f} MB" if count >= MEGABYTE else f"{count} bytes"
