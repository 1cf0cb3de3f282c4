"""Named credentials: where callouts go, which external credential they use, and the switches of the header.

Sources: reference 'metadata types', section 3.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sfsetup.facts.external_credential import ExternalCredential, Parameter
from sfsetup.facts.graph import Graph, Header
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.facts.named_credential import Parameter as EndpointParameter
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.metadata_report import MetadataReport
from sfsetup.spec.secrets import is_token, looks_secret_name


def check_named(report: MetadataReport, graph: Graph, named: NamedCredential, *, complete: bool) -> None:
    """All checks of one named credential; legacy ones are left to the audit."""
    if named.is_legacy:
        return
    external = graph.credential_of(named)
    if named.external_credential is None:
        report.add(
            "MD-020",
            named,
            "A secured endpoint needs its external credential: there is no parameter of type Authentication",
            "Add a namedCredentialParameters of the type Authentication with <externalCredential>.",
        )
    elif external is None:
        line = next((each.line for each in named.of_type("Authentication")), named.line)
        report.add(
            "MD-020",
            named,
            f"In field: externalCredential - no ExternalCredential named {named.external_credential} found"
            if complete
            else f"The external credential {named.external_credential} is not among these files",
            _meant(named.external_credential, [each.full_name for each in graph.facts.external_credentials]),
            element="namedCredentialParameters[Authentication ExternalCredential]",
            line=line,
            severity=Severity.HIGH if complete else Severity.INFO,
            certainty=Certainty.INFERRED,
        )
    for header in named.headers:
        literal_secret(report, named, header, "namedCredentialParameters")
    _url(report, named)
    _switches(report, named, graph.headers_of(named), external)
    _enabled(report, named, complete=complete)
    for header in named.headers:
        if header.sequence is None:
            report.add(
                "MD-011",
                named,
                'The parameter type "HttpHeader" requires the following Named Credential Parameter fields: '
                "SequenceNumber.",
                f"Add <sequenceNumber> to the header {header.name}.",
                element=f"namedCredentialParameters[HttpHeader {header.name}]",
                line=header.line,
                certainty=Certainty.SEEN,
            )


def _url(report: MetadataReport, named: NamedCredential) -> None:
    url = (named.url or "").strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if not url or not host or parts.scheme not in ("http", "https"):
        problem = f"The URL `{url[:80]}` is no address" if url else "There is no URL"
    elif parts.scheme == "http":
        problem = "The URL is http://: a secured endpoint takes https only"
    else:
        return
    report.add(
        "MD-021",
        named,
        problem,
        "Write an https:// address.",
        element="namedCredentialParameters[Url Url]",
        line=named.url_line,
    )


def _switches(
    report: MetadataReport, named: NamedCredential, headers: tuple[Header, ...], external: ExternalCredential | None
) -> None:
    formulas = [header.name for header in headers if header.formula.is_formula]
    if formulas and not named.allow_merge_fields_in_header:
        report.add(
            "MD-022",
            named,
            f"Formulas in headers are not allowed: `{formulas[0]}` goes out as the text of its formula",
            "Write <allowMergeFieldsInHeader>true</allowMergeFieldsInHeader>.",
            element="allowMergeFieldsInHeader",
            line=named.line_of("allowMergeFieldsInHeader"),
            certainty=Certainty.SEEN,
        )
    if external is not None and external.protocol == "Custom" and not external.is_unauthenticated:
        if named.generate_authorization_header:
            report.add(
                "MD-023",
                named,
                "generateAuthorizationHeader is on with the protocol Custom: which header wins is not known",
                "Write <generateAuthorizationHeader>false</generateAuthorizationHeader>.",
                element="generateAuthorizationHeader",
                line=named.line_of("generateAuthorizationHeader"),
                severity=Severity.MEDIUM,
                certainty=Certainty.SEEN,
            )
        if not headers:
            report.add(
                "MD-023",
                external,
                "The protocol Custom sends what a header carries, and neither credential has a header",
                "Add an AuthHeader whose value is a formula over the principal's parameter.",
                element="externalCredentialParameters",
                severity=Severity.MEDIUM,
                certainty=Certainty.INFERRED,
            )
    elif external is not None and external.protocol in ("Oauth", "Basic", "AwsSv4"):
        own = {header.name.lower() for header in headers}
        if not named.generate_authorization_header and "authorization" not in own:
            report.add(
                "MD-023",
                named,
                f"generateAuthorizationHeader is off: with {external.protocol} no Authorization header is sent",
                "Write <generateAuthorizationHeader>true</generateAuthorizationHeader>.",
                element="generateAuthorizationHeader",
                line=named.line_of("generateAuthorizationHeader"),
            )


def _enabled(report: MetadataReport, named: NamedCredential, *, complete: bool) -> None:
    if not named.is_enabled:
        report.add(
            "MD-024",
            named,
            "Callouts are switched off: calloutStatus is Disabled",
            "Write <calloutStatus>Enabled</calloutStatus>.",
            element="calloutStatus",
            line=named.line_of("calloutStatus"),
            severity=Severity.HIGH if complete else Severity.MEDIUM,
        )


def _meant(word: str, known: list[str]) -> str:
    from sfsetup.spec.reporting import did_you_mean

    fix, _found = did_you_mean(word, known, what="Here there are")
    return fix


def literal_secret(
    report: MetadataReport,
    holder: ExternalCredential | NamedCredential,
    header: Parameter | EndpointParameter,
    list_name: str,
) -> None:
    """A header whose value is the secret itself."""
    value = header.value or ""
    if "{!" in value or "$" in value or not value.strip():
        return
    if not (looks_secret_name(header.name) or is_token(value)):
        return
    report.add(
        "MD-015",
        holder,
        f"The value of the header `{header.name}` stands in the metadata as it is sent (it is not shown here)",
        "Store it in a principal, send it by a formula, and renew it: whoever can read the metadata has it.",
        element=f"{list_name}[{header.type} {header.name}]",
        line=header.line,
    )
