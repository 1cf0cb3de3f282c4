"""`sfsetup validate`: all that can be known offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, InvalidInput, UsageError

if TYPE_CHECKING:
    from sfsetup.metadata.layout import SourceFile
    from sfsetup.planning.validation import Validation


@click.command()
@click.argument("paths", metavar="SPEC|PATH…", nargs=-1, required=True, type=click.Path(path_type=str))
@options.env_option
@options.api_version_option
@options.fail_on_option
@options.output_file_option
@options.reporting("sarif", "junit", "github", "markdown", "csv", "html")
def command(
    paths: tuple[str, ...], environment: str | None, api_version: str | None, fail_on: str, output_file: str | None
) -> Outcome:
    """Check integrations or metadata offline.

    SPEC: the spec, its OpenAPI document, the metadata that they give, and every reference between them. PATH: a folder,
    a file or a zip of metadata. SPEC PATH…: the metadata, judged against the spec. Everything that is wrong is told at
    once, with its line and what to write instead. Exit code 3 when something is found at or above --fail-on.
    """
    _check_version(api_version)
    specs, metadata = _sorted_out(paths)
    runs = _judge(specs, metadata, environment, api_version)
    findings = [finding for run in runs for finding in run.findings]
    threshold = options.threshold(fail_on)
    failed = threshold is not None and any(finding.severity.at_least(threshold) for finding in findings)
    results = [run.as_json() for run in runs]
    from sfsetup.cli.views import validate as view

    return Outcome(
        result=results[0] if len(results) == 1 else {"runs": results},
        human=lambda: view.validation_text(runs),
        formats=view.formats(findings),
        exit_code=ExitCode.FINDINGS if failed else ExitCode.DONE,
    )


def _check_version(api_version: str | None) -> None:
    import re

    if api_version is not None and not re.fullmatch(r"\d{2,3}\.0", api_version):
        raise UsageError(f"{api_version!r} is no API version.", actions=["Write it as --api-version 66.0."])


def _sorted_out(paths: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Which of the paths are specs and which are metadata. Raises UsageError for a path that does not exist."""
    from sfsetup.spec.reader import FILE_NAMES

    specs, metadata = [], []
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise UsageError(f"There is no {text}", actions=["Give an integration folder, or files of metadata."])
        is_spec_folder = path.is_dir() and any((path / name).is_file() for name in FILE_NAMES)
        if is_spec_folder or (path.is_file() and _is_spec_file(path)):
            specs.append(path)
        else:
            metadata.append(path)
    if metadata and len(specs) > 1:
        raise UsageError(
            "Metadata can be judged against one integration at a time.", actions=["Give one SPEC and its files."]
        )
    return specs, metadata


def _is_spec_file(path: Path) -> bool:
    """YAML is a spec; JSON and files without a known ending are one unless they lie where metadata does."""
    if path.suffix.lower() in (".yaml", ".yml"):
        return True
    from sfsetup.metadata.types import type_of_file

    return path.suffix.lower() != ".zip" and type_of_file(str(path.absolute())) is None


def _judge(
    specs: list[Path], metadata: list[Path], environment: str | None, api_version: str | None
) -> list[Validation]:
    from sfsetup.planning.validation import judge_spec

    if specs and not metadata:
        return [judge_spec(path, environment=environment, api_version=api_version) for path in specs]
    files, version, unread = _read(metadata)
    shown = ", ".join(map(str, metadata))
    if specs:
        run = judge_spec(
            specs[0],
            environment=environment,
            api_version=api_version or version,
            files=files,
            shown=shown,
            among_others=any(_is_project(path) for path in metadata),
        )
        return [_with(run, unread)]
    if environment is not None:
        raise UsageError("-e goes with a SPEC: metadata has no environments.")
    from sfsetup.model.finding import in_order, numbered
    from sfsetup.planning.validation import Checked, Validation, judge_files

    judged = judge_files(files, api_version or version)
    run = Validation(
        numbered(in_order(judged.findings)), (Checked("metadata", shown, {"components": judged.components}),)
    )
    if not files and not unread.findings:
        raise UsageError(f"There is no metadata in {shown}", actions=[_instead(metadata)])
    return [_with(run, unread)]


def _instead(paths: Sequence[Path]) -> str:
    from sfsetup.spec.reader import FILE_NAMES

    inner = [entry for path in paths if path.is_dir() for entry in sorted(path.iterdir()) if entry.is_dir()]
    specs = [str(entry) for entry in inner if any((entry / name).is_file() for name in FILE_NAMES)]
    if specs:
        return f"Give the integration folders themselves: {' '.join(specs[:6])}"
    return "Give a folder that holds namedCredentials/, flows/ and so on."


def _with(run: Validation, more: Validation) -> Validation:
    from sfsetup.model.finding import in_order, numbered
    from sfsetup.planning.validation import Validation

    return Validation(numbered(in_order((*run.findings, *more.findings))), run.checked)


def _read(paths: Sequence[Path]) -> tuple[list[SourceFile], str | None, Validation]:
    """The files of all paths, the API version that a manifest among them says, and what is wrong with archives."""
    from sfsetup.metadata.layout import read_tree
    from sfsetup.model.finding import Finding, Severity
    from sfsetup.planning.manifests import check_manifests
    from sfsetup.planning.validation import Validation

    files: list[SourceFile] = []
    findings: list[Finding] = []
    version: str | None = None
    for path in _with_archives(paths):
        try:
            found = list(read_tree(path))
        except InvalidInput as error:
            findings.append(
                Finding(
                    rule="MD-001",
                    severity=Severity.HIGH,
                    message=f"The archive cannot be read: {error.message}",
                    fix=" ".join(error.actions) or "Render it again.",
                    file=error.file or str(path),
                    line=error.line,
                )
            )
            continue
        manifests = check_manifests(path, found) if not _is_project(path) else None
        if manifests is not None:
            findings += manifests.findings
        version = version or (manifests.version if manifests is not None else _project_version(path))
        files += found
    return files, version, Validation(tuple(findings), ())


def _is_project(path: Path) -> bool:
    return (path / "sfdx-project.json").is_file()


def _project_version(path: Path) -> str | None:
    from sfsetup.render.project import read_project

    return read_project(path).api_version


def _with_archives(paths: Sequence[Path]) -> list[Path]:
    """A folder that holds nothing but archives stands for them: what `render --layout zip` writes."""
    found: list[Path] = []
    for path in paths:
        entries = sorted(path.iterdir()) if path.is_dir() else []
        archives = [entry for entry in entries if entry.suffix.lower() == ".zip"]
        found += archives if archives and len(archives) == len(entries) else [path]
    return found
