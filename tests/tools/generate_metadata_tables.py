"""Makes sfsetup/metadata/{fields.json,fields_more.json.gz,folders.json} from the published WSDL and registry.

    python tests/tools/generate_metadata_tables.py WSDL_FOLDER [OUTPUT_FOLDER]

WSDL_FOLDER holds metadata.wsdl (forcedotcom/wsdl), since.json (first API version of each item), overlay.json (items newer
than that WSDL) and registry.json (folders and suffixes of @salesforce/source-deploy-retrieve). Equal input gives equal
bytes.

Form of fields.json: `types`: name -> {base?, since?, open?, fields: {name: [type, flags, since?, [first, last]?]}} with
flags r (required), m (many), t (an org may lack it); `enums`: name -> {value: since or 0, or [first, last] when gone}.
Order of `fields` is that of the WSDL, own fields behind those of `base`.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from lxml import etree

XSD = "{http://www.w3.org/2001/XMLSchema}"

CORE = (
    "ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow", "Package",
    "AuthProvider", "Certificate", "ConnectedApp", "CorsWhitelistOrigin", "CspTrustedSite", "CustomLabels",
    "CustomMetadata", "ExternalAuthIdentityProvider", "ExternalClientApplication",
    "ExtlClntAppConfigurablePolicies", "ExtlClntAppGlobalOauthSettings", "ExtlClntAppOauthConfigurablePolicies",
    "ExtlClntAppOauthSettings", "FlowDefinition", "FlowSettings", "MutingPermissionSet", "OutboundNetworkConnection",
    "PermissionSetGroup", "Profile", "RemoteSiteSetting", "ApexClass", "ApexTrigger", "CustomPermission",
)  # fmt: skip


class Tables:
    """Types and enumerations of all sources put together."""

    def __init__(self, folder: Path) -> None:
        self.types: dict[str, dict[str, Any]] = {}
        self.enums: dict[str, dict[str, Any]] = {}
        since = json.loads((folder / "since.json").read_text())
        overlay = json.loads((folder / "overlay.json").read_text())
        self.first, self.gone, self.trimmed = since["since"], since["gone"], overlay["trimmed"]
        self._read_wsdl(folder / "metadata.wsdl")
        self._add_overlay(overlay["add"])
        self._add_gone()

    def _read_wsdl(self, path: Path) -> None:
        schema = next(etree.parse(path, etree.XMLParser(resolve_entities=False, huge_tree=True)).iter(XSD + "schema"))
        for node in schema.findall(XSD + "complexType"):
            name = node.get("name")
            made: dict[str, Any] = {}
            extension = node.find(f".//{XSD}extension")
            if extension is not None:
                made["base"] = extension.get("base").rpartition(":")[2]
            if name in self.first["types"]:
                made["since"] = self.first["types"][name]
            if node.find(f".//{XSD}any") is not None:
                made["open"] = True
            made["fields"] = {
                element.get("name"): self._field(
                    name,
                    element.get("name"),
                    element.get("type"),
                    element.get("minOccurs", "1") != "0",
                    element.get("maxOccurs", "1") != "1",
                    self.first["fields"].get(name, {}).get(element.get("name")),
                )
                for element in node.iter(XSD + "element")
            }
            self.types[name] = made
        for node in schema.findall(XSD + "simpleType"):
            name, newer = node.get("name"), self.first["enums"].get(node.get("name"), {})
            values = [value.get("value") for value in node.iter(XSD + "enumeration")]
            if values:
                self.enums[name] = {value: newer.get(value, 0) for value in values}

    def _field(self, owner: str, name: str, kind: str, required: bool, many: bool, since: float | None) -> list[Any]:
        flags = "r" * required + "m" * many + "t" * (name in self.trimmed["fields"].get(owner, ()))
        short = kind.removeprefix("tns:") if kind.startswith("tns:") else kind.removeprefix("xsd:")
        return [short, flags] if since is None else [short, flags, since]

    def _add_overlay(self, add: dict[str, Any]) -> None:
        for section in ("enum_types", "enums"):
            for name, values in add[section].items():
                self.enums.setdefault(name, {}).update({value: entry["since"] for value, entry in values.items()})

        def field(owner: str, name: str, entry: dict[str, Any]) -> list[Any]:
            return self._field(owner, name, entry["type"], entry["min"] == 1, entry["max"] != 1, entry.get("since"))

        for name, entry in add["types"].items():
            made: dict[str, Any] = {"base": entry["base"]} if entry.get("base") else {}
            made["since"] = entry["since"]
            made["fields"] = {key: field(name, key, value) for key, value in entry["fields"].items()}
            self.types[name] = made
        for name, fields in add["fields"].items():
            own = self.types[name]["fields"]
            inherited = self._inherited(name)
            added = {
                key: field(name, key, value) for key, value in fields.items() if key not in own and key not in inherited
            }
            self.types[name]["fields"] = _in_wsdl_order(own, added)

    def _inherited(self, name: str) -> set[str]:
        found: set[str] = set()
        base = self.types[name].get("base")
        while base:
            found |= set(self.types[base]["fields"])
            base = self.types[base].get("base")
        return found

    def _add_gone(self) -> None:
        """What older WSDLs had: kept with its versions, behind the fields that exist."""
        for name, fields in self.gone["fields"].items():
            if name in self.types:
                own = self.types[name]["fields"]
                inherited = self._inherited(name)
                added = {
                    key: ["string", "g", versions[0], versions]
                    for key, versions in fields.items()
                    if key not in own and key not in inherited
                }
                self.types[name]["fields"] = _in_wsdl_order(own, added)
        for name, values in self.gone["enums"].items():
            if name in self.enums:
                for value, versions in values.items():
                    self.enums[name].setdefault(value, versions)

    def reach(self, names: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        """These types, their bases and what their fields use."""
        todo, types, enums = list(names), {}, {}
        while todo:
            name = todo.pop()
            if name in self.enums:
                enums[name] = self.enums[name]
            elif name in self.types and name not in types:
                types[name] = self.types[name]
                todo.extend(entry[0] for entry in self.types[name]["fields"].values())
                todo.append(self.types[name].get("base", ""))
        return dict(sorted(types.items())), dict(sorted(enums.items()))


def _in_wsdl_order(own: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """The WSDL lists own fields by the alphabet (with few exceptions): what is added belongs among them."""
    merged = {**own, **added}
    return dict(sorted(merged.items())) if list(own) == sorted(own) else merged


def _sorted_enums(enums: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(sorted(values.items())) for name, values in enums.items()}


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _lines(tables: dict[str, Any]) -> bytes:
    """One type a line, so that a difference between two releases can be read."""
    sections = []
    for section, entries in tables.items():
        if isinstance(entries, dict):
            rows = ",\n".join(f"{json.dumps(name)}:{_dump(entry).decode()}" for name, entry in entries.items())
            sections.append(f"{json.dumps(section)}:{{\n{rows}\n}}")
        else:
            sections.append(f"{json.dumps(section)}:{json.dumps(entries)}")
    return ("{\n" + ",\n".join(sections) + "\n}\n").encode()


def _folders(path: Path) -> dict[str, Any]:
    result = {}
    for name, entry in sorted(json.loads(path.read_text())["types"].items()):
        adapter = entry.get("strategies", {}).get("adapter", "default")
        row = {
            "folder": entry.get("dir"),
            "suffix": entry.get("suffix"),
            "parent": entry.get("parent"),
            "adapter": None if adapter == "default" else adapter,
            "inFolder": entry.get("inFolder"),
            "folderOf": entry.get("folderContentType"),
            "legacySuffix": entry.get("legacySuffix"),
            "strict": entry.get("strict"),
        }
        result[name] = {key: value for key, value in row.items() if value}
    return result


def main(arguments: list[str]) -> int:
    """Writes the tables."""
    if not arguments:
        sys.stderr.write(__doc__ or "")
        return 2
    source = Path(arguments[0])
    output = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).parents[2] / "sfsetup" / "metadata"
    tables = Tables(source)
    types, enums = tables.reach(CORE)
    header = {"wsdl": "66.0", "newest": "68.0"}
    (output / "fields.json").write_bytes(_lines({**header, "types": types, "enums": _sorted_enums(enums)}))
    more_types = {name: entry for name, entry in sorted(tables.types.items()) if name not in types}
    more_enums = {name: entry for name, entry in sorted(tables.enums.items()) if name not in enums}
    more = _dump({"types": more_types, "enums": _sorted_enums(more_enums)})
    (output / "fields_more.json.gz").write_bytes(gzip.compress(more, 9, mtime=0))
    (output / "folders.json").write_bytes(_lines({"types": _folders(source / "registry.json")}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
