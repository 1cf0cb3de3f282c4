"""A deploy job as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.apply.hints import deploy_hint
from sfsetup.cli.views.findings import plain

if TYPE_CHECKING:
    from sfsetup.org.jobs import DeployResult


def job_text(result: DeployResult) -> str:
    """State, numbers, then every problem with our hint beside Salesforce's words."""
    what = "check only" if result.check_only else "deploy"
    lines = [f"{result.id}  {what}  {plain(result.status)}"]
    counts = f"{result.components_deployed} of {result.components_total} components"
    if result.tests_total:
        counts += f", {result.tests_completed} of {result.tests_total} tests"
    lines.append(f"  {counts}")
    for label, value in (("begun", result.created_date), ("ended", result.completed_date), ("by", result.created_by)):
        if value:
            lines.append(f"  {label} {plain(value)}")
    if result.error_message:
        lines.append(f"  {plain(result.error_status_code or '')} {plain(result.error_message)}".rstrip())
    for message in result.failures:
        lines.append(f"  ✗ {message.component_type} {plain(message.full_name)}: {plain(message.problem or '')}")
        if message.problem and (hint := deploy_hint(message.problem)):
            lines.append(f"    {hint}")
    lines += [f"  ! {m.component_type} {plain(m.full_name)}: {plain(m.problem or '')}" for m in result.warnings]
    lines += [
        f"  ✗ {plain(test.name)}.{plain(test.method or '')}: {plain(test.message)}" for test in result.test_failures
    ]
    return "\n".join(lines)
