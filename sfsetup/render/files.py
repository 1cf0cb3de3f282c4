"""Where rendered components go on disk: the three layouts, and the tree of an SFDX project."""

from __future__ import annotations

from collections.abc import Mapping

from sfsetup.model.component import Component, ComponentSet
from sfsetup.values import dataclass

LAYOUTS = ("source", "mdapi", "zip")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file to write. `components` are those it holds: one, all of a stage (zip), or none (package.xml)."""

    path: str
    """Relative, with forward slashes."""
    content: bytes
    components: tuple[Component, ...] = ()
    stage: int = 1


def files(components: ComponentSet, layout: str, name: str) -> tuple[RenderedFile, ...]:
    """The files of one integration, sorted by path. Equal components give equal bytes.

    source: one tree. mdapi: `stage1/` and `stage2/`, each with its package.xml. zip: `NAME-1.zip`, `NAME-2.zip`.
    """
    if layout == "source":
        return _source(components)
    made: list[RenderedFile] = []
    for stage in components.stages:
        part = components.of_stage(stage)
        if layout == "zip":
            from sfsetup.metadata.layout import deploy_zip

            made.append(RenderedFile(f"{name}-{stage}.zip", deploy_zip(part), part.components, stage))
        else:
            made += _mdapi(part, stage)
    return tuple(sorted(made, key=lambda file: file.path))


def _source(components: ComponentSet) -> tuple[RenderedFile, ...]:
    from sfsetup.metadata.types import file_name

    made: dict[str, RenderedFile] = {}
    for component in components:
        path = file_name(component.type, component.full_name, source=True)
        # a later stage's form of a component is the whole one
        made[path] = RenderedFile(path, component.content, (component,), component.stage)
    return tuple(made[path] for path in sorted(made))


def _mdapi(components: ComponentSet, stage: int) -> list[RenderedFile]:
    from sfsetup.metadata.layout import mdapi_tree
    from sfsetup.metadata.types import file_name

    by_path = {file_name(item.type, item.full_name, source=False): item for item in components}
    return [
        RenderedFile(f"stage{stage}/{path}", content, (by_path[path],) if path in by_path else (), stage)
        for path, content in mdapi_tree(components).items()
    ]


def decomposed(file: RenderedFile, document: str, extension: str) -> tuple[RenderedFile, RenderedFile]:
    """A registration as the preset decomposeExternalServiceRegistrationBeta keeps it: XML without its schema, and the
    schema beside it in `<Name>.yaml`; `schemaUploadFileExtension` says what it was (reference 'external services' 3.7).

    JSON is YAML as well, so the text of a JSON document is written as it is.
    """
    from sfsetup.metadata.xml import canonical
    from sfsetup.text.xml import METADATA_NS, parse_xml

    component = file.components[0]
    root = parse_xml(file.content, name=file.path)
    for child in root.findall(f"{{{METADATA_NS}}}schema"):
        root.remove(child)
    for child in root.findall(f"{{{METADATA_NS}}}schemaUploadFileExtension"):
        root.remove(child)
    added = root.makeelement(f"{{{METADATA_NS}}}schemaUploadFileExtension", {})
    added.text = extension
    root.append(added)
    folder = file.path.rpartition("/")[0]
    text = document if document.endswith("\n") else f"{document}\n"
    return (
        RenderedFile(file.path, canonical(component.type, root), file.components, file.stage),
        RenderedFile(f"{folder}/{component.full_name}.yaml", text.encode(), (component,), file.stage),
    )


def schema_of(content: bytes) -> str:
    """The text of the `schema` element of a registration."""
    from sfsetup.text.xml import METADATA_NS, parse_xml

    return parse_xml(content).findtext(f"{{{METADATA_NS}}}schema") or ""


def as_json(file: RenderedFile, path: str) -> list[Mapping[str, object]]:
    """The rows of `render --json` for one file."""
    if not file.components:
        return [{"path": path, "type": "Package", "fullName": "package.xml", "stage": file.stage}]
    return [
        {"path": path, "type": component.type, "fullName": component.full_name, "stage": file.stage}
        for component in file.components
    ]
