"""NC-013: namespaces that may use a credential."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    evidence = context.org
    for credential in context.named_credentials:
        for parameter in credential.allowed_namespaces:
            namespace = (parameter.value or "").strip()
            if evidence.packages is None:
                yield Unknown(credential, f"installed packages: {evidence.why_not('packages')}")
                break
            known = {*evidence.packages, *context.settings.namespaces, evidence.org.namespace}
            # a namespace is compared as it is written: Setup offers a list and takes no free text
            if namespace and namespace not in known:
                yield Problem(
                    credential,
                    f"may be used by the namespace {namespace}, which is not installed",
                    element=f"namespace {namespace}",
                    line=parameter.line,
                )


RULE = Rule(
    id="NC-013",
    title="Unknown namespace may use the credential",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    applies_to=("NamedCredential",),
    evidence=(Evidence.ORG,),
    what="AllowedManagedPackageNamespaces lists a namespace that no installed package has.",
    why="Whoever publishes a package with that namespace gets the right to call with this credential.",
    fix="Remove the namespace from the credential.",
    example="<parameterType>AllowedManagedPackageNamespaces</parameterType>\n<parameterValue>oldpackage</parameterValue>",
    sources=("Metadata API guide: meta_namedcredential", "Tooling object InstalledSubscriberPackage"),
    check=check,
)
