"""The REST API over simple-salesforce: SOQL, Tooling, invocable actions, records.

simple-salesforce gets our session, so timeouts, errors and log-in are ours; its Metadata API is not used
(reference 'wire protocols', section 4, 'weaknesses that matter to us').
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sfsetup.errors import OrgRefused
from sfsetup.org.transport import OrgSession

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

Record = Mapping[str, Any]


def soql(template: str, *values: object, **named: object) -> str:
    """A query with its values quoted: `soql("SELECT Id FROM User WHERE Username = {}", name)`; lists are for IN."""
    from simple_salesforce.format import format_soql

    text: str = format_soql(template, *values, **named)
    return text


LONGEST_LIST = 8_000
"""Characters of one IN list in an address. Orgs refuse addresses of more than 16,384 bytes (help article 000386264)."""


def in_lists(values: Iterable[str]) -> Iterator[list[str]]:
    """The values, sorted and each once, in lists that one query can hold."""
    taken: list[str] = []
    length = 0
    for value in sorted(set(values)):
        needed = len(quote(value)) + len(quote("'',"))
        if taken and length + needed > LONGEST_LIST:
            yield taken
            taken, length = [], 0
        taken.append(value)
        length += needed
    if taken:
        yield taken


class Rest:
    """REST resources of one org at one version."""

    def __init__(self, session: OrgSession, api_version: str) -> None:
        self._session = session
        self.api_version = api_version
        self.path = f"/services/data/v{api_version}"

    @cached_property
    def salesforce(self) -> Salesforce:
        """The simple-salesforce client on our session."""
        from simple_salesforce.api import Salesforce

        return Salesforce(
            session_id="held by the session",
            instance_url=self._session.instance_url,
            version=self.api_version,
            session=self._session,
            object_pairs_hook=dict,
        )

    def query(self, query: str) -> list[Record]:
        """All records of a SOQL query, page after page. Raises OrgRefused with the org's code."""
        return list(self.salesforce.query_all_iter(query))

    def tooling_query(self, query: str) -> list[Record]:
        """All records of a Tooling API query."""
        page: Any = self.get("tooling/query", params={"q": query})
        records: list[Record] = []
        while isinstance(page, Mapping):
            records += page.get("records") or []
            following = page.get("nextRecordsUrl")
            if page.get("done", True) or not following:
                return records
            page = self.get_absolute(str(following))
        raise OrgRefused("The org's answer to a Tooling query is not a list of records.")

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        """The JSON below `/services/data/vNN.N/`."""
        return self.salesforce.restful(path, params=dict(params) if params else None)

    def get_absolute(self, path: str) -> Any:
        """The JSON at an absolute path of the org."""
        return _json(self._session.get(self._session.instance_url + path))

    def send(self, method: str, path: str, body: Any = None, *, params: Mapping[str, str] | None = None) -> Any:
        """Sends a change (POST, PUT, PATCH, DELETE) once and returns the JSON of its answer, None when there is none.

        Raises OrgRefused, Unreachable, or OutcomeUnknown when it may have been carried out.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8")
        return self.salesforce.restful(path, params=dict(params) if params else None, method=method, data=data)

    # -- what the tool needs -------------------------------------------------------------------------------------------

    def limits(self) -> dict[str, tuple[int, int]]:
        """Name -> (maximum, remaining) of the org's limits."""
        found: Any = self.salesforce.limits()
        return {
            name: (int(entry["Max"]), int(entry["Remaining"]))
            for name, entry in found.items()
            if isinstance(entry, Mapping) and "Max" in entry and "Remaining" in entry
        }

    def describe_action(self, kind: str, name: str | None = None) -> Any:
        """An invocable action, for example `externalService` and `Service.operation`; None when the org has none."""
        path = f"actions/custom/{quote(kind)}" + (f"/{quote(name, safe='')}" if name else "")
        try:
            return self.get(path)
        except OrgRefused as error:
            if error.status == 404:
                return None
            raise

    def create(self, sobject: str, values: Mapping[str, Any]) -> str:
        """Creates a record and returns its id."""
        answer = self.send("POST", f"sobjects/{sobject}/", values)
        if not isinstance(answer, Mapping) or not answer.get("id"):
            raise OrgRefused(f"The org gave no id for the new {sobject}.")
        return str(answer["id"])

    def delete(self, sobject: str, record_id: str) -> None:
        """Deletes a record."""
        self.send("DELETE", f"sobjects/{sobject}/{quote(record_id, safe='')}")

    def composite_get(self, paths: Sequence[str]) -> list[Any]:
        """Bodies of up to 25 GETs in one request (tooling/composite); None for each that the org refused."""
        requests = [
            {"method": "GET", "url": f"{self.path}/{path}", "referenceId": f"r{index}"}
            for index, path in enumerate(paths)
        ]
        answer = self.send("POST", "tooling/composite", {"allOrNone": False, "compositeRequest": requests})
        parts = answer.get("compositeResponse", []) if isinstance(answer, Mapping) else []
        return [part.get("body") if part.get("httpStatusCode") == 200 else None for part in parts]


def _json(response: Any) -> Any:
    return response.json() if response.content else None
