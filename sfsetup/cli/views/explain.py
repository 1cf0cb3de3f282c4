"""A change request in Markdown: what those who approve a change to an org ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sfsetup.cli.views.explain_facts import facts_of
from sfsetup.cli.views.markdown import escaped

__all__ = ["change_request", "facts_of"]


def change_request(facts: Mapping[str, Any]) -> str:
    """The whole text. Everything in it that comes from a file is escaped."""
    sections = (
        _head(facts),
        _what(facts),
        _data(facts),
        _authentication(facts),
        _access(facts),
        _environments(facts),
        _deployment(facts),
        _test(facts),
        _back(facts),
        _open(facts),
    )
    return "\n".join(part for part in sections if part)


def _head(facts: Mapping[str, Any]) -> str:
    where = f" ({escaped(facts['environment'])})" if facts["environment"] else ""
    endpoint, flow = facts["endpoint"], facts["flow"]
    what = (
        f"the flow **{escaped(flow['label'])}** calls {escaped(flow['operation'])}" if flow else "flows can call them"
    )
    source = facts["document"]["title"] or facts["document"]["file"]
    return (
        f"# Change request: {escaped(facts['title'])}{where}\n\n"
        f"{len(facts['operations'])} operation{_s(facts['operations'])} of *{escaped(source)}* become "
        f"actions in Salesforce Flow; {what}. Callouts go to `{_code(endpoint['host'])}` over HTTPS.\n"
    )


def _what(facts: Mapping[str, Any]) -> str:
    rows = [
        (one["type"], f"`{_code(one['fullName'])}`", escaped(one["label"]), str(one["stage"]))
        for one in facts["components"]
    ]
    return "## What is added to the org\n\n" + _table(("Type", "API name", "Label", "Stage"), rows)


def _data(facts: Mapping[str, Any]) -> str:
    lines = ["## Data that leaves and enters the org", ""]
    base = facts["endpoint"]["basePath"]
    for one in facts["operations"]:
        lines.append(f"### {escaped(one['operation'])}")
        lines.append("")
        if one["summary"]:
            lines += [escaped(one["summary"]), ""]
        address = f"{facts['endpoint']['url']}{base}{one['path']}"
        lines.append(f"- Request: `{_code(one['method'])} {_code(address)}`")
        lines.append(f"- Sent: {_list(one['sends'])}")
        lines.append(f"- Received: {_list(one['receives'])}")
        if one.get("calledBy"):
            lines.append(f"- Called by the flow `{_code(one['calledBy'])}`")
        lines.append("")
    if facts["leftOut"]:
        lines.append("Left out of the document, because External Services does not take it:")
        lines += ["", *(f"- {escaped(what)}" for what in facts["leftOut"]), ""]
    return "\n".join(lines)


def _authentication(facts: Mapping[str, Any]) -> str:
    found = facts["authentication"]
    lines = ["## Authentication", "", f"Protocol: {escaped(found['protocol'])}."]
    lines.append(
        "Secrets are stored encrypted in the org, in the principal, through the Connect API; they are in no metadata, "
        "no file of the integration and no log. They never come back out of the org."
    )
    lines.append("")
    lines += [f"- Header `{_code(one['name'])}`: `{_code(one['value'])}`" for one in found["headers"]]
    lines += [f"- {escaped(name)}: `{_code(value)}`" for name, value in found["settings"].items()]
    for principal in found["principals"]:
        lines.append(f"- Principal {escaped(principal['name'])} ({principal['identity']})")
        lines += [
            f"  - `{_code(one['name'])}`: stored {one['stored']}, taken from {escaped(one['source'])}"
            for one in principal["parameters"]
        ]
    return "\n".join(lines) + "\n"


def _access(facts: Mapping[str, Any]) -> str:
    name = next((one["label"] for one in facts["components"] if one["type"] == "PermissionSet"), "")
    lines = ["## Rights", "", f"The permission set **{escaped(name)}** gives its users:", ""]
    lines += [f"- {escaped(one)}" for one in facts["access"]]
    lines += ["", f"Assigned to: {_list(facts['assign'])}."] if facts["assign"] else []
    return "\n".join(lines) + "\n"


def _environments(facts: Mapping[str, Any]) -> str:
    if not facts["environments"]:
        return ""
    rows = [
        (
            escaped(one["name"]),
            f"`{_code(one['org'])}`",
            f"`{_code(one['url'])}`",
            one["flow"],
            ", ".join(escaped(user) for user in one["assign"]) or "nobody",
        )
        for one in facts["environments"]
    ]
    return "## Environments\n\n" + _table(("Environment", "Org", "URL", "Flow", "Assigned to"), rows)


def _deployment(facts: Mapping[str, Any]) -> str:
    steps = [
        "Credentials, registration and permission set are deployed (stage 1).",
        "The secret is written to the principal, if it is not there.",
    ]
    if facts["flow"]:
        state = "active" if facts["flow"]["activate"] else "as a draft"
        steps.append(f"The flow is deployed {state} (stage 2): it needs the types that stage 1 makes.")
    steps.append("The permission set is assigned.")
    lines = ["## Deployment", "", f"Metadata API {escaped(facts['apiVersion'])}, in this order:", ""]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    if facts["manual"]:
        lines += ["", "By hand:", "", *(f"- {escaped(one)}" for one in facts["manual"])]
    lines += ["", "`sfsetup plan` shows the difference to a given org before anything is sent."]
    return "\n".join(lines) + "\n"


def _test(facts: Mapping[str, Any]) -> str:
    if not facts["flow"]:
        return ""
    from sfsetup.text.documents import dump_json

    lines = ["## Test", "", "`sfsetup verify` runs the flow. On a real org this calls the vendor for real.", ""]
    if facts["verify"]["inputs"]:
        lines += ["Inputs:", "", _fenced(dump_json(facts["verify"]["inputs"], indent=2))]
    if facts["verify"]["expect"]:
        lines += ["Expected:", "", _fenced(dump_json(facts["verify"]["expect"], indent=2))]
    return "\n".join(lines) + "\n"


def _back(facts: Mapping[str, Any]) -> str:
    lines = ["## Taking it back", ""]
    lines.append("`sfsetup rollback` restores what a deploy replaced; `sfsetup destroy` removes the integration.")
    lines.append("A removed external credential takes its stored secrets with it: they have to be entered again.")
    return "\n".join(lines) + "\n"


def _open(facts: Mapping[str, Any]) -> str:
    if not facts["findings"]:
        return ""
    rows = [(one["severity"], one["rule"], escaped(one["message"])) for one in facts["findings"]]
    return "## Open points\n\n" + _table(("Severity", "Rule", "What"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{_code(name)}`" for name in names) if names else "nothing"


def _s(items: Sequence[Any]) -> str:
    return "" if len(items) == 1 else "s"


def _code(text: str) -> str:
    """Text between backticks: one line, without backticks of its own, and no cell border."""
    return " ".join(str(text).split()).replace("`", "'").replace("|", "\\|")


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}json\n{text}\n{fence}\n"
