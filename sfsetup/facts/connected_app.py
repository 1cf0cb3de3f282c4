"""ConnectedApp, and the files of an external client app: who may log in to the org, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, is_true, line_at, name_of, root_values, text_of, words
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedApp(Fact):
    """A connected app. `lines` also has the elements of oauthConfig and oauthPolicy, as `oauthConfig/scopes`."""

    metadata_type: ClassVar[str] = "ConnectedApp"

    label: str | None = None
    description: str | None = None
    has_oauth: bool = False
    scopes: tuple[str, ...] = ()
    callback_urls: tuple[str, ...] = ()
    consumer_key: str | None = None
    consumer_secret: str | None = None
    """A value means that somebody typed it in: orgs do not give it back."""
    certificate: str | None = None
    is_admin_approved: bool | None = None
    client_credentials_user: str | None = None
    ip_relaxation: str | None = None
    refresh_token_policy: str | None = None
    permission_sets: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def read(root: _Element, *, full_name: str, file: str) -> ConnectedApp:
    """The fact of an element tree."""
    texts, lines, groups = root_values(root)
    config = groups.get("oauthConfig", [])
    values: dict[str, str] = {}
    scopes: list[str] = []
    for child in config[0] if config else ():
        name = name_of(child)
        lines.setdefault(f"oauthConfig/{name}", line_at(child))
        if name == "scopes":
            scopes.append(text_of(child).strip())
        else:
            values[name] = text_of(child)
    policies = groups.get("oauthPolicy", [])
    policy = words(policies[0]) if policies else {}
    for child in policies[0] if policies else ():
        lines.setdefault(f"oauthPolicy/{name_of(child)}", line_at(child))
    approved = values.get("isAdminApproved")
    return ConnectedApp(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        has_oauth=bool(config),
        scopes=tuple(scopes),
        callback_urls=tuple(values.get("callbackUrl", "").split()),
        consumer_key=values.get("consumerKey"),
        consumer_secret=values.get("consumerSecret"),
        certificate=values.get("certificate"),
        is_admin_approved=None if approved is None else is_true(approved),
        client_credentials_user=values.get("oauthClientCredentialUser"),
        ip_relaxation=policy.get("ipRelaxation"),
        refresh_token_policy=policy.get("refreshTokenPolicy"),
        permission_sets=tuple(text_of(child) for child in root if name_of(child) == "permissionSetName"),
        profiles=tuple(text_of(child) for child in root if name_of(child) == "profileName"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAppPart(Fact):
    """One of the files that describe an external client app; `values` are its plain elements by name."""

    metadata_type: ClassVar[str] = "ExternalClientApplication"

    part: str = ""
    """The metadata type of the file, as ExtlClntAppOauthConfigurablePolicies."""
    app: str = ""
    """Name of the external client app."""
    values: tuple[tuple[str, str], ...] = ()

    def value(self, element: str) -> str | None:
        """Text of an element."""
        return dict(self.values).get(element)


def read_client_app(root: _Element, *, full_name: str, file: str) -> ClientAppPart:
    """The fact of any file of an external client app."""
    texts, lines, _ = root_values(root)
    return ClientAppPart(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        part=name_of(root),
        app=texts.get("externalClientApplication", full_name),
        values=tuple(sorted(texts.items())),
    )
