"""The judge of a deploy: every check there is, and the walk over what a deploy brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.flow import Flow
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.localorg.judge import (
    credential,
    deletion,
    endpoint,
    flow,
    form,
    grants,
    names,
    other,
    registration,
)
from sfsetup.localorg.judge.check import Check, Problem
from sfsetup.localorg.judge.context import Context, Deletion
from sfsetup.localorg.judge.subject import Subject

if TYPE_CHECKING:
    from sfsetup.localorg.deploy.options import DeployOptions
    from sfsetup.localorg.deploy.package import Incoming
    from sfsetup.localorg.services import Services
    from sfsetup.localorg.state import State

__all__ = ["Deletion", "all_checks", "judge_deploy"]

_ORDER = (
    "ExternalCredential",
    "NamedCredential",
    "ExternalServiceRegistration",
    "",
    "PermissionSet",
    "PermissionSetGroup",
    "Flow",
    "FlowDefinition",
)
"""The order in which an org resolves types; the empty name stands for all others. A flow access may name a flow of
the same deploy, so permission sets look at flows by name and not by outcome."""


def judge_deploy(
    state: State,
    incoming: Sequence[Incoming],
    *,
    api_version: str,
    deletions: Sequence[Deletion] = (),
    options: DeployOptions | None = None,
    services: Services | None = None,
) -> Iterator[tuple[Incoming | Deletion, Problem]]:
    """Judges what a deploy brings against the org as it stands; changes nothing. Form is judged too.

    `api_version` is the version of the package, as `66.0`. The pairs come in the order in which an org resolves
    types: credentials, registrations, other types, permission sets, flows, deletions. A component without a problem
    that is no warning may be stored. `services` lends its cache of parsed documents.
    """
    context = Context(state, incoming, api_version=api_version, deletions=deletions, options=options, services=services)
    subjects = [Subject(each, context) for each in incoming]
    for subject in subjects:
        context.subjects[subject.incoming.type.name, subject.incoming.full_name] = subject
    for subject in subjects:
        if subject.incoming.type.name != "Flow":
            yield from ((subject.incoming, problem) for problem in subject.problems)
    for subject in sorted(subjects, key=_rank):
        yield from _judged(subject, context)
    for gone in deletions:
        if gone.type in deletion.REFERRED:
            for problem in deletion.judge(gone, context):
                yield gone, problem


def all_checks() -> tuple[Check, ...]:
    """The judgement table, in order of ids."""
    modules: tuple[Any, ...] = (form, names, credential, endpoint, registration, grants, flow, other, deletion)
    return tuple(sorted((row for module in modules for row in module.CHECKS), key=lambda row: row.id))


def _judged(subject: Subject, context: Context) -> Iterator[tuple[Incoming, Problem]]:
    incoming = subject.incoming
    is_flow = incoming.type.name == "Flow"
    if is_flow:
        # Flows are by far the largest and nothing needs them all at once: each is read when its turn comes.
        yield from ((incoming, problem) for problem in subject.problems)
    if not subject.failed and context.subjects[incoming.type.name, incoming.full_name] is subject:
        for problem in _judge(subject, context):
            if not problem.warning:
                subject.fail()
            yield incoming, problem
    if is_flow:
        subject.release()


def _rank(subject: Subject) -> int:
    name = subject.incoming.type.name
    return _ORDER.index(name if name in _ORDER else "")


def _judge(subject: Subject, context: Context) -> Iterator[Problem]:
    fact = subject.fact
    if fact is None:
        return
    yield from names.judge(fact, context)
    if isinstance(fact, ExternalCredential):
        yield from credential.judge(fact, context)
    elif isinstance(fact, NamedCredential):
        yield from endpoint.judge(fact, context)
    elif isinstance(fact, ExternalServiceRegistration):
        yield from registration.judge(fact, context)
    elif isinstance(fact, PermissionSet):
        yield from grants.judge(fact, context)
    elif isinstance(fact, Flow):
        yield from flow.judge(fact, context, subject.names)
    else:
        yield from other.judge(fact, context)
