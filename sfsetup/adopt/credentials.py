"""ExternalCredential and NamedCredential facts -> keys of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfsetup.adopt.written import variable_name
from sfsetup.facts.external_credential import DEFAULT_GROUP, ExternalCredential, Parameter
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.protocols import templates
from sfsetup.protocols.base import Protocol
from sfsetup.protocols.registry import PROTOCOLS
from sfsetup.spec.secrets import is_token, looks_secret_name

_VARIANTS = {
    "ClientCredentialsClientSecret": "oauth_client_credentials",
    "ClientCredentialsClientSecretBasic": "oauth_client_credentials",
    "JwtBearer": "oauth_jwt_bearer",
}
_HANDLED = frozenset(
    ("NamedPrincipal", "PerUserPrincipal", "AuthHeader", "AuthProtocolVariant", "AuthProviderUrl", "SigningCertificate",
     "JwtBodyClaim", "JwtHeaderClaim", "AuthProvider", "ExternalAuthIdentityProvider", "AwsStsPrincipal")
)  # fmt: skip


class Unadoptable(Exception):
    """The credential has a form that no spec can describe; the text says which."""


def protocol_key(external: ExternalCredential) -> str:
    """The spec's name of the protocol. Raises Unadoptable."""
    if external.protocol == "Custom":
        return "no_authentication" if external.variant == "NoAuthentication" else "custom"
    if external.protocol == "Basic":
        return "basic"
    if external.protocol == "AwsSv4":
        if external.variant == "RolesAnywhere":
            raise Unadoptable("AWS Roles Anywhere is no protocol of sfsetup")
        return "aws_sigv4"
    if external.protocol == "Oauth":
        if external.variant is None:
            return "oauth_browser"
        if external.variant in _VARIANTS:
            return _VARIANTS[external.variant]
    shown = " ".join(filter(None, (external.protocol, external.variant)))
    raise Unadoptable(f"the authentication protocol {shown} is none of sfsetup's")


def external_credential(external: ExternalCredential, service: str, notes: list[str]) -> dict[str, Any]:
    """The section external_credential. Raises Unadoptable."""
    key = protocol_key(external)
    protocol = PROTOCOLS[key]
    section: dict[str, Any] = {"name": external.full_name}
    if external.label:
        section["label"] = external.label
    if external.description:
        section["description"] = external.description
    section["protocol"] = key
    section |= _settings(external, key)
    headers, found_literals = _headers(external, service, notes)
    if headers or key == "custom":
        section["headers"] = headers
    principals = list(_principals(external, protocol, service, found_literals))
    if principals:
        section["principals"] = principals
    else:
        notes.append(f"{external.ref} has no principal; the spec gives it one, which a deploy would add.")
    for parameter in external.parameters:
        known = parameter.type in _HANDLED or (parameter.type == "AuthParameter" and parameter.name in _auth_names(key))
        if not known:
            notes.append(f"{external.ref}: the parameter {parameter.type} {parameter.name} has no key in a spec.")
        elif parameter.type not in ("NamedPrincipal", "PerUserPrincipal") and parameter.group not in (
            None,
            DEFAULT_GROUP,
        ):
            notes.append(
                f"{external.ref}: {parameter.type} {parameter.name} belongs to the principal {parameter.group} alone; "
                "a spec gives it to all."
            )
    return section


def _auth_names(key: str) -> tuple[str, ...]:
    return {"aws_sigv4": ("AwsService", "AwsRegion", "AwsAccountId")}.get(key, ("Scope",))


def _settings(external: ExternalCredential, key: str) -> dict[str, Any]:
    first = {parameter.type: parameter for parameter in reversed(external.parameters)}
    auth = {parameter.name: parameter.value for parameter in external.of_type("AuthParameter")}
    found: dict[str, Any] = {}
    if "AuthProviderUrl" in first:
        found["token_url"] = first["AuthProviderUrl"].value
    if auth.get("Scope"):
        found["scope"] = auth["Scope"]
    if external.variant == "ClientCredentialsClientSecretBasic":
        found["client_authentication"] = "header"
    if "SigningCertificate" in first:
        found["certificate"] = first["SigningCertificate"].certificate
    claims = {each.name: _claim(each) for each in external.of_type("JwtBodyClaim")}
    header_claims = {each.name: each.value for each in external.of_type("JwtHeaderClaim")}
    found |= {name: value for name, value in (("claims", claims), ("header_claims", header_claims)) if value}
    if "AuthProvider" in first:
        found["auth_provider"] = first["AuthProvider"].auth_provider
    if "ExternalAuthIdentityProvider" in first:
        found["identity_provider"] = first["ExternalAuthIdentityProvider"].identity_provider
    for name, own in (("AwsService", "service"), ("AwsRegion", "region"), ("AwsAccountId", "account_id")):
        if auth.get(name):
            found[own] = auth[name]
    return {name: value for name, value in found.items() if value and name in PROTOCOLS[key].settings}


