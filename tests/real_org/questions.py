"""The open questions of the references, each as a probe: a function that asks one org and returns what it saw.

A question that has a switch in the local org bears its name: True means what the switch's `on` means. The others say
in `WITHOUT_SWITCH` what the local org does. An answer of None means that this org does not let it be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sfsetup.errors import OrgRefused
from sfsetup.model.secret import Secret
from sfsetup.org.credentials import Principal, Value
from tests.real_org.probe import PREFIX, Package, Prober, problems

STAGE_1 = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet")


class Seen(NamedTuple):
    """An answer with the words behind it."""

    value: bool | None
    words: str = ""


Probe = Callable[[Prober], Seen]


def principal_of(package: Package) -> Principal:
    name = package.the("ExternalCredential").full_name
    return Principal(external_credential=name, name=name, protocol="Custom")


def store(prober: Prober, package: Package) -> None:
    prober.connection.credentials.post(principal_of(package), {"api_key": Value(Secret("probe"), True)})


def stages(prober: Prober, package: Package) -> None:
    """Deploys both stages, stores the secret, assigns."""
    prober.deploy(package.only(*STAGE_1))
    store(prober, package)
    prober.deploy(package.only("Flow"))
    prober.assign(package)


# credentials


def missing_external_credential(prober: Prober) -> Seen:
    result = prober.deploy(prober.package("noEc").only("NamedCredential"), expect=None)
    return Seen(not result.succeeded, problems(result))


def missing_named_credential(prober: Prober) -> Seen:
    result = prober.deploy(prober.package("noNc").only("ExternalServiceRegistration"), expect=None)
    return Seen(not result.succeeded, problems(result))


def header_formula(prober: Prober) -> Seen:
    package = prober.package("formula")
    wrong = package.edited("ExternalCredential", f"$Credential.{PREFIX}formula.", f"$Credential.{PREFIX}nothing.")
    result = prober.deploy(wrong.only("ExternalCredential"), expect=None)
    return Seen(not result.succeeded, problems(result))


def parameter_group(prober: Prober) -> Seen:
    """A header in a group that is neither the default one nor a principal's."""
    package = prober.package("group").only("ExternalCredential")
    old, new = (f"<parameterGroup>{name}</parameterGroup>" for name in ("DefaultGroup", f"{PREFIX}nothing"))
    result = prober.deploy(package.edited("ExternalCredential", old, new), expect=None)
    return Seen(not result.succeeded, problems(result))


def principal_sequence(prober: Prober) -> Seen:
    """A principal of number 0."""
    package = prober.package("sequence").only("ExternalCredential")
    kind = "<parameterType>NamedPrincipal</parameterType>\n        <sequenceNumber>"
    result = prober.deploy(package.edited("ExternalCredential", f"{kind}1<", f"{kind}0<"), expect=None)
    return Seen(not result.succeeded, problems(result))


def delete_referenced(prober: Prober) -> Seen:
    package = prober.package("referenced").only("ExternalCredential", "NamedCredential")
    prober.deploy(package)
    result = prober.delete([("ExternalCredential", package.the("ExternalCredential").full_name)], expect=None)
    return Seen(not result.succeeded, problems(result))


def omitted_principal(prober: Prober) -> Seen:
    package = prober.package("omitted").only("ExternalCredential")
    prober.deploy(package)
    text = package.the("ExternalCredential").content.decode()
    blocks = re.findall(r" *<externalCredentialParameters>.*?</externalCredentialParameters>\n", text, re.DOTALL)
    principal = next(block for block in blocks if "NamedPrincipal" in block)
    gone = package.edited("ExternalCredential", principal, "")
    result = prober.deploy(gone, expect=None)
    if not result.succeeded:
        return Seen(None, problems(result))
    found = prober.connection.metadata.retrieve({"ExternalCredential": [package.the("ExternalCredential").full_name]})
    content = next(data for path, data in found.files.items() if "externalCredential" in path)
    return Seen(b"NamedPrincipal" not in content)


def empty_credential(prober: Prober) -> Seen:
    package = prober.package("empty").only("ExternalCredential")
    prober.deploy(package)
    try:
        prober.connection.rest.get("named-credentials/credential", params=principal_of(package).query)
    except OrgRefused as error:
        return Seen(True if error.status == 404 else None, str(error))
    return Seen(False)


def update_without_credential(prober: Prober) -> Seen:
    package = prober.package("update").only("ExternalCredential")
    prober.deploy(package)
    try:
        prober.connection.credentials.put(principal_of(package), {"api_key": Value(Secret("probe"), True)})
    except OrgRefused as error:
        return Seen(True, str(error))
    return Seen(False)


def redeploy_keeps_secrets(prober: Prober) -> Seen:
    package = prober.package("kept").only("ExternalCredential")
    prober.deploy(package)
    store(prober, package)
    prober.deploy(package.edited("ExternalCredential", "</label>", " again</label>"))
    state = prober.connection.credentials.get(principal_of(package))
    return Seen("api_key" in state.parameters if state.known else None, f"revision {state.parameters.get('api_key')}")


