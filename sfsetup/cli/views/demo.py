"""The end of the demo: the request that reached the vendor, and what the flow gave."""

from __future__ import annotations

from sfsetup.apply.outcome import VerifyOutcome
from sfsetup.cli.views.verify import verify_text


def demo_text(outcome: VerifyOutcome) -> str:
    """What verify shows, and what to do next."""
    lines = [verify_text(outcome)]
    if outcome.ok:
        lines += ["", "Next: `sfsetup init DOC` for your own document, or `sfsetup deploy specs/8x8-sms -o ORG`."]
    return "\n".join(lines)
