"""Why a user cannot make the callout: every link of the chain, from the user to the stored secret. Reads only.

The links between components come from what the org has (`facts.graph`), who may come from the permission sets among
them (`facts.grants`) and from the org's own tables, which also know what profiles and groups give. What cannot be seen
is unknown, never broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sfsetup.apply.evidence import OrgEvidence
from sfsetup.facts.grants import Grants, Level, Missing, needed_level
from sfsetup.facts.graph import ExternalCall, Graph
from sfsetup.model.finding import Certainty, ComponentRef, Finding, Severity

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.facts.flow import Flow
    from sfsetup.model.snapshot import PrincipalState
    from sfsetup.spec.model import IntegrationSpec

USER_EXTERNAL_CREDENTIAL = "UserExternalCredential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain. `ok` None: it cannot be seen."""

    rule: str
    name: str
    ok: bool | None
    message: str
    fix: str = ""
    component: ComponentRef | None = None

    def as_json(self) -> dict[str, Any]:
        """One entry of `result.links`."""
        return {"link": self.name, "ok": self.ok, "message": self.message, "fix": self.fix}

    def as_finding(self, spec: IntegrationSpec) -> Finding:
        """A broken link as a finding."""
        return Finding(
            rule=self.rule,
            severity=Severity.HIGH,
            certainty=Certainty.DOCUMENTED,
            message=self.message,
            fix=self.fix,
            component=self.component,
            element=self.name,
            file=str(spec.path),
        )


