"""An OpenAPI document alone -> the beginning of an integration: what the document suggests, and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from sfsetup.adopt.written import WrittenIntegration, folder_name, variable_name
from sfsetup.errors import InvalidInput, UsageError
from sfsetup.model.finding import Severity
from sfsetup.model.names import suggested_developer_name
from sfsetup.protocols.registry import PROTOCOLS
from sfsetup.protocols.values import ExternalCredential
from sfsetup.spec.summary import DocumentSummary, summarise
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

MANY = 20
"""Operations up to which all are taken when nobody chooses; Flow Builder shows each as an action of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What somebody decided; None and empty are left to the document."""

    service: str | None = None
    operations: tuple[str, ...] = ()
    flow_operation: str | None = None
    url: str | None = None
    protocol: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """Parameter -> environment variable that holds it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Keys of the protocol, as token_url."""
    name: str | None = None
    """Label that the components' names come from."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A document as far as beginning an integration needs it."""

    document: OpenApiDocument
    summary: DocumentSummary
    usable: tuple[str, ...]
    """Operations that can become actions, after `openapi fit` where needed."""
    unusable: Mapping[str, str]
    """Operation -> why not."""

    @property
    def service(self) -> str:
        """The service name that the title suggests."""
        return service_name(self.summary.title)


def outline(document: OpenApiDocument) -> Outline:
    """Looks through a document. Raises InvalidInput, with what is wrong, where nothing can become an action."""
    from sfsetup.openapi.acceptance import Verdict, check

    acceptance = check(document)
    usable, unusable = [], {}
    for verdict in acceptance.operations:
        label = verdict.operation_id or f"{verdict.method.upper()} {verdict.path}"
        if verdict.verdict in (Verdict.FLOW, Verdict.AFTER_FIT):
            usable.append(label)
        else:
            unusable[label] = verdict.why
    if not usable:
        first = next(iter(unusable.values()), "the document has no operation")
        raise InvalidInput(
            f"no operation of it can become an action: {first}",
            findings=[one for one in acceptance.findings if one.severity.at_least(Severity.HIGH)],
            actions=[f"`sfsetup openapi check {document.name}` says what is wrong with each."],
            file=document.name,
        )
    return Outline(document, summarise(document), tuple(usable), unusable)


def service_name(title: str) -> str:
    """Letters and digits of a title, a letter first: `SMS API` gives `SMSAPI`."""
    name = re.sub(r"[^A-Za-z0-9]", "", suggested_developer_name(title))
    return name[:80] or "Service"


def chosen_operations(found: Outline, wanted: Sequence[str]) -> tuple[str, ...]:
    """The operations to register. Raises UsageError for unknown or unusable ones, and where somebody has to choose."""
    import difflib

    if not wanted:
        if len(found.usable) > MANY:
            raise UsageError(
                f"The document has {len(found.usable)} operations; which of them are to become actions?",
                actions=["Add --operation for each, as --operation " + found.usable[0]],
            )
        return found.usable
    for text in wanted:
        operation = found.document.operation(text)
        label = operation.label if operation is not None else text
        if operation is None:
            close = difflib.get_close_matches(text, found.usable, n=3, cutoff=0.4) or found.usable[:5]
            raise UsageError(f"The document has no operation {text}.", actions=[f"There are: {', '.join(close)}."])
        if label in found.unusable:
            raise UsageError(f"{label} cannot become an action: {found.unusable[label]}")
    labels = [operation.label for text in wanted if (operation := found.document.operation(text)) is not None]
    return tuple(dict.fromkeys(labels))


def begin(found: Outline, choices: Choices, *, document_name: str) -> WrittenIntegration:
    """The integration to write. Raises UsageError for a decision that only a person can take, naming its option."""
    service = choices.service or found.service
    operations = chosen_operations(found, choices.operations)
    label = choices.name or found.summary.title or service
    tree: dict[str, Any] = {"version": 1, "openapi": document_name, "operations": list(operations)}
    tree["service"] = {"name": service}
    tree["external_credential"] = _credential(found, choices, service, label)
    tree["named_credential"] = {
        "name": _name(label, service, "API"),
        "label": label[:80],
        "url": _url(found, choices),
    }
    tree["permission_set"] = {
        "name": _name(f"{label} Access", service, "Access"),
        "label": f"{label[:73]} Access",
        "description": f"Lets its users call {label[:200]} from flows.",
    }
    tree["flow"] = _flow(found, choices, operations, service)
    verify = _verify(found, service, operations, tree["flow"]["operation"])
    comments = {
        "": f"{found.summary.title or service}: actions of this API for Salesforce Flow.\n"
        "Secrets are read from the variables named below when they are written to an org, never before.",
    }
    if verify:
        tree["verify"] = verify
        comments["verify"] = "What `sfsetup verify` sends and expects; write values that your account takes."
    if len(found.summary.origins) > 1:
        others = [origin for origin in found.summary.origins if origin != tree["named_credential"]["url"]]
        comments["named_credential"] = f"Other servers of the document: {', '.join(others)}"
    notes = []
    text = found.document.text
    if found.document.files:
        from sfsetup.openapi.fit import fit

        text, document_name = f"{fit(found.document, operations=operations, indent=2).text}\n", "openapi.json"
        tree["openapi"] = document_name
        notes.append(f"The document has {len(found.document.files)} further files; they are put into one.")
    if found.unusable and not choices.operations:
        notes.append(f"Left out, for they cannot become actions: {', '.join(list(found.unusable)[:8])}.")
    return WrittenIntegration(
        name=folder_name(label),
        tree=tree,
        document=text,
        document_name=document_name,
        comments=comments,
        notes=tuple(notes),
    )


