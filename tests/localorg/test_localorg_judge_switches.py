"""Every switch, turned once: the integration still deploys, or the refusal is a clear sentence; and what some change."""

from __future__ import annotations

import json

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.state import State
from sfsetup.localorg.switches import SWITCHES
from tests.localorg.judge_cases import ORG, document, registration
from tests.support.commands import sfsetup
from tests.support.judging import SPEC, STAGE_1, Bench, component, components, rendered, xml
from tests.support.local import running_org
from tests.support.metadata_caller import MetadataCaller

KEY = "EIGHT_BY_EIGHT_API_KEY"


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_the_integration_under_a_turned_switch(name: str) -> None:
    with Bench(**{name: not SWITCHES[name].default}) as bench:
        said = bench.deploy(components(rendered(), *STAGE_1))
        if all(each.warning for each in said):
            said += bench.deploy(components(rendered(), "Flow"))
        for each in said:
            assert len(each.message) > 15
            assert each.check
        stored = bench.state.components.exists("Flow", "Send_SMS")
        assert stored or [each for each in said if not each.warning]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_deploy_under_a_turned_switch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a-key")
    with running_org() as org:
        org.control("POST", "switches", {name: not SWITCHES[name].default})
        ended = sfsetup("deploy", SPEC, "-o", org.target, "--json", code=None)
        result = json.loads(ended.out)
        assert ended.code in (0, 1), ended.text
        assert result["status"] == ended.code
        if ended.code:
            assert len(str(result["message"])) > 15


def test_registration_and_flow_in_one_package() -> None:
    both = components(rendered(), *STAGE_1, "Flow")
    with Bench() as bench:
        refused = [each for each in bench.deploy(both) if not each.warning]
        assert {each.check for each in refused} == {"FL-03"}
        assert refused[0].message.startswith('body (Variable) - "apexClass" is invalid.')
        assert not bench.state.components.exists("ExternalServiceRegistration", "CPaaSSMS")
        # Once the registration is there, both may come again together.
        assert bench.deploy(components(rendered(), *STAGE_1)) == []
        assert bench.deploy(both) == []
    with Bench(registration_and_flow_refused=False) as bench:
        assert bench.deploy(both) == []
        assert bench.state.flows.active("Send_SMS") is not None


@pytest.mark.parametrize("refused", [True, False])
def test_a_document_that_external_services_cannot_read(refused: bool) -> None:
    schema = document()
    schema["components"]["schemas"]["Part"]["properties"]["code"] = {"not": {"type": "string"}}
    kind, name, inner = registration(schema)
    state = State.open(None)
    state.switches.set("unsupported-schema-refused", refused)
    for each in ORG[:2]:
        with_org = component(*each)
        state.components.put(with_org.type.name, with_org.full_name, with_org.content, by=state.admin_id)
    with Embedded(state) as server:
        caller = MetadataCaller(server.url, server.token)
        path = f"externalServiceRegistrations/{name}.externalServiceRegistration"
        ended = caller.deploy({path: xml(kind, inner)}, ignoreWarnings=True)
        if refused:
            assert ended.status == "Failed"
            assert "OA-A06" in ended.problems[name]
            return
        assert ended.status == "Succeeded", ended.problems
        assert "OA-A06" in ended.success(name)["problem"]
        files, _ = caller.retrieve({kind: [name]})
        assert b"<status>Incomplete</status>" in files[path]


@pytest.mark.parametrize("read", [True, False])
def test_openapi_31_read_as_30_has_actions(read: bool) -> None:
    kind, name, inner = registration(document(openapi="3.1.0"))
    with Bench(openapi_31_refused=not read) as bench:
        for each in ORG[:2]:
            bench.put(component(*each))
        said = bench.deploy([component(kind, name, inner)])
        assert [each.check for each in said] == ([] if read else ["ES-05"])
        assert bench.state.components.exists(kind, name) is read


@pytest.mark.parametrize("encoded", [True, False])
def test_properties_that_are_words_of_apex(encoded: bool) -> None:
    schema = document()
    schema["components"]["schemas"]["Part"]["properties"]["class"] = {"type": "string"}
    with Bench(reserved_words_encoded=encoded) as bench:
        for each in ORG[:2]:
            bench.put(component(*each))
        kind, name, inner = registration(schema)
        assert bench.deploy([component(kind, name, inner)]) == []
        shapes = runtime_of(bench.org).services.shapes(name)
        assert shapes is not None
        part = shapes.class_shape(f"ExternalService__{name}_Part")
        assert part is not None
        assert set(part.properties) == {"code", "z0class" if encoded else "class"}


@pytest.mark.parametrize("fails", [True, False])
def test_what_the_judge_only_warns_of(server: Embedded, fails: bool) -> None:
    server.org.state.switches.set("warnings-fail-deploy", fails)
    caller = MetadataCaller(server.url, server.token)
    site = {"remoteSiteSettings/A.remoteSite": xml("RemoteSiteSetting", "<isActive>true</isActive>")}
    ended = caller.deploy(site, ignoreWarnings=False)
    assert ended.status == ("Failed" if fails else "Succeeded")
    assert caller.deploy(site, ignoreWarnings=True).status == "Succeeded"
