"""Runs a deploy: unpack, form, judgement, storing, deleting; then keeps the job's outcome, all in one transaction.

What only reads the zip happens before the org's lock is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.deploy import effects
from sfsetup.localorg.deploy.fill import stored_content
from sfsetup.localorg.deploy.messages import OURS, Message, manifest_message
from sfsetup.localorg.deploy.options import DeployOptions
from sfsetup.localorg.deploy.package import DESTRUCTIVE, Incoming, NoPackage, Unpacked, covers, has_member, unpack
from sfsetup.localorg.judge.registry import Deletion, judge_deploy
from sfsetup.localorg.soap_write import soap_time

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import Job, State

_AFTER = "destructiveChangesPost.xml"


class _Undo(Exception):
    """Rolls the org back to what it was before the components were stored."""


@dataclass(slots=True)
class Entry:
    """One component of the deploy on its way."""

    package: Unpacked
    subject: Incoming | Deletion
    message: Message
    left_out: bool = False
    """True for files that package.xml does not name."""


@dataclass(slots=True)
class Outcome:
    """What is known of the deploy so far."""

    entries: list[Entry] = field(default_factory=list)
    manifests: list[Message] = field(default_factory=list)
    file_count: int = 0
    error: tuple[str, str] | None = None
    """(status code, message) of a failure of the whole."""

    @property
    def failed(self) -> bool:
        """True if anything is in error."""
        messages = (*self.manifests, *(entry.message for entry in self.entries))
        return self.error is not None or any(not message.success for message in messages)


def run_deploy(org: LocalOrg, job: Job) -> None:
    """Runs the job and stores its end."""
    state = org.state
    options = DeployOptions.from_stored(job.options)
    outcome = _read(job.payload, options)
    with state.transaction():
        moment = max(job.due, job.created)
        if outcome.error is None:
            _act(state, job, options, outcome)
        state.jobs.save(_ended(job, options, outcome, moment))


def _read(data: bytes, options: DeployOptions) -> Outcome:
    """Unpacks the zip and judges the form of what it holds."""
    outcome = Outcome()
    try:
        packages = unpack(data)
    except NoPackage:
        outcome.manifests.append(manifest_message("package.xml").failed("No package.xml found"))
        return outcome
    except InvalidInput as error:
        outcome.error = ("UNKNOWN_EXCEPTION", f"{error.message}{OURS}")
        return outcome
    for package in packages:
        outcome.file_count += package.file_count
        outcome.manifests.append(_manifest(package, options))
        outcome.entries.extend(_entries(package))
    return outcome


def _manifest(package: Unpacked, options: DeployOptions) -> Message:
    message = manifest_message(f"{package.prefix}package.xml")
    if not options.allow_missing_files:
        for type_name, names in sorted(package.manifest.members.items()):
            for name in names:
                if name != "*" and not has_member(package.incoming, type_name, name):
                    text = f"An object '{name}' of type {type_name} was named in package.xml, "
                    return message.failed(f"{text}but was not found in zipped directory", check="MANIFEST-MISSING")
    return message


def _entries(package: Unpacked) -> Iterator[Entry]:
    for incoming in package.incoming:
        message = Message(type_name=incoming.type.name, full_name=incoming.full_name, file_name=incoming.path)
        if not covers(package.manifest, incoming):
            text = f"{incoming.path} is in the zip but not named in package.xml: it is not deployed{OURS}"
            yield Entry(package, incoming, message.warned(text, check="MANIFEST-UNNAMED"), left_out=True)
            continue
        yield Entry(package, incoming, message)
    for manifest in DESTRUCTIVE:
        named = package.destructive.get(manifest)
        for type_name, names in named.members.items() if named else ():
            for name in names:
                subject = Deletion(type_name, name, f"{package.prefix}{manifest}", manifest == _AFTER)
                message = Message(type_name=type_name, full_name=name, file_name=subject.file_name)
                yield Entry(package, subject, message)


def _act(state: State, job: Job, options: DeployOptions, outcome: Outcome) -> None:
    """Judges and stores; the org is as before if that failed or was a check only."""
    try:
        with state.transaction():
            _judge(state, options, outcome)
            if not outcome.failed or not options.rollback_on_error:
                _store(state, job, outcome)
            if options.check_only or (outcome.failed and options.rollback_on_error):
                raise _Undo
    except _Undo:
        pass


def _judge(state: State, options: DeployOptions, outcome: Outcome) -> None:
    by_package: dict[str, list[Entry]] = {}
    for entry in outcome.entries:
        if entry.message.success and not entry.left_out:
            by_package.setdefault(entry.package.prefix, []).append(entry)
    for entries in by_package.values():
        found = {id(entry.subject): entry for entry in entries}
        incoming = [entry.subject for entry in entries if isinstance(entry.subject, Incoming)]
        deletions = [entry.subject for entry in entries if isinstance(entry.subject, Deletion)]
        version = entries[0].package.manifest.version
        judged = judge_deploy(state, incoming, api_version=version, deletions=deletions, options=options)
        for subject, problem in judged:
            entry = found[id(subject)]
            place = (problem.line, problem.column, problem.check.id)
            if problem.warning:
                if entry.message.success:
                    entry.message = entry.message.warned(problem.message, *place)
            elif entry.message.success:
                entry.message = entry.message.failed(problem.message, *place)


def _store(state: State, job: Job, outcome: Outcome) -> None:
    """Deletions before, additions, deletions after (metadata-types 6)."""
    ready = [entry for entry in outcome.entries if entry.message.success and not entry.left_out]
    for entry in ready:
        if isinstance(entry.subject, Deletion) and not entry.subject.after:
            _delete(state, entry)
    for entry in sorted(ready, key=_rank):
        if isinstance(entry.subject, Incoming):
            _add(state, job, entry, entry.subject)
    for entry in ready:
        if isinstance(entry.subject, Deletion) and entry.subject.after:
            _delete(state, entry)


_LATE = ("PermissionSet", "PermissionSetGroup", "Profile", "Flow", "FlowDefinition")


def _rank(entry: Entry) -> int:
    type_name = entry.message.type_name
    return _LATE.index(type_name) + 1 if type_name in _LATE else 0


def _add(state: State, job: Job, entry: Entry, incoming: Incoming) -> None:
    type_name = incoming.type.name
    content = stored_content(type_name, incoming.full_name, incoming.root) if incoming.content else b""
    done = effects.store(state, type_name, incoming.full_name, content, dict(incoming.files), by=job.created_by)
    entry.message = replace(entry.message, changed=done.changed, created=done.created, id=done.id)


def _delete(state: State, entry: Entry) -> None:
    gone = effects.delete(state, entry.message.type_name, entry.message.full_name)
    if gone is not None:
        entry.message = replace(entry.message, changed=True, deleted=True, id=gone)


def _ended(job: Job, options: DeployOptions, outcome: Outcome, moment: datetime) -> Job:
    messages = [entry.message for entry in outcome.entries]
    counted = [entry.message for entry in outcome.entries if not entry.left_out]
    errors = sum(not message.success for message in counted)
    if not outcome.failed:
        status = "Succeeded"
    elif outcome.error is None and not options.rollback_on_error and errors < len(counted):
        status = "SucceededPartial"
    else:
        status = "Failed"
    result: dict[str, Any] = {
        "startDate": soap_time(job.created),
        "messages": [message.as_json(moment) for message in (*outcome.manifests, *messages)],
        "numberComponentErrors": errors,
        "numberComponentsDeployed": len(counted) - errors,
        "numberComponentsTotal": len(counted),
        "numberFiles": outcome.file_count,
    }
    if outcome.error is not None:
        result["errorStatusCode"], result["errorMessage"] = outcome.error
    keeps = options.check_only and status == "Succeeded"
    return replace(job, status=status, completed=moment, result=result, payload=job.payload if keeps else b"")
