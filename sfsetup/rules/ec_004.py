"""EC-004: endpoints inside a network that ask for no identity"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.access import GUEST, org_grants
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_internal_host, parse_url
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        if not credential.is_unauthenticated:
            continue
        for named in context.graph.named_credentials_of(credential):
            url = parse_url(named.url)
            if named.type == "PrivateEndpoint" or (url is not None and is_internal_host(url)):
                yield Problem(
                    credential,
                    f"authenticates nobody, and {named.full_name} leads into a private network with it",
                    element=f"named credential {named.full_name}",
                )
        for principal in credential.principals:
            for grant in org_grants(context, credential, principal):
                if grant.user_type in GUEST:
                    yield Problem(
                        credential,
                        f"authenticates nobody, and the guest profile {grant.parent} may call with it",
                        element=f"profile {grant.parent}",
                        line=principal.line,
                    )


RULE = Rule(
    id="EC-004",
    title="No authentication for an endpoint that is not public",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.FILES, Evidence.ORG),
    what=(
        "Protocol or variant NoAuthentication, behind a private endpoint or a host with a private address or an "
        "internal name; or a guest profile holds its principal."
    ),
    why="Whoever may run the flow reaches a system inside the network, and that system cannot tell who asks.",
    fix="Let the endpoint authenticate its callers, and store that secret on a principal.",
    example="<parameterType>AuthProtocolVariant</parameterType>\n<parameterValue>NoAuthentication</parameterValue>\n"
    "<!-- and a named credential on https://orders.corp.internal -->",
    exceptions="Public APIs without keys.",
    sources=("Connect REST: protocol variant NoAuthentication", "Salesforce Help: xcloud.nc_enable_ext_cred_principal"),
    certainty=Certainty.INFERRED,
    check=check,
)
