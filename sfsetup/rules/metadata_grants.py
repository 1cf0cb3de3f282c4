"""Permission sets: do they give what a caller of the integration needs, and does what they name exist."""

from __future__ import annotations

from sfsetup.facts.grants import Grants, Level, gives_level, needed_level
from sfsetup.facts.graph import Graph, same_name
from sfsetup.facts.permission_set import USER_EXTERNAL_CREDENTIAL, PermissionSet, PrincipalAccess
from sfsetup.model.finding import Certainty, Severity
from sfsetup.model.names import principal_full_name
from sfsetup.rules.metadata_report import MetadataReport

_LIST = "externalCredentialPrincipalAccesses"


def check_grants(report: MetadataReport, graph: Graph, *, complete: bool) -> None:
    """All checks of this file."""
    grants = Grants(graph.facts)
    for permission_set in graph.facts.permission_sets:
        for access in permission_set.principals:
            _access(report, graph, permission_set, access, complete=complete)
        _object(report, graph, permission_set, complete=complete)
        for flow in permission_set.flows:
            if flow.enabled and graph.facts.flows and graph.flow(flow.name) is None and complete:
                report.add(
                    "MD-044",
                    permission_set,
                    f"In field: flow - no Flow named {flow.name} found",
                    "Name a flow of the integration.",
                    element=f"flowAccesses[{flow.name}]",
                    line=flow.line,
                    certainty=Certainty.INFERRED,
                )
    if not complete or not graph.facts.permission_sets:
        return
    for credential in graph.facts.external_credentials:
        for principal in credential.principals:
            if not any(not grant.muted_in for grant in grants.of_principal(credential, principal.name)):
                holder = graph.facts.permission_sets[0]
                wanted = principal_full_name(credential.full_name, principal.name)
                report.add(
                    "MD-041",
                    holder,
                    f"No permission set gives access to the principal `{principal.name}` of {credential.full_name}",
                    f"Add {_LIST} with `{wanted}`.",
                    element=f"{_LIST}[{wanted}]",
                    line=holder.line_of(_LIST),
                )


def _access(
    report: MetadataReport, graph: Graph, holder: PermissionSet, access: PrincipalAccess, *, complete: bool
) -> None:
    known = {
        principal_full_name(credential.full_name, principal.name): credential.full_name
        for credential in graph.facts.external_credentials
        for principal in credential.principals
    }
    element = f"{_LIST}[{access.value}]"
    if not access.enabled:
        report.add(
            "MD-040",
            holder,
            f"The access to `{access.value}` is listed and not enabled: it gives nothing",
            "Write <enabled>true</enabled>.",
            element=element,
            line=access.line,
        )
    if any(same_name(value, access.value) for value in known):
        return
    external = graph.external_credential(access.external_credential)
    if external is None and not complete and "-" in access.value and " - " not in access.value:
        return
    from sfsetup.spec.reporting import did_you_mean

    fix, _found = did_you_mean(access.value, known, what="Principals here")
    shown = access.principal or access.value
    report.add(
        "MD-040",
        holder,
        f"The {shown} parameter value doesn't exist or you may not have permission to access it. "
        f"(`{access.value}` is no `<external credential>-<principal>` of these files)",
        fix,
        element=element,
        line=access.line,
        certainty=Certainty.SEEN,
    )


def _object(report: MetadataReport, graph: Graph, holder: PermissionSet, *, complete: bool) -> None:
    levels = [
        (needed_level(credential, principal), credential.protocol)
        for credential in graph.facts.external_credentials
        for principal in credential.principals
        if holder.grants_principal(credential.full_name, principal.name)
    ]
    access = holder.object_access(USER_EXTERNAL_CREDENTIAL)
    for level, protocol in dict.fromkeys(levels):
        if gives_level(access, level):
            continue
        sure = level is not Level.READ and protocol == "Oauth"
        report.add(
            "MD-042",
            holder,
            f"The set gives a principal and not {level.value} on {USER_EXTERNAL_CREDENTIAL}, which its callers need",
            f"Add objectPermissions for {USER_EXTERNAL_CREDENTIAL} with {level.value}.",
            element=f"objectPermissions[{USER_EXTERNAL_CREDENTIAL}]",
            line=access.line if access else holder.line_of("objectPermissions"),
            # another set of the org may give it
            severity=Severity.HIGH if complete else Severity.MEDIUM,
            certainty=Certainty.DOCUMENTED if sure else Certainty.SEEN,
        )
        break
