"""Credentials of callouts: grants, formulas, header precedence, Basic, OAuth tokens, and what the vendor demands."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sfsetup.localorg.judge.check import OURS_MARK
from sfsetup.localorg.vendor.settings import Failure
from tests.localorg.callout_bench import MASK, PRINCIPAL, SECRET, CalloutBench, bearer_header
from tests.localorg.judge_cases import URL, WAY, credential, document, grant, nc_parameter, parameter, rights
from tests.support.vendor import OwnVendor

BEARER = {"type": "http", "scheme": "bearer"}
NO_ACCESS = (
    "We couldn't access the credential(s). You might not have the required permissions, "
    'or the external credential "E" might not exist.'
)
NOT_CONFIGURED = "The external credential isn't fully configured."


def code(outputs: Any) -> int:
    """The responseCode of a call that was answered."""
    assert isinstance(outputs, dict), outputs
    return int(outputs["responseCode"])


# -- grants: each missing one gives Salesforce's error -----------------------------------------------------------------


def test_with_all_grants_and_the_right_secret() -> None:
    with CalloutBench(security=BEARER) as bench:
        bench.secret("E", "P", key=SECRET)
        bench.runtime.settings.accept(SECRET)
        assert code(bench.call()) == 200
        (sent,) = bench.sent()
        assert (sent["method"], sent["url"]) == ("GET", "https://api.example.com/things/7")
        assert sent["headers"]["Authorization"] == f"Bearer {MASK}"
        assert SECRET not in str(bench.sent())


@pytest.mark.parametrize(
    "held",
    [
        grant("", more=rights("UserExternalCredential")),
        grant("E-P"),
        grant("E-P", more=rights("Account")),
    ],
    ids=["no principal", "no object", "another object"],
)
def test_without_a_grant(held: tuple[str, str, str]) -> None:
    with CalloutBench() as bench:
        bench.secret("E", "P", key=SECRET)
        bench.take(held)
        assert bench.call() == NO_ACCESS
        assert bench.sent() == [], "nothing leaves"


def test_without_the_external_credential() -> None:
    with CalloutBench() as bench:
        bench.state.components.delete("ExternalCredential", "E")
        assert bench.call() == NO_ACCESS


def test_nothing_stored() -> None:
    with CalloutBench() as bench:
        assert bench.call() == NOT_CONFIGURED
        assert bench.sent() == []


def test_another_parameter_stored() -> None:
    with CalloutBench() as bench:
        bench.secret("E", "P", token=SECRET)
        assert bench.call() == "Field E.key does not exist. Check spelling."


def test_the_formula_of_another_credential() -> None:
    with CalloutBench(bearer_header("{!$Credential.Other.key}"), PRINCIPAL) as bench:
        bench.secret("E", "P", key=SECRET)
        assert bench.call() == "Field Other.key does not exist. Check spelling."


def test_the_first_principal_in_order_that_the_user_may_use() -> None:
    second = parameter("NamedPrincipal", "Q", sequence=2)
    with CalloutBench(bearer_header(), second, PRINCIPAL) as bench:
        bench.secret("E", "P", key="of-p")
        bench.secret("E", "Q", key="of-q")
        bench.runtime.settings.accept("of-p")
        assert code(bench.call()) == 200
        bench.runtime.settings.accept("of-q")
        assert "401" in bench.call()
        bench.take(grant("E-Q", more=rights("UserExternalCredential")))
        assert code(bench.call()) == 200


def test_a_principal_of_each_user() -> None:
    with CalloutBench(bearer_header(), parameter("PerUserPrincipal", "P", sequence=1)) as bench:
        values = {"key": (SECRET, True)}
        kinds = {"principal_type": "PerUserPrincipal", "user_id": bench.caller.id}
        bench.state.credentials.write("E", "P", values, replace=True, **kinds)
        other = bench.user("other@bench.example", "S")
        assert code(bench.call()) == 200
        assert bench.call(user=other) == NOT_CONFIGURED


# -- formulas and headers --------------------------------------------------------------------------------------------------


def header(value: str, *, name: str = "Authorization", sequence: int = 1) -> str:
    return nc_parameter("HttpHeader", name, value, sequence=sequence)


def received(bench: CalloutBench) -> list[tuple[str, str]]:
    """The headers that reached a vendor of the tests' own."""
    with OwnVendor({}) as vendor:
        bench.org.callouts = (vendor.address,)
        assert code(bench.call()) == 200
        return [(name.lower(), value.decode()) for name, value in vendor.received[0].headers]


