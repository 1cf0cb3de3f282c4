"""Manifests, options, deletions, partial success, warnings, quick deploys, cancelling: verdicts written beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import Fault, MetadataCaller, as_zip, manifest, members_of, running, xml
from tests.support.rendered_stages import stage_files, stage_zip


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def site(name: str, url: str = "https://a.example", active: str = "true") -> dict[str, str]:
    """A remote site: a type that refers to nothing."""
    inner = f"<disableProtocolSecurity>false</disableProtocolSecurity><isActive>{active}</isActive><url>{url}</url>"
    return {f"remoteSiteSettings/{name}.remoteSite": xml("RemoteSiteSetting", inner)}


def flow(name: str, status: str = "Active", label: str = "L") -> dict[str, str]:
    inner = (
        f"<apiVersion>66.0</apiVersion><label>{label}</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>0</locationX><locationY>0</locationY></start>"
        f"<status>{status}</status>"
    )
    return {f"flows/{name}.flow": xml("Flow", inner)}


def names(caller: MetadataCaller, kind: str) -> list[str]:
    return [each["fullName"] for each in caller.list(kind)]


BROKEN = {"remoteSiteSettings/Broken.remoteSite": xml("RemoteSiteSetting", "<isActive>maybe</isActive>")}

# -- manifests ---------------------------------------------------------------------------------------------------------


def test_a_member_without_its_file_is_refused_in_salesforces_words(caller: MetadataCaller) -> None:
    members = {"RemoteSiteSetting": ["A", "Missing"], "ApexClass": ["Gone"]}
    done = caller.deploy({"package.xml": manifest(members), **site("A")})
    assert done.status == "Failed"
    assert done.counts == (2, 1, 3)
    assert done.problems == {
        "Gone": "An object 'Gone' of type ApexClass was named in package.xml, but was not found in zipped directory",
        "Missing": "An object 'Missing' of type RemoteSiteSetting was named in package.xml, but was not found in "
        "zipped directory",
    }
    assert {each["fileName"] for each in done.failures} == {"package.xml"}
    assert names(caller, "RemoteSiteSetting") == []


def test_missing_files_may_be_allowed(caller: MetadataCaller) -> None:
    members = {"RemoteSiteSetting": ["A", "Missing"]}
    done = caller.deploy({"package.xml": manifest(members), **site("A")}, allowMissingFiles=True)
    assert (done.status, done.counts) == ("Succeeded", (0, 1, 1))


@pytest.mark.parametrize(
    ("options", "switch", "status"),
    [({}, True, "Failed"), ({"ignoreWarnings": True}, True, "Succeeded"), ({}, False, "Succeeded")],
)
def test_a_file_that_the_manifest_does_not_name(
    server: Embedded, caller: MetadataCaller, options: dict[str, bool], switch: bool, status: str
) -> None:
    server.org.state.switches.set("unnamed-file-refused", switch)
    files = {"package.xml": manifest({"RemoteSiteSetting": ["A"]}), **site("A"), **site("B"), "readme/x.txt": "x"}
    done = caller.deploy(files, **options)
    told = [*done.failures, *done.successes]
    assert done.status == status
    assert {each["fullName"] for each in told if each.get("problem") == "Not in package.xml"} == {"B", "x"}
    assert names(caller, "RemoteSiteSetting") == (["A"] if status == "Succeeded" else [])


def test_a_wildcard_names_every_file_of_its_type(caller: MetadataCaller) -> None:
    done = caller.deploy({"package.xml": manifest({"RemoteSiteSetting": ["*"]}), **site("A"), **site("B")})
    assert (done.status, done.counts) == ("Succeeded", (0, 2, 2))


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("<Package", "Error parsing file: not well-formed XML"),
        (manifest({}, ""), "Error parsing file: <version> is missing"),
        (manifest({}, "sixty"), "Error parsing file: 'sixty' is no API version"),
        (manifest({}, "99.0"), "Invalid API version 99.0"),
        ("<!DOCTYPE a><Package xmlns='http://soap.sforce.com/2006/04/metadata'/>", "DOCTYPE"),
    ],
)
def test_a_manifest_that_cannot_be_used(caller: MetadataCaller, text: str, fragment: str) -> None:
    done = caller.deploy({"package.xml": text, **site("A")})
    assert done.status == "Failed"
    assert fragment in done.problems["package.xml"]
    assert names(caller, "RemoteSiteSetting") == []


def test_an_unknown_type_in_the_manifest(caller: MetadataCaller) -> None:
    done = caller.deploy({"package.xml": manifest({"NoSuchType": ["A"]})})
    assert done.status == "Failed"
    assert done.problems == {"": "Unknown type name 'NoSuchType' specified in package.xml"}


@pytest.mark.parametrize("prefix", ["zip/", "unpackaged/", ""])
@pytest.mark.parametrize("single", [True, False])
def test_the_package_may_lie_in_a_top_folder(caller: MetadataCaller, prefix: str, single: bool) -> None:
    inner = {"package.xml": manifest({"RemoteSiteSetting": ["A"]}), **site("A")}
    folder = f"{prefix}remoteSiteSettings/"
    archive = as_zip({folder: "", **{f"{prefix}{name}": data for name, data in inner.items()}})
    done = caller.status(caller.start(archive, singlePackage=single))
    assert done.status == "Succeeded"
    assert done.success("package.xml")["fileName"] == f"{prefix}package.xml"
    assert done.success("A")["fileName"] == f"{prefix}remoteSiteSettings/A.remoteSite"


# -- what a deploy leaves ----------------------------------------------------------------------------------------------


def test_an_error_rolls_everything_back_although_entries_say_success(caller: MetadataCaller) -> None:
    done = caller.deploy({**site("Good"), **BROKEN})
    assert (done.status, done.raw["success"], done.counts) == ("Failed", "false", (1, 1, 2))
    told = ("success", "changed", "created", "deleted")
    assert [done.success("Good")[name] for name in told] == ["true", "true", "true", "false"]
    assert [done.success("package.xml")[name] for name in told] == ["true", "true", "false", "false"]
    assert "id" in done.success("Good")
    assert "id" not in done.success("package.xml")
    (failure,) = done.failures
    assert [failure[name] for name in told] == ["false", "false", "false", "false"]
    assert (failure["lineNumber"], failure["problemType"]) == ("3", "Error")
    assert failure["problem"].startswith("'maybe' is not a valid value for the type boolean")
    assert int(failure["columnNumber"]) >= 1
    assert names(caller, "RemoteSiteSetting") == []


def test_partial_success_keeps_what_is_good(caller: MetadataCaller) -> None:
    done = caller.deploy({**site("Good"), **BROKEN}, rollbackOnError=False)
    assert (done.status, done.raw["success"], done.counts) == ("SucceededPartial", "true", (1, 1, 2))
    assert names(caller, "RemoteSiteSetting") == ["Good"]


def test_nothing_good_is_no_partial_success(caller: MetadataCaller) -> None:
    assert caller.deploy(BROKEN, rollbackOnError=False).status == "Failed"


def test_what_depends_on_a_failed_component_fails_with_it(caller: MetadataCaller) -> None:
    files = {name: data for name, data in stage_files(1).items() if name != "package.xml"}
    path = next(name for name in files if name.startswith("externalCredentials/"))
    files[path] = files[path].replace(b">Custom<", b">Password<")
    done = caller.deploy(files, rollbackOnError=False)
    assert done.status == "SucceededPartial"
    assert done.problems["X8x8_CPaaS_Authentication"] == (
        'External Credentials don\'t support the "Password" authentication protocol.'
    )
    assert done.problems["CPaaS_API_Access"] == (
        "The 8x8 API Key Principal parameter value doesn't exist or you may not have permission to access it."
    )


def test_a_validation_changes_nothing_and_tells_the_same(server: Embedded, caller: MetadataCaller) -> None:
    done = caller.status(caller.start(stage_zip(1), checkOnly=True))
    assert (done.status, done.raw["checkOnly"], done.counts) == ("Succeeded", "true", (0, 4, 4))
    state = server.org.state
    assert state.components.types() == {}
    assert state.permissions.get("CPaaS_API_Access") is None


def test_created_changed_and_neither(caller: MetadataCaller) -> None:
    seen = []
    for url in ("https://a.example", "https://a.example", "https://b.example"):
        entry = caller.deploy(site("A", url)).success("A")
        seen.append((entry["changed"], entry["created"], entry["deleted"]))
    assert seen == [("true", "true", "false"), ("false", "false", "false"), ("true", "false", "false")]


def test_a_permission_set_is_overwritten(server: Embedded, caller: MetadataCaller) -> None:
    def access(*permissions: str) -> dict[str, str]:
        inner = "".join(
            f"<userPermissions><enabled>true</enabled><name>{p}</name></userPermissions>" for p in permissions
        )
        return {"permissionsets/P.permissionset": xml("PermissionSet", f"<label>P</label>{inner}")}

    assert caller.deploy(access("ApiEnabled", "RunFlow")).status == "Succeeded"
    assert caller.deploy(access("ViewSetup")).status == "Succeeded"
    holder = server.org.state.permissions.get("P")
    assert holder is not None
    assert holder.user_permissions == {"ViewSetup"}


def test_a_profile_is_merged(caller: MetadataCaller) -> None:
    def profile(permission: str, enabled: str) -> dict[str, str]:
        inner = f"<userPermissions><enabled>{enabled}</enabled><name>{permission}</name></userPermissions>"
        return {"profiles/Sales.profile": xml("Profile", f"<custom>true</custom>{inner}")}

    for permission, enabled in (("ApiEnabled", "true"), ("RunFlow", "true"), ("ApiEnabled", "false")):
        assert caller.deploy(profile(permission, enabled)).status == "Succeeded"
    text = caller.retrieve({"Profile": ["Sales"]})[0]["profiles/Sales.profile"].decode()
    assert text.count("<userPermissions>") == 2
    assert "<enabled>false</enabled>\n        <name>ApiEnabled</name>" in text


# -- flows -------------------------------------------------------------------------------------------------------------


def versions(server: Embedded, name: str) -> list[tuple[int, str]]:
    return [(each.number, each.status) for each in server.org.state.flows.versions(name)]


def test_versions_of_a_flow(server: Embedded, caller: MetadataCaller) -> None:
    for status, label in (("Draft", "One"), ("Active", "One"), ("Active", "Two"), ("Draft", "Three")):
        assert caller.deploy(flow("F", status, label)).status == "Succeeded"
    assert versions(server, "F") == [(1, "Draft"), (2, "Obsolete"), (3, "Active"), (4, "Draft")]


def test_the_switch_for_unchanged_flows(server: Embedded, caller: MetadataCaller) -> None:
    server.org.state.switches.set("unchanged-flow-new-version", True)
    caller.deploy(flow("F"))
    caller.deploy(flow("F"))
    assert versions(server, "F") == [(1, "Obsolete"), (2, "Active")]


def test_production_takes_active_flows_inactive_and_says_success(server: Embedded, caller: MetadataCaller) -> None:
    server.org.state.describe(org_type="production")
    caller.token = server.org.state.sessions.main_token()
    level = {"testLevel": "RunLocalTests"}
    assert caller.deploy(flow("F"), **level).status == "Succeeded"
    assert versions(server, "F") == [(1, "Draft")]
    settings = xml("FlowSettings", "<enableFlowDeployAsActiveEnabled>true</enableFlowDeployAsActiveEnabled>")
    done = caller.deploy({"settings/Flow.settings": settings}, **level)
    assert done.status == "Succeeded", done.problems
    assert caller.deploy(flow("F", label="New"), **level).status == "Succeeded"
    assert versions(server, "F") == [(1, "Draft"), (2, "Active")]


def test_a_flow_definition_activates_and_deactivates(server: Embedded, caller: MetadataCaller) -> None:
    caller.deploy(flow("F", label="One"))
    caller.deploy(flow("F", label="Two"))

    def definition(number: int) -> dict[str, str]:
        inner = f"<activeVersionNumber>{number}</activeVersionNumber>"
        return {"flowDefinitions/F.flowDefinition": xml("FlowDefinition", inner)}

    assert caller.deploy(definition(1)).status == "Succeeded"
    assert versions(server, "F") == [(1, "Active"), (2, "Obsolete")]
    assert caller.deploy(definition(0)).status == "Succeeded"
    assert versions(server, "F") == [(1, "Obsolete"), (2, "Obsolete")]
    assert caller.deploy(definition(9)).problems == {"F": "Invalid version number: 9"}


def test_deleting_versions_and_flows(server: Embedded, caller: MetadataCaller) -> None:
    caller.deploy(flow("F", "Draft", "One"))
    caller.deploy(flow("F", "Active", "Two"))
    assert "its version 2 is active" in delete(caller, {"Flow": ["F"]}).problems["F"]
    done = delete(caller, {"Flow": ["F-1"]})
    assert (done.status, done.success("F-1")["deleted"]) == ("Succeeded", "true")
    assert versions(server, "F") == [(2, "Active")]
    inner = "<activeVersionNumber>0</activeVersionNumber>"
    caller.deploy({"flowDefinitions/F.flowDefinition": xml("FlowDefinition", inner)})
    assert delete(caller, {"Flow": ["F"]}).status == "Succeeded"
    assert versions(server, "F") == []


# -- deletions ---------------------------------------------------------------------------------------------------------


def delete(caller: MetadataCaller, members: dict[str, list[str]], when: str = "", **options: object) -> Any:
    files = {"package.xml": manifest({}), f"destructiveChanges{when}.xml": manifest(members, "")}
    return caller.deploy(files, **options)


@pytest.mark.parametrize("when", ["", "Pre", "Post"])
def test_deleting(caller: MetadataCaller, when: str) -> None:
    caller.deploy({**site("A"), **site("B")})
    done = delete(caller, {"RemoteSiteSetting": ["A"]}, when)
    entry = done.success("A")
    assert (done.status, entry["deleted"], entry["changed"]) == ("Succeeded", "true", "true")
    assert entry["fileName"] == f"destructiveChanges{when}.xml"
    assert names(caller, "RemoteSiteSetting") == ["B"]


@pytest.mark.parametrize(("when", "left"), [("Pre", ["A"]), ("", ["A"]), ("Post", [])])
def test_deletions_run_before_or_after_the_additions(caller: MetadataCaller, when: str, left: list[str]) -> None:
    caller.deploy(site("A"))
    files = {
        "package.xml": manifest(members_of(site("A"))),
        f"destructiveChanges{when}.xml": manifest({"RemoteSiteSetting": ["A"]}, ""),
        **site("A", "https://new.example"),
    }
    assert caller.deploy(files).status == "Succeeded"
    assert names(caller, "RemoteSiteSetting") == left


def test_what_is_not_there_halts_a_deploy_unless_warnings_are_ignored(caller: MetadataCaller) -> None:
    """As recorded by the makers of the CLI: a failure of the type Warning under the manifest's name."""
    caller.deploy({**site("A"), **site("B")})
    done = delete(caller, {"RemoteSiteSetting": ["Nothing", "A"]})
    (failure,) = done.failures
    assert done.status == "Failed"
    assert {name: failure[name] for name in ("fullName", "fileName", "componentType", "problemType", "success")} == {
        "fullName": "destructiveChanges.xml",
        "fileName": "destructiveChanges.xml",
        "componentType": "RemoteSiteSetting",
        "problemType": "Warning",
        "success": "false",
    }
    assert failure["problem"] == "No RemoteSiteSetting named: Nothing found"
    assert names(caller, "RemoteSiteSetting") == ["A", "B"]
    done = delete(caller, {"RemoteSiteSetting": ["Nothing", "A"]}, ignoreWarnings=True)
    entry = done.success("destructiveChanges.xml")
    assert done.status == "Succeeded"
    assert (entry["problemType"], entry["deleted"]) == ("Warning", "false")
    assert names(caller, "RemoteSiteSetting") == ["B"]


