"""A rule as a value: what it says, how sure it is, and the function that decides.

A rule file exports `RULE` (or, where several rules share one reader, `RULES`). Its check yields verdicts about what it
was given; it never prints, reads a file or asks an org. The engine adds id, severity and order:

    def check(context: AuditContext) -> Iterator[Verdict]:
        for credential in context.facts.named_credentials:
            yield Problem(credential, "calls a plain http endpoint", element="Url", line=credential.line)

    RULE = Rule(id="NC-002", title="…", severity=Severity.HIGH, …, check=check)

A component that a rule applies to and says nothing about has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Severity
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.rules.context import AuditContext


class Category(Enum):
    """What a rule is about."""

    TRANSPORT = "transport"
    SECRET = "secret"  # noqa: S105 the name of a category
    ACCESS = "access"
    RELIABILITY = "reliability"
    HYGIENE = "hygiene"
    DRIFT = "drift"
    CORRECTNESS = "correctness"
    DOCUMENTATION = "documentation"


class Profile(Enum):
    """Selections of rules. `strict` has every rule; `default` those that were right in at least nine of ten cases."""

    DEFAULT = "default"
    STRICT = "strict"
    BOOTSTRAP = "bootstrap"
    """What matters before the first deploy into a new org: broken chains, secrets and cleartext, no house-keeping."""


class Evidence(Enum):
    """Where a rule's facts come from."""

    FILES = "files"
    """Metadata, from a folder, an archive or a retrieve."""
    ORG = "org"
    """Rows that only an org has: assignments, grants, certificates, flow versions."""
    SECRETS = "secrets"
    """Status of stored credentials by name (Connect REST)."""
    SPEC = "spec"
    """An integration.yaml and its OpenAPI document."""


class Group(Enum):
    """Which command runs a rule."""

    AUDIT = "audit"
    SPEC = "spec"
    METADATA = "metadata"
    OPENAPI = "openapi"


DEFAULT_AND_STRICT = frozenset({Profile.DEFAULT, Profile.STRICT})
EVERY_PROFILE = frozenset(Profile)
STRICT_ONLY = frozenset({Profile.STRICT})


@dataclass(frozen=True, slots=True)
class Problem:
    """The rule does not hold. Severity, confidence and fix are the rule's own unless given."""

    subject: Any
    """A fact (anything with `full_name`, `file` and a metadata type), or a ComponentRef."""
    message: str
    element: str | None = None
    """The element in a form that survives re-formatting: `header Authorization`, never a line or a value."""
    line: int | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    fix: str | None = None
    file: str | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The rule could not be decided although the evidence exists somewhere: never a pass."""

    subject: Any | None
    reason: str
    missing: ComponentRef | None = None
    """The component that would decide it and was not read; `*` for its name where any of the type would."""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule has no object here: evidence that a folder can never have, a list that nobody configured."""

    reason: str


Verdict = Problem | Unknown | NotApplicable
Check = Callable[["AuditContext"], Iterable[Verdict]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Ids are for ever: never renamed, never used again."""

    id: str
    title: str
    severity: Severity
    category: Category
    applies_to: tuple[str, ...]
    """Metadata types, as `NamedCredential`; empty for rules over specs and documents."""
    what: str
    why: str
    fix: str
    example: str
    """What a finding looks like: a few lines of metadata, or of integration.yaml."""
    sources: tuple[str, ...]
    confidence: Confidence = Confidence.HIGH
    certainty: Certainty = Certainty.DOCUMENTED
    profiles: frozenset[Profile] = DEFAULT_AND_STRICT
    evidence: tuple[Evidence, ...] = (Evidence.FILES,)
    group: Group = Group.AUDIT
    exceptions: str = ""
    """When a finding of this rule is wrong or may be accepted."""
    version: int = 1
    """Raised when the logic changes, so that a baseline can tell."""
    check: Check | None = None
    """None for rules that another part of sfsetup decides (validate, openapi check)."""

    @property
    def org_only(self) -> bool:
        """True if a folder can never decide this rule."""
        return Evidence.FILES not in self.evidence and Evidence.SPEC not in self.evidence


@dataclass(frozen=True, slots=True)
class UnknownVerdict:
    """An `Unknown` with its rule, as the report lists it."""

    rule: str
    component: ComponentRef | None
    reason: str
    missing: ComponentRef | None = None

    def as_json(self) -> dict[str, Any]:
        """`{rule, component, reason}`, and `missing` where a component would decide it."""
        told: dict[str, Any] = {"rule": self.rule, "component": _ref_json(self.component), "reason": self.reason}
        return {**told, "missing": _ref_json(self.missing)} if self.missing else told


def _ref_json(ref: ComponentRef | None) -> dict[str, str] | None:
    return {"type": ref.type, "fullName": ref.full_name} if ref else None
