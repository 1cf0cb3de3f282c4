"""Components as the org holds them, and the versions of flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sfsetup.localorg.state.database import Database, moment_of, text_of
from sfsetup.localorg.state.identity import Identities
from sfsetup.localorg.state.settings import Clock
from sfsetup.localorg.state.values import FlowVersion, StoredComponent

_COLUMNS = "type, full_name, content, id, created_by, created, modified_by, modified, namespace"
_INSERT = f"INSERT INTO component ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, full_name)"  # noqa: S608
_ADD = f"{_INSERT} DO NOTHING"
_PUT = (
    f"{_INSERT} DO UPDATE SET content = excluded.content, modified_by = excluded.modified_by, "
    "modified = excluded.modified, namespace = excluded.namespace RETURNING id, created_by, created"
)
_HAS_FILES = "EXISTS (SELECT 1 FROM component_file f WHERE f.type = c.type AND f.full_name = c.full_name)"
_FLOW_COLUMNS = "id, flow, number, status, content, created_by, created, modified_by, modified"


class Components:
    """The metadata of the org. Flows: `content` here is what a retrieve gives back; versions are in `flows`."""

    def __init__(self, database: Database, identities: Identities, clock: Clock) -> None:
        self._database = database
        self._identities = identities
        self._clock = clock

    def get(self, type_name: str, full_name: str) -> StoredComponent | None:
        """The component with its further files, or None."""
        row = self._database.one(
            f"SELECT {_COLUMNS}, {_HAS_FILES} FROM component c WHERE type = ? AND full_name = ?",  # noqa: S608 constant
            (type_name, full_name),
        )
        return self._value(row[:-1], with_files=bool(row[-1])) if row else None

    def exists(self, type_name: str, full_name: str) -> bool:
        """True if the org has it."""
        return bool(
            self._database.one("SELECT 1 FROM component WHERE type = ? AND full_name = ?", (type_name, full_name))
        )

    def of_type(self, type_name: str, *, with_files: bool = False) -> list[StoredComponent]:
        """All components of one type, by name."""
        rows = self._database.all(
            f"SELECT {_COLUMNS} FROM component WHERE type = ? ORDER BY full_name",  # noqa: S608 constant columns
            (type_name,),
        )
        return [self._value(row, with_files=with_files) for row in rows]

    def names(self, type_name: str) -> list[str]:
        """The fullNames of one type, sorted."""
        rows = self._database.all("SELECT full_name FROM component WHERE type = ? ORDER BY full_name", (type_name,))
        return [row[0] for row in rows]

    def types(self) -> dict[str, int]:
        """Every type that has components, with how many."""
        return dict(self._database.all("SELECT type, COUNT(*) FROM component GROUP BY type ORDER BY type"))

    def add(
        self,
        type_name: str,
        full_name: str,
        content: bytes,
        *,
        by: str,
        files: Mapping[str, bytes] | None = None,
        at: datetime | None = None,
    ) -> StoredComponent | None:
        """Creates a component; None, and nothing done, if the org has one of this name. Otherwise like `put`."""
        with self._database.joined():
            made = self._made(type_name, full_name, content, by, files, at, None)
            if not self._database.run(_ADD, _values(made)):
                return None
            self._keep_files(made)
            return made

    def put(
        self,
        type_name: str,
        full_name: str,
        content: bytes,
        *,
        by: str,
        files: Mapping[str, bytes] | None = None,
        namespace: str | None = None,
        at: datetime | None = None,
    ) -> StoredComponent:
        """Creates or replaces a component. `by` is the id of the user who does it, `at` the time, now by default."""
        with self._database.joined():
            made = self._made(type_name, full_name, content, by, files, at, namespace)
            row = self._database.one(_PUT, _values(made))
            assert row is not None
            self._database.run("DELETE FROM component_file WHERE type = ? AND full_name = ?", (type_name, full_name))
            self._keep_files(made)
            return replace(made, id=row[0], created_by=row[1], created=moment_of(row[2]))

    def _made(
        self,
        type_name: str,
        full_name: str,
        content: bytes,
        by: str,
        files: Mapping[str, bytes] | None,
        at: datetime | None,
        namespace: str | None,
    ) -> StoredComponent:
        moment = at or self._clock.now()
        identifier = self._identities.of("FlowDefinition" if type_name == "Flow" else type_name, full_name)
        kept = dict(files or {})
        return StoredComponent(type_name, full_name, content, identifier, by, moment, by, moment, kept, namespace)

    def _keep_files(self, made: StoredComponent) -> None:
        for path, data in made.files.items():
            self._database.run(
                "INSERT INTO component_file VALUES (?, ?, ?, ?)", (made.type, made.full_name, path, data)
            )

    def delete(self, type_name: str, full_name: str) -> bool:
        """Removes a component; False if there was none."""
        with self._database.transaction():
            self._database.run("DELETE FROM component_file WHERE type = ? AND full_name = ?", (type_name, full_name))
            gone = self._database.run("DELETE FROM component WHERE type = ? AND full_name = ?", (type_name, full_name))
            if gone:
                self._identities.forget("FlowDefinition" if type_name == "Flow" else type_name, full_name)
            return gone > 0

    def _value(self, row: tuple[object, ...], *, with_files: bool) -> StoredComponent:
        type_name, full_name, content, identifier, created_by, created, modified_by, modified, namespace = row
        files: dict[str, bytes] = {}
        if with_files:
            files = dict(
                self._database.all(
                    "SELECT path, data FROM component_file WHERE type = ? AND full_name = ? ORDER BY path",
                    (type_name, full_name),
                )
            )
        return StoredComponent(
            str(type_name),
            str(full_name),
            bytes(content),  # type: ignore[call-overload]
            str(identifier),
            str(created_by),
            moment_of(str(created)),
            str(modified_by),
            moment_of(str(modified)),
            files,
            None if namespace is None else str(namespace),
        )


def _values(made: StoredComponent) -> tuple[object, ...]:
    created = modified = text_of(made.modified)
    return (
        made.type,
        made.full_name,
        made.content,
        made.id,
        made.created_by,
        created,
        made.modified_by,
        modified,
        made.namespace,
    )


class Flows:
    """Versions of flows: at most one is Active; numbers never come back."""

    def __init__(self, database: Database, identities: Identities, clock: Clock) -> None:
        self._database = database
        self._identities = identities
        self._clock = clock

    def versions(self, flow: str) -> list[FlowVersion]:
        """All versions of a flow, oldest first; empty if there is no such flow."""
        rows = self._database.all(
            f"SELECT {_FLOW_COLUMNS} FROM flow_version WHERE flow = ? ORDER BY number",  # noqa: S608
            (flow,),
        )
        return [self._value(row) for row in rows]

    def all(self) -> list[FlowVersion]:
        """All versions of all flows, by flow and number."""
        rows = self._database.all(f"SELECT {_FLOW_COLUMNS} FROM flow_version ORDER BY flow, number")  # noqa: S608
        return [self._value(row) for row in rows]

    def active(self, flow: str) -> FlowVersion | None:
        """The active version, or None."""
        return self._version(flow, "AND status = 'Active'")

    def latest(self, flow: str) -> FlowVersion | None:
        """The version with the highest number, or None."""
        return self._version(flow, "ORDER BY number DESC")

    def _version(self, flow: str, which: str) -> FlowVersion | None:
        row = self._database.one(f"SELECT {_FLOW_COLUMNS} FROM flow_version WHERE flow = ? {which} LIMIT 1", (flow,))  # noqa: S608
        return self._value(row) if row else None

    def add(self, flow: str, content: bytes, status: str, *, by: str) -> FlowVersion:
        """Adds a version. An Active one makes the version that was active Obsolete."""
        with self._database.joined():
            row = self._database.one("SELECT MAX(number) FROM flow_version WHERE flow = ?", (flow,))
            number = int(row[0]) + 1 if row and row[0] else 1
            if status == "Active" and number > 1:
                self.deactivate(flow, by=by)
            moment = self._clock.now()
            now = text_of(moment)
            identifier = self._identities.new("Flow")
            self._database.run(
                f"INSERT INTO flow_version ({_FLOW_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (identifier, flow, number, status, content, by, now, by, now),
            )
            definition = self._identities.of("FlowDefinition", flow)
        return FlowVersion(identifier, definition, flow, number, status, content, by, moment, by, moment)

    def replace(self, version: FlowVersion, content: bytes, status: str, *, by: str) -> None:
        """Overwrites a version that is not active (a Draft that is saved again)."""
        with self._database.transaction():
            if status == "Active":
                self.deactivate(version.flow, by=by)
            self._database.run(
                "UPDATE flow_version SET content = ?, status = ?, modified_by = ?, modified = ? "
                "WHERE flow = ? AND number = ?",
                (content, status, by, text_of(self._clock.now()), version.flow, version.number),
            )

    def activate(self, flow: str, number: int, *, by: str) -> None:
        """Makes one version the active one."""
        with self._database.transaction():
            self.deactivate(flow, by=by)
            self._set_status(flow, number, "Active", by)

    def deactivate(self, flow: str, *, by: str) -> None:
        """The active version, if any, becomes Obsolete."""
        active = self.active(flow)
        if active:
            self._set_status(flow, active.number, "Obsolete", by)

    def set_status(self, flow: str, number: int, status: str, *, by: str) -> None:
        """Sets the status of one version; Active goes through `activate`."""
        if status == "Active":
            self.activate(flow, number, by=by)
        else:
            self._set_status(flow, number, status, by)

    def delete(self, flow: str, number: int | None = None) -> int:
        """Deletes one version, or all; returns how many went."""
        if number is None:
            return self._database.run("DELETE FROM flow_version WHERE flow = ?", (flow,))
        return self._database.run("DELETE FROM flow_version WHERE flow = ? AND number = ?", (flow, number))

    def _set_status(self, flow: str, number: int, status: str, by: str) -> None:
        self._database.run(
            "UPDATE flow_version SET status = ?, modified_by = ?, modified = ? WHERE flow = ? AND number = ?",
            (status, by, text_of(self._clock.now()), flow, number),
        )

    def _value(self, row: tuple[object, ...]) -> FlowVersion:
        identifier, flow, number, status, content, created_by, created, modified_by, modified = row
        return FlowVersion(
            str(identifier),
            self._identities.of("FlowDefinition", str(flow)),
            str(flow),
            int(str(number)),
            str(status),
            bytes(content),  # type: ignore[call-overload]
            str(created_by),
            moment_of(str(created)),
            str(modified_by),
            moment_of(str(modified)),
        )