def test_without_rollback_the_rest_of_the_deletions_goes(caller: MetadataCaller) -> None:
    caller.deploy({**site("A"), **site("B")})
    done = delete(caller, {"RemoteSiteSetting": ["Nothing", "A"]}, rollbackOnError=False)
    assert (done.status, names(caller, "RemoteSiteSetting")) == ("SucceededPartial", ["B"])


def test_what_is_still_referenced_is_not_deleted(server: Embedded, caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    done = delete(caller, {"NamedCredential": ["X8x8_SMS_API"], "PermissionSet": ["CPaaS_API_Access"]})
    assert (done.status, list(done.problems)) == ("Failed", ["X8x8_SMS_API"])
    assert server.org.state.permissions.get("CPaaS_API_Access") is not None
    together = {
        "NamedCredential": ["X8x8_SMS_API"],
        "ExternalServiceRegistration": ["CPaaSSMS"],
        "PermissionSet": ["CPaaS_API_Access"],
        "ExternalCredential": ["X8x8_CPaaS_Authentication"],
    }
    assert delete(caller, together).status == "Succeeded"
    assert server.org.state.components.types() == {}
    assert server.org.state.permissions.get("CPaaS_API_Access") is None


def test_deleting_an_external_credential_destroys_its_secrets(server: Embedded, caller: MetadataCaller) -> None:
    caller.status(caller.start(stage_zip(1)))
    credentials = server.org.state.credentials
    name, principal = "X8x8_CPaaS_Authentication", "8x8 API Key Principal"
    credentials.write(name, principal, {"api_key": ("s", True)}, replace=True)
    again = caller.status(caller.start(stage_zip(1)))
    assert again.success(name)["changed"] == "false"
    assert credentials.get(name, principal) is not None
    files = {"package.xml": manifest({}), "destructiveChanges.xml": manifest({"ExternalCredential": [name]}, "")}
    server.org.state.switches.set("delete-referenced-refused", False)
    assert caller.deploy(files).status == "Succeeded"
    assert credentials.get(name, principal) is None


@pytest.mark.parametrize(
    ("members", "fragment"),
    [
        ({"RemoteSiteSetting": ["*"]}, "Wildcards are not supported"),
        ({"NoType": ["A"]}, "Unknown type name 'NoType'"),
        ({"FlowDefinition": ["A"]}, "FlowDefinition A cannot be deleted"),
    ],
)
def test_manifests_of_deletions_that_are_refused(
    caller: MetadataCaller, members: dict[str, list[str]], fragment: str
) -> None:
    caller.deploy(site("A"))
    done = delete(caller, members)
    assert done.status == "Failed"
    assert fragment in next(iter(done.problems.values()))
    assert names(caller, "RemoteSiteSetting") == ["A"]


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"testLevel": "RunSome"}, "'RunSome' is not a valid value"),
        (
            {"testLevel": "NoTestRun", "runTests": ("T",)},
            "runTests can only be used with a testLevel of RunSpecifiedTests",
        ),
        ({"testLevel": "RunSpecifiedTests"}, "requires runTests"),
    ],
)
def test_options_that_no_org_takes(caller: MetadataCaller, options: dict[str, Any], fragment: str) -> None:
    with pytest.raises(Fault) as caught:
        caller.deploy(site("A"), **options)
    assert fragment in caught.value.text


