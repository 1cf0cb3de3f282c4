"""All outbound integrations of an org or of files: where data goes, which login, who may, what uses it, who changed it.

One route for each named credential; one for each host that Apex calls past them or that a remote site opens; one for
each external service whose named credential was not read. Everything is as the facts have it: what was not read is
named as such and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsetup.facts.graph import same_name
from sfsetup.rules.hosts import Url, parse_url

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential
    from sfsetup.facts.named_credential import NamedCredential
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.rules.context import AuditContext
    from sfsetup.rules.evidence import Touch


@dataclass(frozen=True, slots=True)
class Login:
    """How calls authenticate. `protocol` as Salesforce names it; `NoAuthentication` for nobody."""

    protocol: str
    external_credential: str | None = None
    principals: tuple[str, ...] = ()
    read: bool = True
    """False where the external credential is not among the facts."""

    def as_json(self) -> dict[str, Any]:
        """`{protocol, externalCredential, principals, read}`."""
        return {
            "protocol": self.protocol,
            "externalCredential": self.external_credential,
            "principals": list(self.principals),
            "read": self.read,
        }


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """Who may: a permission set, a group or a profile that enables a principal."""

    kind: str
    name: str
    principal: str
    groups: tuple[str, ...] = ()
    """Permission set groups by which a set comes to users."""

    def as_json(self) -> dict[str, Any]:
        """`{kind, name, principal, groups}`."""
        return {"kind": self.kind, "name": self.name, "principal": self.principal, "groups": list(self.groups)}


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """What calls: a flow's action, an Apex class. `operation` is `<Service>.<operation>` of flows."""

    kind: str
    name: str
    operation: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`{kind, name, operation}`."""
        return {"kind": self.kind, "name": self.name, "operation": self.operation}


@dataclass(frozen=True, slots=True)
class Service:
    """An external service over a named credential."""

    name: str
    operations: tuple[tuple[str, bool], ...]
    """Registered name and whether it is active; empty where the registration lists none."""

    def as_json(self) -> dict[str, Any]:
        """`{name, operations: [{name, active}]}`."""
        return {"name": self.name, "operations": [{"name": name, "active": active} for name, active in self.operations]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way by which data leaves the org."""

    kind: str
    """NamedCredential, RemoteSiteSetting, ApexClass; ExternalServiceRegistration where its credential was not read."""
    name: str
    url: str | None
    host: str | None
    enabled: bool = True
    login: Login = field(default_factory=lambda: Login("NoAuthentication"))
    services: tuple[Service, ...] = ()
    holders: tuple[Holder, ...] = ()
    users: int | None = None
    """Active users who may, as far as permission sets tell; None where the org was not asked."""
    uses: tuple[Use, ...] = ()
    changed_by: str | None = None
    changed_on: str | None = None
    package: str | None = None
    """Namespace of the managed package that owns it."""
    file: str | None = None

    def as_json(self) -> dict[str, Any]:
        """One object of `integrations` in `inventory --json`."""
        return {
            "kind": self.kind,
            "name": self.name,
            "url": self.url,
            "host": self.host,
            "enabled": self.enabled,
            "login": self.login.as_json(),
            "services": [service.as_json() for service in self.services],
            "whoMay": [holder.as_json() for holder in self.holders],
            "activeUsers": self.users,
            "usedBy": [use.as_json() for use in self.uses],
            "lastChanged": {"by": self.changed_by, "on": self.changed_on} if self.changed_by else None,
            "package": self.package,
            "file": self.file,
        }


def inventory(context: AuditContext) -> tuple[Route, ...]:
    """Every route, sorted by host and name."""
    routes = [_by_credential(context, credential) for credential in context.facts.named_credentials]
    covered = {route.host for route in routes if route.host}
    routes += _by_host(context, covered)
    routes += _without_credential(context)
    return tuple(sorted(routes, key=lambda route: (route.host or "\uffff", route.name.lower(), route.kind)))


def safe_url(text: str | None) -> tuple[str | None, Url | None]:
    """The URL without user information and query, which may hold secrets; other text is shown as it is, unparsed."""
    url = parse_url(text)
    if url is None:
        return (text or None) if text and "@" not in text and "?" not in text else None, None
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}{url.path}", url


def _by_credential(context: AuditContext, credential: NamedCredential) -> Route:
    external = context.external_credential_of(credential)
    registrations = context.registrations_of(credential)
    shown, url = safe_url(credential.url)
    holders = holders_of(context, external) if external is not None else ()
    touch = _touch(context, "NamedCredential", credential.full_name)
    uses = [use for registration in registrations for use in _uses(context, registration)]
    uses += [Use(use.source.kind, use.source.full_name) for use in context.graph.apex_uses_of_credential(credential)]
    return Route(
        kind="NamedCredential",
        name=credential.full_name,
        url=shown,
        host=url.host if url else None,
        enabled=credential.is_enabled,
        login=_login(credential, external),
        services=tuple(_service(registration) for registration in registrations),
        holders=holders,
        users=users_of(context, holders),
        uses=tuple(sorted(set(uses), key=_use_order)),
        changed_by=touch.by if touch else None,
        changed_on=touch.on if touch else None,
        package=context.namespace_of(credential.full_name),
        file=credential.file,
    )


def _login(credential: NamedCredential, external: ExternalCredential | None) -> Login:
    if credential.is_legacy:
        kind = credential.legacy.get("principalType", "").strip()
        protocol = credential.legacy.get("protocol", "").strip() or "NoAuthentication"
        return Login(f"{protocol} (legacy)", None, (kind,) if kind and kind != "Anonymous" else ())
    if external is None:
        return Login("unknown", credential.external_credential, read=False)
    variant = external.variant
    protocol = external.protocol if not variant or variant == external.protocol else f"{external.protocol}, {variant}"
    names = tuple(f"{each.name} ({each.type})" for each in external.principals)
    return Login("NoAuthentication" if external.is_unauthenticated else protocol, external.full_name, names)


