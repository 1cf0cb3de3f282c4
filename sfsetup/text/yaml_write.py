"""Writes YAML that our reader, and every other one, reads back as the same values."""

from __future__ import annotations

import re
from typing import Any

_JSON_SCALAR = re.compile(r"(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)\Z")
"""Plain text that our reader takes for something else than text; PyYAML thinks otherwise of some (`1e3`)."""

_WIDTH = 116


def dump_yaml(value: Any) -> str:
    """A value of maps, lists, texts, numbers, booleans and None, in block style; maps and lists of scalars in one line.

    Keys keep their order; text that another reader could take for something else is quoted.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 the name is the base class's
            return True

        def represent(self, data: Any) -> None:
            node = self.represent_data(data)
            if isinstance(node, yaml.CollectionNode) and node.value:
                node.flow_style = False
            self.serialize(node)

    def text(dumper: Any, data: str) -> Any:
        style = "'" if _JSON_SCALAR.match(data) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    dumped: str = yaml.dump(
        value, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH, indent=2
    )
    return dumped