@pytest.mark.parametrize(("version", "taken"), [("65.0", False), ("66.0", True)])
def test_run_relevant_tests_came_with_66(caller: MetadataCaller, version: str, taken: bool) -> None:
    caller.version = version
    if taken:
        assert caller.deploy(site("A"), testLevel="RunRelevantTests").status == "Succeeded"
    else:
        with pytest.raises(Fault, match=r"not valid in version 65\.0"):
            caller.deploy(site("A"), testLevel="RunRelevantTests")


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"rollbackOnError": False}, "rollbackOnError must be true"),
        ({"allowMissingFiles": True}, "allowMissingFiles must not be set"),
        ({"autoUpdatePackage": True}, "autoUpdatePackage must not be set"),
        ({"purgeOnDelete": True}, "purgeOnDelete must not be set"),
        ({"testLevel": "NoTestRun"}, "testLevel of NoTestRun cannot be used in production organizations"),
    ],
)
@pytest.mark.parametrize("kind", ["production", "sandbox"])
def test_options_that_production_refuses(
    server: Embedded, caller: MetadataCaller, kind: str, options: dict[str, Any], fragment: str
) -> None:
    server.org.state.describe(org_type=kind)
    sent = {"testLevel": None, **options}
    if kind == "sandbox":
        assert caller.deploy(site("A"), **sent).status == "Succeeded"
        return
    with pytest.raises(Fault, match=fragment):
        caller.deploy(site("A"), **sent)


