"""Names of user permissions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfsetup.localorg.state import State

_SHAPE = re.compile(r"[A-Z][A-Za-z0-9]+\Z")


def is_known(name: str, _state: State) -> bool:
    """True for a name that can be a user permission."""
    return _SHAPE.match(name) is not None
