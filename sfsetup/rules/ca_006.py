"""CA-006: apps that every user may admit."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Evidence, Problem, Rule, Unknown, Verdict

_POLICY = "permittedUsersPolicyType"
_MESSAGE = "may be authorized by every user for themselves"


def check(context: AuditContext) -> Iterator[Verdict]:
    told: set[str] = set()
    if context.evidence is not None:
        if context.evidence.apps is None:
            yield Unknown(None, context.why_not("apps"))
        for entry in context.evidence.apps or ():
            told.add(entry.name.lower())
            subject = ComponentRef(entry.kind, entry.name)
            if entry.admin_approved_only is None:
                yield Unknown(subject, "the org does not tell who may authorize the app")
            elif not entry.admin_approved_only:
                yield Problem(subject, _MESSAGE, element="permitted users")
    for app in context.facts.connected_apps:
        if app.full_name.lower() not in told and app.has_oauth and app.is_admin_approved is False:
            line = app.line_of("oauthConfig/isAdminApproved")
            yield Problem(app, _MESSAGE, element="permitted users", line=line)
    for part in context.facts.client_apps:
        policy = part.value(_POLICY)
        if part.app.lower() not in told and policy is not None and policy.strip() != "AdminApprovedPreAuthorized":
            subject = ComponentRef("ExternalClientApplication", part.app)
            yield Problem(subject, _MESSAGE, element="permitted users", line=part.line_of(_POLICY), file=part.file)


RULE = Rule(
    id="CA-006",
    title="App that users authorize themselves",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("ConnectedApp", "ExternalClientApplication"),
    evidence=(Evidence.FILES, Evidence.ORG),
    what="Permitted users of a connected app or external client app are all users, not approved ones only.",
    why="One user who is tricked into a log-in lets the client in with all that this user may do.",
    fix="Set permitted users to admin approved, pre-authorized, and assign a permission set.",
    example="<permittedUsersPolicyType>AllSelfAuthorized</permittedUsersPolicyType>",
    exceptions="Apps for everybody. The app that sfsetup logs in with is looked at too.",
    sources=("sfdx-hardis: unsecure-connected-apps", "Metadata API guide: ExtlClntAppOauthConfigurablePolicies"),
    check=check,
)
