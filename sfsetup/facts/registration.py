"""ExternalServiceRegistration: schema, operations, binding. Fields: reference 'external services', section 3."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

from sfsetup.errors import InvalidInput
from sfsetup.facts.base import Fact, is_true, line_at, root_values, words
from sfsetup.text.documents import read_document
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class Operation:
    """One `operations`: the name as the registration keeps it (lower case), and whether it can be called."""

    name: str
    active: bool
    line: int = 0

    def is_named(self, text: str) -> bool:
        """True for this operation's name as it is kept here or as flows write it, without regard to case.

        A flow says `Send-Sms`, the registration `sendx2dsms` (reference 'external services' 4.4).
        """
        wanted = text.lower()
        return wanted == self.name.lower() or wanted == decoded(self.name).lower()


_ESCAPES = re.compile(r"(?:x[0-9a-f]{2})+")


def decoded(name: str) -> str:
    """A name with its escapes (`x2d`, and `z0` before reserved words) taken back, as far as they are text."""

    def plain(match: re.Match[str]) -> str:
        data = bytes.fromhex(match.group().replace("x", ""))
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return match.group()
        return text if text.isprintable() else match.group()

    return _ESCAPES.sub(plain, name.removeprefix("z0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalServiceRegistration(Fact):
    """A registered External Service."""

    metadata_type: ClassVar[str] = "ExternalServiceRegistration"

    label: str | None = None
    description: str | None = None
    named_credential: str | None = None
    """From `namedCredentialReference`, else from the older `namedCredential`."""
    operations: tuple[Operation, ...] = ()
    has_operations: bool = False
    """False where the file lists none: then it is not known which are active."""
    provider_type: str | None = None
    schema: str | None = field(default=None, repr=False)
    """The OpenAPI text, from the XML or from the document beside it."""
    schema_file: str | None = None
    """Where the schema stands when that is not the XML itself."""
    schema_type: str | None = None
    schema_url: str | None = None
    schema_absolute_url: str | None = None
    schema_upload_name: str | None = None
    schema_upload_extension: str | None = None
    status: str | None = None
    service_binding: str | None = None
    system_version: str | None = None

    def is_active(self, operation: str) -> bool | None:
        """Whether an operation is active, by its name without regard to case; None if it is not listed."""
        return next((each.active for each in self.operations if each.is_named(operation)), None)

    @property
    def binding(self) -> dict[str, Any]:
        """The parsed serviceBinding: host, basePath, allowedSchemes …; empty where there is none or it is broken."""
        if not self.service_binding:
            return {}
        try:
            value = read_document(self.service_binding.encode(), name="serviceBinding", syntax="json").value
        except InvalidInput:
            return {}
        return value if isinstance(value, dict) else {}


def read(
    root: _Element, *, full_name: str, file: str, schema: str | None = None, schema_file: str | None = None
) -> ExternalServiceRegistration:
    """The fact of an element tree; `schema` is the text of the document `schema_file` beside it."""
    texts, lines, groups = root_values(root)
    operations = []
    for element in groups.get("operations", ()):
        entry = words(element)
        operations.append(Operation(entry.get("name", ""), is_true(entry.get("active")), line_at(element)))
    own_schema = texts.get("schema")
    return ExternalServiceRegistration(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        label=texts.get("label"),
        description=texts.get("description"),
        named_credential=texts.get("namedCredentialReference") or texts.get("namedCredential") or None,
        operations=tuple(operations),
        has_operations="operations" in lines,
        provider_type=texts.get("registrationProviderType"),
        schema=own_schema if own_schema is not None else schema,
        schema_file=schema_file if own_schema is None else None,
        schema_type=texts.get("schemaType"),
        schema_url=texts.get("schemaUrl"),
        schema_absolute_url=texts.get("schemaAbsoluteUrl"),
        schema_upload_name=texts.get("schemaUploadFileName"),
        schema_upload_extension=texts.get("schemaUploadFileExtension"),
        status=texts.get("status"),
        service_binding=texts.get("serviceBinding"),
        system_version=texts.get("systemVersion"),
    )