def _claim(parameter: Parameter) -> str | None:
    """`aud` is kept as JSON; what the spec wants is its text."""
    value = parameter.value
    if parameter.name == "aud" and value and value.startswith('"') and value.endswith('"'):
        from sfsetup.errors import InvalidInput
        from sfsetup.text.documents import read_document

        try:
            text = read_document(value.encode(), name="aud", syntax="json").value
        except InvalidInput:
            return value
        return text if isinstance(text, str) and not text.startswith(("{!", '"', "[")) else value
    return value


def _headers(external: ExternalCredential, service: str, notes: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Header -> template; and the parameters that stand for secrets found in the file, with their variables."""
    headers: dict[str, Any] = {}
    literals: dict[str, str] = {}
    for header in external.headers:
        value = header.value or ""
        if "{!" not in value and (looks_secret_name(header.name) or is_token(value)):
            name = variable_name(header.name).lower()
            literals[name] = variable_name(service, header.name)
            headers[header.name] = f"{{{name}}}"
            notes.append(
                f"{external.ref}: the value of the header {header.name} stands in the metadata; it is not copied. "
                f"The spec takes it from {literals[name]}. Renew it: whoever could read the metadata has it."
            )
            continue
        template = templates.template_of(value, external.full_name)
        headers[header.name] = template if template is not None else {"formula": value}
    return headers, literals


def _principals(
    external: ExternalCredential, protocol: Protocol, service: str, literals: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    named = [each for each in external.principals if each.type != "AwsStsPrincipal"]
    used = [
        name
        for header in external.headers
        for of, name in templates.references(header.value or "")
        if of == external.full_name
    ]
    for position, principal in enumerate(named, start=1):
        entry: dict[str, Any] = {"name": principal.name}
        if principal.sequence != position:
            entry["sequence"] = principal.sequence or position
        elif len(named) == 1:
            entry["sequence"] = principal.sequence
        if principal.type == "PerUserPrincipal":
            entry["identity"] = "per_user"
        else:
            own = "" if len(named) == 1 else principal.name
            wanted = dict.fromkeys((*protocol.required_parameters, *used))
            parameters = {name: {"secret": {"env": variable_name(service, own, name)}} for name in wanted}
            parameters |= {name: {"secret": {"env": variable}} for name, variable in literals.items()}
            if parameters:
                entry["parameters"] = parameters
        yield entry


def named_credential(
    named: NamedCredential, section: Mapping[str, Any], base_path: str, notes: list[str]
) -> dict[str, Any]:
    """The section named_credential; `section` is that of its external credential."""
    from urllib.parse import urlsplit

    protocol = PROTOCOLS[section["protocol"]]
    url = (named.url or "").rstrip("/")
    found: dict[str, Any] = {"name": named.full_name, "label": named.label or named.full_name, "url": url}
    if named.description:
        found["description"] = named.description
    if base_path and urlsplit(url).path.rstrip("/"):
        found["base_path"] = "both"
    if named.generate_authorization_header != protocol.generate_authorization_header:
        found["generate_authorization_header"] = named.generate_authorization_header
    has_formula = any(_is_formula(value) for value in section.get("headers", {}).values())
    if named.allow_merge_fields_in_header != has_formula:
        found["allow_formulas_in_header"] = named.allow_merge_fields_in_header
    notes += [
        f"{named.ref}: {parameter.type} {parameter.name} has no key in a spec."
        for parameter in named.parameters
        if parameter.type not in ("Url", "Authentication")
    ]
    if named.allow_merge_fields_in_body:
        notes.append(f"{named.ref}: formulas in the body are allowed; a rendered one does not allow them.")
    if not named.is_enabled:
        notes.append(f"{named.ref}: callouts are switched off; a deploy would switch them on.")
    return found


def _is_formula(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    try:
        return bool(templates.parse(str(value)).parameters) or templates.is_formula(str(value))
    except templates.TemplateError:
        return False
