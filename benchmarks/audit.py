"""How fast an audit is: against reading and parsing the same files, and against the flow scanner of the field."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.metadata_tree import write_flows, write_tree
from benchmarks.timing import Row, cpu_of, python, side_by_side

FILES = 20_000
FLOWS = 400
SCANNER = "@flow-scanner/lightning-flow-scanner-core"
SCANNER_VERSION = "6.19.3"

# the floor: the same files read and parsed with the same hardened parser, nothing kept
_FLOOR = """
import gc, os, sys
from lxml import etree
gc.disable()
parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                         remove_comments=True, remove_pis=True)
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as stream:
            data = stream.read()
        if name.endswith(".xml"):
            etree.fromstring(data, parser)
"""

_STUB = """
class Anything { constructor() { return new Proxy(this, {get: () => () => []}); } }
module.exports = new Proxy({}, {get: () => Anything});
"""

_SCAN = """
const core = require(%s);
const fs = require("fs");
const folder = process.argv[2];
const files = fs.readdirSync(folder).map(name => require("path").join(folder, name));
core.parse(files).then(flows => core.scan(flows, {})).then(results => {
  process.stdout.write(String(results.length));
});
"""


def run() -> list[Row]:
    """Whole processes. The limit of a large tree is 2.5 times the floor."""
    with tempfile.TemporaryDirectory(prefix="sfsetup-bench-") as name:
        root = Path(name)
        tree = write_tree(root / "large", FILES)
        ours, floor = side_by_side(
            lambda: cpu_of(python("-m", "sfsetup", "audit", str(tree), "--json", "-f", str(root / "report.json"))),
            lambda: cpu_of(python("-c", _FLOOR, str(tree))),
            runs=3,
        )
        files = sum(1 for path in tree.rglob("*") if path.is_file())
        size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) / 1_000_000
        rows = [Row(f"audit of {files:,} files, {size:.0f} MB", ours, floor, "2.5 x lxml")]
        rows.extend(_against_scanner(root))
        return rows


def _against_scanner(root: Path) -> list[Row]:
    """Seconds per flow: what one more flow costs, so that neither pays for its start."""
    one, many = write_flows(root / "one", 1) / "flows", write_flows(root / "many", FLOWS) / "flows"
    script = _scanner(root)
    if script is None:
        return [Row("audit per flow, flow scanner", 0.0, 0.0, "", "not installed: no npm, or no registry")]
    node = shutil.which("node") or "node"

    def ours(folder: Path) -> float:
        return cpu_of(python("-m", "sfsetup", "audit", str(folder.parent), "--json", "-f", str(root / "report.json")))

    def theirs(folder: Path) -> float:
        return cpu_of([node, str(script), str(folder)])

    many_ours, many_theirs = side_by_side(lambda: ours(many), lambda: theirs(many), runs=3)
    one_ours, one_theirs = side_by_side(lambda: ours(one), lambda: theirs(one), runs=3)
    each_ours = (many_ours - one_ours) / (FLOWS - 1)
    each_theirs = (many_theirs - one_theirs) / (FLOWS - 1)
    note = f"{each_ours * 1000:.2f} ms against {each_theirs * 1000:.2f} ms"
    return [Row(f"audit per flow, {SCANNER_VERSION} of the flow scanner", each_ours, each_theirs, "0.10", note)]


def _scanner(root: Path) -> Path | None:
    """A script that scans a folder; None where the scanner cannot be installed."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder = root / "scanner"
    stub = folder / "stub"
    stub.mkdir(parents=True)
    # its pattern matcher is not on every registry; without it the scanner has less to do, which favours it
    (stub / "package.json").write_text(
        '{"name": "@flow-scanner/regex-scanner", "version": "1.1.1", "main": "index.js"}'
    )
    (stub / "index.js").write_text(_STUB)
    package = {
        "private": True,
        "dependencies": {SCANNER: SCANNER_VERSION},
        "overrides": {"@flow-scanner/regex-scanner": "file:./stub"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    script = folder / "scan.cjs"
    script.write_text(_SCAN % json.dumps(str(folder / "node_modules" / SCANNER)))
    probe = write_flows(folder / "probe", 1) / "flows"
    if done.returncode != 0 or not _works(script, probe):
        return None
    return script


def _works(script: Path, probe: Path) -> bool:
    done = subprocess.run(
        [shutil.which("node") or "node", str(script), str(probe)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.strip() == "1"
