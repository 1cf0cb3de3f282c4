"""The root command, and the one place where errors become text and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from sfsetup import __version__
from sfsetup.cli.commands import COMMANDS
from sfsetup.cli.lazy import LazyGroup
from sfsetup.errors import ExitCode, Interrupted, SfsetupError


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="sfsetup")
def cli() -> None:
    """Connect Salesforce to any API: from an OpenAPI document to a working action in Flow.

    SPEC is an integration folder (or its integration.yaml). ORG is `local`, `local:NAME`, `env`, or an alias or
    username known to the Salesforce CLI.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line; exits with a code of the design (0 to 5, 70), 130 after Ctrl-C or 143 after SIGTERM."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(words))


def run(words: list[str]) -> int:
    """Runs one command; every error ends here as a sentence and an exit code, never as a traceback."""
    from sfsetup.cli import output

    as_json = output.wants_json(words)
    try:
        code = cli.main(words, prog_name="sfsetup", standalone_mode=False)
        return int(code) if isinstance(code, int) else int(ExitCode.DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        output.emit(error.format_message())
        return int(ExitCode.USAGE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return output.usage_error(error, as_json=as_json)
    except Interrupted as error:
        return output.stopped(error, as_json=as_json)
    except SfsetupError as error:
        return output.failure(error, as_json=as_json)
    except (click.Abort, KeyboardInterrupt) as stopped:
        cause = stopped if isinstance(stopped, KeyboardInterrupt) else None
        return output.stopped(Interrupted("Interrupted.", cause=cause), as_json=as_json)
    except BrokenPipeError:
        return output.broken_pipe()
    except OSError as error:
        unusable = output.state_folder_error(error)
        return output.failure(unusable, as_json=as_json) if unusable else output.defect(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001 the last line of defence: exit code 70 and a report without values
        return output.defect(error, as_json=as_json)
