"""EC-007: formulas that need a parameter which is not stored"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.access import needed_parameters, principals, state_of
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential, principal in principals(context):
        needed = needed_parameters(context, credential)
        if credential.protocol != "Custom" or not needed or principal.type == "PerUserPrincipal":
            continue
        state = state_of(context, credential, principal)
        if state is None:
            yield Unknown(credential, f"principal {principal.name}: {context.why_not('principals')}")
            continue
        if not state.parameters:
            continue  # nothing stored at all is EC-002
        stored = {name.lower() for name in state.parameters}
        for name in needed:
            if name.lower() in stored:
                continue
            meant = context.near(name, state.parameters)
            held = f"; stored is {meant}" if meant else f"; stored are {', '.join(sorted(state.parameters))}"
            yield Problem(
                credential,
                f"needs the parameter {name} in a header, which principal {principal.name} does not hold{held}",
                element=f"principal {principal.name} parameter {name}",
                line=principal.line,
            )


RULE = Rule(
    id="EC-007",
    title="Header formula needs a parameter that is not stored",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.SECRETS,),
    what="A header says $Credential.<Name>.<parameter>, and the principal holds parameters but not this one.",
    why="Typical after a rename. The call ends in an exception, not in a 401: Field … does not exist.",
    fix="Store the parameter (sfsetup secret set), or write the stored name into the formula.",
    example="<parameterValue>{!$Credential.Acme.ApiKey}</parameterValue>\n<!-- and the principal holds api_key -->",
    exceptions="Parameter names of a Custom principal are in no metadata: files alone cannot tell.",
    sources=("Seen: 'Field <EC>.<param> does not exist. Check spelling.'", "Connect REST: credential"),
    certainty=Certainty.SEEN,
    check=check,
)
