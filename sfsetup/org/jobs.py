"""Deploy and retrieve jobs as values. Fields: Metadata WSDL (reference 'wire protocols', 1.2 to 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """What `deploy` is asked for. The defaults are those that Salesforce's own CLI always sends."""

    check_only: bool = False
    ignore_warnings: bool = False
    purge_on_delete: bool = False
    """Skips the recycle bin; only sandboxes and development orgs take it."""
    rollback_on_error: bool = True
    """Production takes nothing else."""
    single_package: bool = True
    test_level: str | None = None
    """NoTestRun, RunSpecifiedTests, RunLocalTests, RunAllTestsInOrg, RunRelevantTests (66.0); None: not sent."""
    run_tests: tuple[str, ...] = ()
    """Apex test classes; only together with RunSpecifiedTests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployMessage:
    """What the org says of one component. `success` can be true in a job that failed and was rolled back."""

    component_type: str
    full_name: str
    file_name: str
    success: bool
    changed: bool = False
    created: bool = False
    deleted: bool = False
    problem: str | None = None
    problem_type: str | None = None
    line: int | None = None
    column: int | None = None
    id: str | None = None

    @property
    def is_manifest(self) -> bool:
        """True for the entry that speaks of package.xml itself."""
        return not self.component_type and self.file_name.rpartition("/")[2].lower() == "package.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFailure:
    """One Apex test method that failed during the deploy."""

    __test__ = False

    name: str
    method: str | None
    message: str
    stack_trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployResult:
    """State of a deploy job. Only `done` tells that it has ended: new values of `status` keep appearing."""

    id: str
    status: str
    done: bool
    success: bool
    check_only: bool = False
    error_message: str | None = None
    error_status_code: str | None = None
    state_detail: str | None = None
    components_total: int = 0
    components_deployed: int = 0
    component_errors: int = 0
    tests_total: int = 0
    tests_completed: int = 0
    test_errors: int = 0
    failures: tuple[DeployMessage, ...] = ()
    successes: tuple[DeployMessage, ...] = ()
    """Warnings are found here too, with `problem_type` Warning."""
    test_failures: tuple[TestFailure, ...] = ()
    coverage_warnings: tuple[str, ...] = ()
    """Apex and flow coverage below what the org asks for, in its own words."""
    created_by: str | None = None
    created_date: str | None = None
    completed_date: str | None = None
    canceled_by: str | None = None

    @property
    def succeeded(self) -> bool:
        """True when the job has ended and the org keeps what it brought (nothing is kept of a check-only job)."""
        return self.done and self.success

    @property
    def warnings(self) -> tuple[DeployMessage, ...]:
        """Components that were taken, with a remark of the org."""
        return tuple(message for message in self.successes if message.problem)

    def as_json(self) -> dict[str, Any]:
        """The job for `--json`."""
        return {
            "id": self.id,
            "status": self.status,
            "done": self.done,
            "success": self.success,
            "checkOnly": self.check_only,
            "errorMessage": self.error_message,
            "errorStatusCode": self.error_status_code,
            "numberComponentsTotal": self.components_total,
            "numberComponentsDeployed": self.components_deployed,
            "numberComponentErrors": self.component_errors,
            "numberTestsTotal": self.tests_total,
            "numberTestsCompleted": self.tests_completed,
            "numberTestErrors": self.test_errors,
            "createdDate": self.created_date,
            "completedDate": self.completed_date,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProperties:
    """What the org tells of one component beside its file."""

    type: str
    full_name: str
    file_name: str
    id: str | None = None
    last_modified_by: str | None = None
    last_modified_by_id: str | None = None
    last_modified_date: str | None = None
    created_by: str | None = None
    created_date: str | None = None
    namespace_prefix: str | None = None
    manageable_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Files of a retrieve by their path below the package, what is known of them, and what the org remarks."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    properties: tuple[FileProperties, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataObject:
    """One type that the org's Metadata API knows (describeMetadata)."""

    name: str
    directory: str
    suffix: str | None
    in_folder: bool
    meta_file: bool
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Answer of describeMetadata."""

    objects: tuple[MetadataObject, ...]
    namespace: str | None
    partial_save_allowed: bool
    test_required: bool
