"""What others do to an org while a deploy is under way, so that no change of theirs or of ours is lost without a word.

The Metadata API has no way to say "only if it is still as I saw it". Therefore running deployments are told before
anything is sent, what is about to be overwritten is looked at once more, and afterwards the org's list of deployments
tells whether another one touched the same components in the meantime. What somebody clicks together in Setup between
the last look and the job's own beginning is the one thing that cannot be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sfsetup.apply.outcome import ConcurrentDeploy
from sfsetup.errors import OrgRefused, SfsetupError, UsageError
from sfsetup.model.event import Event
from sfsetup.model.finding import ComponentRef
from sfsetup.org.deployments import DeployRequest, moment
from sfsetup.planning.diff import compare

if TYPE_CHECKING:
    from sfsetup.apply.outcome import DeployOutcome
    from sfsetup.apply.prepare import Prepared
    from sfsetup.apply.remote import Remote
    from sfsetup.model.component import Component
    from sfsetup.model.event import Listener
    from sfsetup.model.snapshot import FlowVersions, OrgComponent

FRESH = 3.0
"""Seconds for which the plan's own look at stage 1 is as good as another: a job does not begin sooner than that."""
_LISTED = 10
"""Other deployments whose components are asked for; more at the same time are told without."""
_AGAIN = ("Run the command again: it plans from what the org has now.",)


@dataclass(frozen=True, slots=True)
class Moved:
    """A component that is not as the plan saw it."""

    ref: ComponentRef
    what: str
    """`was changed`, `was made` or `is not there any more`."""
    by: str | None = None
    when: str | None = None

    def __str__(self) -> str:
        who = f" by {self.by}" if self.by else ""
        return f"{self.ref} {self.what}{who}{f' on {self.when}' if self.when else ''}"


def running(found: Sequence[DeployRequest] | None) -> tuple[DeployRequest, ...]:
    """Those under way that will change the org."""
    return tuple(one for one in found or () if not one.ended and not one.check_only)


def running_text(one: DeployRequest) -> str:
    """One running deployment as a sentence."""
    return (
        f"Another deployment is under way in this org: {told(one)}, {one.status}. What it brings may be overwritten, "
        f"or overwrite what is sent now; `sfsetup job report {one.id}` shows it."
    )


def told(one: DeployRequest) -> str:
    """A deployment by its id, its user and its time."""
    who = f" by {one.created_by}" if one.created_by else ""
    when = f", begun {one.created.isoformat(timespec='seconds')}" if one.created else ""
    return f"{one.id}{who}{when}"


