"""What `-o ORG` means: `local[:NAME]`, `env`, or an org of the Salesforce CLI; and which org may be written to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.errors import UsageError
from sfsetup.model.snapshot import OrgType

if TYPE_CHECKING:
    from sfsetup.org.connection import OrgConnection

DEFAULT_VARIABLE = "SFSETUP_TARGET_ORG"
CHOICES = (
    "-o local                 the local org: no Salesforce needed",
    "-o env                   the org that SFSETUP_… variables describe ('sfsetup org list' names them)",
    "-o ALIAS or USERNAME     an org that the Salesforce CLI is logged in to ('sf org login web --alias NAME')",
)


@contextmanager
def resolve(
    target: str | None,
    *,
    writing: bool,
    yes: bool = False,
    api_version: str | None = None,
    callouts: Sequence[tuple[str, str]] = (),
) -> Iterator[OrgConnection]:
    """A connection to the org that `-o` names, closed at the end.

    Without `-o` the configured default org serves (SFSETUP_TARGET_ORG, else the Salesforce CLI's target-org); for
    `writing` only if it is a local, scratch or sandbox org. Writing to production needs `yes`.
    Raises UsageError, Unreachable, LoginFailed.
    """
    chosen = target or default_target()
    if not chosen:
        raise UsageError("Which org? There is no -o and no default org.", actions=CHOICES)
    allowed = allowed_callouts(callouts)
    local = local_name(chosen)
    if local is None and allowed:
        raise UsageError("--callouts is for the local org only.", actions=["Use it with -o local."])
    opened = _local(local, api_version, allowed) if local is not None else _remote(chosen, api_version)
    with opened as connection:
        if writing:
            check_writable(connection, chosen, named=target is not None, yes=yes)
        yield connection


def check_writable(connection: OrgConnection, name: str, *, named: bool, yes: bool) -> None:
    """Refuses a write that nobody clearly asked for. Undecidable orgs count as production."""
    info = connection.info
    if info.is_local:
        return
    if not named and info.type not in (OrgType.SANDBOX, OrgType.SCRATCH):
        raise UsageError(
            f"The default org {name} is a {info.type.value} org ({info.username}): it is written to only when named.",
            actions=[f"Add -o {name} if this is the org you mean."],
        )
    if info.type.is_production and not yes:
        raise UsageError(
            f"{name} is a production org ({info.username} at {info.instance_url}).",
            actions=["Add --yes if this is the org you mean."],
        )


def default_target() -> str | None:
    """The configured default org: SFSETUP_TARGET_ORG, else what `sf config get target-org` tells."""
    chosen = os.environ.get(DEFAULT_VARIABLE, "").strip()
    if chosen:
        return chosen
    from sfsetup.org.salesforce_cli import default_target as of_salesforce_cli

    return of_salesforce_cli()


def local_name(target: str) -> str | None:
    """Name of the local org that a target means: `default` for `local`; None for other targets."""
    if target == "local":
        return "default"
    return target.removeprefix("local:") if target.startswith("local:") else None


def allowed_callouts(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Hosts of `--callouts allow HOST`. Raises UsageError for another first word."""
    for word, _host in pairs:
        if word != "allow":
            raise UsageError(f"--callouts {word!r} is not known.", actions=["Write --callouts allow HOST."])
    return tuple(host for _word, host in pairs)


@contextmanager
def _local(name: str, api_version: str | None, callouts: Sequence[str]) -> Iterator[OrgConnection]:
    from sfsetup.localorg import server
    from sfsetup.model.secret import Secret
    from sfsetup.org.login import connect
    from sfsetup.org.logins import AccessToken

    with server.for_one_command(name, callouts=callouts) as status:
        if status.url is None:
            raise UsageError(f"The local org {name} does not tell its address.")
        connection = connect(
            AccessToken(status.url, Secret(server.access_token(name))),
            api_version=api_version,
            certificates=str(status.ca_file) if status.ca_file else None,
        )
        # a host of 127.0.0.1 has no My Domain in it; the local org knows the one it plays
        info = replace(connection.info, is_local=True, my_domain=status.my_domain, type=_type(status.type, connection))
        try:
            yield replace(connection, info=info)
        finally:
            connection.close()


def _type(told: str | None, connection: OrgConnection) -> OrgType:
    return OrgType(told) if told in {kind.value for kind in OrgType} else connection.info.type


@contextmanager
def _remote(target: str, api_version: str | None) -> Iterator[OrgConnection]:
    from sfsetup.org.login import connect
    from sfsetup.org.logins import Login, SalesforceCli, from_environment

    login: Login = from_environment(os.environ) if target == "env" else SalesforceCli(target)
    connection = connect(login, api_version=api_version)
    try:
        yield connection
    finally:
        connection.close()
