"""Checks of the external credential: protocol, headers, principals, parameters, and what must not stand in a file."""

from __future__ import annotations

import re

from sfsetup.model.finding import Certainty, Severity
from sfsetup.protocols import templates
from sfsetup.protocols.registry import protocol_of
from sfsetup.protocols.values import Header, Principal
from sfsetup.spec.reporting import Report, did_you_mean
from sfsetup.spec.secrets import looks_secret_name
from sfsetup.spec.versions import number
from sfsetup.text.pointers import join

_CREDENTIAL = "/external_credential"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def check_credentials(report: Report) -> None:
    """All checks of this file."""
    _protocol(report)
    _principals(report)
    _headers(report)
    _parameters(report)
    _switches(report)


def _protocol(report: Report) -> None:
    spec = report.spec
    credential = spec.external_credential
    protocol = protocol_of(credential)
    summary = spec.source.summary if spec.source else None
    written = spec.source is not None and spec.source.document.line(spec.pointer(f"{_CREDENTIAL}/protocol"))
    if summary and not written and summary.authentication.protocol is None:
        report.add(
            "SP-026",
            f"{_CREDENTIAL}/protocol",
            f"How callouts authenticate is not said, and {summary.authentication.problem}",
            "Write `protocol:` under external_credential: custom for a key in a header, or another of the protocols.",
        )
    if number(spec.effective_api_version) < number(protocol.since):
        report.add(
            "SP-025",
            "/api_version",
            f"{protocol.title} needs API version {protocol.since} or later",
            f"Write `api_version: {protocol.since}` or a later one.",
        )
    report_settings(report)
    for trouble in protocol.check(credential):
        severity = Severity.MEDIUM if trouble.is_warning else Severity.HIGH
        certainty = Certainty.INFERRED if trouble.is_warning else Certainty.DOCUMENTED
        pointer = f"{_CREDENTIAL}{trouble.pointer}"
        report.add("SP-022", pointer, trouble.message, trouble.fix, severity=severity, certainty=certainty)


def report_settings(report: Report) -> None:
    """Keys of another protocol, and keys that this one needs."""
    from sfsetup.protocols.registry import PROTOCOLS

    credential = report.spec.external_credential
    protocol = protocol_of(credential)
    tree = report.spec.source.tree.get("external_credential", {}) if report.spec.source else {}
    for name in tree if isinstance(tree, dict) else ():
        users = [key for key, other in PROTOCOLS.items() if name in other.settings]
        if users and name not in protocol.settings:
            report.add(
                "SP-022",
                f"{_CREDENTIAL}/{name}",
                f"`{name}` does not belong to the protocol {protocol.key}",
                f"Remove it, or write {' or '.join(f'`protocol: {user}`' for user in users)}.",
            )
    for name in protocol.required_settings:
        if not credential.settings.get(name):
            described = protocol.settings[name].get("description", "")
            report.add(
                "SP-022", f"{_CREDENTIAL}/{name}", f"{protocol.title} needs `{name}`", f"Add `{name}`: {described}"
            )


def _principals(report: Report) -> None:
    credential = report.spec.external_credential
    protocol = protocol_of(credential)
    names: set[str] = set()
    sequences: set[int] = set()
    for position, principal in enumerate(credential.principals):
        pointer = f"{_CREDENTIAL}/principals/{position}"
        if principal.name.lower() in names:
            report.add(
                "SP-028",
                f"{pointer}/name",
                f"Two principals are called `{principal.name}`",
                "Give each principal a name of its own.",
            )
        if principal.sequence in sequences:
            report.add(
                "SP-028",
                f"{pointer}/sequence",
                f"Two principals have the sequence {principal.sequence}; which one a user gets is not known",
                "Give each principal a sequence of its own; the lower one comes first.",
                severity=Severity.MEDIUM,
                certainty=Certainty.INFERRED,
            )
        names.add(principal.name.lower())
        sequences.add(principal.sequence)
        if principal.per_user and not protocol.allows_per_user:
            report.add(
                "SP-022",
                f"{pointer}/identity",
                f"{protocol.title} has named principals only",
                "Write `identity: named`, or leave it out.",
            )


