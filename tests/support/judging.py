"""A bench for the judge: deploys components straight into the state of an org, and runs its flows, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from sfsetup.localorg.deploy import effects
from sfsetup.localorg.deploy.fill import stored_content
from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.invocable import Invocables
from sfsetup.localorg.judge.registry import Deletion, judge_deploy
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.state import State, User
from sfsetup.metadata.types import TYPES
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration

NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
STAGE_1 = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet")


def xml(type_name: str, inner: str) -> bytes:
    """A metadata document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{type_name} {NS}>{inner}</{type_name}>\n'.encode()


def component(type_name: str, full_name: str, inner: str | bytes) -> Incoming:
    """A component on its way: the inside of its root, or its whole text."""
    row = TYPES[type_name]
    content = inner if isinstance(inner, bytes) else xml(type_name, inner)
    return Incoming(row, full_name, f"{row.folder}/{full_name}.{row.suffix}", content)


@dataclass(frozen=True)
class Said:
    """One judgement."""

    type: str
    name: str
    check: str
    message: str
    warning: bool
    line: int | None


class Bench:
    """An org in memory."""

    def __init__(self, **switches: bool) -> None:
        self.state = State.open(None)
        self.org = LocalOrg(self.state)
        for name, value in switches.items():
            self.state.switches.set(name.replace("_", "-"), value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.org.close()

    def judge(
        self, incoming: Sequence[Incoming], *, version: str = "66.0", deletions: Sequence[Deletion] = ()
    ) -> list[Said]:
        """What is said about a deploy."""
        found = judge_deploy(self.state, incoming, api_version=version, deletions=deletions)
        said = []
        for subject, problem in found:
            kind = subject.type if isinstance(subject, Deletion) else subject.type.name
            said.append(Said(kind, subject.full_name, problem.check.id, problem.message, problem.warning, problem.line))
        return said

    def deploy(self, incoming: Sequence[Incoming], *, version: str = "66.0") -> list[Said]:
        """Judges and, where nothing is refused, stores."""
        said = self.judge(incoming, version=version)
        if all(each.warning for each in said):
            order = (*STAGE_1, "Flow")
            rank = {name: place for place, name in enumerate(order)}
            for each in sorted(incoming, key=lambda one: rank.get(one.type.name, 2)):
                self.put(each)
        return said

    def put(self, incoming: Incoming) -> None:
        """Stores a component as a deploy does."""
        content = stored_content(incoming.type.name, incoming.full_name, incoming.root) if incoming.content else b""
        kind, name = incoming.type.name, incoming.full_name
        effects.store(self.state, kind, name, content, dict(incoming.files), by=self.state.admin_id)

    def user(self, name: str = "caller@bench.example", *sets: str, profile: str = "Minimum Access") -> User:
        """A user with these permission sets."""
        user = self.state.users.by_username(name) or self.state.users.add(name, profile=profile)
        for each in sets:
            holder = self.state.permissions.get(each)
            assert holder is not None, each
            self.state.permissions.assign(user.id, holder.id)
        return user

    def secret(self, external_credential: str, principal: str, **values: str) -> None:
        """Stores parameters of a named principal."""
        stored = {name: (value, True) for name, value in values.items()}
        self.state.credentials.write(external_credential, principal, stored, replace=True)

    def run(self, user: User, flow: str, inputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One run over the actions resource: `isSuccess`, `errors`, `outputValues`."""
        found = Invocables(self.org, runtime_of(self.org), user).run_flow(flow, inputs or {})
        assert found is not None, flow
        return found.as_json(66.0)

    def requests(self) -> list[dict[str, Any]]:
        """The callouts so far."""
        from sfsetup.localorg.callout import request_log

        return request_log.read(self.state.documents)


@cache
def rendered() -> Mapping[str, str]:
    """The texts of the 8x8 integration by metadata type, as it is rendered."""
    return {each.type: each.content.decode() for each in render(*load_integration(SPEC))}


@cache
def names() -> Mapping[str, str]:
    """Their fullNames by type."""
    return {each.type: each.full_name for each in render(*load_integration(SPEC))}


def components(texts: Mapping[str, str], *types: str) -> list[Incoming]:
    """Components of these types of the 8x8 integration."""
    return [component(kind, names()[kind], texts[kind].encode()) for kind in types]
