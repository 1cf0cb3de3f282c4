"""Which org this is: id, type, edition, My Domain, who is logged in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sfsetup.errors import OrgRefused, Unreachable
from sfsetup.model.snapshot import OrgInfo, OrgType
from sfsetup.org.rest import Rest
from sfsetup.org.transport import LOOPBACK, OrgSession

EDITIONS_WITH_EXTERNAL_SERVICES = ("Enterprise", "Performance", "Unlimited", "Developer")
"""Editions in which External Services exist (help: external services, 'Available in')."""

_HOST_ENDINGS = (".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn", ".cloudforce.com")
_KINDS = ("sandbox", "scratch", "develop", "demo", "patch", "trailblaze", "free", "wl", "stm", "orgfarm")
"""The label that enhanced domains put between My Domain name and `my.salesforce.com`."""


def offered_versions(session: OrgSession) -> tuple[str, ...]:
    """API versions of the org, oldest first (`GET /services/data`, which Salesforce's own CLI begins with)."""
    answer: Any = session.get(f"{session.instance_url}/services/data").json()
    versions = [str(entry["version"]) for entry in answer if isinstance(entry, Mapping) and "version" in entry]
    if not versions:
        raise Unreachable("The org does not tell its API versions.", actions=["Check the instance URL."])
    return tuple(sorted(versions, key=float))


def who(session: OrgSession, rest: Rest) -> tuple[str, str, str]:
    """(org id, user id, username) of the session."""
    try:
        answer: Any = session.get(f"{session.instance_url}/services/oauth2/userinfo").json()
        return str(answer["organization_id"]), str(answer["user_id"]), str(answer["preferred_username"])
    except (OrgRefused, KeyError, TypeError, ValueError):
        # a token without the scope for userinfo; the identity URL takes any
        identity = rest.get("")
        path = urlsplit(str(identity.get("identity", ""))).path if isinstance(identity, Mapping) else ""
        answer = rest.get_absolute(path) if path else {}
    if not isinstance(answer, Mapping) or "user_id" not in answer:
        raise Unreachable("The org does not tell whose session this is.", actions=["Check the access token."])
    return str(answer["organization_id"]), str(answer["user_id"]), str(answer.get("username", ""))


def read_info(session: OrgSession, rest: Rest, newest: str) -> OrgInfo:
    """Asks the org for all of OrgInfo; what it does not tell stays unknown, and the type then counts as production."""
    org_id, user_id, username = who(session, rest)
    try:
        records: Sequence[Mapping[str, Any]] = rest.query(
            "SELECT Id, IsSandbox, TrialExpirationDate, OrganizationType, NamespacePrefix FROM Organization"
        )
        record: Mapping[str, Any] = records[0] if records else {}
    except OrgRefused:
        record = {}
    host = urlsplit(session.instance_url).hostname or ""
    return OrgInfo(
        id=org_id,
        username=username,
        user_id=user_id,
        type=org_type(record, host),
        api_version=newest,
        instance_url=session.instance_url,
        my_domain=my_domain(host),
        edition=record.get("OrganizationType"),
        namespace=record.get("NamespacePrefix"),
        is_local=host == LOOPBACK,
    )


def org_type(organization: Mapping[str, Any], host: str) -> OrgType:
    """The kind of org. A scratch org is a sandbox that expires, as Salesforce's own CLI tells them apart."""
    if "IsSandbox" not in organization:
        return OrgType.PRODUCTION
    if organization["IsSandbox"]:
        expires = organization.get("TrialExpirationDate") or ".scratch." in host
        return OrgType.SCRATCH if expires else OrgType.SANDBOX
    if organization.get("OrganizationType") == "Developer Edition":
        return OrgType.DEVELOPER
    return OrgType.PRODUCTION


def my_domain(host: str) -> str | None:
    """`acme--uat` of `acme--uat.sandbox.my.salesforce.com`; None where the host does not tell."""
    for ending in _HOST_ENDINGS:
        if host.lower().endswith(ending):
            name, _, kind = host[: -len(ending)].partition(".")
            return name if name and (not kind or kind.split(".")[0].lower() in _KINDS) else None
    return None


def has_external_services(edition: str | None) -> bool | None:
    """Whether the edition has External Services; None when the edition is not known."""
    if not edition:
        return None
    return edition.startswith(EDITIONS_WITH_EXTERNAL_SERVICES)
