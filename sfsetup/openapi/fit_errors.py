"""Error responses that a document forgot, so that a flow can read the vendor's error body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.openapi.fit_log import Log
from sfsetup.openapi.media import preferred

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation
    from sfsetup.openapi.fit_schemas import SchemaFitter

_CODE = re.compile(r"(?<![\w.,/#-])([45]\d\d)(?![\w%/-]|[.,]\d)")
_CONTEXT = re.compile(r"http|status|code|error|return|respon|respond|request", re.IGNORECASE)
_NAMED_ERROR = re.compile(
    r"(?:api|http)?_?(?:error|problem|fault)(?:_?(?:response|body|model|details?|result))?\Z", re.I
)


def add_error_responses(
    document: OpenApiDocument,
    fitted: Sequence[tuple[Operation, dict[str, Any]]],
    schemas: SchemaFitter,
    log: Log,
    which: str,
) -> None:
    """Adds responses to fitted operations: codes named in the document or its prose, or the ranges 4XX and 5XX."""
    named = sorted(set(_codes_of(document)))
    shape = _error_shape(document)
    for operation, body in fitted:
        codes = ["4XX", "5XX"] if which == "ranges" else sorted({*named, *_codes_in(operation.raw)})
        for code in codes:
            if code in body["responses"] or f"{code[0]}XX" in body["responses"]:
                continue
            body["responses"][code] = _response(document, shape, schemas, body)
            what = "typed" if shape is not None else "as text"
            log(f"{operation.pointer}/responses", f"error response {code} added, {what}", "OA-B06")


def _response(
    document: OpenApiDocument, shape: tuple[Any, str] | None, schemas: SchemaFitter, body: dict[str, Any]
) -> dict[str, Any]:
    out: dict[str, Any] = {"description": "Error"}
    if shape is None:
        return out
    fitted = schemas.fit(shape[0], shape[1], False)
    if document.is_v2:
        out["schema"] = fitted
        body.setdefault("produces", ["application/json"])
    else:
        out["content"] = {"application/json": {"schema": fitted}}
    return out


def _codes_of(document: OpenApiDocument) -> Iterator[str]:
    """Error codes that any operation declares, or the document's own description names."""
    for operation in document.operations:
        for response in operation.responses:
            if re.fullmatch(r"[45]\d\d", response.code):
                yield response.code
    info = document.value.get("info")
    if isinstance(info, dict):
        yield from _codes_in(info)


def _codes_in(raw: Any) -> Iterator[str]:
    """Codes named in the description and the summary of an operation or of `info`."""
    for key in ("description", "summary"):
        text = raw.get(key)
        for line in text.splitlines() if isinstance(text, str) else ():
            if _CONTEXT.search(line):
                yield from _CODE.findall(line)


def _error_shape(document: OpenApiDocument) -> tuple[Any, str] | None:
    """The schema that errors of this vendor have: the one most declared, else a schema that is named for it."""
    found: Counter[str] = Counter()
    shapes: dict[str, tuple[Any, str]] = {}
    for operation in document.operations:
        for response in operation.responses:
            media = preferred(response.content) if response.is_error or response.code == "default" else None
            if media is None or not isinstance(media.schema, dict) or not media.schema:
                continue
            key = str(media.schema.get("$ref") or media.schema_pointer)
            found[key] += 1
            shapes.setdefault(key, (media.schema, media.schema_pointer))
    if found:
        return shapes[found.most_common(1)[0][0]]
    for name in document.schemas:
        if _NAMED_ERROR.fullmatch(name):
            ref = {"$ref": f"#{document.schemas_pointer}/{name}"}
            return ref, document.schemas_pointer
    return None
