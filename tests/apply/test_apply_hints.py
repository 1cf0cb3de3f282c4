"""Every hint fits a message that orgs were seen to say, and keeps silent beside others."""

from __future__ import annotations

import pytest

from sfsetup.apply.hints import DEPLOY_HINTS, RUN_HINTS, deploy_hint, is_not_ready, run_hint

DEPLOY = [
    (
        'field integrity exception: unknown (The data type "ExternalService__Weather_GetForecast" or "apexClass" is invalid)',
        "Apex types",
    ),
    ("The flow failed: field “apexClass” has a problem. “apexClass” is invalid", "Apex types"),
    ("We can't find an action with the name and action type that you specified.", "no active operation"),
    ("We can’t find an action with the name and action type that you specified.", "no active operation"),
    (
        "The My Principal parameter value doesn't exist or you may not have permission to access it.",
        "names a principal",
    ),
    ("invalid cross reference id", "not in the org"),
    ("In field: externalCredential - no ExternalCredential named Nope found", "neither in the org nor in this deploy"),
    ("Property 'externalCredentialParameters' not valid in version 55.0", "raise api_version"),
    (
        "The External Credential API Name can only contain underscores and alphanumeric characters.",
        "single underscores",
    ),
    ("Value too long for field: MasterLabel maximum length is:80", "Shorten"),
    ("Test coverage of active processes and autolaunched flows is 12%, at least 75% required", "flow test coverage"),
    (
        "Average test coverage across all Apex Classes and Triggers is 60%, at least 75% test coverage is required.",
        "Apex tests",
    ),
    ("Unknown user permission: RunFlow", "run_flows: false"),
    (
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1234-5 (-678)",
        "Try once more",
    ),
]


@pytest.mark.parametrize(("message", "hint"), DEPLOY)
def test_a_message_of_a_deploy_has_its_hint(message: str, hint: str) -> None:
    assert hint in (deploy_hint(message) or "")


@pytest.mark.parametrize("message", ["", "Something that nobody has seen", "Required field is missing: label"])
def test_an_unknown_message_stands_alone(message: str) -> None:
    assert deploy_hint(message) is None
    assert run_hint(message) is None


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        (
            "We couldn't access the credential(s). You might not have the required permissions",
            "assign the permission set",
        ),
        ("The external credential isn't fully configured", "deploy --only secret"),
        ("Field Nope does not exist. Check spelling.", "not stored"),
        ("You have uncommitted work pending. Please commit or rollback before calling out", "callout first"),
        ("Read timed out", "time limit"),
    ],
)
def test_a_message_of_a_run_has_its_hint(message: str, hint: str) -> None:
    assert hint in (run_hint(message) or "")


@pytest.mark.parametrize(
    ("message", "not_ready"),
    [
        (DEPLOY[0][0], True),
        (DEPLOY[1][0], True),
        (DEPLOY[2][0], True),
        (DEPLOY[3][0], True),
        (DEPLOY[4][0], False),
        ("", False),
    ],
)
def test_what_passes_by_itself_is_told_from_what_does_not(message: str, not_ready: bool) -> None:
    assert is_not_ready(message) is not_ready


def test_no_hint_is_empty() -> None:
    assert all(hint.text.endswith(".") for hint in (*DEPLOY_HINTS, *RUN_HINTS))
