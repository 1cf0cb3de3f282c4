"""The chain behind every callout of a flow, with what was found at each link.

Flow -> operation of an external service -> named credential -> external credential -> who may use its principals. A
break at any link fails at run time only; here it is seen beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import ComponentRef, Finding, Severity
from sfsetup.rules.inventory import holders_of, users_of

if TYPE_CHECKING:
    from sfsetup.facts.graph import ExternalCall
    from sfsetup.rules.context import AuditContext


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `name` is None where what comes before does not lead on as far as was read."""

    kind: str
    name: str | None
    read: bool = True
    """False for a component that is named and was not read."""
    severity: Severity | None = None
    """Of the worst finding on the component, if it is medium or worse."""
    rules: tuple[str, ...] = ()
    """Rules with such findings."""

    def as_json(self) -> dict[str, Any]:
        """`{type, name, read, severity, rules}`."""
        severity = self.severity.value if self.severity else None
        return {
            "type": self.kind,
            "name": self.name,
            "read": self.read,
            "severity": severity,
            "rules": list(self.rules),
        }


@dataclass(frozen=True, slots=True)
class Chain:
    """The links from a flow to those who may, in order."""

    links: tuple[Link, ...]
    users: int | None = None
    """Active users at its end; None where no org was asked."""

    def as_json(self) -> dict[str, Any]:
        """`{links, activeUsers}`."""
        return {"links": [link.as_json() for link in self.links], "activeUsers": self.users}


def chains(context: AuditContext, findings: Iterable[Finding]) -> tuple[Chain, ...]:
    """One chain for each flow and operation, sorted by their names."""
    found: dict[ComponentRef, list[Finding]] = {}
    for finding in findings:
        if finding.component is not None and finding.severity.at_least(Severity.MEDIUM):
            found.setdefault(finding.component, []).append(finding)
    made: dict[tuple[str, str], Chain] = {}
    for call in context.graph.calls:
        key = (call.flow.full_name, call.call.action_name.lower())
        if key not in made:
            made[key] = _chain(context, call, found)
    return tuple(made[key] for key in sorted(made, key=lambda each: (each[0].lower(), each[1])))


def _chain(context: AuditContext, call: ExternalCall, found: dict[ComponentRef, list[Finding]]) -> Chain:
    links = [_link("Flow", call.flow.full_name, found)]
    service = call.registration.full_name if call.registration else call.call.service
    shown = f"{service}.{call.call.operation}"
    links.append(_link("ExternalServiceRegistration", service, found, shown=shown, read=call.registration is not None))
    named = call.registration.named_credential if call.registration else None
    credential = call.named_credential
    if credential is None:
        if named:
            links.append(Link("NamedCredential", named, read=False))
        return Chain(tuple(links))
    links.append(_link("NamedCredential", credential.full_name, found))
    external = call.external_credential
    if external is None:
        if credential.external_credential:
            links.append(Link("ExternalCredential", credential.external_credential, read=False))
        return Chain(tuple(links))
    links.append(_link("ExternalCredential", external.full_name, found))
    holders = holders_of(context, external)
    names = dict.fromkeys((holder.kind, holder.name) for holder in holders)
    links.extend(_link(kind, name, found) for kind, name in names)
    if not names and external.principals:
        links.append(Link("PermissionSet", None))
    return Chain(tuple(links), users_of(context, holders))


def _link(
    kind: str, name: str, found: dict[ComponentRef, list[Finding]], *, shown: str | None = None, read: bool = True
) -> Link:
    here = found.get(ComponentRef(kind, name), [])
    worst = min((finding.severity for finding in here), key=lambda severity: severity.rank, default=None)
    rules = tuple(sorted({finding.rule for finding in here}))
    return Link(kind, shown or name, read, worst, rules)
