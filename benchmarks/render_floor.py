"""The floor of rendering: the same libraries parse, validate, fill, parse again and zip, with nothing around.

`python benchmarks/render_floor.py TEMPLATES SCHEMA CONTEXTS OUT FOLDER…`; knows nothing of sfsetup.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import click  # noqa: F401  what a command line costs is part of the floor
import jinja2
import jsonschema_rs
import yaml
from lxml import etree
from markupsafe import escape


def _finalize(value: object) -> object:
    return escape(value) if isinstance(value, str) else value


def main() -> None:
    """Renders every folder into one archive per stage."""
    templates, schema, contexts, out, *folders = sys.argv[1:]
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    engine.filters["xml_boolean"] = lambda value: "true" if value else "false"
    validator = jsonschema_rs.validator_for(json.loads(Path(schema).read_text(encoding="utf-8")))
    filled = json.loads(Path(contexts).read_text(encoding="utf-8"))
    for folder in map(Path, folders):
        spec = yaml.load((folder / "integration.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        list(validator.iter_errors(spec))
        json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
        for stage in (1, 2):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, context, own_stage in filled:
                    if own_stage == stage:
                        text = engine.get_template(name).render(context)
                        tree = etree.fromstring(text.encode())
                        archive.writestr(name.removesuffix(".j2"), etree.tostring(tree))
            Path(out, f"{folder.name}-{stage}.zip").write_bytes(buffer.getvalue())


main()
