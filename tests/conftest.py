"""What all tests share: where real samples are, and a state folder that is never the user's own."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
"""Real files of other people, beside the checkout: read from there, never copied. Not everybody has them."""

# a loaded machine must not fail a property, nor may chance: the same examples are drawn at every run
settings.register_profile("sfsetup", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("sfsetup")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look at it again and again."""
    gc.freeze()


def _shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the sample files {'/'.join(parts)} are not beside this checkout")
    return path


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def metadata_corpus() -> Path:
    """Folder of metadata files retrieved from real orgs, one folder a type."""
    return _shared("corpus", "metadata")


@pytest.fixture(scope="session")
def openapi_corpus() -> Path:
    """Folder of published OpenAPI documents."""
    return _shared("corpus", "oas")


@pytest.fixture(scope="session")
def wsdl_folder() -> Path:
    """Folder of the published WSDLs with the data derived from their history."""
    return _shared("reference", "wsdl")


@pytest.fixture(scope="session")
def judge_folder() -> Path:
    """Folder of the independent checkers metadata-check and soap-check."""
    return _shared("bin")


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the user's state folder, orgs or credentials."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("SFSETUP_")}
    for name in kept:
        if name != "SFSETUP_TEST_ORG":
            del os.environ[name]
    os.environ["SFSETUP_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    del os.environ["SFSETUP_HOME"]
    os.environ.update(kept)
