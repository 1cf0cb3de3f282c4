"""Plan files: the whole `--json` document of `plan`, carried out later and only if nothing has moved since.

Three things can have changed, and each is told by itself: the file (its digest does not fit), the org (its fingerprint
does not), the integration (other steps from the same org). The digest finds what was edited or cut short; it is no
signature, because whoever can write the file can also write a digest that fits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.model.plan import StageName

if TYPE_CHECKING:
    from sfsetup.apply.deploy import Deployment
    from sfsetup.apply.options import ApplyOptions
    from sfsetup.apply.prepare import Prepared

DIGEST = "digest"
_MAX_BYTES = 64 * 1024 * 1024
_AGAIN = "Make the plan again, look at it, and deploy that."
_NEEDED = frozenset({"basis", "steps", "org", "spec", "options"})


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file holds, one entry per integration."""

    path: Path
    runs: tuple[Mapping[str, Any], ...]

    @staticmethod
    def read(path: Path) -> PlanFile:
        """Raises UsageError for a missing file, InvalidInput for one that is no plan."""
        from sfsetup.text.documents import read_document
        from sfsetup.text.files import read_file

        value = read_document(read_file(path, max_bytes=_MAX_BYTES), name=str(path), syntax="json").value
        result = value.get("result") if isinstance(value, Mapping) else None
        runs = result.get("runs", [result]) if isinstance(result, Mapping) else []
        whole = isinstance(runs, Sequence) and all(isinstance(run, Mapping) and set(run) >= _NEEDED for run in runs)
        if not runs or not whole:
            raise InvalidInput(
                "this is no plan file",
                actions=["Write one with `sfsetup plan SPEC -o ORG --json -f FILE`."],
                file=str(path),
            )
        for run in runs:
            _check_digest(path, run)
        return PlanFile(path, tuple(runs))

    def options(self, chosen: ApplyOptions) -> ApplyOptions:
        """The choices that the plan was made with. Raises UsageError where the command line says otherwise."""
        told = self.runs[0]["options"]
        try:
            planned = replace(
                chosen,
                only=frozenset(StageName(name) for name in told["only"]),
                secrets=str(told["secrets"]),
                take_flow=bool(told["takeFlow"]),
            )
        except (KeyError, TypeError, ValueError):
            raise InvalidInput("this plan file's options are not understood", file=str(self.path)) from None
        defaults = type(chosen)()
        for name, word in (("only", "--only"), ("secrets", "--secrets"), ("take_flow", "--take-flow")):
            given = getattr(chosen, name)
            if given not in (getattr(defaults, name), getattr(planned, name)):
                raise UsageError(f"{word} is not what {self.path} was planned with.", actions=[_AGAIN])
        return planned

    def check(self, prepared: Prepared) -> None:
        """Raises UsageError if what would be done now is not what was planned."""
        plan = prepared.plan
        run = next((run for run in self.runs if run["spec"] == prepared.spec.name), None)
        if run is None:
            raise UsageError(f"{self.path} has no plan for {prepared.spec.name}.", actions=[_AGAIN])
        org = run["org"] if isinstance(run["org"], Mapping) else {}
        if str(org.get("id", ""))[:15] != plan.org.id[:15]:
            raise UsageError(
                f"{self.path} was planned for org {org.get('id')} ({org.get('username')}), and this is {plan.org.id} "
                f"({plan.org.username})."
            )
        if run.get("environment") != plan.environment:
            raise UsageError(
                f"{self.path} was planned for {_environment(run.get('environment'))}, "
                f"and this is {_environment(plan.environment)}."
            )
        if run["basis"] != plan.basis:
            raise UsageError(
                f"The org has moved since {self.path} was made: {_difference(run, prepared)} Nothing was sent.",
                actions=[_AGAIN],
            )
        if _meaning(run["steps"]) != _meaning(_steps(prepared)):
            raise UsageError(
                f"The integration has changed since {self.path} was made: {_difference(run, prepared)} "
                "Nothing was sent.",
                actions=[_AGAIN],
            )

    def check_all(self, deployments: Sequence[Deployment]) -> None:
        """Raises UsageError if the plan names an integration that was not given."""
        left = {str(run["spec"]) for run in self.runs} - {one.spec.name for one in deployments}
        if left:
            raise UsageError(f"{self.path} also plans {', '.join(sorted(left))}.", actions=["Give those SPECs too."])


def with_digest(run: Mapping[str, Any]) -> dict[str, Any]:
    """`result` of `plan --json` for one integration with the digest of all its other members."""
    return {**run, DIGEST: _digest(run)}


def _digest(run: Mapping[str, Any]) -> str:
    """SHA-256 over the members in one order and spelling: neither layout nor order of a file changes it."""
    content = {key: value for key, value in run.items() if key != DIGEST}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # half characters, of file names that are no UTF-8, are written to files as question marks
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _check_digest(path: Path, run: Mapping[str, Any]) -> None:
    if DIGEST not in run:
        raise InvalidInput(
            "this plan file has no digest: another version of sfsetup wrote it, or it was changed since",
            actions=[_AGAIN],
            file=str(path),
        )
    if run[DIGEST] != _digest(run):
        raise InvalidInput(
            f"this plan file was changed after it was written: the plan of {run['spec']} does not fit its digest. "
            "Nothing was sent",
            actions=["A plan is carried out as it was shown, or not at all.", _AGAIN],
            file=str(path),
        )


def _environment(name: Any) -> str:
    return f"environment {name}" if name else "no environment"


def _meaning(steps: Any) -> Any:
    """Steps without what is only told beside them: who changed a component last, and when."""
    return [
        {key: value for key, value in step.items() if key != "note"} if isinstance(step, Mapping) else step
        for step in (steps if isinstance(steps, Sequence) else ())
    ]


def _steps(prepared: Prepared) -> list[dict[str, Any]]:
    """The steps of now as a plan file holds them: what might be a secret is masked in it."""
    from sfsetup.model.secret import masked_value

    return [masked_value(step.as_json()) for step in prepared.plan.steps]


def _difference(run: Mapping[str, Any], prepared: Prepared) -> str:
    """Which step is new, gone or other than planned."""
    steps = run["steps"] if isinstance(run["steps"], Sequence) else []
    planned = {str(step.get("id")): step for step in steps if isinstance(step, Mapping)}
    now = {str(step["id"]): step for step in _steps(prepared)}
    other = sorted(name for name in {*planned, *now} if _meaning([planned.get(name)]) != _meaning([now.get(name)]))
    return (
        f"{', '.join(other)} would be otherwise than planned." if other else "the same steps start from other values."
    )
