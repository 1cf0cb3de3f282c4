"""What behaviour raises when the org says no: Salesforce's error code and a sentence, no HTTP.

`refusal_as_rest` is the one table of codes and HTTP statuses (wire-protocols 2.1; messages 2).
"""

from __future__ import annotations

from collections.abc import Sequence

from sfsetup.localorg.http import OURS, RestError

__all__ = ["OURS", "Refused", "refusal_as_rest"]

_STATUSES = {
    "CONFLICT": 409,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "INSUFFICIENT_ACCESS": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": 403,
    "API_DISABLED_FOR_ORG": 403,
    "FUNCTIONALITY_NOT_ENABLED": 403,
    "INVALID_CROSS_REFERENCE_KEY": 404,
    "ENTITY_IS_DELETED": 404,
}
"""HTTP status by error code; every other code is a 400. That an unknown record id in a DELETE or PATCH gives 404 while
the same code inside a body gives 400 is for the caller: it says `in_body`."""


class Refused(Exception):
    """The org says no. `code` is Salesforce's, the message too where a source has it."""

    def __init__(self, code: str, message: str, fields: Sequence[str] | None = None, *, in_body: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.in_body = in_body


def refusal_as_rest(refused: Refused) -> RestError:
    """The refusal as an answer of the REST side."""
    status = 400 if refused.in_body else _STATUSES.get(refused.code, 400)
    return RestError(status, refused.code, refused.message, refused.fields)
