"""Schemas of report formats, as much of them as sfsetup writes: stricter than the published ones, never wider.

SARIF 2.1.0: OASIS standard, sections 3.13 to 3.58. JUnit: what the schema of Ant's JUnitReport asks (every attribute
named, no attribute on the root, exactly one outcome a case).
"""

from __future__ import annotations

from typing import Any


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _closed(["text"], text=_TEXT)
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_BAG = {
    "type": "object",
    "properties": {"tags": {"type": "array", "maxItems": 20, "items": _TEXT, "uniqueItems": True}},
}
_DESCRIPTOR = _closed(
    ["id", "shortDescription"],
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_closed(["text", "markdown"], text=_TEXT, markdown=_TEXT),
    helpUri={"type": "string", "format": "uri"},
    defaultConfiguration=_closed(["level"], level=_LEVEL),
    properties=_BAG,
)
_LOCATION = _closed(
    ["physicalLocation"],
    physicalLocation=_closed(
        ["artifactLocation", "region"],
        artifactLocation=_closed(
            ["uri"],
            uri={"type": "string", "format": "uri-reference", "minLength": 1},
            uriBaseId={"const": "%SRCROOT%"},
        ),
        region=_closed(["startLine"], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations={
        "type": "array",
        "items": _closed(["fullyQualifiedName", "kind"], fullyQualifiedName=_TEXT, kind=_TEXT),
    },
)
_RESULT = _closed(
    ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations={"type": "array", "minItems": 1, "maxItems": 1000, "items": _LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
    suppressions={
        "type": "array",
        "items": _closed(
            ["kind", "status", "justification"],
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=_TEXT,
            properties=_BAG,
        ),
    },
    properties=_BAG,
)
SARIF: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_closed(
        ["$schema", "version", "runs"],
        **{
            "$schema": {"type": "string", "format": "uri"},
            "version": {"const": "2.1.0"},
            "runs": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": _closed(
                    ["tool", "results", "invocations", "columnKind"],
                    tool=_closed(
                        ["driver"],
                        driver=_closed(
                            ["name", "version", "semanticVersion", "rules"],
                            name=_TEXT,
                            version=_TEXT,
                            semanticVersion=_TEXT,
                            informationUri={"type": "string", "format": "uri"},
                            rules={"type": "array", "maxItems": 25000, "uniqueItems": True, "items": _DESCRIPTOR},
                        ),
                    ),
                    invocations={
                        "type": "array",
                        "items": _closed(
                            ["executionSuccessful"],
                            executionSuccessful={"type": "boolean"},
                            toolExecutionNotifications={
                                "type": "array",
                                "items": _closed(["message"], level=_LEVEL, message=_MESSAGE),
                            },
                        ),
                    },
                    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    results={"type": "array", "maxItems": 25000, "items": _RESULT},
                ),
            },
        },
    ),
}

JUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:complexType name="outcome">
    <xs:simpleContent>
      <xs:extension base="xs:string">
        <xs:attribute name="message" type="xs:string"/>
        <xs:attribute name="type" type="xs:string" use="required"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="skip">
    <xs:simpleContent>
      <xs:extension base="xs:string"><xs:attribute name="message" type="xs:string"/></xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:simpleType name="named">
    <xs:restriction base="xs:token"><xs:minLength value="1"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="moment">
    <xs:restriction base="xs:dateTime">
      <xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"/>
    </xs:restriction>
  </xs:simpleType>
  <xs:element name="testsuites">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="testsuite" maxOccurs="unbounded">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="properties"><xs:complexType/></xs:element>
              <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:choice minOccurs="0">
                    <xs:element name="skipped" type="skip"/>
                    <xs:element name="error" type="outcome"/>
                    <xs:element name="failure" type="outcome"/>
                  </xs:choice>
                  <xs:attribute name="name" type="named" use="required"/>
                  <xs:attribute name="classname" type="named" use="required"/>
                  <xs:attribute name="time" type="xs:decimal" use="required"/>
                </xs:complexType>
              </xs:element>
              <xs:element name="system-out" type="xs:string"/>
              <xs:element name="system-err" type="xs:string"/>
            </xs:sequence>
            <xs:attribute name="name" type="named" use="required"/>
            <xs:attribute name="timestamp" type="moment" use="required"/>
            <xs:attribute name="hostname" type="named" use="required"/>
            <xs:attribute name="tests" type="xs:int" use="required"/>
            <xs:attribute name="failures" type="xs:int" use="required"/>
            <xs:attribute name="errors" type="xs:int" use="required"/>
            <xs:attribute name="skipped" type="xs:int"/>
            <xs:attribute name="time" type="xs:decimal" use="required"/>
            <xs:attribute name="package" type="xs:token" use="required"/>
            <xs:attribute name="id" type="xs:int" use="required"/>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""


def check_sarif(document: Any) -> None:
    """Raises for a document that is no SARIF as sfsetup writes it."""
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(SARIF, validate_formats=True)
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(document)
    ]
    assert not errors, errors[:5]
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        marks = [result["partialFingerprints"]["sfsetup/v1"] for result in run["results"]]
        assert len(set(marks)) == len(marks), "two results with one fingerprint"


def check_junit(text: str) -> Any:
    """The root of a JUnit document. Raises for one that the schema refuses or whose numbers are wrong."""
    from lxml import etree

    root = etree.fromstring(text.encode())
    etree.XMLSchema(etree.fromstring(JUNIT.encode())).assertValid(root)
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == sum(case.find(tag) is not None for case in cases), attribute
    return root