def test_formulas_off_sends_the_text_as_it_stands() -> None:
    with CalloutBench(formulas=False) as bench:
        bench.secret("E", "P", key=SECRET)
        assert ("authorization", "{!'Bearer ' & $Credential.E.key}") in received(bench)


@pytest.mark.parametrize(("on", "value"), [(True, f"Bearer {SECRET}"), (False, "Bearer {!$Credential.E.key}")])
def test_an_embedded_merge_field(on: bool, value: str) -> None:
    with CalloutBench(bearer_header("Bearer {!$Credential.E.key}"), PRINCIPAL, embedded_merge_evaluated=on) as bench:
        bench.secret("E", "P", key=SECRET)
        assert ("authorization", value) in received(bench)


def test_a_header_of_the_named_credential_overrides_and_stands_before() -> None:
    named = (URL, WAY, header("{!'Token ' &amp; $Credential.E.key}"), header("n", name="X-Named", sequence=2))
    own = (bearer_header(sequence=2), parameter("AuthHeader", "X-Own", "e", sequence=1))
    with CalloutBench(*own, PRINCIPAL, named=named) as bench:
        bench.secret("E", "P", key=SECRET)
        found = received(bench)
        assert [value for name, value in found if name == "authorization"] == [f"Token {SECRET}"]
        names = [name for name, _ in found if name in ("x-named", "x-own", "authorization")]
        assert names == ["authorization", "x-named", "x-own"]


def test_duplicates_within_one_source_are_both_sent() -> None:
    own = (parameter("AuthHeader", "X-One", "a", sequence=1), parameter("AuthHeader", "X-One", "b", sequence=2))
    with CalloutBench(*own, PRINCIPAL) as bench:
        assert [value for name, value in received(bench) if name == "x-one"] == ["a", "b"]


def test_basic_authentication_by_hand() -> None:
    formula = "{!'Basic ' &amp; BASE64ENCODE(BLOB($Credential.E.user &amp; ':' &amp; $Credential.E.pass))}"
    with CalloutBench(bearer_header(formula), PRINCIPAL) as bench:
        bench.secret("E", "P", user="u", **{"pass": "p"})
        assert ("authorization", "Basic " + base64.b64encode(b"u:p").decode()) in received(bench)


def test_a_long_result_is_cut_silently() -> None:
    with CalloutBench() as bench:
        bench.secret("E", "P", key="k" * 2000)
        value = dict(received(bench))["authorization"]
        assert len(value) == 1300


@pytest.mark.parametrize("hidden", [False, True])
def test_the_box_beside_a_header_of_its_own(hidden: bool) -> None:
    with CalloutBench(generates=True, header_box_hides_custom=hidden) as bench:
        bench.secret("E", "P", key=SECRET)
        assert ("authorization" not in dict(received(bench))) is hidden


def test_a_broken_formula_names_its_header() -> None:
    with CalloutBench(bearer_header("{!NOSUCH($Credential.E.key)}"), PRINCIPAL) as bench:
        bench.secret("E", "P", key=SECRET)
        fault = bench.call()
        assert "Authorization" in fault
        assert "NOSUCH" in fault
        assert fault.endswith(OURS_MARK)


@pytest.mark.parametrize(
    "formula",
    [
        "VALUE($Credential.E.key)",
        "$Credential.E.key - 1",
        "BASE64DECODE($Credential.E.key)",
        "DATEVALUE($Credential.E.key)",
        "1 < $Credential.E.key",
        "LEFT('a', $Credential.E.key)",
    ],
)
def test_an_error_of_a_formula_does_not_tell_the_secret(formula: str) -> None:
    with CalloutBench(bearer_header(f"{{!{formula.replace('<', '&lt;')}}}"), PRINCIPAL) as bench:
        bench.secret("E", "P", key=SECRET)
        fault = bench.call()
        assert "The formula of the header Authorization has an error" in fault
        assert SECRET not in fault


# -- Basic -----------------------------------------------------------------------------------------------------------------