class Diagnosis:
    """The chain of one integration for one user."""

    def __init__(self, spec: IntegrationSpec, evidence: OrgEvidence) -> None:
        self.spec, self.evidence = spec, evidence
        self.graph = Graph(evidence.facts)
        self.grants = Grants(evidence.facts)
        self.who = evidence.username

    def links(self) -> list[Link]:
        """All links in the order in which a callout needs them."""
        return [
            *self._user(),
            *self._flow(),
            *self._operation(),
            *self._endpoint(),
            *self._principal(),
            *self._object(),
            *self._secret(),
        ]

    @cached_property
    def flow(self) -> Flow | None:
        """The flow of the integration as the org has it."""
        return self.graph.flow(self.spec.flow.name) if self.spec.flow else None

    @cached_property
    def call(self) -> ExternalCall | None:
        """The action that calls out."""
        calls = self.graph.calls_of_flow(self.flow) if self.flow else ()
        wanted = [call for call in calls if call.call.service == self.spec.service.name]
        return next(iter(wanted or calls), None)

    @cached_property
    def credential(self) -> ExternalCredential | None:
        """The external credential at the end of the chain, else the one that the spec names."""
        found = self.call.external_credential if self.call else None
        return found or self.graph.external_credential(self.spec.external_credential.name)

    # who

    def _user(self) -> Iterator[Link]:
        user = self.evidence.user
        if user.id is None:
            yield _broken("DG-001", "user", f"The org has no user {self.who}.", "Check the username.")
            return
        if not user.is_active:
            yield _broken("DG-001", "user", f"User {self.who} is not active.", "Activate the user.")
        else:
            yield _fine("DG-001", "user", f"User {self.who} is there and active.")
        if self.spec.flow is None:
            return
        may = user.can_run_flows
        if may is None:
            yield _unseen("DG-002", "run flows", f"Whether {self.who} has Run Flows is not told by the org.")
        elif may:
            yield _fine("DG-002", "run flows", f"{self.who} may run flows.")
        else:
            fix = f"Assign {self.spec.permission_set.name}" if self.spec.permission_set.run_flows else "Give Run Flows"
            message = f"{self.who} has no Run Flows (nor the box Flow User)."
            yield _broken("DG-002", "run flows", message, f"{fix} to {self.who}.")

    # what

    def _flow(self) -> Iterator[Link]:
        if self.spec.flow is None:
            return
        name = self.spec.flow.name
        ref = ComponentRef("Flow", name)
        if self.flow is None:
            yield self._absent("DG-003", "flow", ref, "`sfsetup deploy` brings it.")
            return
        versions = self.evidence.versions
        if versions is None:
            yield _unseen("DG-003", "flow", f"The versions of flow {name} cannot be read.")
        elif versions.active is None:
            # reference 'wire protocols' section 2.3: a REST call then runs the latest version
            message = f"Flow {name} has no active version: a call over REST runs the latest, everything else runs none."
            yield _unseen("DG-003", "flow", message, "Activate it in Setup, Flows, or by flow.activate: true.")
        elif versions.active != versions.latest:
            message = (
                f"Flow {name}: version {versions.active} is active; version {versions.latest} is newer and not used."
            )
            yield _fine("DG-003", "flow", message)
        else:
            yield _fine("DG-003", "flow", f"Flow {name} is there; version {versions.active} is active.")
        if self.flow.needs_permission and self.evidence.user.id is not None:
            if Missing.FLOW not in self.lacking:
                yield _fine("DG-004", "flow access", f"{self.who} has access to the restricted flow.")
            else:
                giving = [each.full_name for each in self.grants.of_flow(self.flow)]
                yield self._not_given("DG-004", "flow access", f"access to flow {name}", giving, certain=False)

    def _operation(self) -> Iterator[Link]:
        if self.flow is None:
            return
        if self.call is None:
            fix = "Deploy with --take-flow, or look at what the flow was changed to."
            yield _broken("DG-005", "action", f"Flow {self.flow.full_name} calls no External Service.", fix)
            return
        ref = ComponentRef("ExternalServiceRegistration", self.call.call.service or self.spec.service.name)
        registration = self.call.registration
        if registration is None:
            yield self._absent("DG-005", "registration", ref, "`sfsetup deploy` brings it.")
            return
        operation = self.call.operation
        called = self.call.call.operation
        if registration.has_operations and operation is None:
            message = f"External Service {registration.full_name} has no operation {called}."
            yield _broken("DG-005", "operation", message, "Deploy again, or correct the flow's action.", ref)
        elif operation is not None and not operation.active:
            message = f"Operation {called} of {registration.full_name} is not active."
            yield _broken("DG-005", "operation", message, "Activate it in Setup, External Services.", ref)
        else:
            yield _fine(
                "DG-005", "operation", f"Operation {called} of {registration.full_name} is registered and active."
            )

    def _endpoint(self) -> Iterator[Link]:
        registration = self.call.registration if self.call else None
        name = registration.named_credential if registration else self.spec.named_credential.name
        ref = ComponentRef("NamedCredential", name or self.spec.named_credential.name)
        named = self.graph.named_credential(ref.full_name)
        if named is None:
            yield self._absent("DG-006", "named credential", ref, "`sfsetup deploy` brings it.")
            return
        if not named.is_enabled:
            fix = "Switch on 'Enabled for Callouts' in Setup, Named Credentials."
            yield _broken(
                "DG-006", "named credential", f"Named credential {ref.full_name} is off for callouts.", fix, ref
            )
        else:
            yield _fine("DG-006", "named credential", f"Named credential {ref.full_name} calls {named.url}.")
        wanted = ComponentRef("ExternalCredential", named.external_credential or "")
        if named.external_credential is None:
            yield _broken(
                "DG-007", "external credential", f"{ref.full_name} names no external credential.", "Deploy again.", ref
            )
        elif self.graph.credential_of(named) is None:
            yield self._absent("DG-007", "external credential", wanted, "`sfsetup deploy` brings it.")
        else:
            yield _fine("DG-007", "external credential", f"It authenticates with {named.external_credential}.")
        for header in self.graph.headers_of(named):
            if header.formula.is_formula and not named.allow_merge_fields_in_header:
                message = (
                    f"{ref.full_name} does not allow formulas, and header {header.name} is one: it is sent as written."
                )
                yield _broken("DG-008", "header", message, "Switch on 'Allow Formulas in HTTP Header'.", ref)

    # grants

    @cached_property
    def lacking(self) -> tuple[Missing, ...]:
        """What the permission sets assigned to the user do not give; profiles and groups are not in them."""
        if self.credential is None:
            return ()
        return self.grants.missing(self.evidence.holders, self.credential, self.flow)

    @cached_property
    def usable(self) -> tuple[Parameter, ...] | None:
        """The principals that the user can use, the first by sequence first; None where it cannot be told."""
        if self.credential is None:
            return None
        known = self.evidence.principals_of(self.credential.full_name)
        given = {
            access.principal
            for each in self.evidence.holders
            for access in each.principals
            if access.enabled and access.external_credential.lower() == self.credential.full_name.lower()
        }
        if known is not None:
            given |= known
        if not given and known is None:
            return None
        found = [one for one in self.credential.principals if one.name in given]
        return tuple(sorted(found, key=lambda one: (one.sequence is None, one.sequence or 0)))

    def _principal(self) -> Iterator[Link]:
        credential = self.credential
        if credential is None or self.evidence.user.id is None or not credential.principals:
            return
        usable = self.usable
        if usable:
            yield _fine("DG-009", "principal access", f"{self.who} has access to principal {usable[0].name}.")
            return
        giving = sorted({grant.source.full_name for grant in self.grants.of_principal(credential)})
        names = ", ".join(one.name for one in credential.principals)
        what = f"access to a principal of {credential.full_name} ({names})"
        yield self._not_given("DG-009", "principal access", what, giving, certain=usable is not None)

    def _object(self) -> Iterator[Link]:
        credential = self.credential
        if credential is None or self.evidence.user.id is None or not credential.principals:
            return
        level = needed_level(credential, self.usable[0] if self.usable else None)
        rights = self.evidence.object_rights(USER_EXTERNAL_CREDENTIAL)
        enough = Missing.OBJECT not in self.lacking
        if rights is not None and not enough:
            everything = rights.read and rights.create and rights.edit and rights.delete
            enough = {Level.READ: rights.read, Level.FULL: everything, Level.MODIFY_ALL: rights.modify_all}[level]
        what = f"{level.value} on User External Credentials"
        if enough:
            yield _fine("DG-010", "object access", f"{self.who} has {what}.")
            return
        giving = [
            each.full_name for each in self.grants.facts.permission_sets if each.object_access(USER_EXTERNAL_CREDENTIAL)
        ]
        yield self._not_given("DG-010", "object access", what, giving, certain=rights is not None)

    def _not_given(self, rule: str, name: str, what: str, giving: list[str], *, certain: bool) -> Link:
        source = self.spec.permission_set.name if self.spec.permission_set.name in giving else next(iter(giving), None)
        fix = (
            f"Assign {source} to {self.who}."
            if source
            else f"Give {what} by a permission set; `sfsetup deploy` makes one."
        )
        if source is not None and source in self.evidence.user.assigned:
            fix = f"{source} is assigned and does not give it any more; `sfsetup deploy` mends it."
        if not certain:
            return _unseen(
                rule, name, f"No permission set of {self.who} gives {what}; what the profile gives is not told.", fix
            )
        return _broken(rule, name, f"{self.who} has no {what}.", fix)

    # the secret

    def _secret(self) -> Iterator[Link]:
        credential = self.credential
        if credential is None:
            return
        state = self.evidence.stored_for([one.name for one in self.usable or credential.principals])
        ref = ComponentRef("ExternalCredential", credential.full_name)
        if state is None:
            return
        if not state.known:
            yield _unseen("DG-011", "secret", f"What is stored for principal {state.principal} is not told by the org.")
            return
        if credential.signs_in:
            yield self._signed_in(state, credential)
            return
        wanted = sorted(
            {
                reference.parameter
                for header in (
                    self.graph.headers_of(self.call.named_credential)
                    if self.call and self.call.named_credential
                    else ()
                )
                for reference in header.formula.references
                if reference.parameter
            }
        )
        missing = [name for name in wanted if name not in state.parameters]
        if not state.parameters:
            fix = "`sfsetup deploy --only secret` stores it."
            yield _broken("DG-011", "secret", f"Nothing is stored for principal {state.principal}.", fix, ref)
        elif missing:
            held = ", ".join(sorted(state.parameters))
            message = f"A header uses {', '.join(missing)}, and principal {state.principal} has only {held}."
            yield _broken("DG-011", "secret", message, "Correct the header or store the parameter.", ref)
        else:
            held = ", ".join(f"{name} (revision {revision})" for name, revision in sorted(state.parameters.items()))
            message = f"Stored for principal {state.principal}: {held}. Whether the vendor takes it, only a call shows."
            yield _fine("DG-011", "secret", message)

    def _signed_in(self, state: PrincipalState, credential: ExternalCredential) -> Link:
        """Connect tells the status of a principal, and of one of its own kind for each user only that of who asks."""
        message = {
            "Configured": f"Somebody has signed in for principal {state.principal}.",
            "NotConfigured": f"Nobody has signed in for principal {state.principal}.",
        }.get(state.status or "")
        per_user = credential.is_per_user
        if per_user and self.evidence.asked_by != self.who:
            return _unseen("DG-011", "sign-in", f"Each user signs in; whether {self.who} has, only {self.who} can see.")
        if message is None:
            return _unseen("DG-011", "sign-in", f"Whether somebody signed in for {state.principal} is not told.")
        ref = ComponentRef("ExternalCredential", credential.full_name)
        fix = "Sign in once in Setup (Named Credentials, External Credentials, Principals); no deploy can do that."
        if state.status == "Configured":
            return _fine("DG-011", "sign-in", message)
        return _broken("DG-011", "sign-in", message, fix, ref)

    def _absent(self, rule: str, name: str, ref: ComponentRef, fix: str) -> Link:
        reason = self.evidence.unknown.get(ref)
        if reason is None and not self.evidence.sees_setup:
            reason = "not shown without 'View Setup and Configuration', which is not the same as absent"
        if reason is not None:
            return _unseen(rule, name, f"{ref}: {reason}")
        return _broken(rule, name, f"The org has no {ref}.", fix, ref)


def _fine(rule: str, name: str, message: str) -> Link:
    return Link(rule=rule, name=name, ok=True, message=message)


def _broken(rule: str, name: str, message: str, fix: str, component: ComponentRef | None = None) -> Link:
    return Link(rule=rule, name=name, ok=False, message=message, fix=fix, component=component)


def _unseen(rule: str, name: str, message: str, fix: str = "") -> Link:
    return Link(rule=rule, name=name, ok=None, message=message, fix=fix)
