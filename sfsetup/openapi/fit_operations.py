"""Repairs operations: parameters, bodies, media types, responses. What reaches the vendor stays the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.openapi import media as media_types
from sfsetup.openapi.check_operation import LOCATIONS, PLATFORM_HEADERS, holds_objects
from sfsetup.openapi.encode import encode
from sfsetup.openapi.fit_keywords import cut
from sfsetup.openapi.parts import Parameter, path_names, response_code

if TYPE_CHECKING:
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Operation, Parameter, RequestBody, Response
    from sfsetup.openapi.fit_log import Log
    from sfsetup.openapi.fit_schemas import SchemaFitter

_PARAMETER_KEYS = ("description", "required", "deprecated", "style", "explode", "allowEmptyValue", "collectionFormat")
_OWN = frozenset({"name", "in", "schema", "content", "example", "examples", "$ref", *_PARAMETER_KEYS})


class Unfit(Exception):
    """The operation cannot be made usable; the text says why. Never leaves this room."""


class OperationFitter:
    """Fits operations of one document; `mapped` gathers the media types that need a mapping."""

    def __init__(self, document: OpenApiDocument, schemas: SchemaFitter, log: Log) -> None:
        self._document = document
        self._schemas = schemas
        self._log = log
        self.mapped: dict[str, str] = {}
        self._declared = {media_types.bare(k): v for k, v in document.compatible_media_types.items()}

    def fit(self, operation: Operation) -> dict[str, Any]:
        """The repaired operation. Raises Unfit."""
        log = self._log
        out: dict[str, Any] = {}
        for key in ("summary", "description"):
            text = operation.raw.get(key)
            if isinstance(text, str):
                out[key] = cut(text, f"{operation.pointer}/{key}", log)
        if operation.operation_id is not None:
            out["operationId"] = operation.operation_id
        parameters = self._parameters(operation)
        if self._document.is_v2:
            self._body_v2(operation, parameters, out)
        else:
            body = self._body_v3(operation)
            if body is not None:
                out["requestBody"] = body
        if parameters:
            out["parameters"] = parameters
        out["responses"] = self._responses(operation, out)
        if isinstance(operation.raw.get("security"), list):
            out["security"] = operation.raw["security"]
        if operation.raw.get("deprecated") is True:
            out["deprecated"] = True
        self._leave_out(operation)
        return out

    def _leave_out(self, operation: Operation) -> None:
        where, raw, log = operation.pointer, operation.raw, self._log
        if isinstance(raw.get("callbacks"), dict) and raw["callbacks"]:
            log(f"{where}/callbacks", "callbacks removed: they work from Apex alone", "OA-B10", dropped=True)
        if raw.get("servers"):
            log(f"{where}/servers", "servers of the operation removed: the Named Credential gives the host", "OA-A08")
        for key in ("tags", "externalDocs"):
            if raw.get(key):
                log(f"{where}/{key}", f"{key} removed: ignored by Salesforce", "OA-A08")

    def _parameters(self, operation: Operation) -> list[dict[str, Any]]:
        kept: dict[str, Parameter] = {}
        wanted = path_names(operation.path)
        for parameter in operation.parameters:
            reason = self._why_not(operation, parameter, wanted)
            if reason is None:
                self._keep(kept, parameter)
                continue
            rule, text, loses = reason
            if parameter.required and loses:
                raise Unfit(f"the required parameter {parameter.name or '(no name)'} {text}")
            self._log(parameter.pointer, f"parameter {parameter.name} dropped: it {text}", rule, dropped=loses)
        for name in wanted:
            there = kept.get(_input_key(name))
            if name and (there is None or (there.name, there.location) != (name, "path")):
                self._log(operation.pointer, f"parameter {name} added: the path names it", "OA-B14")
                kind = {"type": "string"}
                raw = {"name": name, "in": "path", **(kind if self._document.is_v2 else {"schema": kind})}
                self._keep(kept, Parameter(name, "path", True, kind, operation.pointer, operation.pointer, raw))
        return [self._parameter(parameter) for parameter in kept.values()]

    def _keep(self, kept: dict[str, Parameter], parameter: Parameter) -> None:
        """Of parameters whose inputs would have one name, keeps the required one, else the first."""
        key = _input_key(parameter.name)
        twin = kept.setdefault(key, parameter)
        if twin is parameter:
            return
        if (twin.name, twin.location) == (parameter.name, parameter.location):
            self._log(parameter.pointer, f"parameter {parameter.name} dropped: it is declared twice", "OA-C10")
            return
        if twin.required and parameter.required:
            raise Unfit(f"the required parameters {twin.name} ({twin.location}) and {parameter.name} share one input")
        lost = twin if parameter.required else parameter
        if lost is twin:
            kept[key] = parameter
        message = f"parameter {lost.name} ({lost.location}) dropped: another input has its name in Apex"
        self._log(lost.pointer, message, "OA-C10", dropped=True)

    def _why_not(
        self, operation: Operation, parameter: Parameter, wanted: Sequence[str]
    ) -> tuple[str, str, bool] | None:
        if not parameter.name:
            return "OA-B03", "has no name", True
        if parameter.location == "path" and parameter.name not in wanted:
            return "OA-B14", "stands nowhere in the path", False
        if parameter.location not in LOCATIONS or (parameter.location == "formData" and not self._document.is_v2):
            return "OA-A01", "says not where it goes", True
        if parameter.location == "cookie":
            return "OA-B09", "is a cookie", True
        if parameter.location == "header" and parameter.name.lower() in PLATFORM_HEADERS:
            return "OA-B04", "is a header that the platform sets", False
        if parameter.location == "formData" and operation.method == "get":
            return "OA-B02", "is a body on GET", True
        if parameter.raw.get("type") == "file" and self._document.is_v2:
            return "OA-B05", "is a file upload", True
        if parameter.location != "formData" and holds_objects(self._document, parameter.schema):
            return "OA-B09", "is an object", True
        return None

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        raw = parameter.raw
        out: dict[str, Any] = {"name": parameter.name, "in": parameter.location}
        for key in _PARAMETER_KEYS:
            if key in raw:
                out[key] = raw[key]
        if parameter.required:
            out["required"] = True
        if isinstance(out.get("description"), str):
            out["description"] = cut(out["description"], f"{parameter.pointer}/description", self._log)
        if self._document.is_v2:
            schema = {key: value for key, value in raw.items() if key not in _OWN}
            fitted = self._schemas.fit(schema or {}, parameter.pointer, True)
            out.update((key, value) for key, value in fitted.items() if key not in out)
        elif parameter.schema is None:
            self._log(parameter.pointer, "type string added", "OA-C02")
            out["schema"] = {"type": "string"}
        else:
            out["schema"] = self._schemas.fit(parameter.schema, parameter.schema_pointer, True)
        return out

    def _body_v3(self, operation: Operation) -> dict[str, Any] | None:
        body = operation.request_body
        media = self._request_media(operation, body)
        if body is None or media is None:
            return None
        schema = media.schema
        if schema is None:
            self._log(media.pointer, "a body without schema becomes text", "OA-C02")
            schema = {"type": "string"}
        fitted = self._text_or(schema, media, sending=True)
        out: dict[str, Any] = {"content": {self._written(media): {"schema": fitted}}}
        if isinstance(body.raw.get("description"), str):
            out["description"] = cut(body.raw["description"], f"{body.pointer}/description", self._log)
        if body.required:
            out["required"] = True
        return out

    def _body_v2(self, operation: Operation, parameters: list[dict[str, Any]], out: dict[str, Any]) -> None:
        body = operation.request_body
        media = self._request_media(operation, body)
        if body is not None and media is not None:
            name = body.name
            if not name:
                self._log(body.pointer, "the body parameter is named body", "OA-B03")
                name = "body"
            fitted = self._text_or(media.schema if media.schema is not None else {}, media, sending=True)
            entry: dict[str, Any] = {"name": name, "in": "body", "schema": fitted}
            if isinstance(body.raw.get("description"), str):
                entry["description"] = cut(body.raw["description"], f"{body.pointer}/description", self._log)
            if body.required:
                entry["required"] = True
            parameters.append(entry)
            out["consumes"] = [self._written(media)]
        elif any(parameter["in"] == "formData" for parameter in parameters):
            out["consumes"] = [media_types.FORM]

    def _request_media(self, operation: Operation, body: RequestBody | None) -> MediaType | None:
        if body is None:
            return None
        if operation.method == "get":
            self._log(body.pointer, "body of a GET removed", "OA-B02", dropped=True)
            return None
        media = self._best(body.content, response=False)
        if media is not None:
            return media
        named = ", ".join(one.name for one in body.content) or "no media type"
        if body.required or operation.method in ("post", "put", "patch"):
            raise Unfit(f"its body can only be sent as {named}")
        self._log(body.pointer, f"optional body removed: {named} cannot be sent", "OA-A07", dropped=True)
        return None

    def _best(self, content: Sequence[MediaType], *, response: bool) -> MediaType | None:
        """The media type that is kept, or None if none can be; others are logged."""
        good = [one for one in content if self._usable(one.name, response)]
        best = media_types.preferred(good)
        if best is not None:
            for one in content:
                if one is not best:
                    self._log(one.pointer, f"{one.name} left out: {best.name or 'the default'} is used", "OA-B08")
        return best

    def _usable(self, name: str, response: bool) -> bool:
        if media_types.is_supported(name, response=response) or media_types.is_wildcard(name):
            return True
        bare = media_types.bare(name)
        return media_types.is_binary(name) or bare in self._declared or media_types.mapping_for(name) is not None

    def _written(self, media: MediaType) -> str:
        """The media type as the fitted document names it; registers a mapping where one is needed."""
        name = media.name
        if not name:
            target = self._schemas.document.follow(media.schema, "")[0]
            simple = isinstance(target, dict) and target.get("type") in ("string", "integer", "number", "boolean")
            default = media_types.PLAIN if simple else media_types.JSON
            self._log(media.pointer, f"media type {default} named", "OA-B06")
            return default
        if media_types.is_wildcard(name):
            self._log(media.pointer, f"{name} becomes {media_types.JSON}", "OA-A07")
            return media_types.JSON
        bare = media_types.bare(name)
        mapping = self._declared.get(bare) or media_types.mapping_for(name)
        if mapping is not None and not media_types.is_supported(name, response=True):
            self.mapped[name] = mapping
            self._log(media.pointer, f"{name} mapped to {mapping}; the header stays {name}", "OA-A07")
        return name

    def _text_or(self, schema: Any, media: MediaType, *, sending: bool) -> dict[str, Any]:
        """The fitted schema; text where the media type cannot carry more."""
        bare = media_types.bare(media.name)
        textual = bare == media_types.PLAIN or media_types.mapping_for(media.name) == media_types.PLAIN
        if textual:
            target = self._document.follow(schema, "")[0]
            kind = target.get("type") if isinstance(target, dict) else None
            if kind not in ("string", "integer", "number", "boolean"):
                self._log(media.pointer, f"{media.name} carries text, not {kind or 'this'}", "OA-B07", dropped=True)
                return {"type": "string"}
        return self._schemas.fit(schema, media.schema_pointer, sending)

    def _responses(self, operation: Operation, out: dict[str, Any]) -> dict[str, Any]:
        fitted: dict[str, Any] = {}
        produced: list[str] = []
        for response in operation.responses:
            code = response_code(response.code)
            if code is None or (code != response.code and any(one.code == code for one in operation.responses)):
                message = f"response {response.code or '(empty)'} left out: no key of a response"
                self._log(response.pointer, message, "OA-A01", dropped=True)
                continue
            if code != response.code:
                self._log(response.pointer, f"response {response.code} written as {code}", "OA-A01")
            fitted[code] = self._response(replace(response, code=code), produced)
        if self._document.is_v2 and produced:
            out["produces"] = [produced[0]]
        if not fitted:
            self._log(operation.pointer, "response 200 added: an operation needs one", "OA-A01")
            fitted["200"] = {"description": "OK"}
        return fitted

    def _response(self, response: Response, produced: list[str]) -> dict[str, Any]:
        text = response.raw.get("description")
        text = text if isinstance(text, str) else ""
        out: dict[str, Any] = {"description": cut(text, f"{response.pointer}/description", self._log)}
        for key in ("headers", "links"):
            if response.raw.get(key):
                self._log(f"{response.pointer}/{key}", f"{key} of response {response.code} removed", "OA-B04")
        if not response.content:
            return out
        media = self._best(response.content, response=True)
        if media is None:
            named = ", ".join(one.name for one in response.content)
            message = f"content of response {response.code} removed: {named} cannot be read"
            self._log(response.pointer, message, "OA-A07", dropped=True)
            return out
        if media.schema is None:
            self._log(media.pointer, f"content of response {response.code} without schema removed", "OA-C02")
            return out
        schema = self._text_or(media.schema, media, sending=False)
        if self._document.is_v2:
            if produced and self._peek(media) != produced[0]:
                message = f"response {response.code} is read as {produced[0]} like the others"
                self._log(media.pointer, message, "OA-B08")
            else:
                produced.append(self._written(media))
            out["schema"] = schema
        else:
            out["content"] = {self._written(media): {"schema": schema}}
        return out

    def _peek(self, media: MediaType) -> str:
        return media_types.JSON if media_types.is_wildcard(media.name) or not media.name else media.name


def _input_key(name: str) -> str:
    """What two inputs of an operation may not have in common: Apex knows no letter case."""
    return encode(name).lower()


def merged_info(document: OpenApiDocument, log: Log) -> dict[str, Any]:
    """`info` with a title and a version, which OpenAPI requires."""
    raw = document.value.get("info")
    info: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
    title, version, text = info.get("title"), info.get("version"), info.get("description")
    out: dict[str, Any] = {"title": title if isinstance(title, str) and title else "API"}
    if isinstance(text, str):
        out["description"] = cut(text, "/info/description", log)
    out["version"] = str(version) if version not in (None, "") else "1"
    return out
