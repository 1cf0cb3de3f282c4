"""The form of metadata XML, judged with Salesforce's words: one case per rule that must fail, and one that must not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sfsetup.metadata.form import MOST_PROBLEMS, FormProblem, Kind, check_form
from sfsetup.model.finding import Severity
from sfsetup.text.xml import METADATA_NS, parse_xml


def problems(body: str, type_name: str = "ExternalCredential", version: str = "66.0") -> list[FormProblem]:
    data = f'<{type_name} xmlns="{METADATA_NS}">\n{body}</{type_name}>'
    found = check_form(parse_xml(data.encode()), type_name, version)
    return [problem for problem in found if problem.severity is not Severity.INFO]


PARAMETER = (
    "<externalCredentialParameters><parameterName>p</parameterName><parameterType>{}</parameterType>{}"
    "</externalCredentialParameters>"
)
GOOD = "<authenticationProtocol>Custom</authenticationProtocol>\n<label>x</label>\n"


@pytest.mark.parametrize(
    ("body", "type_name", "version"),
    [
        (GOOD, "ExternalCredential", "66.0"),
        ("<label>x</label><authenticationProtocol>Custom</authenticationProtocol>", "ExternalCredential", "66.0"),
        (
            GOOD + PARAMETER.format("NamedPrincipal", "<sequenceNumber> 1 </sequenceNumber>") * 2,
            "ExternalCredential",
            "59.0",
        ),
        (GOOD + PARAMETER.format("NamedPrincipal", "<principal>Set</principal>"), "ExternalCredential", "57.0"),
        ("<label>x</label><apiVersion>63</apiVersion>", "Flow", "66.0"),
        ("<version>66.0</version>", "Package", "66.0"),
    ],
)
def test_passes(body: str, type_name: str, version: str) -> None:
    assert problems(body, type_name, version) == []


FAILING = [
    (
        GOOD + "<principals><x/></principals>",
        "66.0",
        Kind.UNKNOWN_ELEMENT,
        "principals invalid at this location in type ExternalCredential",
        4,
        "principals",
        "",
    ),
    (
        GOOD + "<Description>x</Description>",
        "66.0",
        Kind.UNKNOWN_ELEMENT,
        "Description invalid at this location in type ExternalCredential",
        4,
        "Description",
        "did you mean <description>?",
    ),
    (
        GOOD + PARAMETER.format("NamedPrincipal", "\n<principal>S</principal>"),
        "66.0",
        Kind.VERSION,
        "Property 'principal' not valid in version 66.0",
        5,
        "externalCredentialParameters/principal",
        "it exists in API versions 54.0 to 57.0",
    ),
    (
        GOOD + PARAMETER.format("NamedPrincipal", "<parameterGroup>g</parameterGroup>"),
        "57.0",
        Kind.VERSION,
        "Property 'parameterGroup' not valid in version 57.0",
        4,
        "externalCredentialParameters/parameterGroup",
        "it exists since API version 58.0",
    ),
    (
        GOOD + "<label>y</label>",
        "66.0",
        Kind.DUPLICATED,
        "Error parsing file: Element label is duplicated at this location in type ExternalCredential",
        4,
        "label",
        "keep one <label>",
    ),
    (
        PARAMETER.format("NamedPrincipal", "") + GOOD + PARAMETER.format("AuthHeader", ""),
        "66.0",
        Kind.DUPLICATED,
        (
            "Error parsing file: Element externalCredentialParameters is duplicated at this location "
            "in type ExternalCredential"
        ),
        4,
        "externalCredentialParameters",
        "put all <externalCredentialParameters> side by side",
    ),
    (
        "<label>x</label>",
        "66.0",
        Kind.MISSING,
        "Required field is missing: authenticationProtocol",
        1,
        "authenticationProtocol",
        "add <authenticationProtocol> to <ExternalCredential>",
    ),
    (
        GOOD.replace("Custom", "custom"),
        "66.0",
        Kind.ENUMERATION,
        "'custom' is not a valid value for the enum 'AuthenticationProtocol'",
        2,
        "authenticationProtocol",
        "did you mean Custom?",
    ),
    (
        GOOD.replace("Custom", "Basic"),
        "59.0",
        Kind.ENUMERATION,
        "'Basic' is not a valid value for the enum 'AuthenticationProtocol'",
        2,
        "authenticationProtocol",
        "it exists since API version 60.0",
    ),
    (
        GOOD + PARAMETER.format("NamedPrincipal", "<sequenceNumber>one</sequenceNumber>"),
        "66.0",
        Kind.LEXICAL,
        "'one' is not a valid value for the type int",
        4,
        "externalCredentialParameters/sequenceNumber",
        "",
    ),
    (
        GOOD + PARAMETER.format("NamedPrincipal", "<sequenceNumber>2147483648</sequenceNumber>"),
        "66.0",
        Kind.LEXICAL,
        "'2147483648' is not a valid value for the type int",
        4,
        "externalCredentialParameters/sequenceNumber",
        "",
    ),
    (
        GOOD.replace(">x<", "><b>x</b><"),
        "66.0",
        Kind.LEXICAL,
        "<label> has to hold text, not elements",
        3,
        "label",
        "",
    ),
    (
        GOOD + "stray",
        "66.0",
        Kind.TEXT,
        "text stands beside elements inside <ExternalCredential>",
        1,
        "",
        "",
    ),
    (
        GOOD.replace("<label>", '<label a="b">'),
        "66.0",
        Kind.ATTRIBUTE,
        "the attribute a has no meaning here",
        3,
        "label",
        "",
    ),
    (
        GOOD.replace("<label>", '<label xmlns="urn:other">'),
        "66.0",
        Kind.UNKNOWN_ELEMENT,
        "label invalid at this location in type ExternalCredential",
        3,
        "label",
        "did you mean <label>?",
    ),
]


@pytest.mark.parametrize(("body", "version", "kind", "message", "line", "element", "hint"), FAILING)
def test_finds(body: str, version: str, kind: Kind, message: str, line: int, element: str, hint: str) -> None:
    found = [each for each in problems(body, version=version) if each.kind is kind]
    assert [(each.message, each.line, each.element, each.hint) for each in found] == [(message, line, element, hint)]


def test_every_parameter_type_has_its_first_version() -> None:
    for value, since in [("JwtBodyClaim", 57), ("CreatedByNamespace", 59), ("GlobalNamedPrincipal", 62)]:
        body = GOOD + PARAMETER.format(value, "")
        assert problems(body, version=f"{since}.0") == []
        assert [each.kind for each in problems(body, version=f"{since - 1}.0")] == [Kind.ENUMERATION]


def test_types_have_first_versions() -> None:
    assert next(each.kind for each in problems(GOOD, version="53.0")) is Kind.VERSION
    found = problems("<label>x</label>", "ExtlClntAppOauthSettings", "56.0")
    assert found[0].message == "the type ExtlClntAppOauthSettings came with API version 57.0, this is 56.0"


def test_the_root_decides() -> None:
    flow = parse_xml(f'<Flow xmlns="{METADATA_NS}"/>'.encode())
    assert check_form(flow, "NamedCredential", "66.0")[0].message == (
        "the root element is <Flow>, the file's name says NamedCredential"
    )
    assert check_form(parse_xml(b"<Flow/>"), "Flow", "66.0")[0].kind is Kind.ROOT
    nonsense = parse_xml(f'<Nonsense xmlns="{METADATA_NS}"/>'.encode())
    assert check_form(nonsense, "Nonsense", "66.0")[0].message == "<Nonsense> is no metadata type"


def test_xsi_type_chooses_the_type_and_nil_ends_it() -> None:
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert problems(f'<label {xsi} xsi:nil="true"/><authenticationProtocol>Custom</authenticationProtocol>') == []


def test_agrees_with_an_independent_judge(metadata_corpus: Path, judge_folder: Path) -> None:
    """The same files fail here and in the checker that was written apart from this code."""
    files = sorted(metadata_corpus.glob("*/*-meta.xml"))
    command = [sys.executable, judge_folder / "metadata-check", "--json", "--api-version", "66.0", "--no-files", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    theirs = {
        Path(problem["path"]).name
        for problem in map(json.loads, done.stdout.splitlines())
        if problem.get("level") == "error"
    }
    ours = {
        path.name
        for path in files
        if any(
            problem.severity is not Severity.INFO
            for problem in check_form(parse_xml(path.read_bytes()), path.parent.name, "66.0")
        )
    }
    assert theirs
    assert ours == theirs


def test_a_file_of_another_kind_is_not_told_to_its_end() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(3_000))
    for text, kind in (
        (f'<Flow xmlns="{METADATA_NS}">text{"<a/>" * 5_000}</Flow>', Kind.UNKNOWN_ELEMENT),
        (f'<Flow xmlns="{METADATA_NS}" {attributes}/>', Kind.ATTRIBUTE),
    ):
        found = check_form(parse_xml(text.encode()), "Flow", "66.0")
        assert len(found) == MOST_PROBLEMS
        assert {problem.kind for problem in found} == {kind}
