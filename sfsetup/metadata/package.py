"""package.xml and the manifests of deletions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sfsetup.errors import InvalidInput
from sfsetup.metadata.xml import escape
from sfsetup.text.xml import METADATA_NS, line_of, local_name, parse_xml
from sfsetup.values import dataclass

_VERSION = re.compile(r"\d{2,3}\.0\Z")


@dataclass(frozen=True, slots=True)
class Package:
    """What a manifest names. `version` is empty where a manifest of deletions leaves it out."""

    version: str
    members: Mapping[str, tuple[str, ...]]


def write_package_xml(members: Mapping[str, Iterable[str]], version: str) -> bytes:
    """A manifest as the Salesforce CLI writes it: types and members sorted, version last."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<Package xmlns="{METADATA_NS}">']
    for name in sorted(members):
        names = sorted(set(members[name]))
        if names:
            lines.append("    <types>")
            lines.extend(f"        <members>{escape(member)}</members>" for member in names)
            lines.extend((f"        <name>{escape(name)}</name>", "    </types>"))
    lines.extend((f"    <version>{escape(version)}</version>", "</Package>", ""))
    return "\n".join(lines).encode("utf-8")


def read_package_xml(data: bytes, *, name: str = "package.xml", needs_version: bool = True) -> Package:
    """Reads a manifest. Raises InvalidInput where it is no manifest, lacks its version or names nothing in an entry."""
    root = parse_xml(data, name=name)
    if root.tag != f"{{{METADATA_NS}}}Package":
        raise InvalidInput(
            f"not a package.xml: the root element is <{local_name(root)}>", file=name, line=line_of(root)
        )
    version = ""
    members: dict[str, list[str]] = {}
    for element in root:
        tag = local_name(element)
        if tag == "version":
            version = (element.text or "").strip()
        elif tag == "types":
            texts = [(local_name(child), (child.text or "").strip()) for child in element]
            type_name = next((text for kind, text in texts if kind == "name"), "")
            if not type_name:
                raise InvalidInput("<types> without <name>", file=name, line=line_of(element))
            members.setdefault(type_name, []).extend(text for kind, text in texts if kind == "members" and text)
    if not _VERSION.match(version) and (needs_version or version):
        problem = f"{version!r} is no API version like 60.0" if version else "<version> is missing"
        raise InvalidInput(problem, file=name, line=line_of(root))
    return Package(version, {key: tuple(dict.fromkeys(names)) for key, names in members.items()})
