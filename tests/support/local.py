"""A local org in this process that commands take for one that runs in the background: no process, no waiting."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sfsetup.localorg import places
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.probe import call_url
from sfsetup.localorg.tls import certificates

_numbers = itertools.count(1)


@dataclass(frozen=True)
class RunningOrg:
    """A local org under way. `target` is what `-o` takes."""

    name: str
    url: str
    server: Embedded

    @property
    def target(self) -> str:
        return f"local:{self.name}"

    @property
    def token(self) -> str:
        """The administrator's access token."""
        return self.server.token

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def control(self, method: str, topic: str, value: Any = None) -> Any:
        """sfsetup's own routes, as the commands of `sfsetup local` use them."""
        return call_url({"url": self.url}, self.token, method, topic, value)

    def switch(self, **values: bool) -> None:
        """Turns switches; their hyphens are written as underscores."""
        self.control("POST", "switches", {name.replace("_", "-"): value for name, value in values.items()})

    def requests(self) -> list[dict[str, Any]]:
        """The callouts so far."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found

    def user_token(self, username: str, **values: Any) -> str:
        """Makes or changes a user and gives an access token for it."""
        answer = self.control("POST", "users", {"username": username, "token": True, **values})
        return str(answer["token"])


def fresh_name() -> str:
    """A name that no other org of the tests has."""
    return f"t{os.getpid()}x{next(_numbers)}"


@contextmanager
def running_org(
    name: str | None = None,
    *,
    org_type: str | None = None,
    my_domain: str | None = None,
    org_id: str | None = None,
    callouts: tuple[str, ...] = (),
    tls: bool = False,
) -> Iterator[RunningOrg]:
    """A fresh local org of its own name, or the one of this name as it was left. `tls`: it speaks https."""
    chosen = name or fresh_name()
    state = places.open_state(chosen, org_type=org_type, my_domain=my_domain, org_id=org_id)
    folder = places.folder(chosen)
    made = certificates(folder) if tls else None
    with Embedded(state, callouts=callouts, tls=made) as server:
        record = {"pid": os.getpid(), "url": server.url, "mark": server.org.mark}
        places.write_record(folder, {**record, "ca_file": str(made.authority)} if made else record)
        try:
            yield RunningOrg(chosen, server.url, server)
        finally:
            places.forget_record(folder)
