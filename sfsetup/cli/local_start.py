"""`sfsetup local start`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import callouts_option, chosen_format, reporting

TYPES = ("sandbox", "production", "developer", "scratch")


@click.command("start")
@name_argument
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on 127.0.0.1; any free one.")
@click.option("--type", "org_type", type=click.Choice(TYPES), help="What kind of org it plays; developer at first.")
@click.option("--my-domain", metavar="X", help="My Domain name it plays, as acme--uat.")
@click.option("--org-id", metavar="Y", help="Organization id it plays: 00D and 12 or 15 more characters.")
@click.option("--tls", is_flag=True, help="Speak https, with a certificate of its own authority.")
@callouts_option
@click.option("--foreground", is_flag=True, help="Stay until Ctrl-C instead of going to the background.")
@reporting()
def command(
    name: str,
    port: int,
    org_type: str | None,
    my_domain: str | None,
    org_id: str | None,
    tls: bool,
    callouts: Sequence[tuple[str, str]],
    foreground: bool,
) -> Outcome:
    """Start the local org NAME and return when it answers. If it runs already, that is fine too.

    Its state is kept between starts; --type, --my-domain and --org-id change an org that exists.
    """
    from sfsetup.cli.targets import allowed_callouts
    from sfsetup.cli.views.local import start_text
    from sfsetup.localorg import server

    allowed = allowed_callouts(callouts)
    before = server.status(name)
    if before.running:
        asked = any((port, org_type, my_domain, org_id, tls, allowed))
        warning = f"{name} runs already; options for its start have no effect. Stop it first to change them."
        return Outcome(result=before.as_json(), human=lambda: start_text(before), warnings=[warning] if asked else [])
    if foreground:
        _stay(name, port=port, org_type=org_type, my_domain=my_domain, org_id=org_id, tls=tls, callouts=allowed)
    status = server.start(
        name, port=port, org_type=org_type, my_domain=my_domain, org_id=org_id, tls=tls, callouts=allowed
    )
    return Outcome(result=status.as_json(), human=lambda: start_text(status))


def _stay(
    name: str,
    *,
    port: int,
    org_type: str | None,
    my_domain: str | None,
    org_id: str | None,
    tls: bool,
    callouts: tuple[str, ...],
) -> None:
    """Serves here until it is told to end; what is printed is printed when it is ready."""
    from sfsetup.cli import output
    from sfsetup.cli.views.local import start_text
    from sfsetup.localorg import manage, places
    from sfsetup.localorg.__main__ import serve

    places.check_start(org_type, org_id, port)

    def announce() -> None:
        # the server's socket listens, its loop does not run yet: the record tells all that a probe would
        status = manage.recorded_status(name)
        output.finish(Outcome(result=status.as_json(), human=start_text(status)), format=chosen_format())

    serve(
        name,
        port=port,
        org_type=org_type,
        my_domain=my_domain,
        org_id=org_id,
        tls=tls,
        callouts=callouts,
        on_ready=announce,
    )
    click.get_current_context().exit(0)
