"""Reads the answers of the Metadata API into values. Missing elements are normal: every version has its own."""

from __future__ import annotations

from typing import Any

from sfsetup.org.jobs import (
    DeployMessage,
    DeployResult,
    Described,
    FileProperties,
    MetadataObject,
    TestFailure,
)
from sfsetup.org.soap import child, children, flag, number, text


def deploy_result(element: Any) -> DeployResult:
    """A DeployResult (WSDL 63 to 68)."""
    details = child(element, "details")
    tests = child(details, "runTestResult") if details is not None else None
    return DeployResult(
        id=text(element, "id") or "",
        status=text(element, "status") or "",
        done=flag(element, "done"),
        success=flag(element, "success"),
        check_only=flag(element, "checkOnly"),
        error_message=text(element, "errorMessage"),
        error_status_code=text(element, "errorStatusCode"),
        state_detail=text(element, "stateDetail"),
        components_total=number(element, "numberComponentsTotal"),
        components_deployed=number(element, "numberComponentsDeployed"),
        component_errors=number(element, "numberComponentErrors"),
        tests_total=number(element, "numberTestsTotal"),
        tests_completed=number(element, "numberTestsCompleted"),
        test_errors=number(element, "numberTestErrors"),
        failures=_messages(details, "componentFailures"),
        successes=_messages(details, "componentSuccesses"),
        test_failures=_test_failures(tests),
        coverage_warnings=_coverage_warnings(tests),
        created_by=text(element, "createdByName"),
        created_date=text(element, "createdDate"),
        completed_date=text(element, "completedDate"),
        canceled_by=text(element, "canceledByName"),
    )


def _messages(details: Any, name: str) -> tuple[DeployMessage, ...]:
    if details is None:
        return ()
    return tuple(_message(item) for item in children(details, name))


def _message(item: Any) -> DeployMessage:
    return DeployMessage(
        component_type=text(item, "componentType") or "",
        full_name=text(item, "fullName") or "",
        file_name=text(item, "fileName") or "",
        success=flag(item, "success"),
        changed=flag(item, "changed"),
        created=flag(item, "created"),
        deleted=flag(item, "deleted"),
        problem=text(item, "problem"),
        problem_type=text(item, "problemType"),
        line=number(item, "lineNumber") or None,
        column=number(item, "columnNumber") or None,
        id=text(item, "id"),
    )


def _test_failures(tests: Any) -> tuple[TestFailure, ...]:
    if tests is None:
        return ()
    return tuple(
        TestFailure(
            name=text(item, "name") or "",
            method=text(item, "methodName"),
            message=text(item, "message") or "",
            stack_trace=text(item, "stackTrace"),
        )
        for item in children(tests, "failures")
    )


def _coverage_warnings(tests: Any) -> tuple[str, ...]:
    if tests is None:
        return ()
    found = [(text(item, "name"), text(item, "message")) for item in children(tests, "codeCoverageWarnings")]
    found += [(text(item, "flowName"), text(item, "message")) for item in children(tests, "flowCoverageWarnings")]
    return tuple(f"{name}: {message}" if name else message or "" for name, message in found)


def file_properties(item: Any) -> FileProperties:
    """A FileProperties of listMetadata or of a retrieve."""
    return FileProperties(
        type=text(item, "type") or "",
        full_name=text(item, "fullName") or "",
        file_name=text(item, "fileName") or "",
        id=text(item, "id"),
        last_modified_by=text(item, "lastModifiedByName"),
        last_modified_by_id=text(item, "lastModifiedById"),
        last_modified_date=text(item, "lastModifiedDate"),
        created_by=text(item, "createdByName"),
        created_date=text(item, "createdDate"),
        namespace_prefix=text(item, "namespacePrefix"),
        manageable_state=text(item, "manageableState"),
    )


def described(item: Any) -> Described:
    """A DescribeMetadataResult."""
    return Described(
        objects=tuple(
            MetadataObject(
                name=text(entry, "xmlName") or "",
                directory=text(entry, "directoryName") or "",
                suffix=text(entry, "suffix"),
                in_folder=flag(entry, "inFolder"),
                meta_file=flag(entry, "metaFile"),
                children=tuple(part.text for part in children(entry, "childXmlNames") if part.text),
            )
            for entry in children(item, "metadataObjects")
        ),
        namespace=text(item, "organizationNamespace"),
        partial_save_allowed=flag(item, "partialSaveAllowed"),
        test_required=flag(item, "testRequired"),
    )
