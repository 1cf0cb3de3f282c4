"""Switches of running flows, callouts and the REST side; `switches.py` joins both tables."""

from __future__ import annotations

from sfsetup.localorg.switch import Switch

ROWS = (
    Switch(
        "deploys-finalize",
        True,
        "the last tenth of a deploy's time is a phase in which it cannot be cancelled, called Finalizing from API 65.0",
        "a running deploy is InProgress and can be cancelled to its end",
        "wire-protocols 1.3 (documented; when it begins and what a cancel is answered are not known)",
    ),
    Switch(
        "http-error-takes-fault-path",
        True,
        "an answer of 400 and above takes the action's fault connector",
        "it goes on normally, with responseCode and the Exc outputs",
        "external-services 5, 11.15: reported both ways",
    ),
    Switch(
        "rest-carries-apex-values",
        False,
        "the invocable REST call takes and returns Apex-defined values",
        "it takes and returns primitives only",
        "contracts, Flow",
    ),
    Switch(
        "empty-credential-not-found",
        False,
        "GET of a principal without stored parameters answers 404",
        "it answers 200 without credentials",
        "wire-protocols 3.1, 5",
    ),
    Switch(
        "created-credential-201",
        True,
        "POST of a credential answers 201",
        "it answers 200",
        "wire-protocols 3.1, 5",
    ),
    Switch(
        "update-without-credential-refused",
        True,
        "PUT and PATCH of a principal without stored parameters answer 404",
        "they store the parameters as POST does",
        "wire-protocols 3.1 (no source says what happens)",
    ),
    Switch(
        "tooling-activates-in-production",
        True,
        "PATCH of FlowDefinition activates a flow in production as it does elsewhere",
        "production refuses it",
        "metadata-types 5 speaks of deploys only",
    ),
    Switch(
        "external-service-actions-described",
        True,
        "/actions/custom/externalService/<Service>.<operation> describes the action",
        "it answers 404, as an org that keeps its actions to itself would",
        "external-services 7.1 (seen in one 67.0 org)",
    ),
    Switch(
        "embedded-merge-evaluated",
        True,
        "a header value with a formula inside other text (`Bearer {!…}`) is evaluated",
        "only values that are one formula as a whole are; others are sent as they stand",
        "metadata-types 2 (both spellings deploy; whether the second is evaluated is open)",
    ),
    Switch(
        "oauth-needs-modify-all",
        False,
        "a named principal of an Oauth credential asks for Modify All Records on User External Credentials",
        "Read is enough, as three set-up guides have it",
        "metadata-types 4 (help: Modify All Records, so that the token can be refreshed)",
    ),
)
