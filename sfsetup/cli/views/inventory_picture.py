"""Outbound integrations as a Mermaid picture: who may and what calls on the left, where data goes on the right."""

from __future__ import annotations

from collections.abc import Sequence

from sfsetup.cli.views.findings import plain
from sfsetup.rules.inventory import Route

# what ends a quoted label, begins an entity or is read as Markdown there
_ENTITIES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}
_LONGEST = 200
"""Characters of a label."""


class _Picture:
    """Nodes by what they stand for, so that each is drawn once, and the lines between them."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], str] = {}
        self.nodes: list[str] = []
        self.lines: dict[str, None] = {}

    def node(self, kind: str, text: str, shape: tuple[str, str] = ("[", "]")) -> str:
        key = (kind, text)
        if key not in self.names:
            self.names[key] = f"n{len(self.names)}"
            self.nodes.append(f'    {self.names[key]}{shape[0]}"{_label(text)}"{shape[1]}:::{kind}')
        return self.names[key]

    def line(self, start: str, end: str, arrow: str = "-->") -> None:
        self.lines[f"    {start} {arrow} {end}"] = None


def inventory_mermaid(routes: Sequence[Route]) -> str:
    """A flowchart in Mermaid's language, for GitHub, GitLab and wikis."""
    picture = _Picture()
    for route in routes:
        _draw(picture, route)
    styles = (
        "    classDef host stroke-width:2px",
        "    classDef flow,apex stroke-dasharray:0",
        "    classDef who stroke-dasharray:4 3",
        "    classDef service,credential,login stroke-width:1px",
    )
    return "\n".join(["flowchart LR", *picture.nodes, *picture.lines, *styles]) + "\n"


def _draw(picture: _Picture, route: Route) -> None:
    host = picture.node("host", route.host or "address unknown", ("([", "])"))
    end = host
    if route.kind in ("NamedCredential", "RemoteSiteSetting"):
        end = picture.node("credential", f"{route.kind} {route.name}")
        picture.line(end, host, "-->" if route.enabled else "-.->")
    if route.login.external_credential:
        login = picture.node("login", f"{route.login.protocol}: {route.login.external_credential}", ("[/", "/]"))
        picture.line(login, end, "-.->")
        for holder in route.holders:
            picture.line(picture.node("who", f"{holder.kind} {holder.name}", ("{{", "}}")), login, "-.->")
    named = [service.name for service in route.services]
    if route.kind == "ExternalServiceRegistration" and not named:
        named = [route.name]
    services = {}
    for name in named:
        services[name.lower()] = picture.node("service", name, ("[[", "]]"))
        picture.line(services[name.lower()], end)
    for use in route.uses:
        user = picture.node("flow" if use.kind == "Flow" else "apex", f"{use.kind} {use.name}", ("(", ")"))
        service = (use.operation or "").partition(".")[0].rpartition("::")[2].lower()
        picture.line(user, services.get(service, end))


def _label(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in plain(text)[:_LONGEST]) or " "
