"""Registered schemas as rules see them: the parsed document, its hosts, its operations by the names flows use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sfsetup.errors import SfsetupError
from sfsetup.rules.hosts import Url, parse_url

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import OperationNames, ServiceNames


@dataclass(frozen=True)
class ServiceSchema:
    """The schema of one registration. Without a document, `problem` says why."""

    registration: ExternalServiceRegistration
    document: OpenApiDocument | None
    problem: str = ""

    @cached_property
    def names(self) -> ServiceNames | None:
        """Names that Salesforce derives from the document; None without one."""
        if self.document is None:
            return None
        from sfsetup.openapi.names import names

        return names(self.document, self.registration.full_name)

    def operation(self, name: str) -> OperationNames | None:
        """The operation by its name as flows or registrations write it, without regard to case."""
        return self._operations.get(name.lower())

    @cached_property
    def _operations(self) -> dict[str, OperationNames]:
        if self.names is None:
            return {}
        found = {each.registration_name.lower(): each for each in self.names.operations}
        found.update({each.action_name.partition(".")[2].lower(): each for each in self.names.operations})
        return found

    @cached_property
    def urls(self) -> tuple[Url, ...]:
        """Absolute URLs of the servers that the document names."""
        if self.document is None:
            return ()
        found = (parse_url(server.url) for server in self.document.servers)
        return tuple(url for url in found if url is not None)

    @property
    def base_path(self) -> str:
        """What stands between the named credential's URL and each path; empty for nothing."""
        return self.document.base_path if self.document is not None else ""


def read_schema(registration: ExternalServiceRegistration) -> ServiceSchema:
    """Parses the registered text; never fails."""
    text = registration.schema
    if text is None or not text.strip():
        return ServiceSchema(registration, None, "no schema was read with the registration")
    from sfsetup.openapi.document import parse

    try:
        document = parse(text.encode("utf-8", "surrogatepass"), name=registration.schema_file or registration.file)
    except SfsetupError as error:
        return ServiceSchema(registration, None, f"the schema cannot be read: {error.message}")
    return ServiceSchema(registration, document)
