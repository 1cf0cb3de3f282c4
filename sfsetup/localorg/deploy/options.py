"""DeployOptions and their rules (wire-protocols 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.state import OrgSettings

TEST_LEVELS = {
    "NoTestRun": 0.0,
    "RunSpecifiedTests": 0.0,
    "RunLocalTests": 0.0,
    "RunAllTestsInOrg": 0.0,
    "RunRelevantTests": 66.0,
}
"""Level -> first API version that has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """Documented defaults; rollbackOnError defaults to true (one SDK's reading of the REST page)."""

    allow_missing_files: bool = False
    auto_update_package: bool = False
    check_only: bool = False
    ignore_warnings: bool = False
    perform_retrieve: bool = False
    purge_on_delete: bool = False
    rollback_on_error: bool = True
    run_tests: tuple[str, ...] = ()
    single_package: bool = False
    test_level: str | None = None
    api_version: float = 66.0
    """Version of the URL; the components are judged by the version of their package.xml."""

    def stored(self) -> dict[str, Any]:
        """As the job keeps them: the names of the API, and the version."""
        return {**self.as_json(), "apiVersion": self.api_version}

    @staticmethod
    def from_stored(values: Mapping[str, Any]) -> DeployOptions:
        """Reads `stored` back; other keys are left alone."""
        return DeployOptions(
            allow_missing_files=values["allowMissingFiles"],
            auto_update_package=values["autoUpdatePackage"],
            check_only=values["checkOnly"],
            ignore_warnings=values["ignoreWarnings"],
            perform_retrieve=values["performRetrieve"],
            purge_on_delete=values["purgeOnDelete"],
            rollback_on_error=values["rollbackOnError"],
            run_tests=tuple(values["runTests"] or ()),
            single_package=values["singlePackage"],
            test_level=values["testLevel"],
            api_version=values["apiVersion"],
        )

    def as_json(self) -> dict[str, Any]:
        """The `deployOptions` of the REST resource."""
        return {
            "allowMissingFiles": self.allow_missing_files,
            "autoUpdatePackage": self.auto_update_package,
            "checkOnly": self.check_only,
            "ignoreWarnings": self.ignore_warnings,
            "performRetrieve": self.perform_retrieve,
            "purgeOnDelete": self.purge_on_delete,
            "rollbackOnError": self.rollback_on_error,
            "runTests": list(self.run_tests) or None,
            "singlePackage": self.single_package,
            "testLevel": self.test_level,
        }


def problem_of(options: DeployOptions, org: OrgSettings) -> str | None:
    """Why an org refuses these options, or None. The rules are documented; texts never seen carry the mark."""
    level = options.test_level
    if level is not None and level not in TEST_LEVELS:
        return f"'{level}' is not a valid value for the enum 'TestLevel'{OURS}"
    if level is not None and options.api_version < TEST_LEVELS[level]:
        return f"testLevel {level} is not valid in version {options.api_version:.1f}{OURS}"
    if options.run_tests and level != "RunSpecifiedTests":
        # Seen: joeferraro/MavensMate-SublimeText#620, #766.
        return "runTests can only be used with a testLevel of RunSpecifiedTests"
    if level == "RunSpecifiedTests" and not options.run_tests:
        return f"testLevel RunSpecifiedTests requires runTests{OURS}"
    return _problem_in_production(options) if org.is_production else None


def _problem_in_production(options: DeployOptions) -> str | None:
    if options.test_level == "NoTestRun":
        # Seen: forcedotcom/cli#2105, SalesforceCommerceCloud/b2c-crm-sync#175.
        return "testLevel of NoTestRun cannot be used in production organizations"
    if not options.rollback_on_error:
        return f"rollbackOnError must be true in a production organization{OURS}"
    for name, is_set in (
        ("allowMissingFiles", options.allow_missing_files),
        ("autoUpdatePackage", options.auto_update_package),
        ("purgeOnDelete", options.purge_on_delete),
    ):
        if is_set:
            return f"{name} must not be set in a production organization{OURS}"
    return None
