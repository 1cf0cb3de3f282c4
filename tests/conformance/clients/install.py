"""Installs the pinned foreign clients below `.conformance/` of the checkout; once for each content of the pins.

    python tests/conformance/clients/install.py

Prints nothing when all is there. Each client that cannot be installed is named with the reason; its tests skip with it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[2] / ".conformance"
NODE_BIN = FOLDER / "node" / "node_modules" / ".bin"
CUMULUSCI_PYTHON = FOLDER / "cumulusci" / "bin" / "python"
SARIF_SCHEMA = (
    FOLDER / "sarif" / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
)
SECONDS = 600


def node_clients() -> str | None:
    """Installs sf, jsforce and Node.js with npm. Returns why it could not, or None."""
    return _npm(FOLDER / "node", HERE / "package.json")


def sarif_schema() -> str | None:
    """Installs the package that brings the published schema of SARIF 2.1.0. Returns why it could not, or None."""
    return _npm(FOLDER / "sarif", HERE / "sarif.package.json", "--ignore-scripts", wanted=SARIF_SCHEMA)


def cumulusci() -> str | None:
    """Installs CumulusCI into an environment of its own. Returns why it could not, or None."""
    target = FOLDER / "cumulusci"
    pins = HERE / "requirements.txt"
    if _is_current(target, pins):
        return None
    shutil.rmtree(target, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    problem = _run([sys.executable, "-m", "venv", str(target)], FOLDER)
    problem = problem or _run(
        [str(CUMULUSCI_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(pins)], FOLDER
    )
    return problem or _stamp(target, pins)


def _npm(target: Path, pins: Path, *options: str, wanted: Path | None = None) -> str | None:
    """`wanted` is the file that it is all about."""
    if shutil.which("npm") is None:
        return "there is no npm on the PATH"
    if _is_current(target, pins):
        return None
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(pins, target / "package.json")
    problem = _run(["npm", "install", *options, "--no-audit", "--no-fund", "--loglevel=error"], target)
    if problem is None and wanted is not None and not wanted.is_file():
        return f"the package does not hold {wanted.name}"
    return problem or _stamp(target, pins)


def _run(command: list[str], folder: Path) -> str | None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"`{command[0]} install` took longer than {SECONDS} s"
    if done.returncode == 0:
        return None
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"`{' '.join(command[:4])}` failed: {said[-1] if said else done.returncode}"


def _mark(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()


def _is_current(target: Path, pins: Path) -> bool:
    stamp = target / ".installed"
    return stamp.is_file() and stamp.read_text() == _mark(pins)


def _stamp(target: Path, pins: Path) -> None:
    (target / ".installed").write_text(_mark(pins))


if __name__ == "__main__":
    wanted = (("sf and jsforce", node_clients()), ("CumulusCI", cumulusci()), ("the SARIF schema", sarif_schema()))
    failures = {name: why for name, why in wanted if why}
    for name, why in failures.items():
        print(f"{name} cannot be installed: {why}")
