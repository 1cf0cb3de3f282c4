"""Local orgs as text: what `local start`, `status` and `list` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfsetup.cli.views.org import columns

if TYPE_CHECKING:
    from sfsetup.localorg.server import LocalOrgStatus


def status_text(status: LocalOrgStatus) -> str:
    """One fact a line. The token is not among them."""
    oldest, newest = status.api_versions
    facts = [
        ("Local org", status.name),
        ("Status", f"running (process {status.pid})" if status.running else "stopped"),
        ("Address", status.url or "-"),
        ("Org id", status.org_id or "- (it is made at the first start)"),
        ("Username", status.username or "-"),
        ("Type", status.type or "-"),
        ("My Domain", status.my_domain or "-"),
        ("API", f"{oldest} to {newest}"),
        ("State", str(status.state_dir)),
    ]
    if status.ca_file:
        facts.append(("Certificate authority", str(status.ca_file)))
    return "\n".join(columns(facts))


def start_text(status: LocalOrgStatus) -> str:
    """The status, and the lines that make the Salesforce CLI talk to this org."""
    return "\n".join(
        [status_text(status), "", "For the Salesforce CLI (sf):", *(f"  {line}" for line in sf_lines(status))]
    )


def sf_lines(status: LocalOrgStatus) -> list[str]:
    """Shell lines that log `sf` in; the token stays out of the shell's history."""
    name = "" if status.name == "default" else f" {status.name}"
    alias = "local" if status.name == "default" else f"local-{status.name}"
    trust = f'NODE_EXTRA_CA_CERTS="{status.ca_file}" ' if status.ca_file else ""
    return [
        f'export {trust}SF_ACCESS_TOKEN="$(sfsetup local token{name})"',
        f"sf org login access-token --no-prompt --instance-url {status.url} --alias {alias}",
    ]


def list_text(found: Sequence[LocalOrgStatus]) -> str:
    """A table of orgs."""
    if not found:
        return "There is no local org yet. Make one with `sfsetup local start`."
    rows = [("NAME", "STATUS", "TYPE", "MY DOMAIN", "ORG ID", "ADDRESS")]
    rows += [
        (
            s.name,
            "running" if s.running else "stopped",
            s.type or "-",
            s.my_domain or "-",
            s.org_id or "-",
            s.url or "-",
        )
        for s in found
    ]
    return "\n".join(columns(rows))
