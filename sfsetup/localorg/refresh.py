"""A sandbox made from another local org: metadata and users, no secrets, no sessions, no assignments, a new org id.

Sources: metadata-types 8 (a refresh copies external and named credentials without their secrets). Usernames get the
sandbox's name as suffix and email addresses `.invalid`, record ids stay. That assignments are left behind is the local
org's own choice: a refreshed sandbox here is one in which nobody has been given anything yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.localorg import places
from sfsetup.localorg.state import OrgSettings, State
from sfsetup.localorg.state.store import new_org_id

if TYPE_CHECKING:
    from pathlib import Path

_SETUP = ("vendor", "requests", "faults", "apps", "codes", "sign-ins")
"""Collections of documents that belong to one org alone."""


def copy_without_secrets(source: Path, target: Path, name: str) -> None:
    """Fills the folder `target` from `source`. Both must be held by the caller or unused."""
    before = places.peek_org(target)
    original = places.peek_org(source)
    domain = before.get("my_domain") or f"{original.get('my_domain', 'local')}--{name}"
    fresh = target / "refresh.sqlite"
    try:
        places.copy_state(source, fresh)
        state = State.open(fresh)
        try:
            with state.transaction():
                _strip(state)
                _rename(state, name, str(domain))
            state.database.compact()
        finally:
            state.close()
        places.delete_state(target)
        places.restore_state(fresh, target)
    finally:
        places.delete_file(fresh)


def _strip(state: State) -> None:
    for table in ("credential", "session", "job", "assignment", "expiry"):
        state.database.run(f"DELETE FROM {table}")  # noqa: S608 names of this line
    for collection in _SETUP:
        state.documents.delete(collection)


def _rename(state: State, name: str, domain: str) -> None:
    suffix = domain.partition("--")[2] or name
    for user in state.users.all():
        state.users.update(user, username=f"{user.username}.{suffix}", email=f"{user.email}.invalid")
    org = state.settings.org
    state.settings.org = OrgSettings(new_org_id(), "sandbox", domain, name, org.namespace)
    admin = state.users.get(state.admin_id)
    if admin is not None:
        state.settings.set("admin_username", admin.username)
    state.settings.set("main_token", state.sessions.issue(state.admin_id))
