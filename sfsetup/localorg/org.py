"""`LocalOrg`: the running org that handlers act on. No HTTP in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfsetup.localorg.state import State

OLDEST_API = 31
"""API 30.0 and lower are retired (wire-protocols 2.4)."""
NEWEST_API = 68
"""Winter '27 (metadata-types, release table)."""


@dataclass(slots=True)
class LocalOrg:
    """State plus what lives only as long as the process."""

    state: State
    base_url: str = ""
    """Where the server answers, without a trailing slash."""
    callouts: tuple[str, ...] = ()
    """Hosts (`host` or `127.0.0.1:port`) that callouts may really reach; all others go to the stand-in."""
    live: dict[str, Any] = field(default_factory=dict)
    """Things that other parts keep while the server runs (the vendor stand-in). Closed by `on_close`."""
    mark: str = ""
    """Tells this server from any other that may later have its port."""
    calls: int = 0
    """REST calls since the server started."""
    call_limit: int = 15_000
    on_close: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """Ends what runs, then closes the state."""
        for action in reversed(self.on_close):
            action()
        self.on_close.clear()
        self.state.close()


def api_versions() -> list[str]:
    """All versions the org offers, oldest first, as `66.0`."""
    return [f"{number}.0" for number in range(OLDEST_API, NEWEST_API + 1)]
