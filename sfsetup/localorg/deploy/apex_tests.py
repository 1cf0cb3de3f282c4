"""Apex tests of a deploy. The local org runs none: it says which it would have run, and that it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.deploy.messages import OURS

if TYPE_CHECKING:
    from sfsetup.localorg.deploy.options import DeployOptions
    from sfsetup.localorg.state import State


@dataclass(frozen=True, slots=True)
class Tested:
    """RunTestsResult and its numbers."""

    errors: int = 0
    total: int = 0
    result: dict[str, Any] | None = None

    def as_result(self) -> dict[str, Any]:
        """What the job's result keeps."""
        return {
            "numberTestErrors": self.errors,
            "numberTestsCompleted": self.total,
            "numberTestsTotal": self.total,
            "tests": self.result,
        }


NOTHING = Tested()


def run_tests(state: State, options: DeployOptions) -> Tested:
    """Named test classes that the org lacks are failures; nothing is run (see NOT_MODELLED)."""
    if options.test_level in (None, "NoTestRun"):
        return NOTHING
    failures = [
        _failure(name, state.ids.of("ApexClass", name))
        for name in options.run_tests
        if not state.components.exists("ApexClass", name)
    ]
    has_apex = bool(state.components.names("ApexClass") or state.components.names("ApexTrigger"))
    warning = {
        "id": state.settings.org.id,
        "message": f"The local org runs no Apex tests{OURS}",
        "name": "",
        "namespace": "",
    }
    result = {
        "codeCoverageWarnings": [warning] if has_apex else [],
        "failures": failures,
        "numFailures": len(failures),
        "numTestsRun": len(failures),
        "totalTime": 0.0,
    }
    return Tested(len(failures), len(failures), result)


def _failure(name: str, identifier: str) -> dict[str, Any]:
    """RunTestFailure in the WSDL's order."""
    return {
        "id": identifier,
        "message": f"There is no test class {name}{OURS}",
        "methodName": "",
        "name": name,
        "namespace": "",
        "packageName": name,
        "seeAllData": False,
        "stackTrace": "",
        "time": 0.0,
        "type": "Class",
    }
