"""Sentences about flows and operations that a deploy tells while it goes on."""

from __future__ import annotations

from sfsetup.model.plan import Kept
from sfsetup.model.snapshot import FlowVersions, RegisteredOperation


def class_of(operation: RegisteredOperation) -> str | None:
    """The class of the answer, else of the body."""
    for classes in (operation.outputs, operation.inputs):
        for _name, apex_class in sorted(classes.items()):
            if apex_class:
                return apex_class
    return None


def versions_text(versions: FlowVersions) -> str:
    active = f"version {versions.active} is active" if versions.active is not None else "no version is active"
    return f"Flow {versions.full_name}: {active}, version {versions.latest} is the latest"


def not_activated(versions: FlowVersions, *, production: bool, asked_for: int | None = None) -> str:
    """`asked_for`: the version that the org was asked to activate; None where the flow itself was sent."""
    state = f"version {versions.active} is active" if versions.active is not None else "no version is active"
    if asked_for is not None:
        return (
            f"Flow {versions.full_name} was to be active and is not: the org took the activation of version "
            f"{asked_for} without an error, and {state}."
        )
    reason = (
        "production activates a deployed flow only with the preference 'Deploy processes and flows as active' "
        "(Setup, Process Automation Settings)"
        if production
        else "the org took the flow and left it inactive; the preference 'Deploy processes and flows as active' "
        "(Setup, Process Automation Settings) decides this"
    )
    return (
        f"Flow {versions.full_name} was to be active and is not: version {versions.latest} arrived, {state}; {reason}."
    )


def kept_text(kept: Kept) -> str:
    """Why a difference is left alone, and who made it."""
    who, when = kept.last_modified_by, kept.last_modified_date
    by = f" Last changed by {who}" + (f" on {when}" if when else "") + "." if who else ""
    return f"The org's flow differs and is left alone: {kept.reason}.{by}"
