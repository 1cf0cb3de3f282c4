"""Desired components and the org's state made into a Plan: what would be sent, what is left alone, what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.finding import ComponentRef, Finding, in_order
from sfsetup.model.plan import Action, Change, Kept, Plan, StageName, Step, Undo
from sfsetup.model.snapshot import FlowVersions, OrgComponent, OrgSnapshot, PrincipalState
from sfsetup.planning.basis import fingerprint
from sfsetup.planning.diff import compare, raw, text
from sfsetup.planning.merge import merge
from sfsetup.planning.options import PlanOptions
from sfsetup.planning.preflight import preflight
from sfsetup.planning.registration import schema_findings
from sfsetup.protocols.registry import protocol_of
from sfsetup.protocols.values import Principal
from sfsetup.spec.model import IntegrationSpec

ORDER = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow")
"""Reference 'metadata types' section 7: what refers to something comes after it."""

VIEW_SETUP = "View Setup and Configuration"


def plan(
    spec: IntegrationSpec, components: ComponentSet, snapshot: OrgSnapshot, options: PlanOptions | None = None
) -> Plan:
    """What a deploy of `components` would do to the org that `snapshot` shows. Sends and asks nothing."""
    chosen = options or PlanOptions()
    draft = _Draft(spec, components, snapshot, chosen)
    draft.metadata()
    draft.secrets()
    draft.flow()
    draft.assignments()
    steps = tuple(step for step in draft.steps if step.stage in chosen.only)
    return Plan(
        org=snapshot.org,
        environment=spec.environment,
        steps=steps,
        kept=tuple(draft.kept),
        unknown=tuple(draft.unknown),
        manual=tuple(draft.manual),
        findings=in_order([*preflight(spec, snapshot), *draft.findings]),
        basis=fingerprint(snapshot),
    )


class _Draft:
    """A plan in the making; one instance per call."""

    def __init__(
        self, spec: IntegrationSpec, components: ComponentSet, snapshot: OrgSnapshot, options: PlanOptions
    ) -> None:
        self.spec = spec
        self.components = components
        self.snapshot = snapshot
        self.options = options
        self.steps: list[Step] = []
        self.kept: list[Kept] = []
        self.unknown: list[str] = []
        self.manual: list[str] = []
        self.findings: list[Finding] = []
        self.permission_set: bytes | None = None
        """Content of the permission set as it will be after stage 1; stage 2 adds the flow access to it."""

    def metadata(self) -> None:
        """Stage 1: credentials, registration, permission set."""
        for component in _ordered(self.components.of_stage(1)):
            if reason := self._unknown(component.ref):
                self.unknown.append(reason)
                continue
            existing = self.snapshot.components.get(component.ref)
            if component.type == "ExternalServiceRegistration" and existing is not None:
                self.findings.extend(schema_findings(self.spec, component, existing))
            self._component(component, existing, StageName.METADATA)

    def _component(self, component: Component, existing: OrgComponent | None, stage: StageName) -> None:
        merged = merge(component, existing.content if existing else None, needed_operations=self._needed())
        if component.type == "PermissionSet":
            self.permission_set = merged.component.content
        changes = compare(component.type, existing.content if existing else None, merged.component.content)
        if existing is not None and merged.kept:
            self._keep(component, existing, changes)
        if existing is None:
            self._step(stage, Action.CREATE, component, _elements(component), Undo.ROLLBACK)
        elif changes:
            lasting = any(change.destructive for change in changes)
            undo = Undo.NEVER if lasting and component.type == "ExternalCredential" else Undo.ROLLBACK
            self._step(stage, Action.UPDATE, merged.component, changes, undo, _editor(existing))

    def _needed(self) -> tuple[str, ...]:
        """Registration names of the operations that the own flow calls."""
        flow = self.components.get("Flow")
        if flow is None:
            return ()
        from sfsetup.planning.registration import called_operations

        return called_operations(flow, self.spec.service.name)

    def _keep(self, component: Component, existing: OrgComponent, sent: tuple[Change, ...]) -> None:
        """Differences that the merge leaves in the org: shown, because they are drift from the integration."""
        ours = self.components.of_stage(2).get(component.type, component.full_name) or component
        left = [c for c in compare(component.type, existing.content, ours.content) if c not in sent]
        if left:
            self.kept.append(
                Kept(
                    component.type,
                    component.full_name,
                    "not of this integration and left as it is",
                    tuple(replace(change, destructive=False) for change in left),
                    existing.last_modified_by,
                    existing.last_modified_date,
                )
            )

    def secrets(self) -> None:
        """Values of principals: what is missing, or everything with `always`."""
        credential = self.spec.external_credential
        protocol = protocol_of(credential)
        for principal in credential.principals:
            if protocol.needs_person:
                self.manual.append(f"Principal {principal.name} of {credential.name}: {protocol.needs_person}")
            stored = protocol.stored(credential, principal.name)
            state = self._principal(principal)
            if stored and state is not None and not state.known:
                self.unknown.append(
                    f"What is stored for principal {principal.name} of {credential.name}: not readable."
                )
                continue
            present = dict(state.parameters) if state else {}
            # PUT replaces all: only Custom lets a single parameter be written (reference 'wire protocols' section 3.1)
            together = not protocol.free_parameters and any(item.connect_name not in present for item in stored)
            for item in stored:
                there = item.connect_name in present
                if there and not together and self.options.secrets != "always":
                    continue
                self.steps.append(
                    Step(
                        id=f"secret/{principal.name}/{item.connect_name}",
                        stage=StageName.SECRET,
                        action=Action.SET_SECRET,
                        type="ExternalCredential",
                        full_name=credential.name,
                        changes=(
                            Change(
                                f"principal[{principal.name}].{item.connect_name}",
                                f"present, revision {present[item.connect_name]}, not comparable" if there else None,
                                "written",
                            ),
                        ),
                        undo=Undo.NEVER if there else Undo.ROLLBACK,
                        note="overwrites the stored value" if there else "",
                    )
                )

    def _principal(self, principal: Principal) -> PrincipalState | None:
        for state in self.snapshot.principals:
            if (state.external_credential, state.principal) == (self.spec.external_credential.name, principal.name):
                return state
        return None

    def flow(self) -> None:
        """Stage 2: the flow, its activation, and the permission set again where the flow is restricted."""
        for component in _ordered(self.components.of_stage(2)):
            if reason := self._unknown(component.ref):
                self.unknown.append(reason)
            elif component.type == "Flow":
                self._flow(component)
            elif component.type == "PermissionSet" and self.permission_set is not None:
                self._second_permission_set(component)

    def _second_permission_set(self, component: Component) -> None:
        """Stage 1 has put the set into the state that this starts from."""
        existing = self.snapshot.components.get(component.ref)
        merged = merge(component, self.permission_set)
        before = existing.content if existing else self.permission_set
        if compare(component.type, before, merged.component.content):
            changes = compare(component.type, self.permission_set, merged.component.content)
            if changes:
                self._step(StageName.FLOW, Action.UPDATE, merged.component, changes, Undo.ROLLBACK)

    def _flow(self, component: Component) -> None:
        flow = self.spec.flow
        existing = self.snapshot.components.get(component.ref)
        versions = self.snapshot.flows.get(component.full_name)
        wanted = text(raw(component.content), "status") == "Active"
        if existing is None:
            self._step(StageName.FLOW, Action.CREATE, component, _elements(component), _flow_undo(wanted))
            if wanted:
                self._activate(component, None)
            return
        changes = compare("Flow", existing.content, component.content)
        takes = self.options.take_flow or (flow is not None and flow.manage == "always")
        if changes and not takes:
            self.kept.append(
                Kept(
                    "Flow",
                    component.full_name,
                    "the flow belongs to the org once it is there; --take-flow overwrites it",
                    changes,
                    existing.last_modified_by,
                    existing.last_modified_date,
                )
            )
            return
        if changes:
            self._step(StageName.FLOW, Action.UPDATE, component, changes, _flow_undo(wanted), _editor(existing))
            if wanted:
                self._activate(component, versions.active if versions else None)
        elif versions is not None and versions.latest is not None:
            self._versions(component, existing, versions, wanted=wanted, takes=takes)
        elif hidden := self.snapshot.unknown.get(component.ref):
            self.unknown.append(f"Which version of {component.ref} is active: {hidden}")
        elif wanted:
            self._activate(component, None)

    def _versions(
        self, component: Component, existing: OrgComponent, versions: FlowVersions, *, wanted: bool, takes: bool
    ) -> None:
        """A flow that is as it should be: only which of its versions is active may have to change."""
        active, latest = versions.active, versions.latest
        if active == latest:
            return
        if active is None:
            if wanted:
                self._activate(component, None, latest)
            return
        # which of two versions an org gives back is not documented: the status in what it gave tells
        newest_is_ours = text(raw(existing.content), "status") != "Active"
        if wanted and newest_is_ours and takes:
            self._activate(component, active, latest)
            return
        reason = f"version {latest} is newer than the active version {active}"
        if wanted and newest_is_ours:
            reason += " and as the integration wants it; --take-flow makes it the active one"
        self.kept.append(
            Kept("Flow", component.full_name, reason, (), existing.last_modified_by, existing.last_modified_date)
        )

    def _activate(self, component: Component, active: int | None, version: int | None = None) -> None:
        """`version`: one that the org has and that is to be made active as it is; without it the flow is sent."""
        before = f"version {active}" if active is not None else None
        after = f"version {version}" if version is not None else "the deployed version"
        self.steps.append(
            Step(
                id=f"flow/{component.full_name}/activate",
                stage=StageName.FLOW,
                action=Action.ACTIVATE,
                type="Flow",
                full_name=component.full_name,
                changes=(Change("activeVersion", before, after),),
                undo=Undo.DEACTIVATE,
                component=component if version is None else None,
                version=version,
            )
        )
        if not self.snapshot.org.type.is_production:
            return
        if version is not None:
            self.manual.append(
                "No source says whether production lets a flow be activated by an API; where it does not, the flow is "
                "deployed again, and the preference 'Deploy processes and flows as active' (Setup, Process Automation "
                "Settings) decides whether it arrives active."
            )
        else:
            self.manual.append(
                "Activation in production needs the preference 'Deploy processes and flows as active' "
                "(Setup, Process Automation Settings) and the flow test coverage set there; without it the flow "
                "arrives inactive."
            )

    def assignments(self) -> None:
        """The permission set for every user of `assign`."""
        name = self.spec.permission_set.name
        for user in self.snapshot.users:
            if user.id is None or not user.is_active or name in user.assigned:
                continue
            self.steps.append(
                Step(
                    id=f"assign/{name}/{user.username}",
                    stage=StageName.ASSIGN,
                    action=Action.ASSIGN,
                    type="PermissionSet",
                    full_name=name,
                    changes=(Change("assignment", None, user.username),),
                    undo=Undo.ROLLBACK,
                )
            )

    def _unknown(self, ref: ComponentRef) -> str | None:
        """Why nothing can be said about a component; None when the org told whether it is there."""
        if ref in self.snapshot.components:
            return None
        if ref in self.snapshot.unknown:
            return f"{ref}: {self.snapshot.unknown[ref]}"
        if any(right.startswith("View Setup") for right in self.snapshot.missing_rights):
            # reference 'metadata types' section 7: without it the answer is empty, not an error
            return f"{ref}: not shown without {VIEW_SETUP!r}, which is not the same as absent"
        return None

    def _step(
        self,
        stage: StageName,
        action: Action,
        component: Component,
        changes: tuple[Change, ...],
        undo: Undo,
        note: str = "",
    ) -> None:
        self.steps.append(
            Step(
                id=f"{stage.value}/{component.type}/{component.full_name}",
                stage=stage,
                action=action,
                type=component.type,
                full_name=component.full_name,
                changes=changes,
                undo=undo,
                component=component,
                note=note,
            )
        )


def _ordered(components: ComponentSet) -> Iterator[Component]:
    def place(component: Component) -> tuple[int, str]:
        rank = ORDER.index(component.type) if component.type in ORDER else len(ORDER)
        return rank, component.full_name

    return iter(sorted(components, key=place))


def _flow_undo(active: bool) -> Undo:
    return Undo.DEACTIVATE if active else Undo.ROLLBACK


def _editor(existing: OrgComponent) -> str:
    if not existing.last_modified_by:
        return ""
    when = f" on {existing.last_modified_date}" if existing.last_modified_date else ""
    return f"last changed by {existing.last_modified_by}{when}"


def _elements(component: Component) -> tuple[Change, ...]:
    """A new component, element by element."""
    empty = f'<{component.type} xmlns="http://soap.sforce.com/2006/04/metadata"/>'.encode()
    changes = compare(component.type, empty, component.content)
    return tuple(replace(change, before=None, destructive=False) for change in changes)