def test_a_named_test_that_is_not_there_fails_the_deploy(caller: MetadataCaller) -> None:
    done = caller.deploy(site("A"), testLevel="RunSpecifiedTests", runTests=("NoTest",))
    assert (done.status, done.counts, done.raw["numberTestErrors"]) == ("Failed", (0, 1, 1), "1")
    assert done.raw["details"]["runTestResult"]["failures"]["name"] == "NoTest"
    assert names(caller, "RemoteSiteSetting") == []


def test_apex_tests_are_said_not_to_have_run(caller: MetadataCaller) -> None:
    body = "@isTest class T { @isTest static void t() {} }"
    meta = xml("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")
    files = {"classes/T.cls": body, "classes/T.cls-meta.xml": meta}
    done = caller.deploy(files, testLevel="RunSpecifiedTests", runTests=("T",))
    assert (done.status, done.raw["runTestsEnabled"], done.raw["numberTestsTotal"]) == ("Succeeded", "true", "0")
    assert "runs no Apex tests" in done.raw["details"]["runTestResult"]["codeCoverageWarnings"]["message"]


def test_a_deploy_may_retrieve_what_it_deployed(caller: MetadataCaller) -> None:
    done = caller.deploy(site("A"), performRetrieve=True)
    retrieved = done.raw["details"]["retrieveResult"]
    assert retrieved["status"] == "Succeeded"
    assert {each["fileName"] for each in retrieved["fileProperties"]} == {
        "package.xml",
        "remoteSiteSettings/A.remoteSite",
    }


