"""openapi.names and the local org on documents that nobody wrote: two derivations of one set of rules, one result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.localorg.service_shapes import ServiceShapes
from sfsetup.openapi.acceptance import check
from sfsetup.openapi.document import parse
from sfsetup.openapi.fit import fit
from sfsetup.openapi.names import names
from sfsetup.openapi.types import NONE
from tests.openapi.schemas import documents
from tests.openapi.support import document_of

FAST = settings(
    max_examples=40, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
DEEP = settings(max_examples=300, suppress_health_check=list(HealthCheck))


def both_give_the_same_names(value: dict[str, Any]) -> None:
    document = parse(fit(document_of(value)).text.encode(), name="fitted.json")
    # what Salesforce makes of a schema that contains itself, or whose parts contradict each other, is not known
    assume({"OA-C13", "OA-C14"}.isdisjoint(one.rule for one in check(document).findings))
    foretold = names(document, "Svc")
    org = ServiceShapes(ExternalServiceRegistration(full_name="Svc", file="f"), document, listed_only=False)
    for operation in foretold.operations:
        action = org.action(operation.action_name)
        assert action is not None, operation.action_name
        for said, wanted in ((action.inputs, operation.inputs), (action.outputs, operation.outputs)):
            # what a flow cannot use is no input or output for it; a list of lists is that, an empty object may be
            usable = {one.name for one in wanted if one.type != NONE}
            assert usable <= {each.name for each in said} <= {one.name for one in wanted}
    for one in foretold.classes:
        shape = org.class_shape(one.apex_class)
        assert shape is not None, (one.apex_class, one.pointer)
        members = {
            each.wire: (each.name, each.type.apex_class, each.type.collection) for each in shape.properties.values()
        }
        for member in one.properties:
            # what a flow cannot use has no type there, or is a class without members: which of the two is not known
            if member.type != NONE:
                assert members.pop(member.name) == (member.flow_name, member.apex_class, member.collection)
            else:
                members.pop(member.name, None)
        assert not members, (one.apex_class, members)


test_names_agree = FAST(given(documents())(both_give_the_same_names))
test_names_agree_on_many_more = pytest.mark.slow(DEEP(given(documents())(both_give_the_same_names)))