def test_basic() -> None:
    with CalloutBench(
        PRINCIPAL, protocol="Basic", generates=True, security={"type": "http", "scheme": "basic"}
    ) as bench:
        assert bench.call() == NOT_CONFIGURED
        bench.secret("E", "P", username="ü", password=SECRET)
        bench.runtime.settings.accept(SECRET)
        assert code(bench.call()) == 200
        bench.runtime.settings.accept("another")
        assert "HTTP 401" in bench.call()
        assert base64.b64encode(f"ü:{SECRET}".encode()).decode() not in str(bench.sent())


# -- OAuth client credentials ----------------------------------------------------------------------------------------------

TOKEN = "https://login.example.com/oauth/token"
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKEN, "scopes": {}}}}


def oauth(variant: str = "ClientCredentialsClientSecretBasic", *more: str, **values: Any) -> CalloutBench:
    """A bench whose credential fetches tokens."""
    parameters = (
        parameter("AuthProtocolVariant", "Oauth", variant),
        parameter("AuthProviderUrl", "AuthProviderUrl", TOKEN),
        PRINCIPAL,
        *more,
    )
    bench = CalloutBench(*parameters, protocol="Oauth", generates=True, security=OAUTH, **values)
    bench.secret("E", "P", clientId="me", clientSecret=SECRET)
    return bench


@pytest.mark.parametrize("variant", ["ClientCredentialsClientSecret", "ClientCredentialsClientSecretBasic"])
def test_a_token_is_fetched_once_and_kept(variant: str) -> None:
    with oauth(variant) as bench:
        bench.runtime.settings.accept(SECRET)
        assert [code(bench.call()) for _ in range(3)] == [200, 200, 200]
        assert [one["url"] for one in bench.sent()] == [TOKEN, *["https://api.example.com/things/7"] * 3]
        assert bench.sent()[0]["status"] == 200
        shown = str(bench.sent())
        for secret in (SECRET, base64.b64encode(f"me:{SECRET}".encode()).decode()):
            assert secret not in shown
        assert MASK in bench.sent()[0]["response"]


def test_two_credentials_fetch_their_tokens_at_one_host() -> None:
    """As with a tenant's paths at one identity provider."""
    with oauth() as bench:
        bench.take(
            credential(
                PRINCIPAL,
                parameter("AuthProtocolVariant", "Oauth", "ClientCredentialsClientSecret"),
                parameter("AuthProviderUrl", "AuthProviderUrl", "https://login.example.com/other/token"),
                protocol="Oauth",
                name="Zweite",
            )
        )
        assert code(bench.call()) == 200


def test_a_401_refreshes_the_token_once() -> None:
    with oauth() as bench:
        assert code(bench.call()) == 200
        bench.runtime.stand_in.tokens.expire()
        assert code(bench.call()) == 200
        assert [one["status"] for one in bench.sent()] == [200, 200, 401, 200, 200]


def test_a_401_with_a_fresh_token_is_the_vendors_word() -> None:
    with oauth() as bench:
        bench.runtime.settings.fail(Failure(401, 1, "getThing"))
        assert "HTTP 401" in bench.call()
        assert [one["status"] for one in bench.sent()] == [200, 401]
        assert code(bench.call()) == 200


def test_another_code_can_refresh_as_well() -> None:
    with oauth("ClientCredentialsClientSecret", parameter("AdditionalRefreshStatusCode", "Code", "403")) as bench:
        assert code(bench.call()) == 200
        bench.runtime.settings.fail(Failure(403, 1, "getThing"))
        assert code(bench.call()) == 200


def test_a_new_secret_begins_without_the_old_token() -> None:
    with oauth() as bench:
        assert code(bench.call()) == 200
        bench.secret("E", "P", clientId="me", clientSecret="wrong")
        bench.runtime.settings.accept(SECRET)
        assert bench.call() == (
            "Unable to fetch the OAuth token. Error: invalid_client. Error description: client authentication failed."
        )


def test_the_scope_is_the_principals_own() -> None:
    all_scope = parameter("AuthParameter", "Scope", "all", group="DefaultGroup")
    own_scope = parameter("AuthParameter", "Scope", "own", group="P")
    with oauth("ClientCredentialsClientSecret", all_scope, own_scope) as bench:
        assert code(bench.call()) == 200
        assert "scope=own" in bench.sent()[0]["body"]
    with oauth("ClientCredentialsClientSecret", all_scope) as bench:
        assert code(bench.call()) == 200
        assert "scope=all" in bench.sent()[0]["body"]


