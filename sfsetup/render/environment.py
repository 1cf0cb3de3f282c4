"""The template engine: XML escaping always on, undefined names are errors, nothing is lost at the end of a file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.resources import shipped_folder

if TYPE_CHECKING:
    import re

    import jinja2
    from markupsafe import Markup


@cache
def _not_xml() -> re.Pattern[str]:
    """What no XML 1.0 document can hold, escaped or not (XML 1.0, production Char). Compiling it takes a while."""
    import re

    return re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@cache
def environment() -> jinja2.Environment:
    """The Jinja2 environment of all templates."""
    import jinja2

    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(shipped_folder("metadata_templates"))),
        # on for every template: jinja2's select_autoescape goes by the ending and would leave `.xml.j2` alone
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_text,
        auto_reload=False,
    )
    engine.filters["xml_boolean"] = _boolean
    return engine


def fill(template: str, context: dict[str, Any]) -> bytes:
    """The XML of one template. Raises InvalidInput for text that XML 1.0 cannot hold."""
    return environment().get_template(template).render(context).encode()


def _text(value: Any) -> Any:
    """Escapes one inserted value; a carriage return becomes a reference, which alone survives a parser."""
    from markupsafe import Markup, escape

    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    # what can be printed is in XML too, so that most texts are settled without the pattern
    if not value.replace("\n", "").isprintable() and (bad := _not_xml().search(value)):
        raise InvalidInput(
            f"A text holds the character U+{ord(bad.group()):04X}, which XML cannot hold",
            actions=["Remove the character."],
        )
    escaped: Markup = escape(value)
    return Markup(str(escaped).replace("\r", "&#13;")) if "\r" in value else escaped  # noqa: S704 escaped above


def _boolean(value: object) -> str:
    if not isinstance(value, bool):
        # the text of an undefined name raises the error that says which
        raise TypeError(f"expected a boolean, got {str(value)[:40]}")
    return "true" if value else "false"
