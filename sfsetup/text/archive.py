"""Reads and writes zip archives in memory; nothing is ever extracted to disk."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from sfsetup.errors import InvalidInput
from sfsetup.text.limits import ARCHIVE_DEFAULT, ArchiveLimits, size

_UNSAFE = re.compile(r"(?:\A|/)\.\.?(?:/|\Z)|\A/|\A[A-Za-z]:|\\|//|[\x00-\x1f]")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    LookupError,
)
"""What zipfile raises for archives that are cut or scribbled on."""
_CHUNK = 256 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold: equal content gives equal bytes on every day and machine."""


def read_zip(data: bytes, *, name: str = "", limits: ArchiveLimits = ARCHIVE_DEFAULT) -> dict[str, bytes]:
    """The files of an archive by their name, in its order; folders are dropped.

    Raises InvalidInput for what is no zip, for unsafe or repeated names, links, encryption, and for bombs: sizes are
    counted while reading, because the sizes in the header can lie.
    """
    file = name or None
    if len(data) > limits.max_bytes:
        raise InvalidInput(f"too big: more than {size(limits.max_bytes)}", file=file)
    entries: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > limits.max_entries:
                raise InvalidInput(f"the archive has more than {limits.max_entries} entries", file=file)
            budget = min(limits.max_total_bytes, max(limits.ratio_from, limits.max_ratio * len(data)))
            for info in infos:
                _check_entry(info, entries, file)
                if info.is_dir():
                    continue
                content = _read_bounded(archive, info, min(limits.max_entry_bytes, budget - total), file)
                total += len(content)
                entries[info.filename] = content
    except _DAMAGE as error:
        raise InvalidInput(f"not a readable zip archive: {error}", file=file) from None
    if total > limits.max_tags:
        _check_tags(entries, total, limits, file)
    return entries


def _check_tags(entries: Mapping[str, bytes], total: int, limits: ArchiveLimits, file: str | None) -> None:
    """Raises InvalidInput for what would be huge trees."""
    every = 0
    for name, content in entries.items():
        tags = content.count(b"<")
        if tags > limits.max_tags:
            text = f"the archive's entry {name!r} has {tags} tags: refused as a bomb of elements"
            raise InvalidInput(text, file=file)
        every += tags
    if every > max(2 * limits.max_tags, total // limits.bytes_per_tag):
        raise InvalidInput(f"the archive's files have {every} tags: refused as a bomb of elements", file=file)


def _check_entry(info: zipfile.ZipInfo, seen: Mapping[str, bytes], file: str | None) -> None:
    name = info.filename
    # zipfile turns backslashes into slashes on Windows alone; orig_filename keeps what the archive says
    if not name or _UNSAFE.search(name.rstrip("/")) or _UNSAFE.search(info.orig_filename.rstrip("/")):
        raise InvalidInput(f"the archive has an entry with an unsafe name: {name!r}", file=file)
    if name in seen:
        raise InvalidInput(f"the archive has two entries named {name!r}", file=file)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInput(f"the archive's entry {name!r} is packed in a way that is not used here", file=file)
    if info.flag_bits & 0x1:
        raise InvalidInput(f"the archive's entry {name!r} is encrypted", file=file)
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidInput(f"the archive's entry {name!r} is a link or a device", file=file)


def _read_bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, bound: int, file: str | None) -> bytes:
    parts = []
    left = bound
    with archive.open(info) as stream:
        while part := stream.read(min(_CHUNK, left + 1)):
            left -= len(part)
            if left < 0:
                raise InvalidInput(
                    f"the archive's entry {info.filename!r} unpacks to more than {size(bound)}: refused as a zip bomb",
                    file=file,
                )
            parts.append(part)
    return b"".join(parts)


def write_zip(entries: Mapping[str, bytes]) -> bytes:
    """An archive with these files: `package.xml` first, the others sorted, fixed dates. Equal input, equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries, key=lambda entry: (entry != "package.xml", entry)):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, entries[name])
    return buffer.getvalue()
