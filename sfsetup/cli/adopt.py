"""`sfsetup adopt`: the integration.yaml that describes what is already there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sfsetup.adopt.integration import Adopted
    from sfsetup.adopt.written import WrittenIntegration
    from sfsetup.facts.reader import FactSet

_TYPES = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow")


@click.command()
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(path_type=str))
@options.org_option
@click.option("--service", "services", multiple=True, metavar="NAME", help="This service alone; may be repeated.")
@click.option(
    "-d", "--output-dir", metavar="DIR", help="Write integration folders; without it one spec goes to stdout."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@options.api_version_option
@options.reporting()
def command(
    paths: tuple[str, ...],
    org: str | None,
    services: tuple[str, ...],
    output_dir: str | None,
    force: bool,
    api_version: str | None,
) -> Outcome:
    """Write the integration.yaml of what is already there.

    PATH is a source tree, a folder or archive of the Metadata API; -o names an org. Each registered service becomes an
    integration with its document, its credentials, its permission set and the flow that calls it; `render` then makes
    the same components. Nothing is changed where it is read from. Secrets are in no metadata: the spec names variables.
    """
    if paths and org:
        raise UsageError("PATH and -o do not go together.", actions=["Give files, or an org."])
    facts, source = _of_files(paths) if paths else _of_org(org, api_version)
    from sfsetup.adopt.integration import adopt

    adopted = adopt(facts, services=services, source=source)
    if not adopted.integrations:
        return _nothing(adopted, facts, source, services)
    if output_dir is None:
        return _shown(adopted)
    return _written(adopted, Path(output_dir), force=force)


def _of_files(paths: tuple[str, ...]) -> tuple[FactSet, str]:
    from sfsetup.facts.reader import read_facts
    from sfsetup.metadata.layout import read_tree

    files = [file for path in paths for one in _parts(Path(path)) for file in read_tree(one)]
    return read_facts(file for file in files if file.type in _TYPES), ""


def _parts(path: Path) -> list[Path]:
    """A folder of archives stands for them: what `render --layout zip` writes."""
    if not path.is_dir():
        return [path]
    entries = sorted(path.iterdir())
    archives = [entry for entry in entries if entry.suffix.lower() == ".zip"]
    return archives if archives and len(archives) == len(entries) else [path]


def _of_org(org: str | None, api_version: str | None) -> tuple[FactSet, str]:
    from sfsetup.cli import targets
    from sfsetup.facts.reader import read_facts
    from sfsetup.metadata.layout import read_entries

    with targets.resolve(org, writing=False, api_version=api_version) as connection:
        if connection.people.rights().has("PermissionsViewSetup") is False:
            raise UsageError(
                f"{connection.info.username} lacks 'View Setup and Configuration': the org would show no credentials.",
                actions=["Use a user with this permission."],
            )
        found = connection.metadata.retrieve({kind: ["*"] for kind in _TYPES})
        return read_facts(read_entries(found.files, archive=connection.info.username)), connection.info.username


def _nothing(adopted: Adopted, facts: FactSet, source: str, services: tuple[str, ...]) -> Outcome:
    if services and not adopted.left_out:
        known = ", ".join(sorted(each.full_name for each in facts.registrations)) or "none"
        raise UsageError(f"There is no service {', '.join(services)} here.", actions=[f"Services here: {known}."])
    if not facts.registrations and not adopted.left_out:
        raise UsageError(
            f"There is no registered External Service {f'in {source}' if source else 'among these files'}.",
            actions=["`sfsetup init DOC` begins an integration from an OpenAPI document."],
        )
    return Outcome(
        result=_result(adopted, {}),
        human="\n".join(f"{what}: {reason}" for what, reason in adopted.left_out),
        exit_code=ExitCode.USAGE,
        message="Nothing can be described as an integration.",
        name="NothingToAdopt",
    )


def _shown(adopted: Adopted) -> Outcome:
    if len(adopted.integrations) > 1:
        names = ", ".join(one.tree["service"]["name"] for one in adopted.integrations)
        raise UsageError(
            f"There are {len(adopted.integrations)} services: {names}.",
            actions=["Add -d DIR to write a folder for each, or --service NAME for one."],
        )
    one = adopted.integrations[0]
    return Outcome(result=_result(adopted, {}), human=one.spec_text, warnings=_warnings(adopted))


def _written(adopted: Adopted, folder: Path, *, force: bool) -> Outcome:
    from sfsetup.cli import integration_files

    several = len(adopted.integrations) > 1
    targets = {one.tree["service"]["name"]: folder / one.name if several else folder for one in adopted.integrations}
    if not force:
        for one in adopted.integrations:
            integration_files.refuse_existing(targets[one.tree["service"]["name"]], one)
    paths: dict[str, list[str]] = {}
    for one in adopted.integrations:
        service = one.tree["service"]["name"]
        paths[service] = integration_files.write(targets[service], one)
    lines = [f"{service}  ->  {targets[service]}" for service in sorted(paths)]
    lines += [f"next: sfsetup validate {targets[service]}" for service in sorted(paths)]
    return Outcome(result=_result(adopted, paths), human="\n".join(lines), warnings=_warnings(adopted))


def _warnings(adopted: Adopted) -> list[str]:
    notes = [f"{one.tree['service']['name']}: {note}" for one in adopted.integrations for note in one.notes]
    return notes + [f"Left out: {what}: {reason}." for what, reason in adopted.left_out]


def _result(adopted: Adopted, paths: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "integrations": sorted(
            (_row(one, paths.get(one.tree["service"]["name"], [])) for one in adopted.integrations),
            key=lambda row: row["service"],
        ),
        "leftOut": [{"component": what, "reason": reason} for what, reason in adopted.left_out],
    }


def _row(one: WrittenIntegration, files: list[str]) -> dict[str, Any]:
    from sfsetup.cli.integration_files import environment_variables

    return {
        "service": one.tree["service"]["name"],
        "files": files,
        "spec": dict(one.tree),
        "variables": list(environment_variables(one)),
        "notes": list(one.notes),
    }
