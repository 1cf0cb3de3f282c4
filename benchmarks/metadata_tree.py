"""A large source tree to measure with: flows of 5 to 200 KB and everything else that lies around them in an org."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
_SHARES = (
    ("flows", 0.10),
    ("classes", 0.15),
    ("fields", 0.45),
    ("customMetadata", 0.12),
    ("permissionsets", 0.03),
    ("layouts", 0.10),
    ("remoteSiteSettings", 0.02),
    ("namedCredentials", 0.03),
)
_SIZES = (5, 8, 12, 20, 35, 60, 100, 200)
"""Kilobytes of flows, in turn; orgs have many small ones and few large ones."""
_TURNS = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7)


def write_tree(root: Path, files: int) -> Path:
    """A tree of about so many files; the same for the same number."""
    for kind, share in _SHARES:
        count = max(1, round(files * share))
        for number in range(count):
            for name, text in _files(kind, number):
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return root


def write_flows(root: Path, count: int) -> Path:
    """Flows alone."""
    for number in range(count):
        path = root / "flows" / f"Flow_{number}.flow-meta.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(flow(number, _SIZES[_TURNS[number % len(_TURNS)]]), encoding="utf-8")
    return root


def _files(kind: str, number: int) -> Iterator[tuple[str, str]]:
    if kind == "flows":
        yield f"flows/Flow_{number}.flow-meta.xml", flow(number, _SIZES[_TURNS[number % len(_TURNS)]])
    elif kind == "classes":
        # two files each: half the number
        if number % 2 == 0:
            yield f"classes/Class_{number}.cls", _apex(number)
            meta = _root("ApexClass", "    <apiVersion>62.0</apiVersion>\n    <status>Active</status>\n")
            yield f"classes/Class_{number}.cls-meta.xml", meta
    elif kind == "fields":
        text = _leaves(fullName=f"Field_{number}__c", label="Field", type="Text")
        folder = f"objects/Thing_{number % 300}__c/fields"
        yield f"{folder}/Field_{number}__c.field-meta.xml", _root("CustomField", text)
    elif kind == "customMetadata":
        values = "".join(_group("values", field=f"Setting_{each}__c", value=f"value {number}") for each in range(8))
        text = _leaves(label=f"R{number}", protected="false") + values
        yield f"customMetadata/Setting.R{number}.md-meta.xml", _root("CustomMetadata", text)
    elif kind == "permissionsets":
        fields = "".join(
            _group("fieldPermissions", editable="true", field=f"Thing_{each}__c.F__c", readable="true")
            for each in range(250)
        )
        text = fields + _leaves(label="S")
        yield f"permissionsets/Set_{number}.permissionset-meta.xml", _root("PermissionSet", text)
    elif kind == "layouts":
        items = "".join(_group("layoutItems", field=f"F{each}") for each in range(120))
        yield f"layouts/Thing-L{number}.layout-meta.xml", _root("Layout", items)
    elif kind == "remoteSiteSettings":
        text = _leaves(disableProtocolSecurity="false", isActive="true", url=f"https://h{number}.acme.com")
        yield f"remoteSiteSettings/R{number}.remoteSite-meta.xml", _root("RemoteSiteSetting", text)
    else:
        text = _leaves(endpoint=f"https://n{number}.acme.com", label="N", protocol="NoAuthentication")
        yield f"namedCredentials/N{number}.namedCredential-meta.xml", _root("NamedCredential", text)


def _root(kind: str, text: str) -> str:
    return f"{_HEAD}<{kind} {_NS}>\n{text}</{kind}>\n"


def _leaves(indent: str = "    ", **values: str) -> str:
    return "".join(f"{indent}<{name}>{value}</{name}>\n" for name, value in values.items())


def _group(name: str, **values: str) -> str:
    return f"    <{name}>\n{_leaves('        ', **values)}    </{name}>\n"


def flow(number: int, kilobytes: int) -> str:
    """One flow of about this size; every twentieth calls out (28 of 2,922 public flows do)."""
    call = _leaves(
        "        ", name="Call", label="Call", actionName=f"Service_{number % 50}.get", actionType="externalService"
    )
    first = f"    <actionCalls>\n{call}{_to('Set_0')}    </actionCalls>\n" if number % 20 == 0 else ""
    parts = [first, "    <apiVersion>62.0</apiVersion>\n"]
    size, each = sum(map(len, parts)), 0
    while size < kilobytes * 1000 - 500:
        part = _assignment(each) if each % 3 else _decision(each)
        parts.append(part)
        size += len(part)
        each += 1
    parts.append(_leaves(label=f"Flow {number}", processType="AutoLaunchedFlow"))
    parts.append(f"    <start>\n{_to('Call' if first else 'Set_0')}    </start>\n    <status>Active</status>\n")
    return _root("Flow", "".join(parts))


def _to(target: str, element: str = "connector", indent: str = "        ") -> str:
    inner = _leaves(f"{indent}    ", targetReference=target)
    return f"{indent}<{element}>\n{inner}{indent}</{element}>\n"


def _head(name: str, label: str) -> str:
    return _leaves("        ", name=name, label=label, locationX="0", locationY="0")


def _assignment(number: int) -> str:
    value = "            <value>\n                <stringValue>text</stringValue>\n            </value>\n"
    item = _leaves("            ", assignToReference=f"record.Field_{number}__c", operator="Assign") + value
    items = f"        <assignmentItems>\n{item}        </assignmentItems>\n"
    head = _head(f"Set_{number}", f"Set {number}")
    return f"    <assignments>\n{head}{items}{_to(f'Set_{number + 1}')}    </assignments>\n"


def _decision(number: int) -> str:
    following = f"Set_{number + 1}"
    inner = _leaves("                ", leftValueReference=f"record.Field_{number}__c", operator="EqualTo")
    right = "                <rightValue>\n                    <stringValue>x</stringValue>\n"
    condition = f"            <conditions>\n{inner}{right}                </rightValue>\n            </conditions>\n"
    name = _leaves("            ", name=f"Yes_{number}", conditionLogic="and")
    label = "            <label>Yes</label>\n"
    rule = f"        <rules>\n{name}{condition}{_to(following, indent='            ')}{label}        </rules>\n"
    head = _head(f"Set_{number}", f"Is it {number}")
    return f"    <decisions>\n{head}{_to(following, 'defaultConnector')}{rule}    </decisions>\n"


def _apex(number: int) -> str:
    methods = (f"    public static String m{each}() {{ return 'value {each} of {number}'; }}\n" for each in range(60))
    return f"public with sharing class Class_{number} {{\n{''.join(methods)}}}\n"