@pytest.mark.parametrize("status", [404, 500, 503, 0])
def test_no_token_to_be_had(status: int) -> None:
    with oauth() as bench:
        bench.runtime.settings.fail(Failure(status, 1, "token"))
        fault = bench.call()
        if status:
            assert fault == "The expired credentials couldn't be refreshed. Try again later."
        else:
            assert "got no answer" in fault
        assert code(bench.call()) == 200, "the next call tries again"


def test_nothing_stored_for_oauth() -> None:
    with oauth() as bench:
        bench.state.credentials.delete("E", "P")
        assert bench.call() == NOT_CONFIGURED


@pytest.mark.parametrize("needs", [False, True])
def test_oauth_and_modify_all(needs: bool) -> None:
    with oauth(oauth_needs_modify_all=needs) as bench:
        assert (bench.call() == NO_ACCESS) is needs
        all_rights = rights("UserExternalCredential").replace("<modifyAllRecords>false", "<modifyAllRecords>true")
        bench.take(grant("E-P", more=all_rights))
        assert code(bench.call()) == 200


def test_a_variant_that_is_not_modelled_says_so() -> None:
    with oauth("SomethingNew") as bench:
        fault = bench.call()
        assert "does not model the OAuth variant SomethingNew" in fault
        assert fault.endswith(OURS_MARK)


# -- named credentials -----------------------------------------------------------------------------------------------------


def test_no_authentication_at_all() -> None:
    variant = parameter("AuthProtocolVariant", "Custom", "NoAuthentication")
    with CalloutBench(variant) as bench:
        bench.take(grant("", more=""))
        assert code(bench.call()) == 200


def test_callouts_switched_off() -> None:
    with CalloutBench() as bench:
        inner = f"<calloutStatus>Disabled</calloutStatus><label>N</label>{URL}{WAY}"
        inner += "<namedCredentialType>SecuredEndpoint</namedCredentialType>"
        bench.take(("NamedCredential", "N", inner))
        assert "Callouts are disabled for the named credential N" in bench.call()


def test_a_schema_that_names_a_callout_url() -> None:
    schema = document(servers=[{"url": "callout:N/v1"}])
    with CalloutBench(schema=schema) as bench:
        bench.secret("E", "P", key=SECRET)
        assert "is malformed" in bench.call()


def test_the_named_credential_is_gone() -> None:
    with CalloutBench() as bench:
        bench.state.components.delete("NamedCredential", "N")
        assert "The named credential N of Things does not exist." in bench.call()


def test_the_legacy_form_needs_no_grant() -> None:
    with CalloutBench() as bench:
        inner = (
            "<endpoint>https://api.example.com</endpoint><label>N</label><principalType>Anonymous</principalType>"
            "<protocol>NoAuthentication</protocol>"
        )
        bench.take(("NamedCredential", "N", inner))
        bench.take(grant("", more=""))
        assert code(bench.call()) == 200


@pytest.mark.parametrize(("generates", "called"), [("true", False), ("false", True)])
def test_the_legacy_form_has_no_secret_to_authenticate_with(generates: str, called: bool) -> None:
    with CalloutBench() as bench:
        inner = (
            f"<endpoint>https://api.example.com</endpoint><generateAuthorizationHeader>{generates}"
            "</generateAuthorizationHeader><label>N</label><principalType>NamedUser</principalType>"
            "<protocol>Password</protocol><username>me</username>"
        )
        bench.take(("NamedCredential", "N", inner))
        ended = bench.call()
        assert isinstance(ended, dict) is called
        assert called or "N has the protocol Password, and its secret is not kept." in ended
        assert len(bench.sent()) == called


def test_the_credential_of_the_bench_is_what_a_deploy_takes() -> None:
    with CalloutBench() as bench:
        from tests.support.judging import component

        kind, name, inner = credential(bearer_header(), PRINCIPAL)
        assert bench.judge([component(kind, name, inner)]) == []


def test_what_is_not_modelled_is_told_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    with oauth("SomethingNew") as bench:
        bench.call()
        bench.call()
    assert [record.getMessage() for record in caplog.records] == [
        "not modelled: The local org does not model the OAuth variant SomethingNew."
    ]