class Others:
    """Eyes on the others during one deploy."""

    def __init__(self, prepared: Prepared, remote: Remote, listener: Listener, outcome: DeployOutcome) -> None:
        self.snapshot, self.before = prepared.snapshot, prepared.deployments
        self.remote, self.listener, self.outcome = remote, listener, outcome
        self._was_running = False
        self._sees_jobs = True

    def announce(self, *, age: float) -> None:
        """Tells the deployments that are under way. `age`: seconds since the org was asked for them."""
        found = self.before if age < FRESH else self.remote.deployments()
        if found is None:
            self._warn("Whether others deploy at the same time cannot be seen: the org does not show its deployments.")
        for one in running(found):
            self._was_running = True
            self._warn(running_text(one))

    def check_all(self, planned: Sequence[Component], *, age: float) -> None:
        """Before anything is sent. `age`: seconds since the snapshot. Raises UsageError if the org has moved since."""
        if age < FRESH and not self._was_running:
            return
        moved = [*self._components(planned), *self._flows(planned)]
        if moved:
            raise UsageError(
                f"The org has moved since this was planned: {_listed(moved)}. Nothing was sent.", actions=_AGAIN
            )

    def check_flow(self, flow: str | None, planned: Sequence[Component], sent: Mapping[ComponentRef, bytes]) -> None:
        """Before stage 2. `sent`: what stage 1 brought. Raises OrgRefused if somebody else has been there since."""
        moved = list(self._flow(flow)) if flow else []
        again = [one for one in planned if one.type != "Flow" and one.ref in sent]
        if again:
            now = self.remote.read([one.ref for one in again])
            for one in again:
                found = now.get(one.ref)
                # the org may show what was sent in words of its own: only another user's hand makes it moved
                if found and self._is_foreign(found) and compare(one.type, found.content, sent[one.ref]):
                    moved.append(Moved(one.ref, "was changed", found.last_modified_by, found.last_modified_date))
        rest = [one for one in planned if one.type != "Flow" and one.ref not in sent]
        moved.extend(self._components(rest))
        if moved:
            raise OrgRefused(
                f"The org has moved since this was planned: {_listed(moved)}. Stage 2 was not sent.", actions=_AGAIN
            )

    def look_back(self, sent: Mapping[ComponentRef, bytes], ours: Sequence[str] = ()) -> None:
        """After the last job: which other deployments touched the same components since the plan was made.

        `ours` are further jobs of the same command.
        """
        try:
            for one in self._meanwhile(ours):
                self._compare(one, sent)
        except SfsetupError as error:
            self.outcome.incomplete = True
            self._warn(f"Whether another deployment changed the same components meanwhile cannot be seen: {error}")

    # what has moved

    def _components(self, planned: Sequence[Component]) -> list[Moved]:
        refs = [one.ref for one in planned if one.type != "Flow" and one.ref not in self.snapshot.unknown]
        if not refs:
            return []
        listed = self.remote.modified(sorted({ref.type for ref in refs}))
        if listed is None:
            return []
        suspects = [ref for ref in refs if self._date(ref) != listed.get(ref)]
        return self._changed(suspects) if suspects else []

    def _date(self, ref: ComponentRef) -> str | None:
        existing = self.snapshot.components.get(ref)
        return existing.last_modified_date if existing else None

    def _changed(self, suspects: Sequence[ComponentRef]) -> list[Moved]:
        """A date alone says little: what counts is that the content has another meaning."""
        now = self.remote.read(suspects)
        moved = []
        for ref in dict.fromkeys(suspects):
            before, found = self.snapshot.components.get(ref), now.get(ref)
            if before is None and found is not None:
                moved.append(Moved(ref, "was made", found.last_modified_by, found.last_modified_date))
            elif before is not None and found is None:
                moved.append(Moved(ref, "is not there any more"))
            elif before is not None and found is not None and compare(ref.type, before.content, found.content):
                moved.append(Moved(ref, "was changed", found.last_modified_by, found.last_modified_date))
        return moved

    def _flows(self, planned: Sequence[Component]) -> list[Moved]:
        return [moved for one in planned if one.type == "Flow" for moved in self._flow(one.full_name)]

    def _flow(self, name: str) -> list[Moved]:
        ref = ComponentRef("Flow", name)
        if ref in self.snapshot.unknown:
            return []
        before, now = self.snapshot.flows.get(name), self.remote.flow_versions(name)
        if now is None:
            # no such flow, or an org that does not tell its versions (any more)
            return []
        if before is None:
            return self._changed([ref]) if ref not in self.snapshot.components else []
        if (before.active, before.latest) != (now.active, now.latest):
            return [Moved(ref, _versions(before, now), now.last_modified_by, now.last_modified_date)]
        return self._changed([ref]) if before.last_modified_date != now.last_modified_date else []

    def _is_foreign(self, found: OrgComponent) -> bool:
        by = found.last_modified_by_id
        return by is not None and by[:15] != self.snapshot.org.user_id[:15]

    # other deployments

    def _meanwhile(self, ours: Sequence[str]) -> list[DeployRequest]:
        """Deployments by others that had not ended when the plan was made, and that change something."""
        if self.before is None:
            return []
        known = [*(one.id for one in self.before if one.ended), *self.remote.jobs, *ours]
        found = self.remote.deployments() or ()
        return [one for one in found if not one.changes_nothing and not one.is_one_of(known)]

    def _compare(self, one: DeployRequest, sent: Mapping[ComponentRef, bytes]) -> None:
        asks = self._sees_jobs and len(self.outcome.concurrent) < _LISTED
        touched = self.remote.job_components(one.id) if asks else None
        # an org that hides a job is asked a few times, because it may know it later: once is enough
        self._sees_jobs = self._sees_jobs and touched is not None
        if not touched and not one.ended:
            self._tell(one, (), "running", "it goes on, and which components it brings cannot be seen yet")
            return
        if touched is None:
            self.outcome.incomplete = True
            self._tell(one, (), "unknown", "its components cannot be seen")
            return
        common = sorted((ref for ref in sent if ref in touched and not self._was_seen(ref, one)), key=str)
        if not common:
            return
        self.outcome.incomplete = True
        names = tuple(str(ref) for ref in common)
        if not one.ended:
            self._tell(one, names, "running", f"it goes on and may overwrite {', '.join(names)}")
            return
        now = self.remote.read(common)
        lost = [ref for ref in common if ref not in now or compare(ref.type, now[ref].content, sent[ref])]
        if lost:
            text = f"what was sent now is overwritten by it in part: {', '.join(map(str, lost))}"
            self._tell(one, names, "overwrote", text)
        else:
            text = f"the org has {', '.join(names)} as it was sent now: what that deployment had changed there is lost"
            self._tell(one, names, "overwritten", text)

    def _was_seen(self, ref: ComponentRef, one: DeployRequest) -> bool:
        """The plan was made from what that deployment had brought already."""
        seen: datetime | None = moment(self._date(ref))
        # times of records have whole seconds: what is not clearly later may have been before
        return seen is not None and one.ended and one.created is not None and seen >= one.created + timedelta(seconds=1)

    def _tell(self, one: DeployRequest, components: tuple[str, ...], effect: str, text: str) -> None:
        self.outcome.concurrent.append(
            ConcurrentDeploy(
                deploy_id=one.id, user=one.created_by, status=one.status, components=components, effect=effect
            )
        )
        self._warn(f"Another deployment went on at the same time, {told(one)} ({one.status}): {text}.")

    def _warn(self, text: str) -> None:
        self.outcome.warnings.append(text)
        self.listener(Event("others.deploy", text, {"mark": "warning"}))


def _versions(before: FlowVersions, now: FlowVersions) -> str:
    if before.latest != now.latest:
        return f"has version {now.latest} now"
    return f"has version {now.active} active now" if now.active is not None else "is not active any more"


def _listed(moved: Sequence[Moved]) -> str:
    return "; ".join(str(one) for one in moved)
