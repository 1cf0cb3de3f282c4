"""The Metadata API: deploy, its state, cancel, quick deploy, retrieve, list, describe.

Request shapes: Metadata WSDL (reference 'wire protocols', 1.2 to 1.5).
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sfsetup.errors import OrgRefused, OutcomeUnknown, Unreachable, UsageError
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.org import job_reader, polling, recovery
from sfsetup.org.jobs import DeployOptions, DeployResult, Described, FileProperties, Retrieved
from sfsetup.org.soap import Child, Soap, children, flag, results, text
from sfsetup.org.transport import OrgSession

MAX_ZIP = 39 * 1024 * 1024
"""Bytes of an archive before base64 (MD guide, deploy(): SOAP messages end at 50 MB)."""
QUERIES_PER_LIST = 3
"""listMetadata takes three queries at a time."""
POLL_ANSWER = 30.0
"""Seconds to wait for the state of a job; a question that takes longer is asked again."""


class MetadataApi:
    """Conversations with one org's Metadata API at one version."""

    def __init__(
        self,
        session: OrgSession,
        api_version: str,
        *,
        user_id: str,
        tooling_query: recovery.Query,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._soap = Soap(session, f"{session.instance_url}/services/Soap/m/{api_version}")
        self._user_id = user_id
        self._tooling_query = tooling_query
        self._clock = clock
        self._started: dict[str, float] = {}
        self._found_again: dict[str, frozenset[str]] = {}
        self.api_version = api_version

    # -- deploy --------------------------------------------------------------------------------------------------------

    def deploy(
        self, archive: bytes, options: DeployOptions, *, files: Collection[str] = (), listener: Listener = nobody
    ) -> str:
        """Sends an archive, once, and returns the job's id.

        When the connection breaks before the answer, the org is asked which deployment came of it; `files`, the names
        in the archive, are then compared with what that job reports. Raises OrgRefused, Unreachable (nothing arrived)
        or OutcomeUnknown (it cannot be told).
        """
        if len(archive) > MAX_ZIP:
            raise UsageError(f"The archive has {len(archive):,} bytes; the Metadata API takes {MAX_ZIP:,}.")
        content = base64.b64encode(archive).decode("ascii")
        sent = recovery.Sent(
            user_id=self._user_id,
            check_only=options.check_only,
            org_time=recovery.org_time(self._session.server_date),
            known=tuple(self._started),
        )
        started = self._clock()
        try:
            element = self._soap.call("deploy", [("ZipFile", content), ("DeployOptions", deploy_options(options))])
            job_id = _result_id(element)
        except OutcomeUnknown:
            listener(Event("deploy.lost", "The connection broke; asking the org what became of the deployment."))
            job_id = recovery.find_deploy(self._tooling_query, sent, self._session.sleep)
            self._found_again[job_id] = frozenset(files)
            listener(Event("deploy.found", f"The org has it as {job_id}.", {"id": job_id}))
        self._started[job_id] = started
        return job_id

    def deploy_status(self, job_id: str, *, details: bool = True) -> DeployResult:
        """The job's state now. Asked again while the failure may pass."""
        element = self._soap.call(
            "checkDeployStatus",
            [("asyncProcessId", job_id), ("includeDetails", details)],
            poll=True,
            limit=POLL_ANSWER,
        )
        return job_reader.deploy_result(_only(element))

    def wait(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
        listener: Listener = nobody,
        watch: Callable[[DeployResult], None] | None = None,
    ) -> DeployResult:
        """The job's state when it has ended. `timeout` in seconds; `watch` sees every state that is read.

        Raises Unreachable with the id when time runs out: the job goes on in the org.
        """
        shown: list[tuple[object, ...]] = []

        def ask() -> DeployResult:
            result = self.deploy_status(job_id)
            _show(result, shown, listener)
            if watch is not None:
                watch(result)
            return result

        started = self._started.get(job_id)
        result = polling.wait(
            ask, _judge_deploy, timeout=timeout, clock=self._clock, sleep=self._session.sleep, started=started
        )
        if result is None:
            raise Unreachable(
                f"The deployment {job_id} has not ended after {timeout:.0f} s; it goes on in the org.",
                actions=[
                    f"'sfsetup job resume {job_id}' waits for it, 'sfsetup job cancel {job_id}' ends it.",
                    "A longer --wait gives it more time.",
                ],
            )
        self._certify(result)
        return result

    def cancel(self, job_id: str, *, timeout: float | None = 60.0) -> DeployResult:
        """Asks the org to cancel the job and waits until it has ended, cancelled or not."""
        self._soap.call("cancelDeploy", [("String", job_id)])
        return self.wait(job_id, timeout=timeout)

    def quick(self, validation_id: str) -> str:
        """Deploys what a check-only job of the last ten days has validated; returns the new job's id."""
        element = self._soap.call("deployRecentValidation", [("validationId", validation_id)])
        answers = results(element)
        job_id = (answers[0].text or "").strip() if answers else ""
        if not job_id:
            raise OrgRefused(f"The org gave no id for the quick deploy of {validation_id}.")
        self._started[job_id] = self._clock()
        return job_id

    def _certify(self, result: DeployResult) -> None:
        """A job found again after a broken connection must have handled our files and no others."""
        ours = self._found_again.get(result.id)
        if not ours:
            return
        theirs = {m.file_name for m in (*result.failures, *result.successes) if not m.is_manifest and m.file_name}
        strangers = sorted(theirs - ours)
        if strangers:
            raise OutcomeUnknown(
                f"The deployment {result.id} that the org began when the connection broke is not ours: it has "
                f"{strangers[0]}.",
                actions=["Look at Setup > Deployment Status, then run the command again."],
            )

    # -- retrieve ------------------------------------------------------------------------------------------------------

    def retrieve(
        self, members: Mapping[str, Iterable[str]], *, timeout: float | None = 600.0, listener: Listener = nobody
    ) -> Retrieved:
        """Retrieves components: type -> full names (or `*`). What the org does not have is missing from the answer.

        Raises OrgRefused when the retrieve as a whole fails, Unreachable when it takes longer than `timeout` seconds.
        """
        types: list[Child] = [
            ("types", [*(("members", name) for name in sorted(names)), ("name", type_name)])
            for type_name, names in sorted((key, list(value)) for key, value in members.items())
            if names
        ]
        request: list[Child] = [
            ("apiVersion", self.api_version),
            ("singlePackage", True),
            ("unpackaged", [*types, ("version", self.api_version)]),
        ]
        # a retrieve changes nothing: a lost answer is simply asked again
        job_id = _result_id(self._soap.call("retrieve", [("retrieveRequest", request)], poll=True))
        listener(Event("retrieve.started", "Reading the org's metadata.", {"id": job_id}))

        def ask() -> tuple[Any, bytes]:
            question: list[Child] = [("asyncProcessId", job_id), ("includeZip", True)]
            return self._soap.call_for_archive("checkRetrieveStatus", question, poll=True)

        def judge(state: tuple[Any, bytes]) -> tuple[bool, float | None]:
            return flag(_only(state[0]), "done"), None

        found = polling.wait(
            ask,
            judge,
            timeout=timeout,
            clock=self._clock,
            sleep=self._session.sleep,
        )
        if found is None:
            raise Unreachable(
                f"The org has not finished reading its metadata after {timeout:.0f} s.", actions=["Try again."]
            )
        return _retrieved(_only(found[0]), found[1])

    def list_metadata(self, types: Sequence[str | tuple[str, str | None]]) -> tuple[FileProperties, ...]:
        """All components of these types; a type with folders is given as (type, folder)."""
        queries = [(entry, None) if isinstance(entry, str) else entry for entry in types]
        found: list[FileProperties] = []
        for start in range(0, len(queries), QUERIES_PER_LIST):
            request: list[Child] = [
                ("queries", [("folder", folder), ("type", type_name)])
                for type_name, folder in queries[start : start + QUERIES_PER_LIST]
            ]
            element = self._soap.call("listMetadata", [*request, ("asOfVersion", self.api_version)], poll=True)
            found += [job_reader.file_properties(item) for item in results(element)]
        return tuple(found)

    def describe(self) -> Described:
        """The types that the org knows at this version."""
        element = self._soap.call("describeMetadata", [("asOfVersion", self.api_version)], poll=True)
        return job_reader.described(_only(element))


def deploy_options(options: DeployOptions) -> list[Child]:
    """DeployOptions in the WSDL's order. Raises UsageError for tests without the level that runs them."""
    if options.run_tests and options.test_level != "RunSpecifiedTests":
        raise UsageError(
            "Named tests need the test level RunSpecifiedTests.", actions=["Add --test-level RunSpecifiedTests."]
        )
    if options.test_level == "RunSpecifiedTests" and not options.run_tests:
        raise UsageError("The test level RunSpecifiedTests needs the tests by name.", actions=["Add --tests CLASS."])
    return [
        ("allowMissingFiles", False),
        ("autoUpdatePackage", False),
        ("checkOnly", options.check_only),
        ("ignoreWarnings", options.ignore_warnings),
        ("performRetrieve", False),
        ("purgeOnDelete", options.purge_on_delete),
        ("rollbackOnError", options.rollback_on_error),
        *(("runTests", name) for name in options.run_tests),
        ("singlePackage", options.single_package),
        ("testLevel", options.test_level),
    ]


def _only(element: Any) -> Any:
    found = results(element)
    if not found:
        raise OrgRefused("The org's answer has no result.")
    return found[0]


def _result_id(element: Any) -> str:
    job_id = text(_only(element), "id")
    if not job_id:
        raise OrgRefused("The org gave no id for the job.")
    return job_id


def _judge_deploy(result: DeployResult) -> tuple[bool, float | None]:
    total = result.components_total + result.tests_total
    ready = result.components_deployed + result.tests_completed
    return result.done, ready / total if total else None


def _show(result: DeployResult, shown: list[tuple[object, ...]], listener: Listener) -> None:
    state = (
        result.status,
        result.components_deployed,
        result.components_total,
        result.tests_completed,
        result.tests_total,
        result.component_errors,
    )
    if shown[-1:] == [state]:
        return
    shown.append(state)
    message = f"{result.status}: {result.components_deployed} of {result.components_total} components"
    if result.tests_total:
        message += f", {result.tests_completed} of {result.tests_total} tests"
    listener(Event("deploy.progress", message, result.as_json()))


def _retrieved(result: Any, archive: bytes) -> Retrieved:
    from sfsetup.text.archive import read_zip

    if text(result, "status") == "Failed" or not flag(result, "success"):
        code = text(result, "errorStatusCode")
        raise OrgRefused(text(result, "errorMessage") or "The org could not read its metadata.", code=code)
    properties = tuple(job_reader.file_properties(item) for item in children(result, "fileProperties"))
    messages = tuple(
        f"{text(item, 'fileName') or ''}: {text(item, 'problem') or ''}".removeprefix(": ")
        for item in children(result, "messages")
    )
    archive_text = archive or (text(result, "zipFile") or "").encode()
    try:
        data = base64.b64decode(archive_text, validate=False)
    except binascii.Error:
        data = b""
    if not data:
        raise OrgRefused("The org's answer to retrieve has no archive.")
    files = {_plain_name(name): content for name, content in read_zip(data, name="the org's archive").items()}
    return Retrieved(files=files, properties=properties, messages=messages)


def _plain_name(name: str) -> str:
    # without singlePackage, and in some versions with it, entries stand below unpackaged/
    return name.removeprefix("unpackaged/")
