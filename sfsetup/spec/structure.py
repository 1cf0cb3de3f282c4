"""Keys and kinds of values: what the schema says of integration.yaml, as findings with lines.

No message shows a value that could be a secret. What cannot be used is left out of the tree, so that all other
checks still run and one mistake gives one finding.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Finding, Severity
from sfsetup.model.names import suggested_developer_name
from sfsetup.spec.schema import part_at, schema, validator
from sfsetup.spec.secrets import is_token, without_tokens
from sfsetup.spec.source import with_text
from sfsetup.spec.structure_words import form, reason
from sfsetup.text.pointers import join

if TYPE_CHECKING:
    from sfsetup.text.documents import Document

Path = tuple[str, ...]

_KINDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a map of keys and values",
    "array": "a list",
    "null": "nothing",
}
_NAME_KEYS = ("name",)

# words that people write for a key of ours
_KNOWN_AS = {
    "environment": "environments",
    "envs": "environments",
    "spec": "openapi",
    "schema": "openapi",
    "document": "openapi",
    "external_service": "service",
    "externalCredential": "external_credential",
    "namedCredential": "named_credential",
    "permissionSet": "permission_set",
    "permissionset": "permission_set",
    "endpoint": "url",
    "baseUrl": "url",
    "secrets": "parameters",
    "credentials": "parameters",
    "developer_name": "name",
    "api_name": "name",
    "apiVersion": "api_version",
    "authentication_protocol": "protocol",
    "auth": "protocol",
    "active": "activate",
    "status": "activate",
    "environment_variable": "env",
    "variable": "env",
}


def check_structure(document: Document) -> tuple[dict[str, Any] | None, list[Finding]]:
    """The usable values and the findings. The tree is None if the file is no map at all."""
    if not isinstance(document.value, dict):
        kind = "is empty" if document.value is None else "is no map of keys and values"
        return None, [
            _finding(document, "SP-001", (), f"integration.yaml {kind}", "Start with `openapi:` and `service:`.", 1)
        ]
    if _is_openapi(document.value):
        message = "This is an OpenAPI document, not an integration"
        fix = f"Begin one with `sfsetup init {document.name}`; `sfsetup openapi check` judges the document itself."
        return None, [_finding(document, "SP-001", (), message, fix, 1)]
    findings = [
        _finding(
            document,
            "SP-003",
            tuple(_tokens(duplicate.pointer)),
            f"The key `{_last(duplicate.pointer)}` stands twice; the last one would win in silence",
            "Remove one of the two.",
            duplicate.line,
        )
        for duplicate in document.duplicates
    ]
    tree = with_text(document, schema(), copy.deepcopy(document.value))
    for _round in range(8):
        # what lies below a value that is left out shows only after it has gone
        errors = list(validator().iter_errors(tree))
        if not errors:
            break
        taken: set[Path] = set()
        for error in errors:
            findings += _judge(document, tree, error, taken)
        for path in sorted(taken, key=len, reverse=True):
            _set_aside(tree, path)
        _drop_removed(tree)
        if not taken:
            break
    return tree, _once(findings)


def _is_openapi(value: dict[str, Any]) -> bool:
    return "swagger" in value or ("openapi" in value and "paths" in value and "service" not in value)


def _once(findings: list[Finding]) -> list[Finding]:
    seen: dict[tuple[str, str | None], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.rule, finding.pointer), finding)
    return list(seen.values())


def _judge(document: Document, tree: Any, error: Any, taken: set[Path]) -> Iterator[Finding]:
    path = tuple(str(token) for token in error.instance_path)
    kind = error.kind.name
    details = error.kind.as_dict()
    if kind == "additionalProperties":
        for key in details["unexpected"]:
            taken.add((*path, key))
            yield _unknown_key(document, (*path, key))
    elif kind == "required":
        # a key that was set aside has a finding of its own
        if not _is_written(document, (*path, details["property"])):
            yield _missing(document, path, details["property"])
    elif kind == "propertyNames":
        bad = [key for key in _at(tree, path) if not re.search(_name_pattern(path), key)]
        for key in bad:
            taken.add((*path, key))
            yield _finding(
                document,
                "SP-006" if path == ("environments",) else "SP-018",
                (*path, key),
                f"`{key}` cannot be the name of {'an environment' if path == ('environments',) else 'a header'}",
                "Use letters, digits, `-` and `_`."
                if path == ("environments",)
                else "A header name has letters, digits and `-`, without spaces or colon.",
            )
    else:
        taken.add(path)
        yield _wrong_value(document, tree, path, kind, details)


def _wrong_value(document: Document, tree: Any, path: Path, kind: str, details: dict[str, Any]) -> Finding:
    value = _at(tree, path)
    part = part_at(path)
    key = path[-1] if path else ""
    if _is_secret_place(path) and isinstance(value, str | int | float):
        return _literal_secret(document, path)
    if value is None:
        return _finding(
            document, "SP-004", path, f"`{key}` has no value", f"Give it {_wanted(part)}, or remove the key."
        )
    if kind == "type":
        found = _kind_of(value)
        fix = f"{form(key, value, part)}{_help(part)}"
        return _finding(document, "SP-004", path, f"`{key}` must be {_wanted(part)}, not {found}", fix)
    if kind in ("pattern", "maxLength") and key in _NAME_KEYS and isinstance(value, str):
        return _bad_name(document, path, value)
    if kind == "enum":
        options = [str(option) for option in details["options"]]
        close = difflib.get_close_matches(str(value), options, n=1, cutoff=0.5)
        hint = f"Did you mean `{close[0]}`? " if close else ""
        return _finding(
            document,
            "SP-004",
            path,
            f"`{key}` cannot be `{_short(value)}`",
            f"{hint}Write one of: {', '.join(options)}.",
        )
    return _finding(document, "SP-004", path, f"`{key}` {reason(kind, details, part)}", _help(part))


def _keys_at(parent: Path) -> list[str]:
    return list(part_at(parent).get("properties", {}))


def _meant_key(parent: Path, key: str) -> str | None:
    """The key that somebody who wrote `key` meant."""
    known = _keys_at(parent)
    close = _KNOWN_AS.get(key)
    if close in known:
        return close
    found = difflib.get_close_matches(key.replace("-", "_"), known, n=1, cutoff=0.6)
    return found[0] if found else None


def _unknown_key(document: Document, path: Path) -> Finding:
    parent, key = path[:-1], path[-1]
    known, close = _keys_at(parent), _meant_key(parent, key)
    where = f" under `{'.'.join(parent)}`" if parent else ""
    fix = f"Did you mean `{close}`?" if close else f"Keys here: {', '.join(known)}."
    return _finding(document, "SP-002", path, f"There is no key `{_short(key)}`{where}", fix)


def _is_written(document: Document, path: Path) -> bool:
    node: Any = document.value
    for token in path:
        if not isinstance(node, dict) or token not in node:
            return False
        node = node[token]
    return True


def _missing(document: Document, path: Path, key: str) -> Finding:
    where = f" under `{'.'.join(path)}`" if path else ""
    described = part_at((*path, key)).get("description", "")
    examples = {"openapi": "openapi: openapi.json", "service": "service: {name: MyService}"}
    fix = f"Write `{examples[key]}`." if not path and key in examples else f"Add `{key}`: {described}"
    return _finding(
        document,
        "SP-005",
        (*path, key),
        f"The key `{key}` is missing{where}",
        fix,
        document.key_line(join("", *path)) or 1,
    )


def _bad_name(document: Document, path: Path, value: str) -> Finding:
    if path[-2:] == ("service", "name"):
        rule = "letters and digits only, and a letter first, 80 at most"
        suggestion = re.sub(r"[^A-Za-z0-9]", "", suggested_developer_name(value))
    elif len(path) > 1 and "principals" in path:
        rule = "80 characters at most, with no space at either end"
        suggestion = value.strip()[:80].strip()
    else:
        rule = "letters, digits and single inner underscores, a letter first, 80 characters at most"
        suggestion = suggested_developer_name(value)
    length = f" ({len(value)} characters)" if len(value) > 80 else ""
    fix = f"Write `{suggestion}`." if suggestion and not is_token(value) else "Choose another name."
    message = f"`{_short(value)}`{length} cannot be a name here: {rule}"
    return _finding(document, "SP-006", path, message, fix)


def _literal_secret(document: Document, path: Path) -> Finding:
    name = path[path.index("parameters") + 1]
    return _finding(
        document,
        "SP-007",
        path,
        f"The value of `{name}` is written into the file; a secret never is (the value is not shown here)",
        f"Write where it can be had, as `{name}: {{secret: {{env: {_variable(name)}}}}}`, and renew the secret if the "
        "file was ever shared. A value that is no secret: "
        f"`{name}: {{value: …}}`.",
    )


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "API_KEY"


def _is_secret_place(path: Path) -> bool:
    """True for a parameter of a principal and its secret."""
    if "parameters" not in path or "principals" not in path:
        return False
    below = len(path) - 1 - path.index("parameters")
    return below == 1 or (below == 2 and path[-1] == "secret")


def _wanted(part: dict[str, Any]) -> str:
    kinds = part.get("type")
    kinds = [kinds] if isinstance(kinds, str) else (kinds or [])
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds) or "a value"


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    for kind, name in ((str, "text"), (int | float, "a number"), (dict, "a map"), (list, "a list")):
        if isinstance(value, kind):
            return name
    return "nothing"


def _help(part: dict[str, Any]) -> str:
    return str(part.get("description", "See `sfsetup init --help`."))


def _name_pattern(path: Path) -> str:
    return str(part_at(path).get("propertyNames", {}).get("pattern", ""))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 90 else f"{text[:80]}…"


def _at(tree: Any, path: Path) -> Any:
    for token in path:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token]
    return tree


def _set_aside(tree: Any, path: Path) -> None:
    """Takes a value that cannot be used out of the tree, so that one mistake is told once.

    What was meant by an unknown key takes its place; a stored value keeps its name with a source that nobody asks.
    """
    if _is_secret_place(path):
        place = path if path[-2] == "parameters" else path[:-1]
        try:
            _at(tree, place[:-1])[place[-1]] = {"secret": {"prompt": place[-1]}}
        except (KeyError, IndexError, TypeError):
            return
        return
    value = _found(tree, path)
    _remove(tree, path)
    if not path or value is None:
        return
    meant = _meant_key(path[:-1], path[-1])
    holder = _found(tree, path[:-1])
    if isinstance(holder, dict) and meant is not None and meant != path[-1]:
        holder.setdefault(meant, value)


def _found(tree: Any, path: Path) -> Any:
    try:
        return _at(tree, path)
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _remove(tree: Any, path: Path) -> None:
    if not path:
        tree.clear()
        return
    try:
        parent = _at(tree, path[:-1])
    except (KeyError, IndexError, TypeError):
        return
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
    elif isinstance(parent, list) and int(path[-1]) < len(parent):
        # later items keep their places while the others of this round are taken out; a map stays, without its content
        parent[int(path[-1])] = {} if part_at(path).get("type") == "object" else _REMOVED


_REMOVED = object()


def _drop_removed(value: Any) -> None:
    if isinstance(value, list):
        value[:] = [item for item in value if item is not _REMOVED]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _drop_removed(item)


def _tokens(pointer: str) -> list[str]:
    from sfsetup.text.pointers import split

    return list(split(pointer))


def _last(pointer: str) -> str:
    tokens = _tokens(pointer)
    return tokens[-1] if tokens else ""


def _finding(document: Document, rule: str, path: Path, message: str, fix: str, line: int | None = None) -> Finding:
    pointer = join("", *path)
    while line is None and pointer:
        line = document.key_line(pointer) or document.line(pointer)
        if line is None:
            pointer = pointer.rpartition("/")[0]
    return Finding(
        rule=rule,
        severity=Severity.HIGH,
        message=without_tokens(message),
        fix=without_tokens(fix),
        file=document.name,
        line=line or 1,
        pointer=without_tokens(join("", *path)),
    )
