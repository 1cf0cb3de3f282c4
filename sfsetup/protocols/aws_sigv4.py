"""AWS Signature Version 4 with an access key, or with a role taken over through STS.

Sources: reference 'metadata types' section 2, 'wire protocols' section 3.1 (credential names). No retrieved file with
STS was at hand: that form is documentation alone, and the user is told.
"""

from __future__ import annotations

from sfsetup.protocols.base import Protocol, Trouble, fixed_names, headers, principals
from sfsetup.protocols.values import CredentialParameter, ExternalCredential


def _uses_sts(credential: ExternalCredential) -> bool:
    return bool(credential.settings.get("account_id"))


def _write(credential: ExternalCredential) -> tuple[CredentialParameter, ...]:
    settings = credential.settings
    written = [
        CredentialParameter("AuthParameter", "AwsService", str(settings.get("service", ""))),
        CredentialParameter("AuthParameter", "AwsRegion", str(settings.get("region", ""))),
    ]
    if _uses_sts(credential):
        written.insert(0, CredentialParameter("AuthProtocolVariant", "AwsSv4", "AwsSv4_STS"))
        written.append(CredentialParameter("AuthParameter", "AwsAccountId", str(settings["account_id"])))
        written.append(CredentialParameter("AwsStsPrincipal", "AwsStsPrincipal", group=None))
    return (*written, *headers(credential), *principals(credential))


def _check(credential: ExternalCredential) -> tuple[Trouble, ...]:
    if not _uses_sts(credential):
        return ()
    return (
        Trouble(
            "/account_id",
            "Roles through STS are written from Salesforce's documentation alone; no org has confirmed the form",
            "Try it in a sandbox first.",
            is_warning=True,
        ),
    )


PROTOCOL = Protocol(
    key="aws_sigv4",
    title="AWS Signature Version 4",
    metadata_name="AwsSv4",
    connect_name="AwsSv4",
    connect_variant=lambda credential: "AwsSv4_STS" if _uses_sts(credential) else None,
    settings={
        "service": {"type": "string", "description": "AWS service, as `execute-api` or `s3`."},
        "region": {"type": "string", "description": "AWS region, as `eu-central-1`."},
        "account_id": {"type": "string", "description": "AWS account id; its presence chooses STS."},
    },
    required_settings=("service", "region"),
    required_parameters=("access_key_id", "secret_access_key"),
    optional_parameters=("role_arn",),
    write=_write,
    stored=fixed_names(
        {
            "access_key_id": ("awsAccessKeyId", False),
            "secret_access_key": ("awsSecretAccessKey", True),
            "role_arn": ("awsRoleArn", False),
        }
    ),
    check=_check,
)