def test_credentials_need_view_setup_to_be_listed_and_read(server: Embedded, caller: MetadataCaller) -> None:
    """Empty, not refused (metadata-types 7); other types are there for everybody who may use the Metadata API."""
    caller.status(caller.start(stage_zip(1)))
    state = server.org.state
    state.permissions.put("Blind", label="B", user_permissions=("ApiEnabled", "ModifyMetadata"), profile=True)
    user = state.users.add("blind@x.example", profile="Blind")
    blind = MetadataCaller(server.url, state.sessions.issue(user.id))
    assert [len(names(blind, kind)) for kind in ("NamedCredential", "ExternalCredential", "PermissionSet")] == [0, 0, 1]
    for sees, who in ((False, blind), (True, caller)):
        body = "<met:type>NamedCredential</met:type><met:fullNames>X8x8_SMS_API</met:fullNames>"
        (result,) = who.call("readMetadata", body)
        assert (result[0].findtext("{*}fullName") is not None) is sees


# -- jobs --------------------------------------------------------------------------------------------------------------


def test_a_job_follows_the_clock(server: Embedded, caller: MetadataCaller) -> None:
    state = server.org.state
    state.settings.set("job_seconds", 100)
    job_id = caller.start(stage_zip(1))
    seen = []
    for seconds in (0, 5, 20, 50, 30):
        state.clock.advance(seconds)
        found = caller.status(job_id)
        seen.append((found.status, found.raw["done"], found.counts))
    assert seen == [
        ("Pending", "false", (0, 0, 0)),
        ("Pending", "false", (0, 0, 0)),
        ("InProgress", "false", (0, 1, 4)),
        ("InProgress", "false", (0, 3, 4)),
        ("Succeeded", "true", (0, 4, 4)),
    ]


