"""Runs in CumulusCI's own environment: deploys two packages, lists, retrieves and assigns with CumulusCI's classes.

    python cumulusci_probe.py STAGE1 STAGE2 FOLDER

The org comes from ORG_URL, ORG_TOKEN, ORG_ID and USER_ID. Prints one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from unittest import mock

os.environ["CUMULUSCI_DISABLE_REFRESH"] = "1"

from cumulusci.core.config import OrgConfig, TaskConfig, UniversalConfig
from cumulusci.core.config.project_config import BaseProjectConfig
from cumulusci.core.exceptions import ServiceNotConfigured
from cumulusci.tasks.salesforce import Deploy
from cumulusci.tasks.salesforce.DescribeMetadataTypes import DescribeMetadataTypes
from cumulusci.tasks.salesforce.RetrieveUnpackaged import RetrieveUnpackaged
from cumulusci.tasks.salesforce.users.permsets import AssignPermissionSets


def main(stage_1: str, stage_2: str, folder: str) -> None:
    os.chdir(folder)
    project = BaseProjectConfig(UniversalConfig(), {"project": {"name": "probe", "package": {"api_version": "62.0"}}})
    keychain = mock.Mock()
    keychain.get_service.side_effect = ServiceNotConfigured
    project.keychain = keychain
    org = OrgConfig(
        {
            "instance_url": os.environ["ORG_URL"],
            "access_token": os.environ["ORG_TOKEN"],
            "refresh_token": "none",
            "id": f"{os.environ['ORG_URL']}/id/{os.environ['ORG_ID']}/{os.environ['USER_ID']}",
            "org_id": os.environ["ORG_ID"],
            "user_id": os.environ["USER_ID"],
        },
        "probe",
        keychain=keychain,
    )
    org.refresh_oauth_token(None)
    answer: dict[str, object] = {"version": org.latest_api_version}

    def run(task: type, **options: object) -> object:
        instance = task(project, TaskConfig({"options": options}), org)
        instance()
        return instance

    for path in (stage_1, stage_2):
        run(Deploy, path=path)
    manifest = Path(folder, "package.xml")
    manifest.write_text(
        # CumulusCI strips the first and last line by patterns: everything on one line would be lost
        """<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">
    <types>
        <members>*</members>
        <name>NamedCredential</name>
    </types>
    <version>62.0</version>
</Package>
"""
    )
    run(RetrieveUnpackaged, path=folder, package_xml=str(manifest))
    answer["retrieved"] = sorted(path.name for path in Path(folder).rglob("*.namedCredential"))
    answer["types"] = sorted(run(DescribeMetadataTypes).return_values)
    run(AssignPermissionSets, api_names=["CPaaS_API_Access"])
    user = os.environ["USER_ID"]
    found = org.salesforce_client.query(
        f"SELECT Id, (SELECT PermissionSetId FROM PermissionSetAssignments) FROM User WHERE Id = '{user}'"
    )
    answer["assigned"] = len(found["records"][0]["PermissionSetAssignments"]["records"])
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
