"""Writing metadata components other than by a deploy: judged and stored exactly as a deploy would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.localorg.deploy import parts
from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.judge.registry import Deletion, judge_deploy
from sfsetup.localorg.org import NEWEST_API
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.metadata.types import TYPES, file_name

if TYPE_CHECKING:
    from sfsetup.localorg.deploy.effects import Stored
    from sfsetup.localorg.state import State, User

REFUSED = "FIELD_INTEGRITY_EXCEPTION"
"""What a component that a deploy would refuse is answered with; an org's own code is not known."""


def judge_component(
    state: State, type_name: str, full_name: str, content: bytes, *, code: str, version: float = NEWEST_API
) -> Incoming:
    """The component as a deploy of this API version brings it. Raises Refused with the text of the first problem."""
    try:
        path = file_name(type_name, full_name, source=False)
    except InvalidInput as error:
        raise Refused(code, f"{error.message}{OURS}") from error
    incoming = Incoming(TYPES[type_name], full_name, path, content)
    for _, problem in judge_deploy(state, [incoming], api_version=f"{version:.1f}"):
        if not problem.warning:
            raise Refused(code, problem.message)
    return incoming


def write_component(
    state: State,
    user: User,
    type_name: str,
    full_name: str,
    content: bytes,
    *,
    code: str,
    version: float = NEWEST_API,
) -> Stored:
    """Judges and stores a component. Raises Refused."""
    incoming = judge_component(state, type_name, full_name, content, code=code, version=version)
    return parts.store(state, incoming, by=user.id)


def delete_component(state: State, user: User, type_name: str, full_name: str, *, code: str) -> None:
    """Deletes a component. Raises Refused with `code` when something still needs it."""
    deletion = Deletion(type_name, full_name)
    for _, problem in judge_deploy(state, [], api_version=f"{NEWEST_API}.0", deletions=[deletion]):
        if not problem.warning:
            raise Refused(code, problem.message)
    parts.delete(state, type_name, full_name, by=user.id)