def cancel(caller: MetadataCaller, job_id: str, name: str = "String") -> str:
    (result,) = caller.call("cancelDeploy", f"<met:{name}>{job_id}</met:{name}>")
    return str(result.findtext("{*}done"))


def test_cancelling_what_waits_and_what_runs(server: Embedded, caller: MetadataCaller) -> None:
    state = server.org.state
    state.settings.set("job_seconds", 100)
    waiting, begun = caller.start(stage_zip(1)), caller.start(stage_zip(1))
    assert cancel(caller, waiting) == "true"
    found = caller.status(waiting)
    assert (found.status, found.raw["done"], found.raw["canceledByName"]) == ("Canceled", "true", "Local Admin")
    state.clock.advance(50)
    assert cancel(caller, begun, "id") == "false"
    assert caller.status(begun).status == "Canceling"
    state.clock.advance(20)
    assert caller.status(begun).status == "Canceled"
    state.clock.advance(100)
    assert caller.status(begun).status == "Canceled"
    assert state.components.types() == {}
    with pytest.raises(Fault, match="already completed"):
        cancel(caller, begun)


@pytest.mark.parametrize(
    ("version", "switch", "options", "status", "outcome"),
    [
        ("66.0", True, {}, "Finalizing", "being finalized"),
        ("65.0", True, {}, "Finalizing", "being finalized"),
        ("64.0", True, {}, "InProgress", "being finalized"),
        ("66.0", True, {"checkOnly": True}, "InProgress", "false"),
        ("66.0", False, {}, "InProgress", "false"),
    ],
)
def test_a_deploy_is_finalized_before_it_ends(
    server: Embedded, version: str, switch: bool, options: dict[str, Any], status: str, outcome: str
) -> None:
    caller = MetadataCaller(server.url, server.token, version)
    state = server.org.state
    state.switches.set("deploys-finalize", switch)
    state.settings.set("job_seconds", 100)
    job_id = caller.start(stage_zip(1), **options)
    state.clock.advance(89)
    assert caller.status(job_id).status == "InProgress"
    state.clock.advance(2)
    found = caller.status(job_id)
    assert (found.status, found.raw["done"]) == (status, "false")
    if outcome == "false":
        assert cancel(caller, job_id) == "false"
        return
    with pytest.raises(Fault, match=outcome):
        cancel(caller, job_id)
    state.clock.advance(10)
    assert caller.status(job_id).status == "Succeeded"


