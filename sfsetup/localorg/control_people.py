"""Control topics about people and programs that log in: users, their tokens, apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sfsetup.errors import UsageError
from sfsetup.localorg.control import mapping
from sfsetup.localorg.state import ObjectPermission

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import State, User

USER_TYPES = ("Standard", "AutomatedProcess", "Guest", "CloudIntegrationUser")
_FULL = ObjectPermission("UserExternalCredential", True, True, True, True)
_KEYS = frozenset({
    "username", "name", "profile", "isActive", "isFlowUser", "userType", "permissions", "readsUserExternalCredentials",
    "permissionSets", "token",
})  # fmt: skip


def users(org: LocalOrg, method: str, value: Any) -> Any:
    """All users. POST makes or changes one; what is not given stays as it is.

    `{username, name?, profile?, isActive?, isFlowUser?, userType?, permissions?, readsUserExternalCredentials?,
    permissionSets?, token?}`: `permissions` are the user permissions of a profile of the user's own, `permissionSets`
    are assigned, `token: true` also issues an access token, which is in the answer to this POST alone.
    """
    token = None
    if method == "POST":
        wanted = mapping(value)
        if unknown := sorted(wanted.keys() - _KEYS):
            raise UsageError(
                f"A user has no {', '.join(unknown)}", actions=(f"Known are: {', '.join(sorted(_KEYS))}.",)
            )
        with org.state.transaction():
            user = _put(org.state, wanted)
            _assign(org.state, user, wanted.get("permissionSets", ()))
            token = org.state.sessions.issue(user.id) if wanted.get("token") else None
    elif method == "DELETE":
        raise UsageError("Users are never deleted, as in Salesforce: make them inactive")
    shown = [_shown(org.state, user) for user in org.state.users.all()]
    return {"users": shown, "profiles": org.state.permissions.profiles()} | ({"token": token} if token else {})


def _shown(state: State, user: User) -> dict[str, Any]:
    names = {holder.id: holder.name for holder in state.permissions.all() if not holder.is_owned_by_profile}
    assigned = [names[a.permission_set_id] for a in state.permissions.assignments()
                if a.assignee_id == user.id and a.permission_set_id in names]  # fmt: skip
    return {**asdict(user), "permission_sets": sorted(assigned)}


def _put(state: State, wanted: dict[str, Any]) -> User:
    username = str(wanted.get("username", ""))
    if "@" not in username:
        raise UsageError(f"{username!r} is no username: it has the form of an email address")
    found = state.users.by_username(username)
    profile = _profile(state, username, wanted, found)
    changes: dict[str, Any] = {"profile": profile}
    for key, field in (("isActive", "is_active"), ("isFlowUser", "is_flow_user")):
        if key in wanted:
            changes[field] = bool(wanted[key])
    if "userType" in wanted:
        if wanted["userType"] not in USER_TYPES:
            raise UsageError(f"{wanted['userType']!r} is no type of user", actions=(", ".join(USER_TYPES),))
        changes["user_type"] = str(wanted["userType"])
    if wanted.get("name"):
        changes["name"] = str(wanted["name"])
    if found:
        return state.users.update(found, **changes)
    return state.users.add(username, **changes)


def _profile(state: State, username: str, wanted: dict[str, Any], found: User | None) -> str:
    own = "permissions" in wanted
    default = f"Profile of {username}" if own else found.profile if found else "Standard User"
    profile = str(wanted.get("profile") or default)
    if own:
        permissions = wanted["permissions"]
        if not isinstance(permissions, list) or not all(isinstance(name, str) for name in permissions):
            raise UsageError("permissions is a list of names, such as ApiEnabled and ViewSetup")
        objects = (_FULL,) if wanted.get("readsUserExternalCredentials", True) else ()
        state.permissions.put(profile, label=profile, user_permissions=permissions, objects=objects, profile=True)
    if state.permissions.of_profile(profile) is None:
        known = ", ".join(state.permissions.profiles())
        raise UsageError(f"There is no profile {profile!r}", actions=(f"There are: {known}.",))
    return profile


def _assign(state: State, user: User, names: Any) -> None:
    if not isinstance(names, Sequence) or isinstance(names, str):
        raise UsageError("permissionSets is a list of names")
    for name in names:
        holder = state.permissions.get(str(name))
        if holder is None:
            raise UsageError(f"There is no permission set {name!r}")
        state.permissions.assign(user.id, holder.id, holder.group_id or "")


def tokens(org: LocalOrg, method: str, value: Any) -> Any:
    """POST `{username?, kind?: access|refresh}` issues a token; `{expire: true}` ends all but the main one."""
    if method != "POST":
        raise UsageError("Tokens are not listed")
    wanted = mapping(value)
    state = org.state
    if wanted.get("expire"):
        return {"expired": state.sessions.expire_others()}
    username = wanted.get("username")
    user = state.users.by_username(str(username)) if username else state.users.get(state.admin_id)
    if user is None:
        raise UsageError(f"There is no user {username!r}")
    kind = wanted.get("kind", "access")
    if kind not in ("access", "refresh"):
        raise UsageError(f"{kind!r} is no kind of token: access or refresh")
    return {"username": user.username, "kind": kind, "token": state.sessions.issue(user.id, kind)}


def apps(org: LocalOrg, method: str, value: Any) -> Any:
    """Apps that may ask for tokens. POST `{clientId, secret?, certificate?, runAs?, users?}`; DELETE forgets all."""
    state = org.state
    if method == "POST":
        wanted = mapping(value)
        client_id, names = str(wanted.get("clientId", "")), wanted.get("users")
        if not client_id:
            raise UsageError("An app needs a clientId")
        run_as = wanted.get("runAs")
        if names is not None and not isinstance(names, list):
            raise UsageError("users is a list of usernames")
        for username in (*([run_as] if run_as else ()), *(names or ())):
            if state.users.by_username(str(username)) is None:
                raise UsageError(f"There is no user {username!r}")
        state.apps.put(
            client_id,
            secret=wanted.get("secret"),
            certificate=wanted.get("certificate"),
            run_as=run_as,
            users=names,
        )
    elif method == "DELETE":
        state.apps.clear()
    return {"apps": [app.shown() for app in state.apps.all()]}
