"""`sfsetup demo`: the whole way from an OpenAPI document to an SMS sent by a Flow, on a local org made for it."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome, say
from sfsetup.errors import ExitCode

if TYPE_CHECKING:
    from sfsetup.apply.outcome import DeployOutcome, VerifyOutcome
    from sfsetup.model.event import Listener
    from sfsetup.model.plan import Plan
    from sfsetup.org.connection import OrgConnection

SPEC = "8x8-sms"
VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
ORG = "demo"


@click.command()
@options.reporting()
def command() -> Outcome:
    """Send an SMS from a Flow, start to finish, on a fresh local org. Leaves nothing behind.

    Renders five components, deploys them in two stages through the Metadata API, sets the secret, assigns the
    permission set, runs the flow and shows the HTTP request that reached the vendor's stand-in.
    """
    from sfsetup.cli.views.progress import progress
    from sfsetup.resources import shipped_folder

    spec = shipped_folder("specs") / SPEC
    with (
        _state_of_its_own(),
        _planted(VARIABLE, f"demo-{secrets.token_urlsafe(24)}") as key,
        progress(quiet=options.chosen_format() == "json") as listener,
        _org(key) as connection,
    ):
        plan, deployed, error = _deploy(spec, connection, listener)
        if error is not None:
            raise error
        verified = _verify(spec, connection, listener)
    return _outcome(plan, deployed, verified)


def _deploy(spec: Path, connection: OrgConnection, listener: Listener) -> tuple[Plan, DeployOutcome, Exception | None]:
    from sfsetup.apply.deploy import Deployment
    from sfsetup.apply.options import ApplyOptions
    from sfsetup.apply.prepare import prepare
    from sfsetup.apply.remote import Remote
    from sfsetup.cli.views.plan import count_line
    from sfsetup.model.event import Event

    chosen = ApplyOptions()
    listener(Event("stage.started", f"Integration {SPEC}: integration.yaml and openapi.json"))
    prepared = prepare(spec, connection, chosen)
    for component in prepared.components:
        listener(
            Event("demo.rendered", f"{component.type} {component.full_name} rendered, stage {component.stage}", _DONE)
        )
    listener(Event("stage.started", f"Plan for a fresh local org at {connection.instance_url}"))
    listener(Event("demo.plan", count_line(prepared.plan), _DONE))
    remote = Remote(connection.at(prepared.components.api_version), listener)
    deployment = Deployment(prepared, remote, chosen, listener)
    deployment.check()
    outcome, error = deployment.run()
    return prepared.plan, outcome, error


def _verify(spec: Path, connection: OrgConnection, listener: Listener) -> VerifyOutcome:
    from sfsetup.apply.verify import Verification
    from sfsetup.model.event import Event

    listener(Event("stage.started", "Flow run"))
    return Verification(spec, connection, None, listener).run()


_DONE = {"mark": "done"}


def _outcome(plan: Plan, deployed: DeployOutcome, verified: VerifyOutcome) -> Outcome:
    from sfsetup.cli.views.verify import verify_text

    return Outcome(
        result={"plan": plan.as_json(), "deploy": deployed.as_json(), "verify": verified.as_json()},
        human=lambda: verify_text(verified),
        exit_code=ExitCode.DONE if verified.ok else ExitCode.REFUSED,
        warnings=verified.warnings,
        message=None if verified.ok else "The flow's outputs are not as expected.",
        name=None if verified.ok else "VerifyFailed",
        actions=verified.hints,
    )


@contextmanager
def _state_of_its_own() -> Iterator[None]:
    """A private state folder that is gone afterwards, so that nothing of the user's is read or written."""
    kept = os.environ.get("SFSETUP_HOME")
    folder = tempfile.mkdtemp(prefix="sfsetup-demo-")
    os.environ["SFSETUP_HOME"] = folder
    try:
        yield
    finally:
        if kept is None:
            os.environ.pop("SFSETUP_HOME", None)
        else:
            os.environ["SFSETUP_HOME"] = kept
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _planted(name: str, value: str) -> Iterator[str]:
    """The made-up key where the integration looks for it; the user's own, if there is one, comes back."""
    from sfsetup.apply.secrets import forget

    kept = os.environ.get(name)
    os.environ[name] = value
    try:
        yield value
    finally:
        forget(name)
        os.environ.pop(name, None)
        if kept is not None:
            os.environ[name] = kept


@contextmanager
def _org(key: str) -> Iterator[OrgConnection]:
    """A fresh local org whose vendor takes this key and no other."""
    from sfsetup.cli.targets import resolve
    from sfsetup.localorg import server
    from sfsetup.localorg.probe import call_url

    with resolve(f"local:{ORG}", writing=True) as connection:
        vendor: dict[str, Any] = {"accept": key}
        call_url({"url": connection.instance_url}, server.access_token(ORG), "POST", "vendor", vendor)
        say(f"Fresh local org at {connection.instance_url}; its vendor takes one made-up key.")
        yield connection
