"""The built wheel carries everything it needs and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout and unpacked into an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(unpacked: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`sfsetup` from the wheel in a folder that knows nothing of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "SFSETUP_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, "-m", "sfsetup", *words], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_templates_specs_and_tables_are_inside(unpacked: Path) -> None:
    for source in ("metadata_templates", "specs"):
        wanted = {path.relative_to(ROOT) for path in (ROOT / source).rglob("*") if path.is_file()}
        assert wanted
        for path in wanted:
            assert (unpacked / "sfsetup" / path).read_bytes() == (ROOT / path).read_bytes()
    data = [path for path in (ROOT / "sfsetup").rglob("*") if path.suffix in (".json", ".gz", ".md", ".lark", ".typed")]
    for path in data:
        assert (unpacked / path.relative_to(ROOT)).is_file(), path


def test_the_wheel_renders_and_validates_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    where = run(unpacked, tmp_path, "--version")
    assert where.returncode == 0, where.stderr
    spec = unpacked / "sfsetup" / "specs" / "8x8-sms"
    rendered = run(unpacked, tmp_path, "render", str(spec), "-d", "out")
    assert rendered.returncode == 0, rendered.stderr
    assert len(list((tmp_path / "out").rglob("*-meta.xml"))) == 5
    validated = run(unpacked, tmp_path, "validate", str(spec))
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_a_checkout_and_a_wheel_find_the_same_folders() -> None:
    from sfsetup.resources import shipped_folder

    assert (shipped_folder("metadata_templates")).is_dir()
    assert (shipped_folder("specs") / "8x8-sms" / "integration.yaml").is_file()
    with pytest.raises(FileNotFoundError):
        shipped_folder("no such folder")
