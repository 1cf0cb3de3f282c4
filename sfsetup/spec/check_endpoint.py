"""Checks of addresses: the URL, the base path, the environments and their hosts, the API version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.spec.model import Environment, IntegrationSpec
from sfsetup.spec.reporting import Report
from sfsetup.spec.versions import FLOOR, NEWEST_TESTED, number

_URL = "/named_credential/url"
_PLACEHOLDER = re.compile(
    r"[{}<>]|\$\(|\$\{|%7[Bb]|%3[Cc]|(?i:(?:^|[./-])your[-_]?[a-z0-9-]*|(?:^|[./])x{3,}(?:[./]|$))"
)
_TEST_WORDS = frozenset(
    {"sandbox", "test", "testing", "tst", "demo", "staging", "stage", "stg", "uat", "qa", "dev", "development"}
    | {"preprod", "nonprod", "mock", "wwwcie"}
)
_LIVE_WORDS = frozenset({"production", "prod", "live"})


def check_endpoint(report: Report) -> None:
    """Checks of the spec as it is for one environment."""
    _url(report)
    version = report.spec.api_version
    if version is not None and number(version) < number(FLOOR):
        report.add(
            "SP-025",
            "/api_version",
            f"API version {version} is too old: permission sets can give access to principals from {FLOOR} on",
            f"Write `api_version: {FLOOR}` or later, or leave it out.",
        )
    elif version is not None and number(version) > number(NEWEST_TESTED):
        report.add(
            "SP-025",
            "/api_version",
            f"API version {version} is newer than the newest that sfsetup is tested with ({NEWEST_TESTED})",
            f"Write `api_version: {NEWEST_TESTED}`, or try it in a sandbox.",
            severity=Severity.LOW,
        )


def _url(report: Report) -> None:
    spec = report.spec
    url = spec.named_credential.url
    if not url:
        _no_url(report)
        return
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        report.add("SP-009", _URL, "The URL cannot be read", "Write an https:// address, as `https://api.example.com`.")
        return
    if _PLACEHOLDER.search(url):
        report.add(
            "SP-009",
            _URL,
            "The URL still holds a placeholder",
            "Write the address of your account; for several orgs give each environment its own.",
        )
        return
    if parts.scheme == "http":
        report.add(
            "SP-008",
            _URL,
            "The endpoint is http://: key and data would go in clear text, and a secured endpoint takes https only",
            "Write https://.",
        )
        return
    if parts.username or parts.password:
        report.add(
            "SP-007",
            _URL,
            "The URL holds a user name or password (it is not shown here)",
            "Remove it from the URL, and use `protocol: basic` with the password's source.",
        )
        return
    if _unusable(parts, url):
        report.add(
            "SP-009",
            _URL,
            "The URL is no address that callouts can go to",
            "Write an https:// address without query and fragment, as `https://api.example.com`.",
        )
        return
    _base_path(report, parts)


def _unusable(parts: SplitResult, url: str) -> bool:
    host = parts.hostname or ""
    return (
        parts.scheme != "https"
        or re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:]+", host) is None
        or ".." in host
        or bool(parts.query or parts.fragment)
        or re.search(r"[\s\\\"]", url) is not None
    )


def _no_url(report: Report) -> None:
    spec = report.spec
    if spec.environment is None and spec.environments and _every_environment_has_a_url(spec):
        return
    origins = spec.source.summary.origins if spec.source and spec.source.summary else ()
    if len(origins) > 1:
        fix = f"Write one of the document's servers: {', '.join(origins)}."
        message = f"There is no URL, and the document has {len(origins)} servers to choose from"
    else:
        fix = "Write `named_credential: {url: https://…}`."
        message = "There is no URL, and the document has no https server"
    report.add("SP-009", _URL, message, fix)


def _every_environment_has_a_url(spec: IntegrationSpec) -> bool:
    return all(_own_url(environment) for environment in spec.environments.values())


def _own_url(environment: Environment) -> str | None:
    part = environment.overrides.get("named_credential")
    url = part.get("url") if isinstance(part, Mapping) else None
    return url if isinstance(url, str) else None


def _base_path(report: Report, parts: SplitResult) -> None:
    spec = report.spec
    summary = spec.source.summary if spec.source else None
    path = parts.path.rstrip("/")
    if not path or summary is None:
        return
    base = summary.base_path
    repeated = not base and f"{summary.shared_path}/".startswith(f"{path}/")
    if not base and not repeated:
        return
    both = spec.named_credential.base_path == "both"
    what = f"every path of the document begins with {path}" if repeated else f"the document's server has {base}"
    report.add(
        "SP-019",
        _URL,
        f"The URL has the path {path} and {what}: callouts would go to {parts.hostname}{path}{base or path}/…",
        f"Write `{parts.scheme}://{parts.netloc}`; if both are meant, add `base_path: both`.",
        severity=Severity.MEDIUM if both else Severity.HIGH,
        certainty=Certainty.INFERRED,
    )


def check_environments(report: Report) -> None:
    """Checks over all environments of a spec: who matches, and where they point."""
    spec = report.spec
    domains: dict[str, str] = {}
    ids: dict[str, str] = {}
    for environment in spec.environments.values():
        match = environment.match
        pointer = f"/environments/{environment.name}/match"
        for seen, key, name in (
            (domains, match.my_domain.lower() if match.my_domain else None, "my_domain"),
            (ids, match.org_id[:15] if match.org_id else None, "org_id"),
        ):
            if key is None:
                continue
            if key in seen:
                report.add(
                    "SP-023",
                    f"{pointer}/{name}",
                    f"The environments `{seen[key]}` and `{environment.name}` match the same org",
                    "Let each org match one environment.",
                )
            seen.setdefault(key, environment.name)
    _hosts(report)


def _hosts(report: Report) -> None:
    from sfsetup.spec.environments import for_environment

    spec = report.spec
    hosts = {name: _host(for_environment(spec, name)) for name in spec.environments}
    servers = spec.source.summary.origins if spec.source and spec.source.summary else ()
    has_test_host = any(_is_test(host) for host in hosts.values()) or any(
        _is_test(urlsplit(server).hostname or "") for server in servers
    )
    for name, host in hosts.items():
        environment = spec.environments[name]
        pointer = f"/environments/{name}/named_credential/url"
        if _is_production(environment) and _is_test(host):
            report.add(
                "SP-024",
                pointer,
                f"The environment `{name}` is production and calls {host}, which looks like a test host",
                "Write the vendor's production address.",
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                certainty=Certainty.INFERRED,
                element=name,
            )
        elif _is_sandbox(environment) and (_is_live(host) or (has_test_host and not _is_test(host))):
            report.add(
                "SP-024",
                pointer,
                f"The environment `{name}` is a sandbox and calls {host}, which looks like the production host",
                "Write the vendor's test address, if there is one for your account.",
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                certainty=Certainty.INFERRED,
                element=name,
            )


def _host(spec: IntegrationSpec) -> str:
    try:
        return urlsplit(spec.named_credential.url).hostname or ""
    except ValueError:
        return ""


def _words(host: str) -> set[str]:
    # the last label is a top-level domain: `.dev` says nothing
    return set(re.split(r"[.-]", host.rpartition(".")[0]))


def _is_test(host: str) -> bool:
    return bool(_words(host) & _TEST_WORDS)


def _is_live(host: str) -> bool:
    return bool(_words(host) & _LIVE_WORDS)


def _is_production(environment: Environment) -> bool:
    words = set(re.split(r"[^a-z]+", environment.name.lower()))
    if words & {"prod", "production", "live", "prd"}:
        return True
    return environment.match.org_id is not None and not words & _TEST_WORDS and not _is_sandbox(environment)


def _is_sandbox(environment: Environment) -> bool:
    # a sandbox's My Domain name is `<name>--<sandbox>`
    if "--" in (environment.match.my_domain or ""):
        return True
    return bool(set(re.split(r"[^a-z]+", environment.name.lower())) & _TEST_WORDS)
