"""`sfsetup init`: an integration folder from an OpenAPI document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import openapi_input, options
from sfsetup.cli.output import Outcome, say
from sfsetup.errors import UsageError

if TYPE_CHECKING:
    from sfsetup.adopt.skeleton import Choices, Outline
    from sfsetup.adopt.written import WrittenIntegration
    from sfsetup.model.finding import Finding


@click.command()
@click.argument("doc", metavar="DOC", type=click.Path(path_type=str))
@click.option("-d", "--output-dir", metavar="DIR", help="Folder to make; named after the document by default.")
@click.option("--service", metavar="NAME", help="Name of the service: letters and digits. From the title by default.")
@click.option("--name", metavar="TEXT", help="What the components are called; the document's title by default.")
@click.option("--operation", "operations", multiple=True, metavar="ID", help="Operation to register; may be repeated.")
@click.option("--flow-operation", metavar="ID", help="Operation that the flow calls; the first by default.")
@click.option("--url", metavar="URL", help="Where the API lives, if the document leaves a choice.")
@click.option("--protocol", metavar="KEY", help="How callouts authenticate, if the document does not say.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A key of the protocol, as token_url=https://…"
)
@click.option(
    "--secret", "secrets", multiple=True, metavar="NAME=VARIABLE", help="Environment variable that holds a parameter."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--no-input", is_flag=True, help="Ask nothing, even on a terminal.")
@options.reporting()
def command(
    doc: str,
    output_dir: str | None,
    service: str | None,
    name: str | None,
    operations: tuple[str, ...],
    flow_operation: str | None,
    url: str | None,
    protocol: str | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    force: bool,
    no_input: bool,
) -> Outcome:
    """Write an integration folder from an OpenAPI document.

    On a terminal it asks what the document leaves open; without one, options answer. The folder holds integration.yaml
    and the document, ready for `validate`, `render` and `deploy`.
    """
    from sfsetup.adopt.skeleton import Choices, begin, outline
    from sfsetup.cli import integration_files
    from sfsetup.cli.terminal import is_interactive
    from sfsetup.openapi.document import load

    source = Path(doc)
    with openapi_input.telling(doc):
        found = outline(load(source))
    choices = Choices(
        service=service,
        name=name,
        operations=operations,
        flow_operation=flow_operation,
        url=url,
        protocol=_protocol(protocol),
        settings=_pairs(settings, "--set"),
        variables=_variables(_pairs(secrets, "--secret")),
    )
    _check_service(choices.service)
    if is_interactive() and not no_input and options.chosen_format() == "human":
        choices = _ask(found, choices)
    document_name = f"openapi{'.json' if found.document.syntax == 'json' else '.yaml'}"
    integration = begin(found, choices, document_name=document_name)
    folder = Path(output_dir) if output_dir else Path(integration.name)
    if not force:
        integration_files.refuse_existing(folder, integration, source=source)
    files = integration_files.write(folder, integration, source=source)
    return _outcome(folder, files, integration)


def _protocol(key: str | None) -> str | None:
    from sfsetup.protocols.registry import PROTOCOLS

    if key is None or key in PROTOCOLS:
        return key
    import difflib

    close = difflib.get_close_matches(key, PROTOCOLS, n=1, cutoff=0.4)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UsageError(f"There is no protocol {key!r}.{hint}", actions=[f"Protocols: {', '.join(PROTOCOLS)}."])


def _pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    found = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not key or not value:
            raise UsageError(f"{option} takes NAME=VALUE.", actions=[f"Write it as {option} name=value."])
        found[key] = value
    return found


def _variables(found: dict[str, str]) -> dict[str, str]:
    import re

    for name, variable in found.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            # it may be the secret itself: never shown
            raise UsageError(
                f"--secret {name}: what follows is not the name of an environment variable.",
                actions=[f"Put the secret into a variable, and write --secret {name}=ITS_NAME."],
            )
    return found


def _check_service(service: str | None) -> None:
    import re

    if service is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,79}", service):
        raise UsageError(
            f"{service!r} cannot be the name of a service.",
            actions=["Use letters and digits, a letter first, 80 at most."],
        )


def _ask(found: Outline, choices: Choices) -> Choices:
    """Asks for what is not decided yet; an empty answer takes what is in brackets."""
    from sfsetup.protocols.registry import PROTOCOLS

    service = choices.service
    while service is None:
        answer = _question("Name of the service (letters and digits)", found.service)
        try:
            _check_service(answer)
            service = answer
        except UsageError as error:
            say(f"{error} {error.actions[0]}")
    operations = choices.operations or _which_operations(found)
    url = choices.url
    if url is None and len(found.summary.origins) != 1:
        for number, origin in enumerate(found.summary.origins, start=1):
            say(f"  {number}  {origin}")
        default = found.summary.origins[0] if found.summary.origins else ""
        answer = _question("Where does your account live? (number or https:// address)", default)
        url = _numbered(answer, found.summary.origins) or answer
    protocol = choices.protocol
    if protocol is None and found.summary.authentication.protocol is None:
        say(f"How do callers authenticate? {found.summary.authentication.problem}.")
        keys = list(PROTOCOLS)
        for number, key in enumerate(keys, start=1):
            say(f"  {number}  {key:<26}{PROTOCOLS[key].title}")
        answer = _question("Protocol", "custom")
        protocol = _protocol(_numbered(answer, keys) or answer)
    key = protocol or found.summary.authentication.protocol or "custom"
    settings = dict(choices.settings)
    suggested = found.summary.authentication.settings if key == found.summary.authentication.protocol else {}
    for name in PROTOCOLS[key].required_settings:
        kind = PROTOCOLS[key].settings[name].get("type")
        if not settings.get(name) and not suggested.get(name) and kind == "string":
            settings[name] = _question(f"{name}: {PROTOCOLS[key].settings[name].get('description', '')}", "")
    return replace(choices, service=service, operations=operations, url=url, protocol=protocol, settings=settings)


def _which_operations(found: Outline) -> tuple[str, ...]:
    from sfsetup.adopt.skeleton import MANY

    if len(found.usable) == 1:
        return found.usable
    for number, label in enumerate(found.usable, start=1):
        summary = " ".join(found.summary.summaries.get(label, "").split())
        say(f"  {number:>3}  {label}" + (f"  {summary[:60]}" if summary else ""))
    default = "all" if len(found.usable) <= MANY else "1"
    while True:
        answer = _question("Which operations become actions? (numbers, names, or all)", default)
        if answer == "all":
            return found.usable
        words = answer.replace(",", " ").split()
        chosen = [_numbered(word, found.usable) or word for word in words]
        unknown = [word for word in chosen if word not in found.usable]
        if chosen and not unknown:
            return tuple(dict.fromkeys(chosen))
        say(f"There is no {unknown[0]}." if unknown else "Name at least one.")


def _numbered(answer: str, items: list[str] | tuple[str, ...]) -> str | None:
    """The item with this number, from 1; None for anything else."""
    return items[int(answer) - 1] if answer.isdigit() and 0 < int(answer) <= len(items) else None


def _question(text: str, default: str) -> str:
    import sys

    sys.stderr.write(f"{text}{f' [{default}]' if default else ''}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise UsageError("Stopped; nothing was written.", actions=["Give the answers as options: see init --help."])
    return line.strip() or default


def _outcome(folder: Path, files: list[str], integration: WrittenIntegration) -> Outcome:
    from sfsetup.cli.integration_files import environment_variables
    from sfsetup.cli.views.findings import findings_text
    from sfsetup.spec.reader import check_integration

    findings: tuple[Finding, ...] = check_integration(folder).findings
    variables = environment_variables(integration)
    lines = [f"wrote {path}" for path in files]
    if findings:
        lines += ["", findings_text(findings), ""]
    lines += [f"set:  export {variable}=…   (the secret; a deploy reads it from there)" for variable in variables]
    lines += [f"next: sfsetup validate {folder}", f"      sfsetup deploy {folder} -o local"]
    return Outcome(
        result={
            "folder": str(folder),
            "files": files,
            "spec": dict(integration.tree),
            "variables": list(variables),
            "findings": [finding.as_json() for finding in findings],
        },
        human="\n".join(lines),
        warnings=integration.notes,
    )
