"""One switch per fact about Salesforce that is not settled. `sfsetup local switches` lists and turns them.

Every row says what is asked, what on and off mean, and where the doubt is recorded (pages of the reference).
A behaviour that consults a switch names it exactly as here; a test flips each one.
"""

from __future__ import annotations

from sfsetup.localorg.switch import Switch
from sfsetup.localorg.switches_judge import ROWS as _JUDGE
from sfsetup.localorg.switches_run import ROWS as _RUN

_TABLE = (
    Switch(
        "flow-deploys-as-active",
        False,
        "production has 'Deploy processes and flows as active' on: an Active flow arrives active",
        "production's default: it arrives inactive and the deploy still says success",
        "metadata-types 5 (FlowSettings.enableFlowDeployAsActiveEnabled)",
    ),
    Switch(
        "omitted-principal-dropped",
        True,
        "a principal that a redeployed external credential leaves out is gone, with its secret",
        "it stays",
        "metadata-types 8, 11",
    ),
    Switch(
        "header-box-hides-custom",
        False,
        "generateAuthorizationHeader on a Custom credential suppresses its own Authorization header",
        "the credential's own header is sent",
        "metadata-types 3, 11",
    ),
    Switch(
        "reserved-words-encoded",
        True,
        "property names that are Apex words get z0 in flows",
        "they stay as they are",
        "external-services 4.3, 11.16",
    ),
    Switch(
        "soap-login",
        True,
        "SOAP login() works up to API 64.0",
        "it is turned off, as in new orgs",
        "wire-protocols 2.4",
    ),
    Switch(
        "unnamed-file-refused",
        True,
        "a file in the zip that package.xml does not name fails with 'Not in package.xml' unless ignoreWarnings is set",
        "it is a warning",
        "users of two deploy tools saw the failure; metadata-types 6 infers a warning",
    ),
    Switch(
        "warnings-fail-deploy",
        False,
        "with ignoreWarnings false, what the judge only warns of fails a deploy, as a warning of Salesforce's would",
        "the judge's warnings never fail a deploy: whether an org would say anything there is not known",
        "salesforcecli/plugin-source#199 for the rule; the warnings themselves are the local org's",
    ),
    Switch(
        "unchanged-flow-new-version",
        False,
        "deploying a flow again makes a new version although nothing changed",
        "an unchanged flow keeps its version",
        "metadata-types 5 (inferred)",
    ),
)

SWITCHES = {switch.name: switch for switch in (*_JUDGE, *_TABLE, *_RUN)}
"""By name. The judge's rows stand in `switches_judge.py`, those of running flows and of REST in `switches_run.py`."""
