"""Documents of several files: what is read, what is refused, and where findings point."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.errors import SfsetupError
from sfsetup.openapi.acceptance import check
from sfsetup.openapi.document import load, parse
from sfsetup.openapi.fit import fit

MAIN = """
openapi: 3.0.3
paths:
  /pets:
    $ref: paths/pets.yaml
components:
  schemas:
    Name: {type: string}
"""
PETS = """
get:
  operationId: listPets
  responses:
    '200':
      description: ok
      content:
        application/json:
          schema: {type: array, items: {$ref: '../schemas/pet.json#/Pet'}}
"""
PET = """
{"Pet": {"type": "object", "properties": {
   "name": {"$ref": "../api.yaml#/components/schemas/Name"},
   "mother": {"$ref": "#/Pet"},
   "odd": {}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document of three files."""
    root = tmp_path / "api"
    (root / "paths").mkdir(parents=True)
    (root / "schemas").mkdir()
    (root / "api.yaml").write_text(MAIN)
    (root / "paths" / "pets.yaml").write_text(PETS)
    (root / "schemas" / "pet.json").write_text(PET)
    return root


def test_findings_point_into_the_file_that_holds_them(folder: Path) -> None:
    acceptance = check(load(folder / "api.yaml"))
    untyped = next(one for one in acceptance.with_lines() if one.rule == "OA-C02")
    assert untyped.file == str(folder / "schemas" / "pet.json")
    assert untyped.line == 5
    assert {one.verdict.value for one in acceptance.operations} == {"afterFit"}


def test_fit_makes_one_file_of_them(folder: Path) -> None:
    fitted = fit(load(folder / "api.yaml"))
    after = parse(fitted.text.encode(), name="fitted.json")
    assert after.foreign == ()
    assert sorted(after.schemas) == ["Name", "Pet"]
    assert after.schemas["Pet"]["properties"]["mother"] == {"$ref": "#/components/schemas/Pet"}
    assert {one.verdict.value for one in check(after).operations} == {"flow"}
    assert fit(after).text == fitted.text


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("../secret.yaml#/A", "outside the document's folder"),
        ("/etc/passwd", "outside the document's folder"),
        ("link.yaml#/A", "outside the document's folder"),
        ("file:///etc/passwd", "not a file below"),
        ("missing.yaml#/A", "no such file"),
        ("https://example.com/a.yaml#/A", "--allow-remote"),
        ("ftp://example.com/a.yaml", "not a file below"),
        ("broken.yaml#/A", ""),
        ("%2e%2e/secret.yaml", "outside the document's folder"),
    ],
)
def test_what_may_not_be_read_is_said(tmp_path: Path, ref: str, reason: str) -> None:
    (tmp_path / "secret.yaml").write_text("A: {type: string}")
    root = tmp_path / "api"
    root.mkdir()
    (root / "broken.yaml").write_text("A: [")
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "api.yaml").write_text(f"openapi: 3.0.3\npaths: {{}}\ncomponents: {{schemas: {{B: {{$ref: '{ref}'}}}}}}\n")
    document = load(root / "api.yaml")
    assert document.files == {}
    found = [one for one in check(document).findings if one.rule == "OA-A09"]
    assert len(found) == 1
    assert reason in found[0].message
    assert found[0].pointer == "/components/schemas/B"


def test_urls_are_followed_only_through_the_given_function(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        if url.endswith("gone.yaml"):
            raise SfsetupError("404")
        return b"A: {type: object, properties: {b: {$ref: 'b.yaml#/B'}, l: {$ref: 'file:///etc/passwd'}}}\nB: {type: string}\n"

    file = tmp_path / "api.yaml"
    file.write_text(
        "openapi: 3.0.3\npaths: {}\ncomponents: {schemas: {A: {$ref: 'https://example.com/d/a.yaml#/A'},"
        " G: {$ref: 'https://example.com/gone.yaml'}}}\n"
    )
    document = load(file, fetch=fetch)
    assert sorted(asked) == [
        "https://example.com/d/a.yaml",
        "https://example.com/d/b.yaml",
        "https://example.com/gone.yaml",
    ]
    problems = [one.problem for one in document.foreign if one.problem]
    assert sorted(set(problems)) == ["404", "a remote document may not refer to file:///etc/passwd"]


def test_examples_are_data_not_references(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(
        "openapi: 3.0.3\npaths: {}\ncomponents: {schemas: {A: {type: object, example: {$ref: 'x.yaml'},"
        " properties: {example: {$ref: 'y.yaml'}}}}}\n"
    )
    assert [one.ref for one in load(file).foreign] == ["y.yaml"]
