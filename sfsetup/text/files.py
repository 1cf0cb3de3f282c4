"""Reads files with a bound. Directories are walked by whoever knows their layout."""

from __future__ import annotations

import os
from pathlib import Path

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.text.limits import DEFAULT, size

_CHUNK = 1 << 20


def read_file(path: Path | str, *, max_bytes: int = DEFAULT.max_bytes) -> bytes:
    """The file's bytes.

    Raises UsageError when the file is missing or cannot be read, InvalidInput when it is larger than `max_bytes`;
    no more than that is ever read.
    """
    try:
        with open(path, "rb") as stream:
            known = os.fstat(stream.fileno()).st_size
            # never more than asked for at once: a buffer of `max_bytes` would be reserved for every small file
            data = stream.read(known + 1) if known <= max_bytes else b""
            while known < len(data) <= max_bytes and (more := stream.read(_CHUNK)):
                data += more
    except FileNotFoundError:
        raise UsageError("no such file", file=str(path), actions=["check the path"]) from None
    except IsADirectoryError:
        raise UsageError("this is a folder, a file is needed", file=str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot be read: {reason}", file=str(path)) from None
    if known > max_bytes or len(data) > max_bytes:
        raise InvalidInput(f"too big: more than {size(max_bytes)}", file=str(path))
    return data
