"""What looks like a secret, what does not, and how it is spoken of."""

from __future__ import annotations

import pytest

from sfsetup.model.finding import Confidence
from sfsetup.rules.secrets import (
    is_masked,
    is_placeholder,
    is_salesforce_id,
    is_secret_name,
    mark,
    may_hold_secret,
    suspect,
    token_kind,
)

KEY = b"k" * 16
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
# {"type":"AdaptiveCard"...}: base64 that begins like a token and is none
CARD = "eyJ0eXBlIjoiQWRhcHRpdmVDYXJkIn0.eyJ4IjoxLCJ5IjoyfQ.eyJ6IjozLCJhIjo0fQ"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private key"),
        ("key AKIAQ7Z3K9M2P4R6T8WX in a text", "AWS access key id"),
        ("xoxb-2839472983-aKd83hfLqP02", "Slack token"),
        ("https://hooks.slack.com/services/T0AB/B0CD/Kd83hfLqP02xYz", "Slack webhook"),
        ("ghp_R2d2C3poBb8K2so4Lom5Ig11", "GitHub token"),
        ("glpat-R2d2C3poBb8K2so4Lom5", "GitLab token"),
        ("AIzaSyD3kf93jdK29dkfjDKsl20dkfjsldk3dk9", "Google API key"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "Stripe key"),
        ("sk-proj-R2d2C3poBb8K2so4Lom5Ig11", "OpenAI key"),
        ("sk-ant-api03-R2d2C3poBb8K2so4", "Anthropic key"),
        ("SG.R2d2C3poBb8K2so4.Lom5Ig11R2d2C3poBb8K", "SendGrid key"),
        ("00D5g000001abcd!AQ4AQFz.k3jd8s7fh3kd9fj2ls0dk3jf8sh2kd9fjs8dkf", "Salesforce session id"),
        ("force://PlatformCLI::5Aep861@acme.my.salesforce.com", "Salesforce auth URL"),
        (JWT, "JSON web token"),
        ("Bearer Zx9mQ27tLpW4vRb8kD3f", "authorization value"),
        ("Basic dXNlcjpwYXNzd29yZDEyMw==", "authorization value"),
    ],
)
def test_well_known_tokens_are_known(text: str, kind: str) -> None:
    assert token_kind(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "risk-assessment-of-the-quarter-2024",
        "Ask-for-a-very-long-and-friendly-answer",
        "sk-this-label-has-no-digit-in-it-at-all",
        "AKIAEXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxx",
        "Bearer {!$Credential.Acme.Key1234567890}",
        "Bearer of good news from the year 2024",
        "Basic understanding of the flow",
        CARD,
        "eyJub3QgYSB0b2tlbg",
        "https://api.acme.com/v1/tokens",
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    assert token_kind(text) is None


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "ApiKey__c",
        "x-api-key",
        "Client_Secret__c",
        "password",
        "AccessToken",
        "Authorization",
        "private key",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "TokenUrl__c",
        "Secret_Name__c",
        "apsecrets__NamedCredential__c",
        "SecretNamedCredential__c",
        "token_type",
        "max_tokens",
        "Password_Policy__c",
        "Label",
        "keyboard",
        "secret_expiry_date",
    ],
)
def test_names_that_speak_about_secrets(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    ["changeme", "YOUR_API_KEY", "<api key>", "***", "xxxxx", "{{token}}", "${TOKEN}", "my-example-key", "%API_KEY%",
     "HIDDEN_BY_SFDX_HARDIS", "insert token here", "{!$Credential.A.B}", "[secret]", "12345", "null"],
)  # fmt: skip
def test_stand_ins_are_no_secrets(text: str) -> None:
    assert is_placeholder(text)
    found = suspect(text, key=KEY, name="api_key")
    assert found is None or found.placeholder


def test_values_are_judged_by_the_name_of_their_field() -> None:
    strong = suspect("Zx9mQ27tLpW4vRb8kD3f", key=KEY, name="api_key")
    weak = suspect("sunshine", key=KEY, name="api_key")
    assert strong is not None
    assert strong.confidence is Confidence.HIGH
    assert weak is not None
    assert weak.confidence is Confidence.MEDIUM
    assert suspect("Zx9mQ27tLpW4vRb8kD3f", key=KEY, name="Region__c") is None
    assert suspect("Zx9mQ27tLpW4vRb8kD3f", key=KEY) is None


@pytest.mark.parametrize(
    "value", ["", None, "k8f7", "https://login.acme.com/token", "00D000000000062EAA", "callout:Acme"]
)
def test_values_that_are_never_secrets(value: str | None) -> None:
    assert suspect(value, key=KEY, name="api_key") is None


@pytest.mark.parametrize("name", ["Accept", "content-type", " User-Agent ", "X-API-Version"])
def test_harmless_headers_hold_what_they_like(name: str) -> None:
    assert suspect("ghp_R2d2C3poBb8K2so4Lom5Ig11", key=KEY, name=name) is None


def test_a_suspicion_does_not_show_the_value() -> None:
    found = suspect("Zx9mQ27tLpW4vRb8kD3f", key=KEY, name="api_key")
    assert found is not None
    assert "Zx9m" not in str(found)
    assert "Zx9m" not in repr(found)
    assert found.length == 20
    assert found.mark == mark("Zx9mQ27tLpW4vRb8kD3f", KEY)
    assert found.mark != mark("Zx9mQ27tLpW4vRb8kD3f", b"o" * 16)


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("001A000000abcDE", True),
        ("0015g00000ABCDEAA4", False),
        ("00D000000000062EAA", True),
        ("00D000000000062EAB", False),
        ("abcdefghijklmno", False),
        ("0010000000", False),
    ],
)
def test_record_ids_are_told_by_their_check(text: str, is_id: bool) -> None:
    assert is_salesforce_id(text) is is_id


def test_covered_values_are_told_from_templates() -> None:
    assert all(is_masked(text) for text in ("REDACTED", "***", "HIDDEN_BY_SFDX_HARDIS", "[masked]", "key redacted"))
    assert not any(is_masked(text) for text in ("YOUR_API_KEY", "changeme", "<api key>", "Zx9mQ27tLpW4vRb8kD3f"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        "force://a:",
        "force://" + "a:" * 50,
        "-sk",
        " sk-a",
        "redacted_",
        "your ",
        "bearer ",
        ".eyJaaaaaaaaaaaaa",
        "- ",
        "SG.",
    ],
)
@pytest.mark.parametrize("end", ["", "!", "\n!"])
def test_no_text_takes_more_than_its_length(part: str, end: str) -> None:
    # as long as this, a text that takes the square of its length does not end within the test's limit
    text = (part * 100_000)[:200_000] + end
    suspect(text, key=KEY, name="api_key")
    is_masked(text)
    may_hold_secret(text.encode())
