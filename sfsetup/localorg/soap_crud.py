"""createMetadata, updateMetadata, upsertMetadata and deleteMetadata: the wire alone (wire-protocols 1.2)."""

from __future__ import annotations

from functools import partial
from typing import Any

from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.records import crud
from sfsetup.localorg.soap_fault import SoapFault
from sfsetup.localorg.soap_list import READ_LIMITS
from sfsetup.localorg.soap_parse import Call, children, elements, text_of
from sfsetup.localorg.state import User
from sfsetup.text.xml import XSI_TYPE, local_name

_MOST = 10


def create(org: LocalOrg, user: User, call: Call, version: float) -> list[dict[str, Any]]:
    """SaveResult of each."""
    return [_save_result(done) for done in _written(org, user, call, version, new=True)]


def update(org: LocalOrg, user: User, call: Call, version: float) -> list[dict[str, Any]]:
    """SaveResult of each."""
    return [_save_result(done) for done in _written(org, user, call, version, new=False)]


def upsert(org: LocalOrg, user: User, call: Call, version: float) -> list[dict[str, Any]]:
    """UpsertResult of each."""
    return [{"created": done.created, **_save_result(done)} for done in _written(org, user, call, version, new=None)]


def delete(org: LocalOrg, user: User, call: Call, _version: float) -> list[dict[str, Any]]:
    """DeleteResult of each."""
    type_name = call.text("type") or ""
    names = [(each.text or "").strip() for each in children(call.element, "fullNames")]
    _check_number(call, {type_name}, len(names))
    actions = [partial(crud.deleted, org.state, user, type_name, name) for name in names]
    return [_save_result(done) for done in crud.together(org.state, actions, all_or_none=call.all_or_none)]


def _written(org: LocalOrg, user: User, call: Call, version: float, *, new: bool | None) -> list[crud.Done]:
    given = [_given(element) for element in children(call.element, "metadata")]
    _check_number(call, {each.type for each in given}, len(given))
    actions = [partial(crud.written, org.state, user, each, version, new=new) for each in given]
    return crud.together(org.state, actions, all_or_none=call.all_or_none)


def _given(element: Any) -> crud.Given:
    """The type stands in xsi:type, with a prefix or without (wire-protocols 1.2)."""
    type_name = (element.get(XSI_TYPE) or "").rpartition(":")[2].strip()
    if not type_name:
        raise SoapFault("Client", f"metadata has no xsi:type{OURS}")
    inner = [each for each in elements(element) if local_name(each) != "fullName"]
    return crud.Given(type_name, text_of(element, "fullName") or "", inner)


def _check_number(call: Call, types: set[str], count: int) -> None:
    limit = min((READ_LIMITS.get(name, _MOST) for name in types), default=_MOST)
    if count > limit:
        raise SoapFault("LIMIT_EXCEEDED", f"{call.operation} takes at most {limit} components of this type{OURS}")


def _save_result(done: crud.Done) -> dict[str, Any]:
    problem = done.problem
    errors = {"message": problem.message, "statusCode": problem.code} if problem else None
    return {"errors": errors, "fullName": done.full_name, "success": problem is None}
