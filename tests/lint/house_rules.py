"""Rules of this house that no linter has. `python tests/lint/house_rules.py [FOLDER]` lists what breaks them.

module-length   a module has at most 400 lines
parsing         YAML, JSON, XML and zip are parsed in sfsetup/text/ alone
reveal          a secret is revealed only in apply/secrets.py and in org/, at the very request
print           nothing prints but cli/output.py through click
machine-path    no path of one machine
function-length over 60 lines: a warning, never a failure
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
PARSERS = {
    "yaml": "any use of yaml",
    "zipfile": "any use of zipfile",
    "xml.etree": "any use of xml.etree",
    "xml.dom": "any use of xml.dom",
    "xml.sax.expatreader": "any use of expat",
}
PARSING_CALLS = {
    ("json", "load"),
    ("json", "loads"),
    ("json", "JSONDecoder"),
    *(
        ("etree", name)
        for name in ("fromstring", "fromstringlist", "parse", "XML", "HTML", "XMLParser", "HTMLParser", "iterparse",
                     "XMLPullParser", "parseid", "ETCompatXMLParser")
    ),
}  # fmt: skip
MAY_REVEAL = ("sfsetup/apply/secrets.py", "sfsetup/org/")
_MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|tmp|Users|home/[a-z]\w+)/[\w.-]+")


@dataclass(frozen=True)
class Breach:
    """One place that breaks a rule."""

    file: str
    line: int
    rule: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'warning: ' if self.is_warning else ''}{self.rule}: {self.message}"


def check_text(text: str, file: str) -> Iterator[Breach]:
    """Breaches in one module; `file` is its path from the repository's root, with slashes."""
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > MAX_MODULE_LINES:
        yield Breach(file, MAX_MODULE_LINES + 1, "module-length", f"{lines} lines, at most {MAX_MODULE_LINES}")
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _MACHINE_PATH.search(line):
            yield Breach(file, number, "machine-path", found.group())
    tree = ast.parse(text, filename=file)
    in_text = file.startswith("sfsetup/text/")
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if not in_text:
            yield from _parsing(node, aliases, file)
        if isinstance(node, ast.Call):
            yield from _calls(node, file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                message = f"{node.name} has {length} lines, more than {MAX_FUNCTION_LINES}"
                yield Breach(file, node.lineno, "function-length", message, is_warning=True)


def _aliases(tree: ast.AST) -> dict[str, str]:
    """Local name -> what it is: `ET` -> etree, `loads` -> json.loads."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.partition(".")[0]] = name.name.rpartition(".")[2]
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").rpartition(".")[2]
            for name in node.names:
                found[name.asname or name.name] = f"{module}.{name.name}" if module in ("json", "etree") else name.name
    return found


def _parsing(node: ast.AST, aliases: dict[str, str], file: str) -> Iterator[Breach]:
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [name.name for name in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        modules = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    for parser, what in PARSERS.items():
        if any(module == parser or module.startswith(parser + ".") for module in modules):
            yield Breach(file, node.lineno, "parsing", f"{what} belongs in sfsetup/text/")  # type: ignore[attr-defined]
            break
    called: tuple[str, str] | None = None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        called = (aliases.get(node.value.id, node.value.id), node.attr)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        called = (node.value.attr, node.attr)
    elif isinstance(node, ast.Name) and "." in aliases.get(node.id, ""):
        before, _, after = aliases[node.id].partition(".")
        called = (before, after)
    if called in PARSING_CALLS:
        yield Breach(file, node.lineno, "parsing", f"{called[0]}.{called[1]} belongs in sfsetup/text/")


def _calls(node: ast.Call, file: str) -> Iterator[Breach]:
    function = node.func
    if isinstance(function, ast.Name) and function.id == "print":
        yield Breach(file, node.lineno, "print", "nothing prints; hand a value to cli/output.py")
    if isinstance(function, ast.Attribute) and function.attr == "reveal" and not file.startswith(MAY_REVEAL):
        yield Breach(file, node.lineno, "reveal", "secrets are revealed in apply/secrets.py and org/ alone")


def check_folder(root: Path) -> list[Breach]:
    """Breaches in every module below `root`/sfsetup."""
    found: list[Breach] = []
    for path in sorted((root / "sfsetup").rglob("*.py")):
        found.extend(check_text(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()))
    return found


def main(arguments: list[str]) -> int:
    """Lists breaches; 1 if one of them is more than a warning."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2]
    found = check_folder(root)
    for breach in found:
        print(breach)
    return int(any(not breach.is_warning for breach in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
