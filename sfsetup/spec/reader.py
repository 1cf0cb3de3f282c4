"""Reads integration.yaml: everything that is wrong with it at once, or an IntegrationSpec."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.model.finding import Finding, Severity, in_order, numbered
from sfsetup.spec.build import build
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.source import SpecSource
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

FILE_NAMES = ("integration.yaml", "integration.yml", "integration.json")
_MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Integration:
    """What was read: `spec` is None where errors leave nothing usable."""

    path: Path
    spec: IntegrationSpec | None
    document: OpenApiDocument | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def is_usable(self) -> bool:
        """True if nothing of severity high or above was found."""
        return self.spec is not None and not _errors(self.findings)


def find_spec(path: Path) -> Path:
    """integration.yaml in a folder, or the file itself. Raises UsageError if there is none."""
    if path.is_dir():
        for name in FILE_NAMES:
            if (path / name).is_file():
                return path / name
        raise UsageError(
            f"The folder {path} has no {FILE_NAMES[0]}",
            actions=["Give an integration folder, or make one with `sfsetup init DOC`."],
        )
    if not path.exists():
        raise UsageError(f"There is no {path}", actions=["Give an integration folder or its integration.yaml."])
    return path


def read_spec(path: Path) -> IntegrationSpec:
    """The spec in a folder or file. Raises InvalidInput with all findings if any is an error."""
    return load_integration(path)[0]


def load_integration(path: Path) -> tuple[IntegrationSpec, OpenApiDocument]:
    """Spec and document. Raises InvalidInput with all findings if any is an error, UsageError for a missing path."""
    return usable(check_integration(path))


def usable(integration: Integration) -> tuple[IntegrationSpec, OpenApiDocument]:
    """Spec and document of what was read. Raises InvalidInput with all findings if any is an error."""
    if integration.is_usable:
        assert integration.spec is not None
        assert integration.document is not None
        return integration.spec, integration.document
    errors = _errors(integration.findings)
    first = errors[0]
    count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
    raise InvalidInput(
        f"the integration has {count}; nothing was done",
        findings=integration.findings,
        actions=["Mend what is listed, and run `sfsetup validate` to see it all."],
        file=first.file,
        line=first.line,
    )


def check_spec(path: Path) -> tuple[IntegrationSpec | None, tuple[Finding, ...]]:
    """The spec, None if it is not usable, and every finding."""
    integration = check_integration(path)
    return (integration.spec if integration.is_usable else None), integration.findings


def check_integration(path: Path) -> Integration:
    """Reads spec and document and runs every check over them. Raises UsageError if the path does not exist."""
    from sfsetup.text.documents import read_document
    from sfsetup.text.files import read_file

    path = find_spec(path)
    try:
        data = read_file(path, max_bytes=_MAX_BYTES)
        document = read_document(data, name=str(path), syntax="json" if path.suffix == ".json" else "yaml")
    except InvalidInput as error:
        return Integration(path, None, None, (_unreadable(error, str(path)),))
    from sfsetup.spec.structure import check_structure

    tree, findings = check_structure(document)
    if tree is None:
        return Integration(path, None, None, in_order(findings))
    openapi, more = _load_document(path, document, tree)
    findings += more
    summary = None
    if openapi is not None:
        from sfsetup.spec.summary import summarise

        summary = summarise(openapi)
    source = SpecSource(document, tree, summary)
    spec = build(path, source)
    from sfsetup.spec.checks import check_all, without_repeats

    findings = without_repeats([*findings, *check_all(spec, openapi)])
    return Integration(path, spec, openapi, numbered(in_order(findings)))


def _load_document(path: Path, source: Any, tree: dict[str, Any]) -> tuple[OpenApiDocument | None, list[Finding]]:
    from sfsetup.openapi.document import load

    name = tree.get("openapi")
    if not isinstance(name, str):
        return None, []
    place = path.parent / name
    try:
        return load(place), []
    except InvalidInput as error:
        finding = _finding(
            f"The OpenAPI document cannot be used: {error.message}",
            " ".join(error.actions) or "Mend the document.",
            error.file or str(place),
            error.line,
            "",
        )
        return None, [finding]
    except UsageError:
        finding = _finding(
            f"There is no OpenAPI document {name}",
            "Put the file beside integration.yaml, or write its path relative to it.",
            str(path),
            source.line("/openapi"),
            "/openapi",
        )
        return None, [finding]


def _finding(message: str, fix: str, file: str, line: int | None, pointer: str) -> Finding:
    from sfsetup.spec.secrets import without_tokens

    return Finding(
        rule="SP-010",
        severity=Severity.HIGH,
        message=without_tokens(message),
        fix=fix,
        file=file,
        line=line,
        pointer=pointer,
    )


def _unreadable(error: InvalidInput, path: str) -> Finding:
    where = f" (column {error.column})" if error.column else ""
    return Finding(
        rule="SP-001",
        severity=Severity.HIGH,
        message=f"integration.yaml cannot be read: {error.message}{where}",
        fix=" ".join(error.actions) or "Mend the syntax at this place.",
        file=error.file or path,
        line=error.line,
        pointer="",
    )


def _errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity.at_least(Severity.HIGH)]
