"""Every acceptance rule of External Services as one row: how bad, how sure, what it does to an operation, the repair.

Sources are keys of the reference 'external services', section 10: H-… pages of Salesforce Help, MD-… pages of the
Metadata API guide; `seen` names public metadata. What no row's source says is marked inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from sfsetup.model.finding import Certainty, Severity
from sfsetup.openapi.rule_examples import EXAMPLES
from sfsetup.values import dataclass


class Effect(IntEnum):
    """What a problem does to the operations that meet it; the highest wins."""

    NONE = 0
    APEX_ONLY = 1
    AFTER_FIT = 2
    UNUSABLE = 3


@dataclass(frozen=True, slots=True)
class AcceptanceRule:
    """One row."""

    id: str
    title: str
    severity: Severity
    certainty: Certainty
    effect: Effect
    fix: str
    """What to do."""
    repair: str
    """What `openapi fit` does about it; empty where it cannot."""
    source: str
    refuses: bool = False
    """True if Salesforce then refuses the registration (findings of severity high and above)."""

    @property
    def example(self) -> str:
        """What the rule objects to."""
        return EXAMPLES[self.id]


_HIGH, _MEDIUM, _LOW, _INFO = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO
_DOC, _SEEN, _GUESS = Certainty.DOCUMENTED, Certainty.SEEN, Certainty.INFERRED
_NONE, _APEX, _FIT, _DEAD = Effect.NONE, Effect.APEX_ONLY, Effect.AFTER_FIT, Effect.UNUSABLE

_ROWS: Final = (
    # document
    AcceptanceRule("OA-A01", "OpenAPI 2.0 or 3.0, in JSON or YAML", _HIGH, _DOC, _FIT,
        "Convert the document to OpenAPI 3.0.", "converts 3.1 to 3.0.3", "H-oas, MD-ESR", refuses=True),
    AcceptanceRule("OA-A02", "At most 10,000,000 characters of JSON, 3,000,000 of YAML", _HIGH, _DOC, _FIT,
        "Keep only the operations you use; write the document as minified JSON.",
        "prunes to the chosen operations and minifies", "H-limits", refuses=True),
    AcceptanceRule("OA-A03", "Within an org's limits of operations, objects and properties", _HIGH, _DOC, _FIT,
        "Keep only the operations you use.", "prunes to the chosen operations", "H-limits", refuses=True),
    AcceptanceRule("OA-A04", "What is not used counts towards the limits too", _INFO, _DOC, _NONE,
        "Remove operations and schemas that nothing uses.", "removes unreachable schemas", "H-limits"),
    AcceptanceRule("OA-A05", "No Interagent hyper-schema", Severity.CRITICAL, _DOC, _DEAD,
        "Describe the service with OpenAPI.", "", "H-oas, MD-ESR (unsupported since API 48.0)", refuses=True),
    AcceptanceRule("OA-A06", "No `not` keyword", _HIGH, _DOC, _FIT,
        "Remove `not` from the schema.", "removes it; the vendor still checks the value", "H-oas", refuses=True),
    AcceptanceRule("OA-A07", "Only media types that Salesforce can serialise, or mapped to such", _HIGH, _DOC, _FIT,
        "Offer application/json, or map the type in serviceBinding.compatibleMediaTypes.",
        "maps types of JSON or text syntax, drops the others", "H-oas, H-media, MD-ESR", refuses=True),
    AcceptanceRule("OA-A08", "Security, tags, external documentation and further servers are ignored", _INFO, _DOC,
        _NONE, "Nothing: authentication comes from the Named Credential.", "leaves them out", "H-def"),
    AcceptanceRule("OA-A09", "References lead to components of the same text", _HIGH, _GUESS, _FIT,
        "Bundle the document into one file whose references resolve.", "bundles files, moves targets to components",
        "the registration stores one text; the help is silent", refuses=True),
    AcceptanceRule("OA-A10", "The document has usable operations", _INFO, _SEEN, _NONE,
        "Add a path with a GET, POST, PUT, PATCH or DELETE operation.", "",
        "seen: a definitions-only registration yields classes and no action"),
    AcceptanceRule("OA-A11", "YAML without anchors, aliases and merge keys", _LOW, _GUESS, _NONE,
        "Write the parts out.", "writes JSON, which has none",
        "the text is registered as it stands; whether Salesforce's reader follows aliases is unknown"),
    # operation
    AcceptanceRule("OA-B01", "Method GET, PATCH, PUT, POST or DELETE", _LOW, _DOC, _DEAD,
        "Remove the operation, or call it from Apex with the Named Credential.", "drops the operation", "H-def"),
    AcceptanceRule("OA-B02", "No body on GET", _HIGH, _DOC, _FIT,
        "Remove the body; pass the values as query parameters if the vendor allows it.", "removes the body", "H-def",
        refuses=True),
    AcceptanceRule("OA-B03", "Every parameter has a name", _HIGH, _DOC, _FIT,
        "Give the parameter a `name`.", "drops the parameter", "H-def", refuses=True),
    AcceptanceRule("OA-B04", "Headers: of requests yes, of responses no", _LOW, _DOC, _NONE,
        "Nothing: response headers give no output; Authorization, Accept and Content-Type are set by the platform.",
        "leaves them out", "H-def; OpenAPI 3.0.3 Parameter Object"),
    AcceptanceRule("OA-B05", "No multipart bodies; files travel as octet-stream", _HIGH, _GUESS, _DEAD,
        "Upload files from Apex; no supported media type carries multipart/form-data.", "", "H-media, H-oas"),
    AcceptanceRule("OA-B06", "Media type named for each body", _INFO, _DOC, _NONE,
        "Name application/json (objects, lists) or text/plain (single values).", "names the default", "H-out"),
    AcceptanceRule("OA-B07", "The media type fits its schema", _MEDIUM, _DOC, _FIT,
        "Use application/json for objects and lists; text/plain registers and fails at the callout.",
        "treats the body as text", "H-media"),
    AcceptanceRule("OA-B08", "One media type per body", _LOW, _GUESS, _NONE,
        "Leave one: only the first that applies is used.", "keeps the best one", "inferred from H-media"),
    AcceptanceRule("OA-B09", "No cookie parameters and no objects in the query", _LOW, _GUESS, _FIT,
        "Leave the parameter out if it is optional.", "drops the parameter", "in no list of what is supported"),
    AcceptanceRule("OA-B10", "Callbacks are for Apex", _INFO, _DOC, _APEX,
        "Remove `callbacks` if Flow is to call the operation and no answer is awaited.", "drops the callbacks",
        "H-callout"),
    AcceptanceRule("OA-B11", "Operation named by operationId", _INFO, _DOC, _NONE,
        "Give the operation an operationId: letters and digits need no escape.", "with --safe-names gives it one",
        "H-naming"),
    AcceptanceRule("OA-B12", "Operation names differ in more than letter case", _HIGH, _SEEN, _FIT,
        "Make the operationIds different.", "renames the later ones",
        "seen: 51 operations registered as 47; which of the twins survives is unknown"),
    AcceptanceRule("OA-B13", "Descriptions of at most 1,333 characters", _INFO, _DOC, _NONE,
        "Nothing: longer ones are cut.", "cuts them", "H-naming"),
    AcceptanceRule("OA-B14", "Names in braces of the path are parameters, and path parameters stand in it", _HIGH,
        _GUESS, _FIT, "Declare the parameter with `in: path` and the name that the path has.",
        "adds parameters that are missing, drops those that stand nowhere",
        "OpenAPI 3.0.3 Path Item; what Salesforce sends for a name without parameter is unknown"),
    # schema
    AcceptanceRule("OA-C01", "Types and compositions that Salesforce knows", _HIGH, _DOC, _FIT,
        "Use string, integer, number, boolean, object or array; oneOf and anyOf only in 3.0 and of objects.",
        "chooses a type or a branch and says which", "H-def", refuses=True),
    AcceptanceRule("OA-C02", "Every schema has a type or a reference", _HIGH, _DOC, _FIT,
        "Add `type` (or `$ref`).", "adds the type that the other keywords or examples show",
        "H-def; seen: 'Cannot invoke \"String.toLowerCase()\" because \"swaggerDataType\" is null'", refuses=True),
    AcceptanceRule("OA-C03", "Every list says what its items are", _HIGH, _SEEN, _FIT,
        "Give `items` one schema.", "takes the first of several, text where there is none",
        "seen: slack-api-specs 63; OpenAPI itself", refuses=True),
    AcceptanceRule("OA-C04", "Lists of lists are for Apex", _LOW, _DOC, _NONE,
        "Wrap the inner list in an object, if the vendor allows it.", "", "H-def"),
    AcceptanceRule("OA-C05", "Maps (additionalProperties) are for Apex", _LOW, _DOC, _NONE,
        "Read the map in an invocable Apex action; declare the properties you need.", "", "H-addprops, H-using"),
    AcceptanceRule("OA-C06", "An inline object has properties or additionalProperties, not both", _MEDIUM, _DOC, _FIT,
        "Move the object to a named schema.", "moves it to a named schema", "H-addprops"),
    AcceptanceRule("OA-C07", "Discriminator mappings need systemVersion 6", _INFO, _DOC, _NONE,
        "Nothing for new registrations; an old one must be deleted and created.", "", "H-def, MD-ESR"),
    AcceptanceRule("OA-C08", "Defaults of the schema's own type", _INFO, _DOC, _NONE,
        "Nothing: other defaults are ignored.", "drops them", "H-defaults"),
    AcceptanceRule("OA-C09", "Property names with a leading digit need systemVersion 7", _INFO, _DOC, _NONE,
        "Nothing for new registrations.", "", "MD-ESR"),
    AcceptanceRule("OA-C10", "Names differ in more than letter case", _HIGH, _GUESS, _FIT,
        "Rename schemas; of properties and parameters keep one.", "renames schemas, keeps the first property",
        "H-naming asks for consistent case; Apex ignores it"),
    AcceptanceRule("OA-C11", "References write a schema's name as it is declared", _HIGH, _DOC, _FIT,
        "Use the same letter case.", "corrects the reference", "H-naming", refuses=True),
    AcceptanceRule("OA-C12", "Number formats int32, int64, float, double", _INFO, _GUESS, _NONE,
        "Use int32 or int64 for integers, float or double for numbers.", "drops formats that do not exist", "inferred"),
    AcceptanceRule("OA-C13", "Schemas without recursion and of moderate depth", _LOW, _GUESS, _NONE,
        "Nothing that is known: no limit is documented; watch the registration.", "", "unknown to the help"),
    AcceptanceRule("OA-C14", "Parts of a composition agree about types", _MEDIUM, _GUESS, _FIT,
        "Declare each property in one part; let all parts have one type.", "joins the parts into one object",
        "unknown to the help, which says only that a composition gives one class"),
    AcceptanceRule("OA-C15", "Names of at most 80 characters once they are encoded", _MEDIUM, _DOC, _NONE,
        "Give shorter names: operationIds and schema names are not on the wire.", "shortens them",
        "H-classnames: longer names are shortened in a way that is not told; above 255 the registration fails",
        refuses=True),
    AcceptanceRule("OA-C16", "Keywords of the version that the document names", _LOW, _GUESS, _NONE,
        "Write the schema with the keywords of OpenAPI 3.0, or leave the keyword out.",
        "writes them as 3.0 has them, or drops them",
        "OpenAPI 3.0.3 Schema Object; what Salesforce makes of other keywords is unknown"),
)  # fmt: skip

RULES: Final[Mapping[str, AcceptanceRule]] = {row.id: row for row in _ROWS}
"""Every acceptance rule by id, in the order of reports."""
