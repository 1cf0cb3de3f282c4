"""A scripted org that keeps deployments: enough of the Metadata and Tooling API to see how often one began."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

from tests.support.scripted_org import Asked, Reply, ScriptedOrg, as_json, records, soap


class DeployingOrg(ScriptedOrg):
    """Each deploy becomes a job that is done at once; DeployRequest shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[dict[str, object]] = []
        self.files = ["namedCredentials/X.namedCredential"]
        self.arrived = threading.Event()
        self.on_soap("deploy", self._deploy)
        self.on_soap("checkDeployStatus", self._status)
        self.on("GET", "FROM DeployRequest", self._requests)
        self.on("GET", "/services/data/v66.0/limits", as_json({"DailyApiRequests": {"Max": 10, "Remaining": 9}}))

    def begin(self, *, check_only: bool = False, created: datetime | None = None) -> str:
        """A deployment that somebody else began as the same user."""
        job_id = f"0Af00000000000{len(self.jobs) + 1}AAA"
        moment = (created or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
        self.jobs.append({"Id": job_id, "Status": "Succeeded", "CheckOnly": check_only, "CreatedDate": moment})
        return job_id

    def _deploy(self, asked: Asked) -> Reply:
        job_id = self.begin(check_only=b"checkOnly>true" in asked.body)
        self.arrived.set()
        return soap("deploy", f"<result><done>false</done><id>{job_id}</id><state>Queued</state></result>")

    def _status(self, asked: Asked) -> Reply:
        found = re.search(rb"asyncProcessId>([^<]+)<", asked.body)
        assert found is not None
        rows = "".join(
            "<componentSuccesses><changed>true</changed><componentType>NamedCredential</componentType>"
            f"<created>true</created><fileName>{name}</fileName><fullName>X</fullName><success>true</success>"
            "</componentSuccesses>"
            for name in self.files
        )
        manifest = (
            "<componentSuccesses><componentType></componentType><fileName>package.xml</fileName>"
            "<fullName>package.xml</fullName><success>true</success></componentSuccesses>"
        )
        return soap(
            "checkDeployStatus",
            f"<result><details>{rows}{manifest}</details><done>true</done><id>{found.group(1).decode()}</id>"
            "<numberComponentsDeployed>1</numberComponentsDeployed><numberComponentsTotal>1</numberComponentsTotal>"
            "<status>Succeeded</status><success>true</success></result>",
        )

    def _requests(self, _asked: Asked) -> Reply:
        return records(*reversed(self.jobs))
