"""Finds out what became of a deploy whose answer was lost. Nothing is ever sent a second time.

The org itself knows: every deploy is a DeployRequest (Tooling API), with its creator and its time by the org's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sfsetup.errors import OutcomeUnknown, SfsetupError, Unreachable
from sfsetup.org.deployments import moment
from sfsetup.org.failures import Transient

Query = Callable[[str], Sequence[Mapping[str, Any]]]
"""Runs a Tooling query and returns its records."""

LOOKS = (0.3, 1.0, 2.0, 4.0)
"""Seconds before each look: a request that was on its way when the connection broke may still arrive."""

_TOLERANCE = timedelta(seconds=3)
"""The Date header has whole seconds, and an org's servers may differ a little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of a deploy when it was sent."""

    user_id: str
    check_only: bool
    org_time: datetime | None
    """The org's clock just before, from the Date header of its last answer."""
    known: Collection[str]
    """Deploys of this process; none of them is the one looked for."""


def org_time(date_header: str | None) -> datetime | None:
    """The Date header as a time; None when there is none."""
    try:
        return parsedate_to_datetime(date_header) if date_header else None
    except ValueError:
        return None


def find_deploy(query: Query, sent: Sent, sleep: Callable[[float], None]) -> str:
    """The id of the one deploy that can be ours.

    Raises Unreachable when the org shows none (it never arrived), OutcomeUnknown when that cannot be told: more than
    one could be it, or the org does not let us look.
    """
    for pause in LOOKS:
        sleep(pause)
        try:
            candidates = _candidates(query(_soql(sent.user_id)), sent)
        except Transient:
            continue
        except SfsetupError as error:
            raise _cannot_look(str(error)) from None
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise OutcomeUnknown(
                "The connection broke while the deployment was sent, and the org shows more than one that this user "
                f"began since then ({', '.join(candidates)}).",
                actions=[
                    "Look at Setup > Deployment Status, wait until they have ended, then run the command again.",
                    "'sfsetup job report ID' shows one of them.",
                ],
            )
    raise Unreachable(
        "The connection broke while the deployment was sent. The org shows no deployment by this user since then: "
        "it did not arrive, and nothing was changed by it.",
        actions=["Run the command again."],
    )


def _soql(user_id: str) -> str:
    from simple_salesforce.format import format_soql

    query: str = format_soql(
        "SELECT Id, Status, CheckOnly, CreatedDate FROM DeployRequest "
        "WHERE CreatedById = {} ORDER BY CreatedDate DESC LIMIT 20",
        user_id,
    )
    return query


def _candidates(records: Sequence[Mapping[str, Any]], sent: Sent) -> list[str]:
    earliest = (sent.org_time or datetime.now(UTC) - timedelta(minutes=1)) - _TOLERANCE
    found = []
    for record in records:
        created = moment(record.get("CreatedDate"))
        if created is None or created < earliest or bool(record.get("CheckOnly")) != sent.check_only:
            continue
        if not any(_same_id(str(record["Id"]), known) for known in sent.known):
            found.append(str(record["Id"]))
    return found


def _same_id(first: str, second: str) -> bool:
    # ids come with 15 or 18 characters; the first 15 decide
    return first[:15] == second[:15]


def _cannot_look(reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"The connection broke while the deployment was sent, and the org does not tell what became of it ({reason}).",
        actions=["Look at Setup > Deployment Status before you run the command again."],
    )
