"""The plan from what is wanted and what an org shows: steps, what is kept, what is unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfsetup.model.component import ComponentSet
from sfsetup.model.finding import ComponentRef
from sfsetup.model.plan import Action, Plan, StageName, Undo
from sfsetup.model.snapshot import (
    FlowVersions,
    OrgComponent,
    OrgInfo,
    OrgSnapshot,
    OrgType,
    PrincipalState,
    UserState,
)
from sfsetup.planning.basis import fingerprint
from sfsetup.planning.options import PlanOptions
from sfsetup.planning.planner import plan
from sfsetup.render.components import render
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration

ORG = OrgInfo(
    id="00D000000000001AAA",
    username="me@acme.example",
    user_id="005000000000001AAA",
    type=OrgType.SANDBOX,
    api_version="66.0",
    instance_url="https://acme--uat.sandbox.my.salesforce.com",
)
FRESH = OrgSnapshot(org=ORG)
FLOW = ComponentRef("Flow", "Send_SMS")


@pytest.fixture(scope="module")
def spec(repository: Path) -> IntegrationSpec:
    return load_integration(repository / "specs" / "8x8-sms")[0]


@pytest.fixture(scope="module")
def components(repository: Path) -> ComponentSet:
    return render(*load_integration(repository / "specs" / "8x8-sms"))


@pytest.fixture
def deployed(components: ComponentSet) -> OrgSnapshot:
    """An org that has it all."""
    return OrgSnapshot(
        org=ORG,
        components={
            one.ref: OrgComponent(
                ref=one.ref, content=one.content, last_modified_by="Ada", last_modified_date="2026-01-02"
            )
            for one in components
        },
        principals=(PrincipalState("X8x8_CPaaS_Authentication", "8x8 API Key Principal", {"api_key": 4}),),
        flows={"Send_SMS": FlowVersions("Send_SMS", 1, 1)},
    )


def steps(made: Plan) -> list[tuple[str, str, str]]:
    return [(step.stage.value, step.action.value, step.type) for step in made.steps]


def test_a_fresh_org_gets_everything_in_order(spec: IntegrationSpec, components: ComponentSet) -> None:
    made = plan(spec, components, replace(FRESH, users=(UserState("me@acme.example", "005000000000001AAA"),)))
    assert steps(made) == [
        ("metadata", "create", "ExternalCredential"),
        ("metadata", "create", "NamedCredential"),
        ("metadata", "create", "ExternalServiceRegistration"),
        ("metadata", "create", "PermissionSet"),
        ("secret", "setSecret", "ExternalCredential"),
        ("flow", "create", "Flow"),
        ("flow", "activate", "Flow"),
        ("assign", "assign", "PermissionSet"),
    ]
    assert not any(step.destructive for step in made.steps)
    assert made.steps[-2].undo is Undo.DEACTIVATE


def test_an_org_that_has_it_all_gets_nothing(
    spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot
) -> None:
    made = plan(spec, components, deployed)
    assert (made.steps, made.kept, made.unknown) == ((), (), ())


def test_secrets_always_writes_what_is_there(
    spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot
) -> None:
    made = plan(spec, components, deployed, PlanOptions(secrets="always"))
    (step,) = made.steps
    assert step.action is Action.SET_SECRET
    assert step.undo is Undo.NEVER
    assert step.changes[0].before == "present, revision 4, not comparable"


def test_what_the_org_did_not_tell_is_unknown(
    spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot
) -> None:
    ref = ComponentRef("NamedCredential", "X8x8_SMS_API")
    hidden = {key: value for key, value in deployed.components.items() if key != ref}
    made = plan(spec, components, replace(deployed, components=hidden, unknown={ref: "no access"}))
    assert made.steps == ()
    assert made.unknown == ("NamedCredential X8x8_SMS_API: no access",)
    silent = replace(
        deployed, principals=(PrincipalState("X8x8_CPaaS_Authentication", "8x8 API Key Principal", known=False),)
    )
    made = plan(spec, components, silent)
    assert made.steps == ()
    assert "8x8 API Key Principal" in made.unknown[0]


def test_without_view_setup_an_empty_answer_is_no_absence(spec: IntegrationSpec, components: ComponentSet) -> None:
    made = plan(spec, components, replace(FRESH, missing_rights=("View Setup and Configuration",)))
    assert [step for step in made.steps if step.action is Action.CREATE] == []
    assert len(made.unknown) == 5


def edited(deployed: OrgSnapshot, ref: ComponentRef, before: bytes, after: bytes) -> OrgSnapshot:
    one = deployed.components[ref]
    assert before in one.content
    return replace(
        deployed, components={**deployed.components, ref: replace(one, content=one.content.replace(before, after))}
    )


@pytest.mark.parametrize(("take", "manage"), [(False, "once"), (True, "once"), (False, "always")])
def test_a_changed_flow_is_kept_unless_it_is_taken(
    spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot, take: bool, manage: str
) -> None:
    assert spec.flow is not None
    wanted = replace(spec, flow=replace(spec.flow, manage=manage))
    snapshot = edited(deployed, FLOW, b"<label>Send SMS</label>", b"<label>Mine</label>")
    made = plan(wanted, components, snapshot, PlanOptions(take_flow=take))
    if take or manage == "always":
        assert steps(made) == [("flow", "update", "Flow"), ("flow", "activate", "Flow")]
        assert "Ada" in made.steps[0].note
    else:
        assert steps(made) == []
        (kept,) = made.kept
        assert (kept.last_modified_by, kept.last_modified_date) == ("Ada", "2026-01-02")


def test_an_inactive_flow_is_activated(spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot) -> None:
    made = plan(spec, components, replace(deployed, flows={"Send_SMS": FlowVersions("Send_SMS", None, 3)}))
    (step,) = made.steps
    assert (step.action, step.version, step.component) == (Action.ACTIVATE, 3, None)
    assert step.changes[0].after == "version 3"


@pytest.mark.parametrize(
    ("given_back", "active", "latest", "take", "version", "kept"),
    [
        ("Active", 2, 2, True, None, False),
        ("Draft", 1, 2, True, 2, False),
        ("Obsolete", 1, 2, True, 2, False),
        ("Draft", 1, 2, False, None, True),
        # the org gave back the active version, which is as it should be: the newer one is somebody else's
        ("Active", 1, 2, True, None, True),
        ("Active", 1, 2, False, None, True),
        ("Draft", None, 2, False, 2, False),
    ],
)
def test_which_version_is_activated_as_it_is(
    spec: IntegrationSpec,
    components: ComponentSet,
    deployed: OrgSnapshot,
    given_back: str,
    active: int | None,
    latest: int,
    take: bool,
    version: int | None,
    kept: bool,
) -> None:
    snapshot = edited(deployed, FLOW, b"<status>Active</status>", f"<status>{given_back}</status>".encode())
    snapshot = replace(snapshot, flows={"Send_SMS": FlowVersions("Send_SMS", active, latest)})
    made = plan(spec, components, snapshot, PlanOptions(take_flow=take))
    assert [step.version for step in made.steps] == ([version] if version else [])
    assert [entry.full_name for entry in made.kept] == (["Send_SMS"] if kept else [])


def test_a_draft_that_is_wanted_as_a_draft_stays_one(
    repository: Path, tmp_path: Path, components: ComponentSet, deployed: OrgSnapshot
) -> None:
    spec = with_text(repository, tmp_path, ("flow: {name: Send_SMS,", "flow: {name: Send_SMS, activate: false,"))
    draft = render(spec, load_integration(tmp_path)[1])
    for active in (None, 1):
        made = plan(spec, draft, replace(deployed, flows={"Send_SMS": FlowVersions("Send_SMS", active, 1)}))
        assert made.steps == ()


def test_what_activates_in_production_is_said(
    spec: IntegrationSpec, components: ComponentSet, deployed: OrgSnapshot
) -> None:
    live = replace(deployed, org=replace(ORG, type=OrgType.PRODUCTION))
    inactive = replace(live, flows={"Send_SMS": FlowVersions("Send_SMS", None, 1)})
    assert "No source says" in plan(spec, components, inactive).manual[0]
    fresh = replace(FRESH, org=replace(ORG, type=OrgType.PRODUCTION))
    assert "needs the preference" in plan(spec, components, fresh).manual[0]


def test_only_the_stages_asked_for(spec: IntegrationSpec, components: ComponentSet) -> None:
    made = plan(spec, components, FRESH, PlanOptions(only=frozenset({StageName.SECRET})))
    assert steps(made) == [("secret", "setSecret", "ExternalCredential")]


def test_the_fingerprint_moves_with_meaning_alone(deployed: OrgSnapshot) -> None:
    ref = ComponentRef("NamedCredential", "X8x8_SMS_API")
    before = fingerprint(deployed)
    one = deployed.components[ref]
    dated = replace(
        one, last_modified_date="2027-01-01", last_modified_by="Bob", content=one.content.replace(b"    ", b"  ")
    )
    assert fingerprint(replace(deployed, components={**deployed.components, ref: dated})) == before
    assert fingerprint(edited(deployed, ref, b"sms.8x8.com", b"sms.8x8.id")) != before
    assert fingerprint(replace(deployed, principals=())) != before
    assert fingerprint(replace(deployed, flows={"Send_SMS": FlowVersions("Send_SMS", 1, 2)})) != before
    assert fingerprint(replace(deployed, org=replace(ORG, id="00D000000000002AAA"))) != before


def test_a_plan_holds_no_secret_and_no_source(spec: IntegrationSpec, components: ComponentSet) -> None:
    text = str(plan(spec, components, FRESH).as_json())
    assert "EIGHT_BY_EIGHT_API_KEY" not in text


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ({}, ["api_key", "team"]),
        ({"api_key": 1}, ["team"]),
        ({"api_key": 1, "team": 1}, []),
    ],
)
def test_custom_parameters_are_written_one_by_one(
    repository: Path, tmp_path: Path, components: ComponentSet, stored: dict[str, int], written: list[str]
) -> None:
    spec = with_text(
        repository,
        tmp_path,
        ("{api_key: {secret", "{team: {value: sms}, api_key: {secret"),
        ('"Bearer {api_key}"', '"Bearer {api_key}", X-Team: "{team}"'),
    )
    state = PrincipalState("X8x8_CPaaS_Authentication", "8x8 API Key Principal", stored)
    made = plan(spec, components, replace(FRESH, principals=(state,)), PlanOptions(only=frozenset({StageName.SECRET})))
    assert sorted(step.id.rpartition("/")[2] for step in made.steps) == written


@pytest.mark.parametrize(("stored", "steps_made"), [({}, 2), ({"username": 1}, 2), ({"username": 1, "password": 1}, 0)])
def test_fixed_parameters_are_written_together(
    repository: Path, tmp_path: Path, components: ComponentSet, stored: dict[str, int], steps_made: int
) -> None:
    spec = with_text(
        repository,
        tmp_path,
        ("protocol: custom", "protocol: basic"),
        ('  headers: {Authorization: "Bearer {api_key}"}\n', ""),
        (
            "{api_key: {secret: {env: EIGHT_BY_EIGHT_API_KEY}}}",
            "{username: {secret: {env: U}}, password: {secret: {env: P}}}",
        ),
    )
    state = PrincipalState("X8x8_CPaaS_Authentication", "8x8 API Key Principal", stored)
    made = plan(spec, components, replace(FRESH, principals=(state,)), PlanOptions(only=frozenset({StageName.SECRET})))
    assert len(made.steps) == steps_made


def with_text(repository: Path, folder: Path, *changes: tuple[str, str]) -> IntegrationSpec:
    source = repository / "specs" / "8x8-sms"
    (folder / "openapi.json").write_bytes((source / "openapi.json").read_bytes())
    text = (source / "integration.yaml").read_text()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    (folder / "integration.yaml").write_text(text)
    return load_integration(folder)[0]
