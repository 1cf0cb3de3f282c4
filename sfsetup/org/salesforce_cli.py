"""Orgs that the Salesforce CLI knows: its stored log-ins are used on demand, nothing of them is kept.

Since May 2026 `sf org display` no longer shows the token (reference 'wire protocols', 2.4).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfsetup.errors import InvalidInput, LoginFailed, Unreachable, UsageError
from sfsetup.model.secret import Secret
from sfsetup.org.failures import quoted
from sfsetup.text.documents import read_document

PATIENCE = 60.0
"""Seconds. `sf` starts slowly, and may have to refresh a session."""
REDACTED = "[REDACTED]"
INSTALL = "https://developer.salesforce.com/tools/salesforcecli"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrg:
    """One org of `sf org list`. Holds no token."""

    username: str
    alias: str | None
    instance_url: str | None
    org_id: str | None
    kind: str
    """production, sandbox, scratch, devHub or other, as far as the CLI tells."""
    connected: str | None = None
    is_default: bool = False


def is_installed() -> bool:
    """Whether there is an `sf` on the PATH."""
    return shutil.which("sf") is not None


def access_token(target: str) -> tuple[Secret, str]:
    """(access token, instance URL) of an alias or username.

    Raises UsageError when `sf` is missing or does not know the org, LoginFailed when its log-in has ended.
    """
    display = _sf(["org", "display", "--target-org", target, "--json"], target)
    instance_url = str(display.get("instanceUrl") or "").rstrip("/")
    shown: Mapping[str, Any] = {}
    try:
        shown = _sf(["org", "auth", "show-access-token", "--target-org", target, "--json"], target)
    except _Unknown:
        # an `sf` from before that command shows the token in `org display`
        shown = display
    token = str(shown.get("accessToken") or "")
    if not token or token.startswith(REDACTED):
        raise LoginFailed(
            f"The Salesforce CLI does not give out the access token of {target}.",
            actions=[
                "Update it with 'sf update', or set SFSETUP_INSTANCE_URL and SFSETUP_ACCESS_TOKEN and use -o env."
            ],
        )
    if not instance_url:
        raise Unreachable(
            f"The Salesforce CLI does not tell the address of {target}.", actions=[f"Run 'sf org display -o {target}'."]
        )
    return Secret(token), instance_url


def default_target() -> str | None:
    """The alias or username that `sf config` has as target-org; None without one or without `sf`."""
    if not is_installed():
        return None
    try:
        result = _sf(["config", "get", "target-org", "--json"], "")
    except (UsageError, Unreachable):
        return None
    entries = result if isinstance(result, Sequence) else [result]
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("value"):
            return str(entry["value"])
    return None


def known_orgs() -> tuple[KnownOrg, ...]:
    """The orgs of `sf org list`, each once; empty without `sf`."""
    if not is_installed():
        return ()
    result = _sf(["org", "list", "--skip-connection-status", "--json"], "")
    found: dict[str, KnownOrg] = {}
    for group in ("nonScratchOrgs", "sandboxes", "scratchOrgs", "devHubs", "other"):
        for entry in result.get(group) or ():
            if isinstance(entry, Mapping) and entry.get("username"):
                found.setdefault(str(entry["username"]), _known(entry, group))
    return tuple(sorted(found.values(), key=lambda org: org.username))


def _known(entry: Mapping[str, Any], group: str) -> KnownOrg:
    if entry.get("isScratch") or group == "scratchOrgs":
        kind = "scratch"
    elif entry.get("isSandbox") or group == "sandboxes":
        kind = "sandbox"
    else:
        kind = "devHub" if entry.get("isDevHub") else "other"
    alias = entry.get("alias")
    return KnownOrg(
        username=str(entry["username"]),
        alias=str(alias) if alias else None,
        instance_url=str(entry["instanceUrl"]).rstrip("/") if entry.get("instanceUrl") else None,
        org_id=str(entry["orgId"]) if entry.get("orgId") else None,
        kind=kind,
        connected=entry.get("connectedStatus"),
        is_default=bool(entry.get("isDefaultUsername")),
    )


class _Unknown(UsageError):
    """This `sf` does not have the command."""


def _sf(arguments: Sequence[str], target: str) -> Any:
    executable = shutil.which("sf")
    if executable is None:
        raise UsageError(
            f"{target} would be an org of the Salesforce CLI, and there is no 'sf' on the PATH.",
            actions=[f"Install it ({INSTALL}), or use -o env or -o local."],
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SFSETUP_")}
    # colours and update notices would stand in the JSON's way
    environment |= {"NO_COLOR": "1", "SF_AUTOUPDATE_DISABLE": "true", "SF_SKIP_NEW_VERSION_CHECK": "true"}
    try:
        done = subprocess.run(
            [executable, *arguments], capture_output=True, timeout=PATIENCE, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(
            f"The Salesforce CLI did not answer within {PATIENCE:.0f} s.",
            actions=[f"Try 'sf {' '.join(arguments)}' yourself."],
        ) from None
    except OSError as error:
        raise UsageError(f"The Salesforce CLI cannot be started: {error.strerror}.") from None
    return _result(done.stdout, done.stderr, arguments, target)


def _result(stdout: bytes, stderr: bytes, arguments: Sequence[str], target: str) -> Any:
    start = min((stdout.find(mark) for mark in (b"{", b"[") if mark in stdout), default=-1)
    try:
        envelope: Any = read_document(stdout[start:], name="sf", syntax="json").value if start >= 0 else None
    except InvalidInput:
        envelope = None
    if not isinstance(envelope, Mapping):
        text = stderr.decode("utf-8", "replace")
        if "not a sf command" in text or ("is not a" in text and "command" in text):
            raise _Unknown("This Salesforce CLI does not have the command.")
        raise Unreachable(
            f"The Salesforce CLI answered 'sf {' '.join(arguments[:3])}' without JSON: {quoted(text)[:200]}",
            actions=["Update it with 'sf update'."],
        )
    if envelope.get("status"):
        raise _refused(envelope, target)
    return envelope.get("result") or {}


def _refused(envelope: Mapping[str, Any], target: str) -> UsageError | LoginFailed:
    name, message = str(envelope.get("name") or ""), quoted(str(envelope.get("message") or ""))
    if ("command" in name.lower() and "not" in name.lower()) or "not a sf command" in message:
        return _Unknown("This Salesforce CLI does not have the command.")
    if name in ("NamedOrgNotFoundError", "NamedOrgNotFound", "NoAuthInfoFound", "AuthInfoCreationError"):
        return UsageError(
            f"The Salesforce CLI does not know an org {target}: {message}",
            actions=["'sfsetup org list' shows the ones it knows; 'sf org login web --alias NAME' adds one."],
        )
    return LoginFailed(
        f"The Salesforce CLI cannot use its log-in to {target}: {message} ({name})",
        actions=[f"Log in again: sf org login web --alias {target}"],
    )
