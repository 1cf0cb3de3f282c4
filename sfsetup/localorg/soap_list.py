"""listMetadata, describeMetadata, readMetadata and describeValueType: the wire alone."""

from __future__ import annotations

from typing import Any

from sfsetup.localorg import listing, reading, value_types
from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.org import NEWEST_API, LocalOrg
from sfsetup.localorg.soap_fault import SoapFault
from sfsetup.localorg.soap_parse import Call, children, text_of
from sfsetup.localorg.soap_write import NIL
from sfsetup.localorg.state import User
from sfsetup.metadata.types import TYPES

MAX_QUERIES = 3
"""Quoted by simple-salesforce's documentation (wire-protocols 1.2)."""


def list_metadata(org: LocalOrg, user: User, call: Call, version: float) -> list[dict[str, Any]]:
    """FileProperties of all queries, one result each."""
    queries = children(call.element, "queries")
    if len(queries) > MAX_QUERIES:
        raise SoapFault("LIMIT_EXCEEDED", f"listMetadata takes at most {MAX_QUERIES} queries{OURS}")
    found: list[dict[str, Any]] = []
    for query in queries:
        type_name = text_of(query, "type") or ""
        row = TYPES.get(type_name)
        if row is None or row.since > _asked(call, version):
            # Seen: forcedotcom/cli#2858, alan-morey/force-meta-backup#1.
            raise SoapFault("INVALID_TYPE", f"Unknown type:{type_name}")
        if not listing.is_hidden(org.state, user.id, type_name):
            found += listing.list_components(org.state, type_name, text_of(query, "folder"))
    return found


def describe_metadata(org: LocalOrg, _user: User, call: Call, version: float) -> dict[str, Any]:
    """DescribeMetadataResult."""
    return listing.described(org.state, _asked(call, version))


READ_LIMITS = {"CustomMetadata": 200, "CustomApplication": 200}
"""Components of one readMetadata by type; 10 of all others (wire-protocols 1.2)."""


def read_metadata(org: LocalOrg, user: User, call: Call, version: float) -> dict[str, Any]:
    """ReadResult: a record for each name in their order; a nil one for what the org does not have."""
    type_name = call.text("type") or ""
    names = [(each.text or "").strip() for each in children(call.element, "fullNames")]
    if type_name not in TYPES:
        raise SoapFault("INVALID_TYPE", f"Unknown type:{type_name}")
    limit = READ_LIMITS.get(type_name, 10)
    if len(names) > limit:
        raise SoapFault("LIMIT_EXCEEDED", f"readMetadata takes at most {limit} components of this type{OURS}")
    if listing.is_hidden(org.state, user.id, type_name):
        return {"records": [NIL for _ in names]}
    return {"records": [reading.record(org.state, type_name, name, version) for name in names]}


def describe_value_type(org: LocalOrg, _user: User, call: Call, version: float) -> dict[str, Any]:  # noqa: ARG001
    """DescribeValueTypeResult; the type comes as `{namespace}Name`."""
    name = (call.text("type") or "").rpartition("}")[2]
    found = value_types.described(name, version)
    if found is None:
        raise SoapFault("INVALID_TYPE", f"Unknown type:{name}")
    return found


def _asked(call: Call, version: float) -> float:
    """asOfVersion, 0 or missing meaning the version of the URL."""
    text = call.text("asOfVersion")
    try:
        found = float(text) if text else version
    except ValueError as error:
        raise SoapFault("Client", f"asOfVersion: '{text}' is no number{OURS}") from error
    return min(found or version, float(NEWEST_API))
