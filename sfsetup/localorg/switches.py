"""One switch per fact about Salesforce that is not settled. `sfsetup local switches` lists and turns them.

Every row says what is asked, what on and off mean, and where the doubt is recorded (pages of the reference).
A behaviour that consults a switch names it exactly as here; a test flips each one.
"""

from __future__ import annotations

from sfsetup.localorg.switch import Switch
from sfsetup.localorg.switches_run import ROWS as _RUN

_TABLE = (
    Switch(
        "registration-and-flow-refused",
        True,
        "a flow that uses a registration deployed for the first time in the same package is refused",
        "registration and flow go in one deploy",
        "metadata-types 7 (forcedotcom/cli#2233, 2023, not known to be fixed)",
    ),
    Switch(
        "flow-deploys-as-active",
        False,
        "production has 'Deploy processes and flows as active' on: an Active flow arrives active",
        "production's default: it arrives inactive and the deploy still says success",
        "metadata-types 5 (FlowSettings.enableFlowDeployAsActiveEnabled)",
    ),
    Switch(
        "namespaced-principal-grant-refused",
        False,
        "external credential and permission set in one deploy fail with 'invalid cross reference id'",
        "they go together (seen without a namespace)",
        "metadata-types 4, messages 1 (namespaced projects only)",
    ),
    Switch(
        "missing-external-credential-refused",
        True,
        "a named credential naming an unknown external credential is refused",
        "it is taken, and callouts fail",
        "metadata-types 11: text not known, pattern inferred",
    ),
    Switch(
        "missing-named-credential-refused",
        True,
        "a registration naming an unknown named credential is refused",
        "it is taken, and callouts fail",
        "messages 1: no text known",
    ),
    Switch(
        "unsupported-schema-refused",
        True,
        "a registration whose document breaks External Services' rules is refused",
        "it is stored with status Incomplete and has no actions",
        "external-services 1, 9.1: rules documented, behaviour of a deploy not",
    ),
    Switch(
        "openapi-31-refused",
        True,
        "OpenAPI 3.1 is refused",
        "OpenAPI 3.1 is read as 3.0",
        "external-services 1.1 A1, 11",
    ),
    Switch(
        "schema-update-refused",
        True,
        "an update that removes what active operations use is refused",
        "it is taken",
        "external-services 8 (documented as not supported; the refusal was not seen)",
    ),
    Switch(
        "omitted-operations-inactive",
        True,
        "operations of the document that a registration does not list stay inactive",
        "a registration that lists none has all of them active",
        "external-services 3.5, 11.7",
    ),
    Switch(
        "registration-status-optional",
        True,
        "a registration without status is taken",
        "status is required, as the WSDL says",
        "external-services 3.2 (one 67.0 org took it)",
    ),
    Switch(
        "delete-referenced-refused",
        True,
        "deleting what is still referenced is refused",
        "it is deleted and the reference dangles",
        "messages 1: no text known",
    ),
    Switch(
        "custom-per-user-refused",
        False,
        "a per-user principal on protocol Custom is refused",
        "it is taken",
        "metadata-types 2 (help says Named Principal only)",
    ),
    Switch(
        "duplicate-principal-refused",
        True,
        "two principals of one name in an external credential are refused",
        "they are taken as one",
        "messages 1: no text known",
    ),
    Switch(
        "omitted-principal-dropped",
        True,
        "a principal that a redeployed external credential leaves out is gone, with its secret",
        "it stays",
        "metadata-types 8, 11",
    ),
    Switch(
        "header-formula-checked",
        False,
        "a header formula that names an external credential that does not exist is refused at deploy",
        "it deploys and fails when called",
        "metadata-types 2 (the name used need not exist at deploy)",
    ),
    Switch(
        "flow-inputs-checked",
        True,
        "an action input that the registered operation does not have is refused at deploy",
        "it deploys; the value is ignored when the flow runs",
        "no text known",
    ),
    Switch(
        "flow-paths-checked",
        True,
        "a property path that the Apex-defined type does not have is refused at deploy",
        "it deploys and fails when the flow runs",
        "no text known",
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
        "unchanged-flow-new-version",
        True,
        "deploying a flow again makes a new version although nothing changed",
        "an unchanged flow keeps its version",
        "metadata-types 5 (inferred)",
    ),
)

SWITCHES = {switch.name: switch for switch in (*_TABLE, *_RUN)}
"""By name. Rows of the flow runtime and the REST side stand in `switches_run.py`."""
