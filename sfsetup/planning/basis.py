"""The fingerprint of what a plan was made from: equal while nothing that concerns the plan has moved in the org."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sfsetup.model.snapshot import OrgSnapshot
from sfsetup.planning.diff import load
from sfsetup.planning.shape import shape_of


def fingerprint(snapshot: OrgSnapshot) -> str:
    """SHA-256 over the meaning of the snapshot: no dates, no order of lists, nothing the platform fills in."""
    state: dict[str, Any] = {
        "org": snapshot.org.id[:15],
        "components": {
            str(ref): _meaning(ref.type, component.content) for ref, component in snapshot.components.items()
        },
        "unknown": sorted(str(ref) for ref in snapshot.unknown),
        "principals": sorted(
            [p.external_credential, p.principal, sorted((k, v) for k, v in p.parameters.items()), p.known]
            for p in snapshot.principals
        ),
        "flows": sorted([f.full_name, f.active, f.latest] for f in snapshot.flows.values()),
        "users": sorted([u.username, u.id, u.is_active, sorted(u.assigned)] for u in snapshot.users),
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()


def _meaning(type_name: str, content: bytes) -> Any:
    node = load(type_name, content)
    ignored = shape_of(type_name).ignored
    return {
        name: sorted(json.dumps(v, sort_keys=True) for v in values)
        for name, values in node.items()
        if name not in ignored
    }