def header_box(prober: Prober) -> Seen:
    """Does `Generate Authorization Header` hide a Custom credential's own header?

    The endpoint must answer 2xx to `Authorization: Bearer probe` alone, which the run without the box proves first.
    """
    runs = []
    for suffix, box in (("boxOff", "false"), ("boxOn", "true")):
        package = prober.package(suffix).edited(
            "NamedCredential",
            "<generateAuthorizationHeader>false",
            f"<generateAuthorizationHeader>{box}",
        )
        stages(prober, package)
        runs.append(prober.run(package, {"id": "one"}).outputs)
    if runs[0].get("ok") is not True:
        return Seen(None, "SFSETUP_PROBE_URL names no endpoint that takes `Authorization: Bearer probe`")
    return Seen(runs[1].get("ok") is not True, str(runs[1].get("errorMessage") or ""))


def object_access(prober: Prober) -> Seen:
    """Does a caller need access to User External Credentials beside the granted principal?

    The same run with the access proves that nothing else was missing.
    """
    if prober.other is None:
        return Seen(None, "SFSETUP_TEST_ORG_OTHER names no second user")
    runs = []
    # the second permission set stays with the user: the run without the access comes first
    for suffix, keeps in (("noObject", False), ("object", True)):
        package = prober.package(suffix)
        if not keeps:
            text = package.the("PermissionSet").content.decode()
            block = re.findall(r" *<objectPermissions>.*?</objectPermissions>\n", text, re.DOTALL)
            package = package.edited("PermissionSet", block[0], "")
        prober.deploy(package.only(*STAGE_1))
        store(prober, package)
        prober.deploy(package.only("Flow"))
        runs.append(prober.run_as_other(package, {"id": "one"}))
    without, with_it = runs
    if with_it.outputs.get("ok") is not True:
        return Seen(None, "; ".join(with_it.errors) or str(with_it.outputs.get("errorMessage")))
    return Seen(without.outputs.get("ok") is not True, str(without.outputs.get("errorMessage") or without.errors))


# registrations


def openapi_31(prober: Prober) -> Seen:
    package = prober.package("v31").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    newer = package.edited("ExternalServiceRegistration", "3.0.3", "3.1.0")
    result = prober.deploy(newer, expect=None)
    return Seen(not result.succeeded, problems(result))


def omitted_operations(prober: Prober) -> Seen:
    package = prober.package("listed").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    text = package.the("ExternalServiceRegistration").content.decode()
    blocks = text.split("    <operations>")
    last = blocks[-1][blocks[-1].index("</operations>") + len("</operations>\n") :]
    none = package.edited("ExternalServiceRegistration", text, blocks[0] + last)
    result = prober.deploy(none, expect=None)
    if not result.succeeded:
        return Seen(None, problems(result))
    names = prober.connection.actions.operation_names()
    if names is None:
        return Seen(None, "the org does not list its actions")
    return Seen(not any("probelisted" in name for name in names))


def registration_status(prober: Prober) -> Seen:
    package = prober.package("status").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    without = package.edited("ExternalServiceRegistration", "    <status>Complete</status>\n", "")
    result = prober.deploy(without, expect=None)
    return Seen(not result.succeeded, problems(result))


def registered_operations(prober: Prober) -> Seen:
    """An entry for an operation that the document does not have."""
    package = prober.package("entries").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    wrong = package.edited("ExternalServiceRegistration", "<name>getother</name>", "<name>getnothing</name>")
    result = prober.deploy(wrong, expect=None)
    return Seen(not result.succeeded, problems(result))


def schema_update(prober: Prober) -> Seen:
    """An update whose document lacks an operation that is active."""
    package = prober.package("renewed").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    prober.deploy(package)
    entry = package.edited("ExternalServiceRegistration", "<name>getother</name>", "<name>getanother</name>")
    result = prober.deploy(entry.edited("ExternalServiceRegistration", "getOther", "getAnother"), expect=None)
    return Seen(not result.succeeded, problems(result))


def sent_incomplete(prober: Prober) -> Seen:
    """A registration that says Incomplete, with a document that is fine."""
    package = prober.package("incomplete").only("ExternalCredential", "NamedCredential", "ExternalServiceRegistration")
    status = "<status>Incomplete</status>"
    sent = package.edited("ExternalServiceRegistration", "<status>Complete</status>", status)
    result = prober.deploy(sent, expect=None)
    if not result.succeeded:
        return Seen(None, problems(result))
    name = package.the("ExternalServiceRegistration").full_name
    found = prober.connection.metadata.retrieve({"ExternalServiceRegistration": [name]})
    content = next(data for path, data in found.files.items() if "externalServiceRegistration" in path)
    return Seen(status.encode() not in content)


def described_actions(prober: Prober) -> Seen:
    package = prober.package("actions")
    prober.deploy(package.only(*STAGE_1))
    service = package.the("ExternalServiceRegistration").full_name
    found = prober.connection.actions.operation(service, "getOther")
    return Seen(found is not None, ", ".join(sorted(found.outputs)) if found else "")