def _headers(report: Report) -> None:
    credential = report.spec.external_credential
    seen: set[str] = set()
    for header in credential.headers:
        pointer = join(f"{_CREDENTIAL}/headers", header.name)
        if header.name.lower() in seen:
            report.add(
                "SP-018", pointer, f"The header `{header.name}` stands twice (letter case aside)", "Remove one of them."
            )
        seen.add(header.name.lower())
        if _CONTROL.search(header.template):
            report.add(
                "SP-018",
                pointer,
                f"The header `{header.name}` holds a control character or a line break",
                "Write the value on one line, without control characters.",
            )
        if len(header.formula) > templates.MAX_FORMULA:
            report.add(
                "SP-018",
                pointer,
                f"The header `{header.name}` has {len(header.formula)} characters; {templates.MAX_FORMULA} are allowed",
                "Shorten it.",
            )
        _template(report, header, pointer)


def _template(report: Report, header: Header, pointer: str) -> None:
    credential = report.spec.external_credential
    if templates.is_formula(header.template):
        for other, _parameter in templates.references(header.formula):
            if other != credential.name:
                report.add(
                    "SP-017",
                    pointer,
                    f"The header `{header.name}` names the external credential `{other}`; this one is "
                    f"`{credential.name}`",
                    f"Write `$Credential.{credential.name}.…`.",
                )
    else:
        try:
            templates.parse(header.template)
        except templates.TemplateError as error:
            report.add(
                "SP-017",
                pointer,
                f"The header `{header.name}` {error}",
                "Write text with placeholders, as `Bearer {api_key}`; a brace itself is written twice.",
            )
            return
    literal = not templates.references(header.formula)
    if literal and looks_secret_name(header.name) and "$" not in header.formula:
        report.add(
            "SP-007",
            pointer,
            f"The value of the header `{header.name}` is written into the file; a secret never is (not shown here)",
            "Write a placeholder, as `Bearer {api_key}`, and the source of `api_key` under the principal's parameters; "
            "renew the secret if the file was ever shared.",
        )


def _parameters(report: Report) -> None:
    spec = report.spec
    credential = spec.external_credential
    protocol = protocol_of(credential)
    carried = {name for header in credential.headers for ec, name in templates.references(header.formula)}
    fixed = (*protocol.required_parameters, *protocol.optional_parameters)
    for position, principal in enumerate(credential.principals):
        base = f"{_CREDENTIAL}/principals/{position}/parameters"
        for name in principal.parameters:
            pointer = join(base, name)
            _one_parameter(report, principal, name, pointer)
            if name in fixed or name in carried:
                continue
            if protocol.free_parameters:
                _uncarried(report, name, pointer)
            else:
                fix, _found = did_you_mean(name, fixed, what=f"{protocol.title} has")
                report.add("SP-017", pointer, f"{protocol.title} has no parameter `{name}`", fix)
        _missing(report, principal, base, sorted(carried - set(fixed)))


def _uncarried(report: Report, name: str, pointer: str) -> None:
    if not templates.PARAMETER_NAME.match(name):
        report.add(
            "SP-017",
            pointer,
            f"`{name}` cannot be used in a header: a parameter's name has letters, digits and `_`",
            "Rename it, as `api_key`.",
        )
        return
    header = '"{Authorization}"' if name.lower() == "authorization" else f'"Bearer {{{name}}}"'
    bare = ' where the stored value begins with `Bearer `, else `"Bearer {Authorization}"`'
    report.add(
        "SP-016",
        pointer,
        f"The parameter `{name}` is stored and never sent: no header carries it",
        f"Add `headers: {{Authorization: {header}}}`" + (f"{bare}." if name.lower() == "authorization" else "."),
        certainty=Certainty.SEEN,
    )


