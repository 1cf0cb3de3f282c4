"""`sfsetup render`: the metadata of integrations as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome

if TYPE_CHECKING:
    from sfsetup.render.files import RenderedFile


@click.command()
@options.specs_argument
@click.option("-d", "--output-dir", metavar="DIR", help="Folder to write to; nothing in it is deleted.")
@click.option(
    "--layout",
    type=click.Choice(("source", "mdapi", "zip")),
    default=None,
    help="source (default): one tree in source format. mdapi: a folder per stage. zip: an archive per stage.",
)
@click.option("--into", metavar="SFDX_PROJECT", help="Write into an SFDX project, in its API version and layout.")
@options.env_option
@options.api_version_option
@options.reporting()
def command(
    specs: tuple[str, ...],
    output_dir: str | None,
    layout: str | None,
    into: str | None,
    environment: str | None,
    api_version: str | None,
) -> Outcome:
    """Write the metadata of integrations to files.

    Five components come from the templates: external credential, named credential, external service registration,
    permission set (stage 1) and flow (stage 2). Files that are there are overwritten; nothing is deleted. No file
    holds a secret.
    """
    if (output_dir is None) == (into is None):
        raise click.UsageError("Give either -d DIR or --into SFDX_PROJECT.")
    _check_version(api_version)
    if into is not None and layout is not None:
        raise click.UsageError("--layout does not go with --into: an SFDX project keeps source format.")
    paths = [Path(spec) for spec in specs]
    warnings: list[str] = []
    if into is not None:
        written = _into_project(paths, Path(into), environment, api_version, warnings)
    else:
        written = _into_folder(paths, Path(str(output_dir)), layout or "source", environment, api_version, warnings)
    from sfsetup.cli.views.render import rendered_text
    from sfsetup.render.files import as_json

    rows = [row for file, path in written for row in as_json(file, path)]
    rows.sort(key=lambda row: (str(row["path"]), str(row["type"]), str(row["fullName"])))
    return Outcome(result={"files": rows}, human=lambda: rendered_text(rows), warnings=warnings)


def _check_version(api_version: str | None) -> None:
    import re

    from sfsetup.errors import UsageError
    from sfsetup.spec.versions import FLOOR, number

    if api_version is None:
        return
    if not re.fullmatch(r"\d{2,3}\.0", api_version):
        raise UsageError(f"{api_version!r} is no API version.", actions=["Write it as --api-version 66.0."])
    if number(api_version) < number(FLOOR):
        raise UsageError(
            f"API version {api_version} is too old: permission sets can give access to principals from {FLOOR} on.",
            actions=[f"Use --api-version {FLOOR} or later."],
        )


def _into_folder(
    paths: list[Path],
    folder: Path,
    layout: str,
    environment: str | None,
    api_version: str | None,
    warnings: list[str],
) -> list[tuple[RenderedFile, str]]:
    from sfsetup.render.files import files

    made: list[tuple[RenderedFile, str]] = []
    for spec, components in _render_all(paths, environment, api_version, warnings):
        target = folder / spec.name if len(paths) > 1 else folder
        made += [(file, str(target / file.path)) for file in files(components, layout, spec.name)]
    _write(made)
    return made


def _into_project(
    paths: list[Path], project_path: Path, environment: str | None, api_version: str | None, warnings: list[str]
) -> list[tuple[RenderedFile, str]]:
    from sfsetup.render.files import decomposed, files, schema_of
    from sfsetup.render.project import read_project

    project = read_project(project_path)
    project.check_version(api_version)
    made: list[tuple[RenderedFile, str]] = []
    for spec, components in _render_all(paths, environment, api_version or project.api_version, warnings):
        for file in files(components, "source", spec.name):
            parts: tuple[RenderedFile, ...] = (file,)
            if project.decomposes_registrations and file.components[0].type == "ExternalServiceRegistration":
                schema = schema_of(file.content)
                parts = decomposed(file, schema, "json" if schema.lstrip().startswith("{") else "yaml")
            made += [(part, str(project.folder / part.path)) for part in parts]
    _write(made)
    return made


def _render_all(
    paths: list[Path], environment: str | None, api_version: str | None, warnings: list[str]
) -> list[tuple[Any, Any]]:
    """Everything is rendered before the first file is written; findings that do not stop it become warnings."""
    from sfsetup.errors import UsageError
    from sfsetup.model.finding import Severity
    from sfsetup.render.components import render
    from sfsetup.spec.environments import for_environment
    from sfsetup.spec.reader import check_integration, usable

    made: list[tuple[Any, Any]] = []
    names: dict[str, Path] = {}
    for path in paths:
        integration = check_integration(path)
        spec, document = usable(integration)
        warnings += [
            f"{finding.file}:{finding.line}: {finding.message}. {finding.fix}"
            for finding in integration.findings
            if finding.severity.at_least(Severity.MEDIUM)
        ]
        if spec.name in names:
            raise UsageError(f"{path} and {names[spec.name]} would both be written to {spec.name}/")
        names[spec.name] = path
        spec = for_environment(spec, environment)
        made.append((spec, render(spec, document, api_version=api_version)))
    return made


def _write(files: list[tuple[RenderedFile, str]]) -> None:
    from sfsetup.errors import UsageError

    for file, path in files:
        try:
            target = Path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
        except OSError as error:
            raise UsageError(f"Cannot write {path}: {error.strerror}") from error
