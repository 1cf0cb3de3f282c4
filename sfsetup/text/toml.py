"""TOML: the one reader of configuration files."""

from __future__ import annotations

import re
from typing import Any

from sfsetup.errors import InvalidInput

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(data: bytes, *, name: str) -> dict[str, Any]:
    """The document as plain values. Raises InvalidInput with file, line and column."""
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInput("not UTF-8", file=name, actions=["Save the file as UTF-8."]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        message = _PLACE.sub("", str(error)).strip() or "nested too deeply"
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        raise InvalidInput(f"not TOML: {message}", file=name, line=line, column=column) from error