def _service(registration: ExternalServiceRegistration) -> Service:
    operations = tuple((operation.name, operation.active) for operation in registration.operations)
    return Service(registration.full_name, operations)


def _uses(context: AuditContext, registration: ExternalServiceRegistration) -> Iterable[Use]:
    for call in context.graph.calls_of(registration):
        yield Use("Flow", call.flow.full_name, call.call.action_name)
    for use in context.graph.apex_uses_of_service(registration):
        yield Use(use.source.kind, use.source.full_name, registration.full_name)


def holders_of(context: AuditContext, external: ExternalCredential) -> tuple[Holder, ...]:
    """Grants as the org tells them; as permission sets do where there is no org."""
    found = set()
    told = context.evidence.principal_grants if context.evidence else None
    for grant in told or ():
        if same_name(grant.external_credential, external.full_name):
            found.add(Holder(grant.kind, grant.parent, grant.principal))
    for held in context.grants.of_principal(external):
        groups = tuple(sorted(group.full_name for group in held.groups if group not in held.muted_in))
        name, principal = held.source.full_name, held.access.principal
        found.discard(Holder("PermissionSet", name, principal))
        found.add(Holder("PermissionSet", name, principal, groups))
    for legacy in context.grants.legacy_grants(external):
        found.add(Holder("PermissionSet", legacy.permission_set or "", legacy.name))
    return tuple(sorted(found))


def users_of(context: AuditContext, holders: tuple[Holder, ...]) -> int | None:
    """Active users whom these sets and groups are assigned to; None where no org was asked."""
    rows = context.evidence.assignments if context.evidence else None
    if rows is None:
        return None
    sets = {holder.name for holder in holders if holder.kind == "PermissionSet"}
    groups = {holder.name for holder in holders if holder.kind == "PermissionSetGroup"}
    today = context.today.isoformat()
    return len(
        {
            row.username
            for row in rows
            if row.active
            and (row.permission_set in sets or row.group in groups)
            and (row.expires is None or row.expires[:10] >= today)
        }
    )


def _by_host(context: AuditContext, covered: set[str]) -> list[Route]:
    """Hosts that Apex names itself, and hosts that remote sites open."""
    callers: dict[str, set[Use]] = {}
    urls: dict[str, str] = {}
    for source in context.facts.apex:
        for mention in source.endpoints if source.makes_callouts else ():
            shown, url = safe_url(mention.name)
            if url is not None and "." in url.host:
                callers.setdefault(url.host, set()).add(Use(source.kind, source.full_name))
                urls.setdefault(url.host, f"{url.scheme}://{url.host}")
    routes = []
    opened = set()
    for site in context.facts.remote_sites:
        shown, url = safe_url(site.url)
        host = url.host if url else None
        opened.add(host)
        uses = tuple(sorted(callers.get(host or "", ()), key=_use_order))
        if not uses and (host in covered or not site.is_active):
            continue  # a leftover beside a named credential, or not in force: RS-003 speaks of it
        touch = _touch(context, "RemoteSiteSetting", site.full_name)
        routes.append(
            Route(
                kind="RemoteSiteSetting",
                name=site.full_name,
                url=shown,
                host=host,
                enabled=site.is_active,
                login=Login("set by Apex"),
                uses=uses,
                changed_by=touch.by if touch else None,
                changed_on=touch.on if touch else None,
                package=context.namespace_of(site.full_name),
                file=site.file,
            )
        )
    for host, found in callers.items():
        if host not in opened and host not in covered:
            first = min(found, key=_use_order)
            name = first.name if len(found) == 1 else f"{first.name} and {len(found) - 1} more"
            uses = tuple(sorted(found, key=_use_order))
            login = Login("set by Apex")
            routes.append(Route(kind="ApexClass", name=name, url=urls[host], host=host, login=login, uses=uses))
    return routes


def _without_credential(context: AuditContext) -> list[Route]:
    routes = []
    for registration in context.facts.registrations:
        if context.graph.named_credential_of(registration) is not None:
            continue
        urls = context.schema_of(registration).urls
        named = registration.named_credential
        routes.append(
            Route(
                kind="ExternalServiceRegistration",
                name=registration.full_name,
                url=safe_url(urls[0].text)[0] if urls else None,
                host=urls[0].host if urls else None,
                login=Login("unknown", read=False),
                services=(_service(registration),),
                uses=tuple(sorted(set(_uses(context, registration)), key=_use_order)),
                package=context.namespace_of(named or registration.full_name),
                file=registration.file,
            )
        )
    missing: dict[str, set[Use]] = {}
    for call in context.graph.calls:
        if call.registration is None:
            missing.setdefault(call.call.service, set()).add(Use("Flow", call.flow.full_name, call.call.action_name))
    for service, uses in missing.items():
        login = Login("unknown", read=False)
        found = tuple(sorted(uses, key=_use_order))
        kind = "ExternalServiceRegistration"
        routes.append(Route(kind=kind, name=service, url=None, host=None, login=login, uses=found))
    return routes


def _touch(context: AuditContext, kind: str, name: str) -> Touch | None:
    from sfsetup.model.finding import ComponentRef

    return context.evidence.touched.get(ComponentRef(kind, name)) if context.evidence else None


def _use_order(use: Use) -> tuple[str, str, str]:
    return use.kind, use.name.lower(), use.operation or ""
