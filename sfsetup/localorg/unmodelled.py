"""Says when a client meets something that the local org does not model: once each, in the log.

The whole list is NOT_MODELLED.md beside this file.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg

log = logging.getLogger("sfsetup.localorg.unmodelled")
# A server in a command's own process has no log: its standard error belongs to the command.
log.addHandler(logging.NullHandler())

JUDGED = frozenset(
    (
        "ExternalCredential",
        "NamedCredential",
        "ExternalServiceRegistration",
        "PermissionSet",
        "PermissionSetGroup",
        "Flow",
        "FlowDefinition",
    )
)
"""Types that are judged by more than their form."""

MISSING_CALLS = frozenset(("renameMetadata",))
"""Calls of the Metadata API that the local org does not have."""


MOST = 200
"""Sentences about one org; what clients ask for can be anything."""


_LONGEST = 300


def one_line(text: str) -> str:
    """What others wrote, as it may stand in a log."""
    return "".join(char if char.isprintable() else " " for char in text[:_LONGEST])


def tell(org: LocalOrg, what: str) -> None:
    """Logs a sentence the first time that it is said about this org: one line, whatever names of others it holds."""
    what = one_line(what)
    said: set[str] = org.live.setdefault("unmodelled", set())
    if what not in said and len(said) < MOST:
        said.add(what)
        log.warning("not modelled: %s", what)


def tell_type(org: LocalOrg, type_name: str) -> None:
    """Says that a type is stored without judgement."""
    if type_name not in JUDGED:
        tell(org, f"{type_name} is judged by its form alone; what it refers to is not looked at")