def _missing(report: Report, principal: Principal, base: str, carried: list[str]) -> None:
    credential = report.spec.external_credential
    protocol = protocol_of(credential)
    if principal.per_user:
        return
    declared = any(other.parameters for other in credential.principals)
    for name in (*protocol.required_parameters, *carried):
        if name in principal.parameters:
            continue
        if not declared:
            report.add(
                "SP-031",
                base,
                f"There is no source for `{name}` of the principal `{principal.name}`: a deploy cannot set it",
                f"Add `parameters: {{{name}: {{secret: {{env: {name.upper()}}}}}}}`, or set it later with "
                "`sfsetup secret set`.",
                severity=Severity.MEDIUM,
                element=name,
            )
        else:
            header = next((item for item in credential.headers if name in _names(item)), None)
            pointer = join(f"{_CREDENTIAL}/headers", header.name) if header else base
            fix, meant = did_you_mean(name, principal.parameters, what="Its parameters")
            user = f"The header `{header.name}` uses" if header else f"{protocol.title} needs"
            if not header and meant:
                fix = f"Write it `{name}`, not `{meant}`."
            report.add(
                "SP-017", pointer, f"{user} the parameter `{name}`, which the principal `{principal.name}` lacks", fix
            )


def _names(header: Header) -> set[str]:
    return {name for _credential, name in templates.references(header.formula)}


def _one_parameter(report: Report, principal: Principal, name: str, pointer: str) -> None:
    spec = report.spec
    protocol = protocol_of(spec.external_credential)
    parameter = principal.parameters[name]
    stored = {item.spec_name: item for item in protocol.stored(spec.external_credential, principal.name)}
    must_hide = name in stored and stored[name].encrypted and not protocol.free_parameters
    if parameter.value is not None and (must_hide or looks_secret_name(name)):
        report.add(
            "SP-007",
            pointer,
            f"The value of `{name}` is written into the file; a secret never is (it is not shown here)",
            f"Write where it can be had, as `{name}: {{secret: {{env: {name.upper()}}}}}`, and renew the secret if the "
            "file was ever shared.",
        )
    if principal.per_user and parameter is not None:
        report.add(
            "SP-022",
            pointer,
            f"`{name}` is given for a per-user principal, for which nothing is stored by a deploy",
            "Remove it.",
        )
    secret = parameter.secret
    if secret is not None and secret.kind == "env" and not _VARIABLE.match(secret.locator):
        report.add(
            "SP-030",
            f"{pointer}/secret/env",
            f"The source of `{name}` is not the name of an environment variable (it is not shown here)",
            "Write the name of a variable (letters, digits, `_`), not the secret itself.",
        )
    if secret is not None and secret.kind == "keyring" and "/" not in secret.locator:
        report.add(
            "SP-030",
            f"{pointer}/secret/keyring",
            f"The keyring entry of `{name}` is not written as `service/user`",
            "Write `keyring: service/user`.",
        )


def _switches(report: Report) -> None:
    spec = report.spec
    named = spec.named_credential
    credential = spec.external_credential
    protocol = protocol_of(credential)
    pointer = "/named_credential/generate_authorization_header"
    if protocol.key == "custom" and named.generate_authorization_header:
        report.add(
            "SP-020",
            pointer,
            "generate_authorization_header is on for the protocol custom, which has nothing to generate a header from; "
            "which header wins is not known",
            "Leave it out (false): the headers of the external credential carry the key.",
            severity=Severity.MEDIUM,
            certainty=Certainty.SEEN,
        )
    if protocol.generate_authorization_header and protocol.key != "no_authentication":
        headers = {header.name.lower() for header in credential.headers}
        if not named.generate_authorization_header and "authorization" not in headers:
            report.add(
                "SP-020",
                pointer,
                f"generate_authorization_header is off: with {protocol.title} no Authorization header would be sent",
                "Leave it out (true).",
            )
    if not named.allow_formulas_in_header and any(header.is_formula for header in credential.headers):
        report.add(
            "SP-021",
            "/named_credential/allow_formulas_in_header",
            "Formulas in headers are not allowed, so that the header goes out as the text of its formula",
            "Leave it out (true), as a header holds a placeholder.",
            certainty=Certainty.SEEN,
        )
