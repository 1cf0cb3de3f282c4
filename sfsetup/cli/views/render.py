"""What `render` wrote, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def rendered_text(rows: Sequence[Mapping[str, object]]) -> str:
    """One line per component with its file; archives hold several."""
    if not rows:
        return "Nothing was written."
    width = max(len(str(row["type"])) for row in rows)
    lines = [
        f"stage {row['stage']}  {row['type']!s:<{width}}  {row['fullName']}  ->  {row['path']}"
        for row in sorted(rows, key=lambda row: (str(row["stage"]), str(row["path"]), str(row["type"])))
    ]
    count = len({row["path"] for row in rows})
    lines.append(f"{count} file{'' if count == 1 else 's'} written.")
    return "\n".join(lines)
