"""Plans as Markdown: a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsetup.cli.views.markdown import MAX_CHARACTERS, escaped
from sfsetup.cli.views.plan import STAGE_TITLES, UNDO, VERBS, count_line, shown
from sfsetup.model.plan import Change, Plan, Step

_TAIL = "\n_The rest is left out; `sfsetup plan --json` has it all._\n"


def plan_markdown(plans: Sequence[tuple[str, Plan]], *, limit: int = MAX_CHARACTERS) -> str:
    """All plans in one comment, cut at `limit` characters between two blocks, with a line that says so."""
    text = ""
    for name, plan in plans:
        for block in _blocks(name, plan):
            if len(text) + len(block) + len(_TAIL) > limit:
                return text + _TAIL
            text += block
    return text


def _blocks(name: str, plan: Plan) -> Iterator[str]:
    org = plan.org
    environment = f", environment **{escaped(plan.environment)}**" if plan.environment else ""
    yield f"## sfsetup plan: {escaped(name)}\n\n"
    yield f"{escaped(org.username)} ({org.type.value}, API {org.api_version}){environment}\n\n"
    yield f"**{escaped(count_line(plan))}**\n\n"
    for stage, title in STAGE_TITLES.items():
        steps = plan.of_stage(stage)
        if steps:
            yield f"### {escaped(title)}\n\n"
            yield from (_step(step) for step in steps)
    if plan.kept:
        yield "### Left alone\n\n"
        for kept in plan.kept:
            who = f" Last changed by {escaped(kept.last_modified_by)}" if kept.last_modified_by else ""
            when = f" on {escaped(kept.last_modified_date)}" if who and kept.last_modified_date else ""
            yield f"- **{kept.type} {escaped(kept.full_name)}**: {escaped(kept.reason)}.{who}{when}\n"
            yield _diff(kept.changes)
    for heading, sentences in (("Not known", plan.unknown), ("For a person to do", plan.manual)):
        if sentences:
            yield f"### {heading}\n\n" + "".join(f"- {escaped(sentence)}\n" for sentence in sentences) + "\n"
    if plan.findings:
        yield "### Findings\n\n"
        for finding in plan.findings:
            yield f"- **{finding.rule} {finding.severity.value}**: {escaped(finding.message)} {escaped(finding.fix)}\n"


def _step(step: Step) -> str:
    sign, verb = VERBS[step.action]
    note = f" ({escaped(step.note)})" if step.note else ""
    opened = " open" if step.destructive else ""
    head = f"{sign} {verb} {step.type} {escaped(step.full_name)}{note}; {UNDO[step.undo].replace('`', '')}"
    return f"<details{opened}><summary>{head}</summary>\n\n{_diff(step.changes)}</details>\n\n"


def _diff(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    lines = []
    for change in changes:
        sign, text = shown(change)
        # a fence of its own length inside the text would end the block
        lines.append(f"{'!' if sign == '~' else sign} {text.replace('```', '` ` `')}")
    return "```diff\n" + "\n".join(lines) + "\n```\n\n"
