"""Envelopes as the WSDL wants them; answers and faults as Salesforce words them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.errors import LoginFailed, OrgRefused, Unreachable, UsageError
from sfsetup.model.secret import Secret
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.metadata_api import deploy_options
from sfsetup.org.soap import Soap, envelope, fault, without_zip
from sfsetup.org.transport import Limits, OrgSession
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml
from tests.support.scripted_org import Reply, ScriptedOrg, html, soap, soap_fault

WSDL = Path(__file__).parents[2] / ".." / "shared" / "reference" / "wsdl" / "metadata.wsdl"
XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60)


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    with ScriptedOrg() as server:
        yield server


def soap_to(org: ScriptedOrg, **options: object) -> Soap:
    limits = Limits(connect=1, read=1, attempts=3, first_pause=0.01)
    session = OrgSession(org.url, Secret("a-session-id"), limits=limits, sleep=lambda _s: None, **options)  # type: ignore[arg-type]
    return Soap(session, f"{org.url}/services/Soap/m/66.0")


@given(XML_TEXT, XML_TEXT)
def test_any_text_arrives_as_it_is(token: str, value: str) -> None:
    root = parse_xml(envelope("describeMetadata", [("asOfVersion", value)], session_id=token))
    texts = {local_name(element): element.text or "" for element in root.iter()}
    assert texts["sessionId"] == token
    assert texts["asOfVersion"] == value


def test_text_that_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="asOfVersion"):
        envelope("describeMetadata", [("asOfVersion", "\x01")], session_id="x")


def test_everything_stands_in_the_namespace_of_the_operation() -> None:
    root = parse_xml(
        envelope("deploy", [("ZipFile", "QQ=="), ("DeployOptions", [("checkOnly", True)])], session_id="x")
    )
    names = [element.tag for element in root.iter()]
    assert names[0] == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert f"{{{METADATA_NS}}}checkOnly" in names
    assert all(name.startswith("{") for name in names)


def wsdl_order(type_name: str) -> list[str]:
    if not WSDL.exists():
        pytest.skip("the published WSDL is not at hand")
    schema = parse_xml(WSDL.read_bytes(), name="metadata.wsdl")
    found = next(e for e in schema.iter("{http://www.w3.org/2001/XMLSchema}complexType") if e.get("name") == type_name)
    return [e.get("name", "") for e in found.iter("{http://www.w3.org/2001/XMLSchema}element")]


@pytest.mark.parametrize(
    "options",
    [DeployOptions(), DeployOptions(check_only=True, test_level="RunSpecifiedTests", run_tests=("A", "B"))],
)
def test_deploy_options_are_complete_and_in_the_order_of_the_wsdl(options: DeployOptions) -> None:
    order = wsdl_order("DeployOptions")
    sent = [name for name, value in deploy_options(options) if value is not None]
    assert sent == sorted(sent, key=order.index)
    optional = {"runTests"} | (set() if options.test_level else {"testLevel"})
    assert set(order) - set(sent) <= optional


def test_tests_need_their_level() -> None:
    with pytest.raises(UsageError, match="RunSpecifiedTests"):
        deploy_options(DeployOptions(run_tests=("A",)))
    with pytest.raises(UsageError, match="by name"):
        deploy_options(DeployOptions(test_level="RunSpecifiedTests"))


PARTNER_FAULT = b"""<soapenv:Fault xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:sf="urn:fault.partner.soap.sforce.com"><faultcode>sf:INVALID_LOGIN</faultcode>
 <faultstring>INVALID_LOGIN: Invalid username</faultstring><detail><sf:UnexpectedErrorFault>
 <sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username</sf:exceptionMessage>
 </sf:UnexpectedErrorFault></detail></soapenv:Fault>"""


def test_the_partner_form_of_a_fault() -> None:
    error = fault(parse_xml(PARTNER_FAULT), "acme")
    assert isinstance(error, OrgRefused)
    assert (error.code, error.message) == ("INVALID_LOGIN", "Invalid username")


def test_the_metadata_form_of_a_fault(org: ScriptedOrg) -> None:
    org.on_soap("describeMetadata", soap_fault("INSUFFICIENT_ACCESS", "use of the Metadata API requires a user with"))
    with pytest.raises(OrgRefused, match="requires a user with") as caught:
        soap_to(org).call("describeMetadata", [], poll=True)
    assert caught.value.code == "INSUFFICIENT_ACCESS"
    assert len(org.operations()) == 1, "a refusal is not asked again"


def test_an_expired_session_is_renewed_once_and_the_new_id_sent(org: ScriptedOrg) -> None:
    expired = soap_fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
    org.on_soap("deploy", expired, soap("deploy", "<result><id>0Af1</id></result>"))
    soap_to(org, renew=lambda: Secret("a-new-session-id")).call("deploy", [("ZipFile", "QQ==")])
    assert [b"a-new-session-id" in asked.body for asked in org.asked] == [False, True]
    org.on_soap("deploy", expired)
    with pytest.raises(LoginFailed, match="Illegal Session"):
        soap_to(org).call("deploy", [("ZipFile", "QQ==")])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        html("<html><title>Down</title></html>", 503),
        html("", 502),
        soap_fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        soap_fault("UNKNOWN_EXCEPTION", "Unexpected internal servlet state"),
        Reply(200, b"<x", drop_after=1),
        Reply(500, b"", {"Content-Type": "text/xml"}),
    ],
)
def test_what_passes_is_asked_again_while_polling_and_never_else(org: ScriptedOrg, reply: Reply) -> None:
    good = soap("checkDeployStatus", "<result><done>true</done></result>")
    org.on_soap("checkDeployStatus", reply, reply, good)
    soap_to(org).call("checkDeployStatus", [("asyncProcessId", "0Af1")], poll=True)
    assert org.operations() == ["checkDeployStatus"] * 3
    org.on_soap("deploy", reply)
    with pytest.raises((Unreachable, OrgRefused)):
        soap_to(org).call("deploy", [("ZipFile", "QQ==")])
    assert org.operations().count("deploy") == 1


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"not xml",
        b"",
        b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>',
    ],
)
def test_what_is_no_soap_is_told(org: ScriptedOrg, body: bytes) -> None:
    org.on_soap("describeMetadata", Reply(200, body, {"Content-Type": "text/xml"}))
    with pytest.raises(OrgRefused, match=r"no SOAP|without a SOAP body"):
        soap_to(org).call("describeMetadata", [])


def test_a_large_archive_is_taken_out_before_the_reader_sees_it() -> None:
    content = b"QUJD" * 4_000_000
    data = b"<r><met:zipFile>" + content + b"</met:zipFile><id>x</id></r>"
    rest, archive = without_zip(data)
    assert archive == content
    assert rest == b"<r><met:zipFile></met:zipFile><id>x</id></r>"
