"""An integration folder as text: integration.yaml with its comments, and the document beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from sfsetup.values import dataclass

ORDER = (
    "version",
    "openapi",
    "operations",
    "service",
    "external_credential",
    "named_credential",
    "permission_set",
    "flow",
    "verify",
    "assign",
    "api_version",
    "environments",
)
"""The order in which keys are written; the one in which people read them."""


@dataclass(frozen=True, slots=True)
class WrittenIntegration:
    """What is to be written. `notes` say what could not be put into words of a spec."""

    name: str
    """Name that the folder may have."""
    tree: Mapping[str, Any]
    document: str
    document_name: str
    comments: Mapping[str, str] = field(default_factory=dict)
    """Key -> a comment above it; an empty key: above everything."""
    notes: tuple[str, ...] = ()

    @property
    def spec_text(self) -> str:
        """integration.yaml."""
        return spec_text(self.tree, self.comments)

    @property
    def files(self) -> Mapping[str, str]:
        """File name -> text."""
        return {"integration.yaml": self.spec_text, self.document_name: self.document}


def spec_text(tree: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """The text of a spec: keys in their order, each with its comment above it."""
    from sfsetup.text.yaml_write import dump_yaml

    parts = [_comment(comments[""])] if "" in comments else []
    for key in (*ORDER, *(key for key in tree if key not in ORDER)):
        if key not in tree:
            continue
        if key in comments:
            parts.append(_comment(comments[key]))
        parts.append(dump_yaml({key: tree[key]}))
    return "".join(parts)


def folder_name(text: str) -> str:
    """A folder name for an integration: `SMS API` gives `sms-api`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "integration"


def variable_name(*words: str) -> str:
    """The environment variable that may hold a secret: `CPaaSSMS`, `api_key` gives `CPAASSMS_API_KEY`."""
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper()).strip("_")
    return f"X{name}" if name[:1].isdigit() else name or "API_KEY"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" if line else "#\n" for line in text.split("\n"))
