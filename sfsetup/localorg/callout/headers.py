"""Headers of Named and External Credential.

A header of the Named Credential overrides one of the same name of the External Credential, and stands before it;
duplicates are allowed within one source (help: nc_create_custom_headers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sfsetup.localorg.callout.request_log import hide
from sfsetup.localorg.callout.values import CredentialSetup, Endpoint, Header
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.formula import FormulaError, Value, evaluate, pieces
from sfsetup.localorg.formula.values import text_of

MAX_RESULT = 1300
"""Characters of a header formula's result; longer ones are cut silently (help: nc_named_creds_formula_functions)."""

_REFERENCE = re.compile(r"\$Credential\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormulaSettings:
    """How formulas in headers are treated."""

    evaluated: bool
    """allowMergeFieldsInHeader; false sends the text as it stands (messages 3)."""
    embedded: bool
    """Whether `Bearer {!…}` is evaluated like `{!'Bearer ' & …}` (switch)."""
    now: Callable[[], datetime]


def uses_credential(endpoint: Endpoint, credential: CredentialSetup | None) -> bool:
    """True if a header formula names a stored parameter."""
    headers = [*endpoint.headers, *(credential.headers if credential else ())]
    return any(_REFERENCE.search(header.value) for header in headers)


def custom_headers(
    endpoint: Endpoint,
    credential: CredentialSetup | None,
    stored: Mapping[str, str],
    settings: FormulaSettings,
) -> list[tuple[str, str]]:
    """The custom headers with their formulas evaluated. Raises FlowFault."""
    own = sorted(endpoint.headers, key=lambda header: header.sequence)
    taken = {header.name.lower() for header in own}
    lent = sorted(credential.headers, key=lambda header: header.sequence) if credential else []
    chosen = [*own, *(header for header in lent if header.name.lower() not in taken)]
    return [(header.name, header_value(header, credential, stored, settings)) for header in chosen]


def header_value(
    header: Header, credential: CredentialSetup | None, stored: Mapping[str, str], settings: FormulaSettings
) -> str:
    """The value of one header. Raises FlowFault for a parameter that is not stored, or a broken formula."""
    if not settings.evaluated:
        return header.value
    parts = list(pieces(header.value))
    if not any(part.is_formula for part in parts) or (len(parts) > 1 and not settings.embedded):
        return header.value

    def lookup(reference: str) -> Value:
        return _stored(reference, credential, stored)

    def resolved() -> Iterator[str]:
        for part in parts:
            yield text_of(evaluate(part.text, lookup, now=settings.now))[:MAX_RESULT] if part.is_formula else part.text

    try:
        return "".join(resolved())
    except FormulaError as error:
        # The error may quote the value that it stumbled over, and that may be the secret.
        told = hide(str(error), stored.values())
        raise FlowFault(f"The formula of the header {header.name} has an error: {told}") from None


def _stored(reference: str, credential: CredentialSetup | None, stored: Mapping[str, str]) -> Value:
    scope, _, rest = reference.partition(".")
    if scope.lower() != "$credential":
        raise FormulaError(f"The local org does not model {reference} in a header.")
    owner, _, parameter = rest.partition(".")
    # Formulas compare names without letter case, as all of Salesforce's names.
    if credential is not None and owner.lower() == credential.name.lower():
        for name, value in stored.items():
            if name.lower() == parameter.lower():
                return value
    raise FlowFault(f"Field {rest} does not exist. Check spelling.", known=True)
