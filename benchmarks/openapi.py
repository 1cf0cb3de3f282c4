"""How fast documents are judged, and in how much memory: against `json.load` and the validator of the field."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.documents import CORPUS, of_size
from benchmarks.timing import Row, cpu_of, peak_of, python, side_by_side

PEER = "openapi_spec_validator"
_LOAD = "import click, json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
_LOAD_YAML = "import click, yaml, sys; yaml.load(open(sys.argv[1], encoding='utf-8'), yaml.CSafeLoader)"
_START = "import click, json"


def run() -> list[Row]:
    """Whole processes; `json.load` is measured with the start of a command line around it."""
    with tempfile.TemporaryDirectory(prefix="sfsetup-bench-") as name:
        root = Path(name)
        rows = _corpus(root)
        for megabytes, runs in ((1, 5), (13, 5), (20, 3)):
            data, of = of_size(megabytes)
            file = root / f"{megabytes}.json"
            file.write_bytes(data)
            label = f"{megabytes} MB made of {of}"
            rows.append(_against_load(f"openapi check, {label}", file, _LOAD, runs))
            if megabytes == 1:
                rows.append(_against_peer(file))
            else:
                rows.append(_memory(f"openapi check, {megabytes} MB: memory", file))
        rows.append(_against_load("openapi check, 10,000 schemas in a chain", _chain(root), _LOAD, 3, limit="none"))
        return rows


def _check(file: Path) -> Sequence[str]:
    return python("-m", "sfsetup", "openapi", "check", str(file))


def _against_load(name: str, file: Path, load: str, runs: int, limit: str = "4 x json.load and start-up") -> Row:
    ours, floor = side_by_side(lambda: cpu_of(_check(file)), lambda: cpu_of(python("-c", load, str(file))), runs=runs)
    return Row(name, ours, floor, limit)


def _corpus(root: Path) -> list[Row]:
    """The largest of the documents beside the checkout, as it is and as JSON."""
    if not CORPUS.is_dir():
        return [
            Row("openapi check, largest published document", 0.0, 0.0, "", "skipped: no documents beside the checkout")
        ]
    largest = max((file for file in CORPUS.iterdir() if file.suffix != ".tsv"), key=lambda file: file.stat().st_size)
    kilobytes = largest.stat().st_size // 1000
    rows = [
        _against_load(
            f"openapi check, {largest.name}, {kilobytes} KB", largest, _LOAD_YAML, 7, "4 x the C loader of YAML"
        )
    ]
    from sfsetup.text.documents import dump_json, read_document

    as_json = root / f"{largest.stem}.json"
    value = read_document(largest.read_bytes(), name=largest.name).value
    as_json.write_text(dump_json(value), encoding="utf-8")
    rows.append(_against_load(f"openapi check, {as_json.name}", as_json, _LOAD, 7))
    return rows


def _against_peer(file: Path) -> Row:
    """A validator knows other rules; what counts is how long a person waits for the answer."""
    name = "openapi check, 1 MB, against openapi-spec-validator"
    peer = shutil.which(os.environ.get("SFSETUP_BENCH_PEER_PYTHON") or python()[0])
    if peer is None or subprocess.run([peer, "-c", f"import {PEER}"], capture_output=True, check=False).returncode:
        return Row(name, 0.0, 0.0, "", "skipped: it is not installed (`make bench` does that)")
    ours, theirs = side_by_side(lambda: cpu_of(_check(file)), lambda: cpu_of([peer, "-m", PEER, str(file)]), runs=1)
    return Row(name, ours, theirs, "0.10")


def _memory(name: str, file: Path) -> Row:
    """Megabytes over what the interpreter and the command line take by themselves."""
    bare = peak_of(python("-c", _START))
    ours = peak_of(_check(file)) - bare
    floor = peak_of(python("-c", _LOAD, str(file))) - bare
    return Row(name, ours, floor, "4 x the parsed document", "megabytes, not seconds")


def _chain(root: Path) -> Path:
    count = 10_000
    home = "#/components/schemas/S"
    schemas = {f"S{i}": {"type": "object", "properties": {"next": {"$ref": f"{home}{i + 1}"}}} for i in range(count)}
    schemas[f"S{count}"] = {"type": "object", "properties": {"first": {"$ref": f"{home}0"}}}
    body = {"content": {"application/json": {"schema": {"$ref": f"{home}0"}}}}
    post = {"operationId": "post", "requestBody": body, "responses": {"204": {"description": "ok"}}}
    value = {
        "openapi": "3.0.3",
        "info": {"title": "Chain", "version": "1"},
        "paths": {"/a": {"post": post}},
        "components": {"schemas": schemas},
    }
    file = root / "chain.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file
