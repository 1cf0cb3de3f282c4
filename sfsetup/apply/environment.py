"""Which environment of a spec an org is, and whether it may be written to."""

from __future__ import annotations

from dataclasses import replace

from sfsetup.errors import UsageError
from sfsetup.model.snapshot import OrgInfo
from sfsetup.spec.model import IntegrationSpec


def choose(spec: IntegrationSpec, org: OrgInfo, wanted: str | None) -> IntegrationSpec:
    """The spec with the values of the environment that `org` is.

    An org that matches no environment is refused: values of the top level are never a fallback for an unknown org.
    A local org that matches none takes any environment, or the top level. Raises UsageError.
    """
    return _for_type(_chosen(spec, org, wanted), org)


def _chosen(spec: IntegrationSpec, org: OrgInfo, wanted: str | None) -> IntegrationSpec:
    from sfsetup.spec.environments import for_environment, matching

    names = ", ".join(spec.environments) or "none"
    if wanted is not None and wanted not in spec.environments:
        raise UsageError(
            f"there is no environment {wanted!r}",
            actions=[f"Its environments: {names}." if spec.environments else "It has none: leave --env out."],
            file=str(spec.path),
            line=spec.line("/environments"),
        )
    if not spec.environments:
        return for_environment(spec, None)
    found = matching(spec, org)
    if found is None and not org.is_local:
        raise UsageError(
            f"{_org(org)} matches no environment of {spec.path}.",
            actions=[
                f"Its environments: {names}.",
                f"Add one with match: {{my_domain: {org.my_domain}}}"
                if org.my_domain and not org.type.is_production
                else f"Add one with match: {{org_id: {org.id}}}",
            ],
            file=str(spec.path),
            line=spec.line("/environments"),
        )
    if found is not None and wanted is not None and wanted != found:
        raise UsageError(
            f"{_org(org)} is environment {found!r} of {spec.path}, not {wanted!r}.",
            actions=[f"Leave -e out, or choose the org of {wanted}."],
            file=str(spec.path),
            line=spec.line(f"/environments/{found}/match"),
        )
    return for_environment(spec, found or wanted)


def _for_type(spec: IntegrationSpec, org: OrgInfo) -> IntegrationSpec:
    """Where the spec does not say whether the flow is active, the org's own type does: a draft in production."""
    if spec.flow is None or not spec.flow.activate_is_default:
        return spec
    return replace(spec, flow=replace(spec.flow, activate=not org.type.is_production))


def allow_writing(spec: IntegrationSpec, org: OrgInfo, *, yes: bool) -> None:
    """Refuses to write to production without `--yes` and a matching environment. Raises UsageError."""
    if not org.type.is_production:
        return
    if spec.environment is None and not org.is_local:
        raise UsageError(
            f"{_org(org)} is production, and {spec.path} has no environment for it.",
            actions=[f"Add one: environments: {{production: {{match: {{org_id: {org.id}}}}}}}"],
        )
    if not yes:
        raise UsageError(
            f"{_org(org)} is production.", actions=["Look at `sfsetup plan` first; then add --yes to write to it."]
        )


def _org(org: OrgInfo) -> str:
    return f"Org {org.id} ({org.username})"