def hyphen_in_action_name(prober: Prober) -> Seen:
    """True: a flow calls `<Service>.get-thing`, hyphen and all."""
    package = prober.package("hyphen", operation="get-thing")
    prober.deploy(package.only(*STAGE_1))
    assert ".get-thing</actionName>" in package.the("Flow").content.decode()
    result = prober.deploy(package.only("Flow"), expect=None)
    return Seen(result.succeeded, problems(result))


# flows


def registration_and_flow(prober: Prober) -> Seen:
    package = prober.package("together")
    result = prober.deploy(package, expect=None)
    if not result.succeeded:
        # both ways must be open: the refusal has to be about being together
        prober.deploy(package.only(*STAGE_1))
        prober.deploy(package.only("Flow"))
    return Seen(not result.succeeded, problems(result))


def flow_inputs(prober: Prober) -> Seen:
    package = prober.package("inputs")
    prober.deploy(package.only(*STAGE_1))
    inside = "<inputParameters>\n            <name>id"
    wrong = package.only("Flow").edited("Flow", f"{inside}</name>", f"{inside}d</name>")
    result = prober.deploy(wrong, expect=None)
    return Seen(not result.succeeded, problems(result))


def flow_paths(prober: Prober) -> Seen:
    """A property that the type of the reply does not have."""
    return refused_flow(prober, "paths", "result.name</elementReference>", "result.nothing</elementReference>")


def flow_types(prober: Prober) -> Seen:
    """A text is assigned to a variable that is Apex-defined."""
    reply = "<elementReference>Call_getOther.200</elementReference>"
    return refused_flow(prober, "types", reply, "<elementReference>id</elementReference>")


def refused_flow(prober: Prober, suffix: str, old: str, new: str) -> Seen:
    """Whether a flow with one text replaced is refused; what it calls is there."""
    package = prober.package(suffix)
    prober.deploy(package.only(*STAGE_1))
    result = prober.deploy(package.only("Flow").edited("Flow", old, new), expect=None)
    return Seen(not result.succeeded, problems(result))


def unchanged_flow(prober: Prober) -> Seen:
    package = prober.package("again")
    prober.deploy(package.only(*STAGE_1))
    flow = package.the("Flow").full_name
    prober.deploy(package.only("Flow"))
    before = prober.connection.actions.flow_versions([flow])[flow].latest
    prober.deploy(package.only("Flow"))
    after = prober.connection.actions.flow_versions([flow])[flow].latest
    return Seen(before != after)


def fault_path(prober: Prober) -> Seen:
    """The probe's endpoint answers with 4xx: which way does the flow go? Its fault path leaves a mark."""
    package = prober.package("fault").edited("Flow", "{!$Flow.FaultMessage}", "fault path: {!$Flow.FaultMessage}")
    stages(prober, package)
    run = prober.run(package, {"id": "none"})
    if not run.ok or run.outputs.get("ok") is True:
        return Seen(None, "; ".join(run.errors) or "the endpoint did not answer with an error")
    words = str(run.outputs.get("errorMessage"))
    return Seen(words.startswith("fault path: "), words)


def apex_values(prober: Prober) -> Seen:
    """Does the reply of the REST call carry `result`, which is Apex-defined?"""
    package = prober.package("apex")
    stages(prober, package)
    run = prober.run(package, {"id": "one"})
    return Seen("result" in run.outputs if run.ok else None, "; ".join(run.errors))


QUESTIONS: dict[str, Probe] = {
    "missing-external-credential-refused": missing_external_credential,
    "missing-named-credential-refused": missing_named_credential,
    "header-formula-checked": header_formula,
    "parameter-group-checked": parameter_group,
    "principal-sequence-checked": principal_sequence,
    "delete-referenced-refused": delete_referenced,
    "omitted-principal-dropped": omitted_principal,
    "empty-credential-not-found": empty_credential,
    "update-without-credential-refused": update_without_credential,
    "redeploy-keeps-secrets": redeploy_keeps_secrets,
    "header-box-hides-custom": header_box,
    "user-external-credentials-needed": object_access,
    "openapi-31-refused": openapi_31,
    "omitted-operations-inactive": omitted_operations,
    "registered-operations-checked": registered_operations,
    "schema-update-refused": schema_update,
    "sent-incomplete-completed": sent_incomplete,
    "registration-status-required": registration_status,
    "external-service-actions-described": described_actions,
    "hyphen-in-action-name": hyphen_in_action_name,
    "registration-and-flow-refused": registration_and_flow,
    "flow-inputs-checked": flow_inputs,
    "flow-paths-checked": flow_paths,
    "flow-types-checked": flow_types,
    "unchanged-flow-new-version": unchanged_flow,
    "http-error-takes-fault-path": fault_path,
    "rest-carries-apex-values": apex_values,
}

WITHOUT_SWITCH = {
    "redeploy-keeps-secrets": True,
    "hyphen-in-action-name": True,
    "user-external-credentials-needed": True,
}
"""What the local org does where it has no switch."""