def _name(label: str, service: str, ending: str) -> str:
    return suggested_developer_name(label) or f"{service}_{ending}"


def _url(found: Outline, choices: Choices) -> str:
    if choices.url:
        return _without_base_path(choices.url.rstrip("/"), found.summary.base_path)
    origins = found.summary.origins
    if len(origins) == 1:
        return origins[0]
    if origins:
        raise UsageError(
            f"The document has {len(origins)} servers; which one is yours?",
            actions=[f"Add --url with one of: {', '.join(origins)}."],
        )
    raise UsageError(
        "The document has no https server; where does the API live?", actions=["Add --url https://api.example.com."]
    )


def _without_base_path(url: str, base_path: str) -> str:
    """The address alone where it repeats the path of the document's server, which callouts get anyway."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    base = base_path.rstrip("/")
    is_repeated = bool(base) and parts.path.rstrip("/") == base
    return f"{parts.scheme}://{parts.netloc}" if is_repeated and not parts.query and not parts.fragment else url


def _credential(found: Outline, choices: Choices, service: str, label: str) -> dict[str, Any]:
    suggested = found.summary.authentication
    key = choices.protocol or suggested.protocol
    if key is None:
        raise UsageError(
            f"How do callers authenticate? {suggested.problem[:1].upper()}{suggested.problem[1:]}.",
            actions=[f"Add --protocol with one of: {', '.join(PROTOCOLS)}."],
        )
    protocol = PROTOCOLS[key]
    full_label = f"{label[:65]} Authentication"
    section: dict[str, Any] = {"name": _name(full_label, service, "Authentication"), "label": full_label}
    section["protocol"] = key
    settings = {**(suggested.settings if key == suggested.protocol else {}), **choices.settings}
    for name in choices.settings:
        if name not in protocol.settings:
            known = ", ".join(protocol.settings) or "none"
            raise UsageError(f"{protocol.title} has no setting {name}.", actions=[f"Its settings: {known}."])
    missing = [name for name in protocol.required_settings if not settings.get(name)]
    if missing:
        raise UsageError(
            f"{protocol.title} needs {', '.join(missing)}.",
            actions=[f"Add --set {missing[0]}=…" + (", and so on" if len(missing) > 1 else "") + "."],
        )
    held = ExternalCredential(name=section["name"], label=full_label, protocol=key, settings=settings)
    for trouble in protocol.check(held):
        if not trouble.is_warning:
            raise UsageError(f"{trouble.message}.", actions=[trouble.fix, "Write it as --set key=value."])
    section |= settings
    parameters = list(protocol.required_parameters)
    if key == "custom":
        section["headers"] = dict(suggested.headers) if suggested.protocol == "custom" else {}
        parameters += suggested.parameters if suggested.protocol == "custom" else ()
        if not section["headers"]:
            section["headers"], parameters = {"Authorization": "Bearer {api_key}"}, ["api_key"]
    principal: dict[str, Any] = {"name": f"{label[:70]} Principal"}
    if parameters:
        principal["parameters"] = {
            name: {"secret": {"env": choices.variables.get(name) or variable_name(service, name)}}
            for name in parameters
        }
    section["principals"] = [principal]
    return section


def _flow(found: Outline, choices: Choices, operations: tuple[str, ...], service: str) -> dict[str, Any]:
    operation = choices.flow_operation or operations[0]
    if operation not in operations:
        raise UsageError(
            f"The flow calls {operation}, which is not among the chosen operations.",
            actions=[f"Choose one of: {', '.join(operations[:8])}."],
        )
    summary = " ".join(found.summary.summaries.get(operation, "").split())[:80].strip()
    label = summary or operation[:80]
    return {"name": suggested_developer_name(label) or f"{service}_Flow", "label": label, "operation": operation}


def _verify(found: Outline, service: str, operations: tuple[str, ...], called: str) -> dict[str, Any]:
    """Inputs that are required, with the document's own examples where it has some."""
    from sfsetup.adopt.examples import example_inputs
    from sfsetup.openapi.document import parse
    from sfsetup.openapi.fit import fit
    from sfsetup.openapi.names import names

    fitted = parse(fit(found.document, operations=operations).text.encode(), name=found.document.name)
    described = names(fitted, service)
    given = found.document.operation(called)
    place = (given.method, given.path.partition("#")[0]) if given is not None else ("", "")
    operation = next((one for one in described.operations if (one.method, one.path) == place), None)
    inputs = example_inputs(fitted, operation) if operation is not None else {}
    return {"inputs": inputs, "expect": {"ok": True}} if inputs else {"expect": {"ok": True}}
