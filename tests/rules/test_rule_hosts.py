"""URLs of callouts: taken apart, matched against lists, told from placeholders."""

from __future__ import annotations

import pytest

from sfsetup.rules.hosts import (
    is_development_host,
    is_internal_host,
    is_ip_literal,
    is_placeholder_url,
    matches_host,
    parse_url,
    secret_parts,
)


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://API.acme.com/v1/", "https://api.acme.com:443", "/v1/"),
        ("http://acme.com:8080", "http://acme.com:8080", ""),
        (" https://bücher.example ", "https://xn--bcher-kva.example:443", ""),
        ("HTTPS://acme.com.", "https://acme.com:443", ""),
        ("https://[::1]:8443/x", "https://::1:8443", "/x"),
    ],
)
def test_urls_are_taken_apart(text: str, origin: str, path: str) -> None:
    url = parse_url(text)
    assert url is not None
    assert (url.origin, url.path) == (origin, path)


@pytest.mark.parametrize(
    "text", [None, "", "acme.com", "callout:Acme", "ftp://acme.com", "https://", "https://a:b:c", "https://[x", "//x"]
)
def test_what_is_no_absolute_http_url_is_none(text: str | None) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("host", "pattern", "matches"),
    [
        ("https://sms.8x8.com", "sms.8x8.com", True),
        ("https://sms.8x8.com", "SMS.8x8.COM", True),
        ("https://sms.8x8.com", "*.8x8.com", True),
        ("https://8x8.com", "*.8x8.com", False),
        ("https://evil8x8.com", "*.8x8.com", False),
        ("https://8x8.com.evil.example", "8x8.com", False),
        ("https://8x8.com:8443", "8x8.com:8443", True),
        ("https://8x8.com", "8x8.com:443", True),
        ("https://8x8.com:8443", "8x8.com:443", False),
        ("https://xn--bcher-kva.example", "bücher.example", True),
    ],
)
def test_hosts_match_exactly_by_suffix_and_with_a_port(host: str, pattern: str, matches: bool) -> None:
    url = parse_url(host)
    assert url is not None
    assert matches_host(url, [pattern]) is matches


@pytest.mark.parametrize(
    ("text", "development", "address", "internal"),
    [
        ("https://x.ngrok.io", True, False, False),
        ("http://localhost:3000", True, False, True),
        ("https://webhook.site/1", True, False, False),
        ("https://203.0.113.7", False, True, True),
        ("https://8.8.8.8", False, True, False),
        ("https://10.0.0.1", False, True, True),
        ("https://orders.corp.internal", False, False, True),
        ("https://orders", False, False, True),
        ("https://api.acme.com", False, False, False),
        ("https://webhook.site.acme.com", False, False, False),
    ],
)
def test_kinds_of_hosts(text: str, development: bool, address: bool, internal: bool) -> None:
    url = parse_url(text)
    assert url is not None
    assert (is_development_host(url), is_ip_literal(url), is_internal_host(url)) == (development, address, internal)


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("https://{{host}}", True),
        ("https://${HOST}/v1", True),
        ("https://{region}.acme.com", True),
        ("https://__HOST__", True),
        ("https://example.com", True),
        ("https://api.example.org:8443/x", True),
        ("https://your-domain.my.salesforce.com", True),
        ("https://<tenant>.acme.com", True),
        ("https://api.acme.com", False),
        ("https://restapiexample.com", False),
        ("https://api.acme.com/{id", False),
        ("https://mydomaintools.com", False),
        (None, False),
    ],
)
def test_placeholders(text: str | None, placeholder: bool) -> None:
    assert is_placeholder_url(text) is placeholder


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://user@acme.com", ("user information",)),
        ("https://acme.com?token=Zx9mQ27tLp&q=1", ("query token",)),
        ("https://acme.com?SIG=Zx9mQ27tLp", ("query SIG",)),
        ("https://acme.com?key=1", ()),
        ("https://acme.com?api_key={key}", ()),
        ("https://acme.com?page=1234567", ()),
    ],
)
def test_credentials_in_urls(text: str, parts: tuple[str, ...]) -> None:
    url = parse_url(text)
    assert url is not None
    assert secret_parts(url) == parts
