"""How fast metadata is rendered: one integration, a hundred, seven hundred, against the same libraries alone."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import Row, cpu_of, python, side_by_side

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "specs" / "8x8-sms"
FLOOR = Path(__file__).with_name("render_floor.py")
LIMITS = {1: "1.5 x the floor", 100: "3 x the floor", 700: "3 x the floor"}


def run() -> list[Row]:
    """Whole processes: `sfsetup render … --layout zip` reads, judges, renders and zips."""
    with tempfile.TemporaryDirectory(prefix="sfsetup-bench-") as name:
        root = Path(name)
        contexts = root / "contexts.json"
        contexts.write_text(json.dumps(_contexts()), encoding="utf-8")
        return [_row(root, contexts, count, limit) for count, limit in LIMITS.items()]


def _row(root: Path, contexts: Path, count: int, limit: str) -> Row:
    folders = []
    for number in range(count):
        folder = root / f"n{count}" / f"integration{number}"
        shutil.copytree(SPEC, folder)
        folders.append(str(folder))
    out = root / f"out{count}"
    out.mkdir()
    schema = ROOT / "sfsetup" / "spec" / "schema.json"
    ours, floor = side_by_side(
        lambda: cpu_of(python("-m", "sfsetup", "render", *folders, "-d", str(out), "--layout", "zip")),
        lambda: cpu_of(
            python(str(FLOOR), str(ROOT / "metadata_templates"), str(schema), str(contexts), str(out), *folders)
        ),
        runs=9 if count == 1 else 3,
    )
    noun = "integration" if count == 1 else "integrations"
    return Row(f"render, judge and zip {count} {noun}", ours, floor, limit, f"{ours / count * 1000:.1f} ms each")


def _contexts() -> list[tuple[str, Any, int]]:
    """What the templates of the integration are filled with: template, context as JSON, stage."""
    from sfsetup.render import components as rendering
    from sfsetup.render import environment
    from sfsetup.spec.reader import load_integration

    found: list[tuple[str, Any]] = []
    fill = environment.fill

    def noting(template: str, context: dict[str, Any]) -> bytes:
        found.append((template, _plain(context)))
        return fill(template, context)

    environment.fill = noting
    try:
        made = rendering.render(*load_integration(SPEC))
    finally:
        environment.fill = fill
    return [(name, context, one.stage) for (name, context), one in zip(found, made.components, strict=True)]


def _plain(value: Any) -> Any:
    """Dataclasses as maps: the templates read members and keys alike."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = {field.name for field in dataclasses.fields(value)}
        names.update(name for name in dir(type(value)) if isinstance(getattr(type(value), name, None), property))
        return {name: _plain(getattr(value, name)) for name in sorted(names)}
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(child) for child in value]
    return value
