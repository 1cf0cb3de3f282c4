"""docs/integration-yaml.md is what the schema says."""

from __future__ import annotations

from tests.tools.generate_spec_reference import TARGET, reference


def test_page_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "run: python tests/tools/generate_spec_reference.py"