def quick(caller: MetadataCaller, validation: str) -> str:
    return str(caller.call("deployRecentValidation", f"<met:validationId>{validation}</met:validationId>")[0].text)


def test_a_validation_can_be_deployed_quickly_once(server: Embedded, caller: MetadataCaller) -> None:
    validation = caller.start(stage_zip(1), checkOnly=True, testLevel="RunLocalTests")
    assert caller.status(validation).status == "Succeeded"
    job_id = quick(caller, validation)
    assert job_id != validation
    done = caller.status(job_id)
    assert (done.status, done.raw["checkOnly"]) == ("Succeeded", "false")
    assert sum(server.org.state.components.types().values()) == 4
    with pytest.raises(Fault, match="has been deployed already"):
        quick(caller, validation)


@pytest.mark.parametrize(
    ("options", "days", "fragment"),
    [
        ({"checkOnly": True, "testLevel": "NoTestRun"}, 0, "ran no Apex tests"),
        ({"checkOnly": False, "testLevel": "RunLocalTests"}, 0, "no validation"),
        ({"checkOnly": True, "testLevel": "RunLocalTests"}, 11, "older than 10 days"),
    ],
)
def test_what_cannot_be_deployed_quickly(
    server: Embedded, caller: MetadataCaller, options: dict[str, Any], days: int, fragment: str
) -> None:
    job_id = caller.start(stage_zip(1), **options)
    caller.status(job_id)
    server.org.state.clock.advance(days * 86_400)
    with pytest.raises(Fault, match=fragment):
        quick(caller, job_id)


def test_check_status_serves_old_clients(server: Embedded, caller: MetadataCaller) -> None:
    server.org.state.settings.set("job_seconds", 100)
    job_id = caller.start(stage_zip(1))
    seen = []
    for seconds in (0, 50, 60):
        server.org.state.clock.advance(seconds)
        (found,) = caller.call("checkStatus", f"<met:asyncProcessId>{job_id}</met:asyncProcessId>")
        seen.append((found.findtext("{*}done"), found.findtext("{*}state")))
    assert seen == [("false", "Queued"), ("false", "InProgress"), ("true", "Completed")]


def test_jobs_survive_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "state.sqlite"
    with running(path) as (caller, server):
        server.org.state.settings.set("job_seconds", 100)
        job_id = caller.start(stage_zip(1))
    with running(path) as (caller, server):
        assert caller.status(job_id).status == "Pending"
        server.org.state.clock.advance(100)
        assert caller.status(job_id).status == "Succeeded"
        assert sum(server.org.state.components.types().values()) == 4
