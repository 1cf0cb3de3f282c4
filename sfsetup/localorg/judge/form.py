"""Form: XML, elements, API versions, what values look like. The rules are `metadata.form`'s, the rows are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.metadata.form import FormProblem, Kind, examine
from sfsetup.model.finding import Severity
from sfsetup.text.xml import local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

    from sfsetup.localorg.deploy.package import Incoming
    from sfsetup.localorg.judge.context import Context
    from sfsetup.metadata.shapes import Survey

OWN_TYPES = frozenset(("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow"))
"""Types whose required elements are known well enough to refuse a file without them (ground-truth 7)."""

_WSDL = "metadata WSDL (ground-truth 2)"

NOT_XML = Check("FORM-01", "*", "Error parsing file: {detail}", "messages 1 (prefix known)", Wording.PATTERN)
ROOT = Check("FORM-02", "*", "{detail}", _WSDL, Wording.OURS)
UNKNOWN = Check("FORM-03", "*", "{detail}", "messages 1, unknown element", Wording.VERBATIM)
VERSION = Check("FORM-04", "*", "{detail}", "messages 1, newer or older than the package", Wording.VERBATIM)
TYPE_VERSION = Check("FORM-05", "*", "{detail}", "metadata-types, decisive version facts", Wording.OURS)
DUPLICATED = Check("FORM-06", "*", "{detail}", "messages 1, ground-truth 1", Wording.VERBATIM)
MISSING = Check("FORM-07", "*", "{detail}", _WSDL, Wording.PATTERN)
MISSING_ELSEWHERE = Check(
    "FORM-08", "*", "{detail}", "ground-truth 7: other types only warn", Wording.OURS, warning=True
)
MISSING_STATUS = Check(
    "FORM-09",
    "ExternalServiceRegistration",
    "{detail}",
    "external-services 3.2: the WSDL requires it, one 67.0 org took a file without",
    Wording.PATTERN,
    switch="registration-status-required",
)
MISSING_RIGHT = Check(
    "FORM-10",
    "PermissionSet",
    "{detail}",
    "ground-truth 5: the WSDL requires it, whether an org does is open",
    Wording.PATTERN,
    switch="object-permission-fields-required",
    warns_off=True,
)
ENUMERATION = Check("FORM-11", "*", "{detail}", "metadata-types 2 ('not a valid value')", Wording.PATTERN)
LEXICAL = Check("FORM-12", "*", "{detail}", _WSDL, Wording.PATTERN)
TEXT = Check("FORM-13", "*", "{detail}", _WSDL, Wording.OURS)
ATTRIBUTE = Check("FORM-14", "*", "{detail}", _WSDL, Wording.OURS)

CHECKS = (
    NOT_XML,
    ROOT,
    UNKNOWN,
    VERSION,
    TYPE_VERSION,
    DUPLICATED,
    MISSING,
    MISSING_ELSEWHERE,
    MISSING_STATUS,
    MISSING_RIGHT,
    ENUMERATION,
    LEXICAL,
    TEXT,
    ATTRIBUTE,
)

_ROWS = {
    Kind.ROOT: ROOT,
    Kind.UNKNOWN_ELEMENT: UNKNOWN,
    Kind.VERSION: VERSION,
    Kind.DUPLICATED: DUPLICATED,
    Kind.MISSING: MISSING,
    Kind.ENUMERATION: ENUMERATION,
    Kind.LEXICAL: LEXICAL,
    Kind.TEXT: TEXT,
    Kind.ATTRIBUTE: ATTRIBUTE,
}


def read(incoming: Incoming, problems: list[Problem]) -> _Element | None:
    """The element tree of a component; None, with the problem noted, where its text is no XML."""
    try:
        root: _Element = incoming.root
    except InvalidInput as broken:
        problems.append(NOT_XML.at(broken.line, column=broken.column, detail=broken.message))
        return None
    return root


def judge(root: _Element, incoming: Incoming, context: Context) -> tuple[list[Problem], Survey | None]:
    """What is wrong with the form of one component; where nothing is, mostly also the survey of its elements."""
    type_name = incoming.type.name
    # A settings file has the root of its own kind: FlowSettings, SecuritySettings.
    expected = local_name(root) if type_name == "Settings" else type_name
    problems, found = examine(root, expected, context.api_version)
    reported: list[Problem] = []
    for problem in problems:
        if problem.severity.at_least(Severity.MEDIUM):
            row = _row(problem, type_name)
            reported.extend(context.report(row, problem.line, problem.column, detail=problem.message))
    return reported, found


def _row(problem: FormProblem, type_name: str) -> Check:
    if problem.kind is Kind.VERSION and not problem.element:
        return TYPE_VERSION
    if problem.kind is Kind.MISSING:
        if type_name not in OWN_TYPES:
            return MISSING_ELSEWHERE
        if type_name == "ExternalServiceRegistration" and problem.element == "status":
            return MISSING_STATUS
        if type_name == "PermissionSet" and problem.element.startswith("objectPermissions/"):
            return MISSING_RIGHT
    return _ROWS[problem.kind]
