"""OAuth with a signed assertion: what is signed, what goes to the token endpoint, what the stand-in makes of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest

from sfsetup.localorg.callout.assertion import SigningKeys, assertion
from sfsetup.localorg.callout.values import CredentialSetup
from sfsetup.localorg.flow.values import FlowFault
from tests.localorg.callout_bench import MASK, PRINCIPAL, CalloutBench
from tests.localorg.flow_bench import NOW
from tests.localorg.judge_cases import parameter
from tests.support.vendor import OwnVendor

TOKEN = "https://login.example.com/oauth/token"
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKEN, "scopes": {}}}}
CERTIFICATE = parameter("SigningCertificate", "Cert", extra="<certificate>Cert</certificate>")
CLAIMS = {
    "iss": "my-client",
    "sub": "robot@example.com",
    "aud": '"https://login.example.com"',
    "exp": '{!FLOOR((NOW() - DATETIMEVALUE("1970-01-01 00:00:00")) * 86400) + 300}',
}
KEYS = SigningKeys()


def claims_of(**changes: str | None) -> tuple[str, ...]:
    given = {**CLAIMS, **changes}
    return tuple(
        parameter(
            "JwtBodyClaim", name, value.replace('"', "&quot;").replace("&", "&amp;").replace("&amp;quot;", "&quot;")
        )
        for name, value in given.items()
        if value is not None
    )


def bench_of(variant: str = "JwtBearer", **changes: str | None) -> CalloutBench:
    parameters = (
        parameter("AuthProtocolVariant", "Oauth", variant),
        parameter("AuthProviderUrl", "AuthProviderUrl", TOKEN),
        parameter("JwtHeaderClaim", "kid", "key-1"),
        parameter("AuthParameter", "Scope", "read write"),
        CERTIFICATE,
        PRINCIPAL,
        *claims_of(**changes),
    )
    return CalloutBench(*parameters, protocol="Oauth", generates=True, security=OAUTH)


def setup(header: dict[str, str] | None = None, **claims: str) -> CredentialSetup:
    return CredentialSetup(
        "E", "Oauth", "JwtBearer", certificate="Cert", claims={**CLAIMS, **claims}, header_claims=header or {}
    )


def signed(made: CredentialSetup) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of what a credential signs; the signature is that of its certificate's key."""
    text = assertion(made, KEYS, lambda: NOW)
    key = KEYS._keys["Cert"].public_key()
    options = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False, "verify_sub": False}
    return jwt.get_unverified_header(text), jwt.decode(text, key, algorithms=["RS256"], options=options)


def test_claims_become_json() -> None:
    header, claims = signed(setup({"kid": "{!'key-' & TEXT(1)}"}, iat="{!NOW()}", nbf="1700000000", admin="{!TRUE}"))
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert claims == {
        "iss": "my-client",
        "sub": "robot@example.com",
        "aud": "https://login.example.com",
        "exp": int(NOW.timestamp()) + 300,
        "iat": int(NOW.timestamp()),
        "nbf": 1_700_000_000,
        "admin": True,
    }


def test_an_audience_may_be_a_list_and_an_expiry_is_added() -> None:
    made = setup(aud='["a", "b"]')
    without = CredentialSetup(
        "E", "Oauth", "JwtBearer", certificate="Cert", claims={k: v for k, v in made.claims.items() if k != "exp"}
    )
    _, claims = signed(without)
    assert claims["aud"] == ["a", "b"]
    assert claims["exp"] == int(NOW.timestamp()) + 180


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (setup(aud="https://login.example.com"), "The JWT aud claim has invalid JSON syntax"),
        (setup(exp="soon"), "The JWT claim exp is no time in seconds, but 'soon'."),
        (setup(exp="{!TODAY()}"), "The JWT claim exp is no time in seconds, but a date."),
        (
            setup(sub="{!$User.Id}"),
            "The formula of the JWT claim sub has an error: The local org does not model $User.Id",
        ),
        (setup(sub="{!1 +}"), "The formula of the JWT claim sub has an error"),
        (setup(exp="9" * 5000), "The JWT claim exp is no time in seconds, but '9999"),
        (setup(exp="{!DATE(1, 1, 1)}"), "The JWT claim exp is no time in seconds"),
        (setup(iss="{!TRUE}"), "The JWT cannot be made: "),
        (setup({"kid": "{!TRUE}"}), "The JWT cannot be made: "),
        (setup({"alg": "{!TRUE}"}), "The local org signs assertions with RS256 only."),
        (setup({"alg": "ES256"}), "The local org signs assertions with RS256 only."),
        (CredentialSetup("E", "Oauth", "JwtBearer"), "has no certificate to sign with."),
    ],
)
def test_claims_that_cannot_be_made(made: CredentialSetup, says: str) -> None:
    with pytest.raises(FlowFault) as caught:
        assertion(made, KEYS, lambda: NOW)
    assert says in caught.value.message


@pytest.mark.parametrize("variant", ["JwtBearer", "ClientCredentialsJwtAssertion"])
def test_a_token_is_fetched_with_an_assertion_and_kept(variant: str) -> None:
    with bench_of(variant) as bench:
        assert [int(bench.call()["responseCode"]) for _ in range(2)] == [200, 200]
        assert [row["url"] for row in bench.sent()] == [TOKEN, *["https://api.example.com/things/7"] * 2]
        form = dict(parse_qsl(bench.sent()[0]["body"]))
        assert form.pop("scope") == "read write"
        assert (
            form
            == {
                "JwtBearer": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": MASK},
                "ClientCredentialsJwtAssertion": {
                    "grant_type": "client_credentials",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": MASK,
                },
            }[variant]
        )
        bench.runtime.stand_in.tokens.expire()
        assert int(bench.call()["responseCode"]) == 200, "refreshed after the 401"


def test_the_vendor_gets_a_jwt_that_the_certificate_has_signed() -> None:
    with bench_of() as bench, OwnVendor({"access_token": "t", "token_type": "Bearer"}) as vendor:
        bench.org.callouts = (vendor.address,)
        bench.call()
        form = dict(parse_qsl(vendor.received[0].body.decode()))
        key = bench.runtime.keys._keys["Cert"].public_key()
        checked = jwt.decode(form["assertion"], key, algorithms=["RS256"], audience="https://login.example.com")
        assert (checked["iss"], checked["sub"]) == ("my-client", "robot@example.com")
        assert vendor.received[1].header("Authorization") == b"Bearer t"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"exp": "1700000000"}, "invalid_grant. Error description: the assertion has expired."),
        (
            {"nbf": "{!UNIXTIMESTAMP(NOW()) + 3600}"},
            "invalid_grant. Error description: the assertion is not valid yet.",
        ),
        ({"sub": None}, "invalid_grant. Error description: the assertion has no claim sub."),
        ({"aud": None}, "invalid_grant. Error description: the assertion has no claim aud."),
    ],
)
def test_what_the_token_endpoint_says_of_an_assertion(changes: dict[str, str | None], error: str) -> None:
    with bench_of(**changes) as bench:
        assert bench.call() == f"Unable to fetch the OAuth token. Error: {error}"
        assert json.loads(bench.sent()[0]["response"])["error"] == "invalid_grant"


def test_assertions_go_by_the_clock_of_the_org() -> None:
    with bench_of() as bench:
        bench.state.clock.advance(86_400 * 365)
        assert int(bench.call()["responseCode"]) == 200
