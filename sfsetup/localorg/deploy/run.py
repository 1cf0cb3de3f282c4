"""Runs a deploy: unpack, judgement, storing, deleting; then keeps the job's outcome, all in one transaction.

What only reads the zip happens before the org's lock is taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg import unmodelled
from sfsetup.localorg.deploy import apex_tests, manifest, parts
from sfsetup.localorg.deploy.messages import OURS, Message, manifest_message
from sfsetup.localorg.deploy.options import DeployOptions
from sfsetup.localorg.deploy.package import DESTRUCTIVE, Incoming, NoPackage, Unpacked, unpack
from sfsetup.localorg.deploy.rights import CREDENTIAL_TYPES, may_manage_credentials
from sfsetup.localorg.judge.registration import LEAVES_INCOMPLETE
from sfsetup.localorg.judge.registry import Deletion, judge_deploy
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.soap_write import soap_time
from sfsetup.metadata.types import TYPES
from sfsetup.text.xml import no_collector

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


@dataclass(slots=True)
class Outcome:
    """What is known of the deploy so far."""

    packages: list[Unpacked] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    manifests: list[Message] = field(default_factory=list)
    """Of package.xml itself: told, and not counted."""
    others: list[Message] = field(default_factory=list)
    """Of members and files that are no component to be stored."""
    file_count: int = 0
    error: tuple[str, str] | None = None
    """(status code, message) of a failure of the whole."""
    tested: apex_tests.Tested = apex_tests.NOTHING
    retrieved: dict[str, Any] | None = None

    @property
    def counted(self) -> list[Message]:
        """The messages that the numbers count."""
        return [*self.others, *(entry.message for entry in self.entries)]

    @property
    def failed(self) -> bool:
        """True if anything is in error."""
        messages = (*self.manifests, *self.counted)
        return self.error is not None or bool(self.tested.errors) or any(not each.success for each in messages)


def run_deploy(org: LocalOrg, job: Job) -> None:
    """Runs the job and stores its end."""
    state = org.state
    options = DeployOptions.from_stored(job.options)
    outcome = _read(job.payload, options, refuse=state.switches.on("unnamed-file-refused"))
    _tell(org, options, outcome)
    with state.transaction(), no_collector():
        if outcome.error is None and all(message.success for message in outcome.manifests):
            _act(org, job, options, outcome)
        state.jobs.save(_ended(job, options, outcome, max(job.due, job.created)))


def _tell(org: LocalOrg, options: DeployOptions, outcome: Outcome) -> None:
    for type_name in {entry.message.type_name for entry in outcome.entries}:
        unmodelled.tell_type(org, type_name)
    if options.test_level not in (None, "NoTestRun"):
        unmodelled.tell(org, "Apex tests are not run, and no coverage is asked for")
    if options.purge_on_delete:
        unmodelled.tell(org, "there is no recycle bin: purgeOnDelete changes nothing")


def _read(data: bytes, options: DeployOptions, *, refuse: bool) -> Outcome:
    """Unpacks the zip and compares it with its manifests."""
    outcome = Outcome()
    try:
        packages = unpack(data)
    except NoPackage as missing:
        for folder in missing.folders or ("",):
            path = f"{folder}/package.xml" if folder else "package.xml"
            outcome.manifests.append(manifest_message(path).failed("No package.xml found"))
        return outcome
    except InvalidInput as error:
        code = "LIMIT_EXCEEDED" if error.message.startswith("LIMIT_EXCEEDED") else "UNKNOWN_EXCEPTION"
        outcome.error = (code, f"{error.message}{OURS}")
        return outcome
    for package in packages:
        outcome.packages.append(package)
        outcome.file_count += package.file_count
        outcome.manifests.append(manifest.judge_manifest(package))
        outcome.others.extend(manifest.missing_members(package, options))
        outcome.others.extend(manifest.unnamed(package, options, refuse=refuse))
        named = manifest.Named(package.manifest)
        for each in package.incoming:
            message = Message(type_name=each.type.name, full_name=each.full_name, file_name=each.path)
            if named.covers(each) and each.problem is not None:
                message = message.failed(f"{each.problem}{OURS}", check="FILES")
            if named.covers(each):
                outcome.entries.append(Entry(package, each, message))
                if each.keeps_tree and each.content:
                    with contextlib.suppress(InvalidInput):
                        _ = each.root  # parsed here, where nobody waits for the org's lock
            else:
                told = manifest.unnamed_message(each.type.name, each.full_name, each.path, options, refuse=refuse)
                outcome.others.append(told)
        outcome.entries.extend(_deletions(package))
    return outcome


def _deletions(package: Unpacked) -> Iterator[Entry]:
    for file in DESTRUCTIVE:
        named = package.destructive.get(file)
        for type_name, names in named.members.items() if named else ():
            for name in names:
                path = f"{package.prefix}{file}"
                subject = Deletion(type_name, name, path, file == _AFTER)
                message = Message(type_name=type_name, full_name=name, file_name=path)
                if type_name not in TYPES:
                    message = message.failed(f"Unknown type name '{type_name}' specified in {file}{OURS}")
                elif "*" in name:
                    # Documented: the manifests of deletions know no wildcards.
                    message = message.failed(f"Wildcards are not supported in {file}{OURS}")
                elif type_name in parts.LASTING:
                    message = message.failed(f"{type_name} {name} cannot be deleted{OURS}")
                yield Entry(package, subject, message)


def _act(org: LocalOrg, job: Job, options: DeployOptions, outcome: Outcome) -> None:
    """Judges and stores; the org is as before if that failed or was a check only."""
    state = org.state
    try:
        with state.transaction():
            _check_rights(state, job, outcome)
            _judge(org, options, outcome)
            # In a deploy that is rolled back the good components are told as stored, ids included (recorded:
            # forcedotcom/source-tracking README).
            _store(state, job, outcome)
            if not outcome.failed or not options.rollback_on_error:
                outcome.tested = apex_tests.run_tests(state, options)
            if options.check_only or (outcome.failed and options.rollback_on_error):
                raise _Undo
            if options.perform_retrieve:
                outcome.retrieved = _retrieved(state, job, outcome)
    except _Undo:
        pass


def _check_rights(state: State, job: Job, outcome: Outcome) -> None:
    """Credentials need rights of their own to be deployed or deleted (metadata-types 7, documented; text ours)."""
    if may_manage_credentials(state.permissions.of_user(job.created_by)):
        return
    text = f"insufficient access rights: Manage Named Credentials or Customize Application is needed{OURS}"
    for entry in outcome.entries:
        if entry.message.type_name in CREDENTIAL_TYPES and entry.message.success:
            entry.message = entry.message.failed(text, check="RIGHTS")


def _judge(org: LocalOrg, options: DeployOptions, outcome: Outcome) -> None:
    state, services = org.state, runtime_of(org).services
    fails = state.switches.on("warnings-fail-deploy") and not options.ignore_warnings
    for package in outcome.packages:
        entries = [e for e in outcome.entries if e.package is package and e.message.success]
        found = {id(entry.subject): entry for entry in entries}
        incoming = [entry.subject for entry in entries if isinstance(entry.subject, Incoming)]
        deletions = [entry.subject for entry in entries if isinstance(entry.subject, Deletion)]
        version = package.manifest.version
        for entry in entries:
            gone = entry.subject
            if isinstance(gone, Deletion) and not parts.exists(state, gone.type, gone.full_name):
                entry.message = manifest.nothing_to_delete(entry.message, options)
        judged = judge_deploy(
            state, incoming, api_version=version, deletions=deletions, options=options, services=services
        )
        for subject, problem in judged:
            entry = found[id(subject)]
            warning = problem.warning and not fails
            place = (problem.line, problem.column, problem.check.id)
            entry.message = _with(entry.message, problem.message, *place, warning=warning)


def _with(message: Message, text: str, line: int | None, column: int | None, check: str, *, warning: bool) -> Message:
    """The message with one problem more: the first error is what an org tells; warnings are put together."""
    if not message.success:
        return message
    if not warning:
        return message.failed(text, line, column, check)
    if message.problem is not None:
        return replace(message, problem=f"{message.problem}\n{text}", check=f"{message.check} {check}")
    return message.warned(text, line, column, check)


def _store(state: State, job: Job, outcome: Outcome) -> None:
    """Deletions before, additions, deletions after (metadata-types 6)."""
    now = state.clock.now()
    ready = [entry for entry in outcome.entries if entry.message.success]
    removing = [(entry, entry.subject) for entry in ready if isinstance(entry.subject, Deletion)]
    for entry, deletion in removing:
        if not deletion.after:
            _delete(state, job, entry, deletion)
    for entry in sorted(ready, key=_rank):
        if isinstance(entry.subject, Incoming):
            incomplete = not LEAVES_INCOMPLETE.isdisjoint(entry.message.check.split())
            done = parts.store(state, entry.subject, by=job.created_by, at=now, incomplete=incomplete)
            entry.message = entry.message.stored(changed=done.changed, created=done.created, identifier=done.id)
    for entry, deletion in removing:
        if deletion.after:
            _delete(state, job, entry, deletion)


_LATE = ("PermissionSet", "PermissionSetGroup", "Profile", "Flow", "FlowDefinition")


def _rank(entry: Entry) -> int:
    type_name = entry.message.type_name
    return _LATE.index(type_name) + 1 if type_name in _LATE else 0


def _delete(state: State, job: Job, entry: Entry, deletion: Deletion) -> None:
    gone = parts.delete(state, deletion.type, deletion.full_name, by=job.created_by)
    if gone is not None:
        entry.message = replace(entry.message, changed=True, deleted=True, id=gone)


def _retrieved(state: State, job: Job, outcome: Outcome) -> dict[str, Any]:
    from sfsetup.localorg.retrieve import packed

    members: dict[str, list[str]] = {}
    for package in outcome.packages:
        for type_name, names in package.manifest.members.items():
            members.setdefault(type_name, []).extend(names)
    version = outcome.packages[0].manifest.version
    return packed(state, members, version, prefix="", by=job.created_by, moment=job.due).as_result(job.id)


def _ended(job: Job, options: DeployOptions, outcome: Outcome, moment: datetime) -> Job:
    counted = outcome.counted
    errors = sum(not message.success for message in counted)
    stored = any(entry.message.success for entry in outcome.entries)
    if not outcome.failed:
        status = "Succeeded"
    elif outcome.error is None and not options.rollback_on_error and stored:
        status = "SucceededPartial"
    else:
        status = "Failed"
    told = soap_time(moment)
    result: dict[str, Any] = {
        "startDate": soap_time(job.created),
        "messages": [message.as_json(told) for message in (*outcome.manifests, *counted)],
        "numberComponentErrors": errors,
        "numberComponentsDeployed": len(counted) - errors,
        "numberComponentsTotal": len(counted),
        "numberFiles": outcome.file_count,
        "retrieveResult": outcome.retrieved,
        **outcome.tested.as_result(),
    }
    if outcome.error is not None:
        result["errorStatusCode"], result["errorMessage"] = outcome.error
    keeps = options.check_only and status == "Succeeded"
    return replace(job, status=status, completed=moment, result=result, payload=job.payload if keeps else b"")
