"""Re-exports for command files: what a command needs to report and to ask."""

from sfsetup.cli.output import Outcome, emit, say
from sfsetup.cli.terminal import confirm, is_interactive, is_terminal, rendered

__all__ = ["Outcome", "confirm", "emit", "is_interactive", "is_terminal", "rendered", "say"]
