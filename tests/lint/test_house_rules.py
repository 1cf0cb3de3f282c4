"""The rules of the house find what they are for, and let pass what is right."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).with_name("house_rules.py")


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    spec = importlib.util.spec_from_file_location("house_rules", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["house_rules"] = module
    spec.loader.exec_module(module)
    return module


BAD = [
    ("parsing", "import yaml\n"),
    ("parsing", "def f():\n    from yaml import safe_load\n"),
    ("parsing", "import zipfile\n"),
    ("parsing", "from zipfile import ZipFile\n"),
    ("parsing", "import xml.etree.ElementTree as ET\n"),
    ("parsing", "from xml.etree import ElementTree\n"),
    ("parsing", "import json\njson.loads('1')\n"),
    ("parsing", "import json as j\nj.load(open('x'))\n"),
    ("parsing", "from json import loads\nloads('1')\n"),
    ("parsing", "from json import loads as read\nread('1')\n"),
    ("parsing", "from lxml import etree\netree.fromstring(b'')\n"),
    ("parsing", "from lxml import etree as E\nE.XMLParser()\n"),
    ("parsing", "import lxml.etree\nlxml.etree.parse('x')\n"),
    ("parsing", "from lxml.etree import iterparse\niterparse('x')\n"),
    ("reveal", "def f(secret):\n    return secret.reveal()\n"),
    ("print", "print('x')\n"),
    ("machine-path", "X = '/home/alice/project'\n"),
    ("machine-path", "# see /root/notes.txt\n"),
    ("module-length", "x = 1\n" * 401),
]
GOOD = [
    "import json\njson.dumps(1)\n",
    "from lxml import etree\netree.Element('x')\netree.SubElement(None, 'y')\netree.tostring(None)\n",
    "def reveal():\n    return 1\n",
    "footprint('x')\n",
    "x = 1\n" * 400,
    "URL = 'https://example.com/home/page'\n",
    "PATH = 'paths/~1work~1orders'\n",
]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_finds(rules: ModuleType, rule: str, text: str) -> None:
    assert {breach.rule for breach in rules.check_text(text, "sfsetup/planning/x.py")} == {rule}


@pytest.mark.parametrize("text", GOOD)
def test_lets_pass(rules: ModuleType, text: str) -> None:
    assert list(rules.check_text(text, "sfsetup/planning/x.py")) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sfsetup/text/documents.py", "import yaml, zipfile, json\njson.loads('1')\n"),
        ("sfsetup/apply/secrets.py", "s.reveal()\n"),
        ("sfsetup/org/wire.py", "s.reveal()\n"),
    ],
)
def test_knows_the_places_where_it_is_allowed(rules: ModuleType, file: str, text: str) -> None:
    assert list(rules.check_text(text, file)) == []


def test_long_functions_only_warn(rules: ModuleType) -> None:
    found = list(rules.check_text("def f():\n" + "    x = 1\n" * 61, "sfsetup/x.py"))
    assert [(breach.rule, breach.is_warning) for breach in found] == [("function-length", True)]


def test_script_fails_with_a_list(tmp_path: Path) -> None:
    package = tmp_path / "sfsetup"
    package.mkdir()
    (package / "bad.py").write_text("import yaml\n")
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == "sfsetup/bad.py:1: parsing: any use of yaml belongs in sfsetup/text/\n"
    (package / "bad.py").write_text("x = 1\n")
    assert subprocess.run([sys.executable, SCRIPT, tmp_path], timeout=60).returncode == 0
