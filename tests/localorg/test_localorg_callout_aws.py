"""AWS Signature 4: the published test vectors, and callouts that carry one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sfsetup.localorg.callout.aws import Signer
from tests.localorg.callout_bench import PRINCIPAL, SECRET, CalloutBench
from tests.localorg.judge_cases import parameter
from tests.support.vendor import OwnVendor

WHEN = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)
SIGNER = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
SETTINGS = (
    parameter("AuthParameter", "AwsService", "execute-api"),
    parameter("AuthParameter", "AwsRegion", "eu-west-1"),
)

VECTORS = {
    "get-vanilla": ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-vanilla-query-order-key-case": (
        "GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "post-vanilla": ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "signature"), VECTORS.values(), ids=VECTORS)
def test_published_vectors(method: str, path: str, signature: str) -> None:
    told = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    found = SIGNER.headers(method, f"https://example.amazonaws.com{path}", b"", WHEN)
    assert found == [("X-Amz-Date", "20150830T123600Z"), ("Authorization", told)]


def signature_of(url: str, service: str = "service") -> str:
    signer = Signer(SIGNER.key_id, SIGNER.secret, SIGNER.region, service)
    return signer.headers("GET", url, b"", WHEN)[1][1].rpartition("=")[2]


def test_what_is_signed() -> None:
    base = "https://example.amazonaws.com/a"
    assert signature_of(f"{base}?x=1&y=2") == signature_of(f"{base}?y=2&x=1")
    assert signature_of(f"{base}?x=a%20b") == signature_of(f"{base}?x=a+b")
    assert len({signature_of(url) for url in (base, f"{base}?x", f"{base}?x=1", f"{base}b", "https://b.com/a")}) == 5
    assert signature_of(f"{base}%20b", "s3") != signature_of(f"{base}%2520b", "s3")


def test_the_secret_is_not_in_the_repr() -> None:
    assert SIGNER.secret not in repr(SIGNER)


def bench_of(*more: str, settings: tuple[str, ...] = SETTINGS, **changes: Any) -> CalloutBench:
    bench = CalloutBench(*settings, *more, PRINCIPAL, protocol="AwsSv4", **{"generates": True, **changes})
    given = {"awsAccessKeyId": ("AKID", False), "awsSecretAccessKey": (SECRET, True)}
    bench.state.credentials.write("E", "P", given, replace=True)
    return bench


def test_a_callout_is_signed() -> None:
    with bench_of() as bench, OwnVendor({"name": "x"}) as vendor:
        bench.org.callouts = (vendor.address,)
        now = bench.state.clock.now()
        assert int(bench.call()["responseCode"]) == 200
        (received,) = vendor.received
    told = str((received.header("Authorization") or b"").decode())
    assert told.startswith(f"AWS4-HMAC-SHA256 Credential=AKID/{now:%Y%m%d}/eu-west-1/execute-api/aws4_request, ")
    moment = datetime.strptime((received.header("X-Amz-Date") or b"").decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expected = Signer("AKID", SECRET, "eu-west-1", "execute-api")
    assert ("Authorization", told) in expected.headers("GET", "https://api.example.com/things/7", b"", moment)


def test_the_stand_in_takes_any_signature() -> None:
    security = {"type": "apiKey", "in": "header", "name": "Authorization"}
    with bench_of(security=security) as bench:
        bench.runtime.settings.accept(SECRET)
        assert int(bench.call()["responseCode"]) == 200
        assert SECRET not in str(bench.sent())
        assert "Signature=" not in str(bench.sent())


@pytest.mark.parametrize(
    ("settings", "more", "says"),
    [
        (SETTINGS[:1], (), "has no AwsRegion to sign for"),
        (SETTINGS, (parameter("AuthProtocolVariant", "AwsSv4", "RolesAnywhere"),), "the AwsSv4 variant RolesAnywhere"),
    ],
)
def test_what_is_not_signed(settings: tuple[str, ...], more: tuple[str, ...], says: str) -> None:
    with bench_of(*more, settings=settings) as bench:
        assert says in bench.call()
        assert bench.sent() == []


def test_without_keys_and_without_the_box() -> None:
    with bench_of() as bench:
        bench.state.credentials.delete("E", "P")
        assert bench.call() == "The external credential isn't fully configured."
    with bench_of(generates=False) as bench:
        assert int(bench.call()["responseCode"]) == 200
        assert "Authorization" not in bench.sent()[0]["headers"]
