"""Reading XML that nobody vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.errors import InvalidInput
from sfsetup.text.limits import Limits
from sfsetup.text.xml import METADATA_NS, line_of, local_name, parse_xml


def test_reads_and_knows_lines() -> None:
    root = parse_xml(f'<?xml version="1.0"?>\n<!-- c --><Flow xmlns="{METADATA_NS}">\n<label>x</label></Flow>'.encode())
    assert local_name(root) == "Flow"
    assert [(local_name(child), line_of(child), child.text) for child in root] == [("label", 3, "x")]


def test_comments_do_not_split_texts() -> None:
    root = parse_xml(b"<a>one<!-- x -->two<?pi y?><![CDATA[<three>]]></a>")
    assert root.text == "onetwo<three>"
    assert len(root) == 0


REFUSED = [
    (b"", "empty", 1),
    (b"   \n", "empty", 1),
    (b"no xml", "not well-formed", 1),
    (b"<a>\n<b></a>", "not well-formed", 2),
    (b"<a>\x0b</a>", "not well-formed", 1),
    (b"<a>&#11;</a>", "not well-formed", 1),
    (b"<a>&unknown;</a>", "not well-formed", 1),
    (b"<a/><b/>", "not well-formed", 1),
    (b"<a>\xff</a>", "not well-formed", 1),
    (b'<?xml version="1.0" encoding="nonsense"?><a/>', "", None),
    (b"<!DOCTYPE a><a/>", "DOCTYPE", 1),
    (b'\n<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "DOCTYPE", 2),
    (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "DOCTYPE", 1),
    ("<!DOCTYPE a><a/>".encode("utf-16"), "DOCTYPE", 1),
    (b"<a>" * 300 + b"</a>" * 300, "not well-formed", 1),
    (b"<a>" * 200_000, "not well-formed", 1),
    (b"<a>" + b"x" * 11_000_000 + b"</a>", "not well-formed", 1),
]


@pytest.mark.parametrize(("data", "words", "line"), REFUSED, ids=range(len(REFUSED)))
def test_refuses(data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_xml(data, name="x.xml")
    assert words in raised.value.message
    assert raised.value.file == "x.xml"
    assert line is None or raised.value.line == line


def test_external_entities_never_reach_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    data = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'.encode()
    with pytest.raises(InvalidInput) as raised:
        parse_xml(data)
    assert "TOP-SECRET" not in str(raised.value)


def test_entities_do_not_explode() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    data = f'<!DOCTYPE a [<!ENTITY e0 "lol">{entities}]><a>&e11;</a>'.encode()
    with pytest.raises(InvalidInput):
        parse_xml(data)


def test_size_limit() -> None:
    with pytest.raises(InvalidInput, match="too big"):
        parse_xml(b"<a/>" + b" " * 100, limits=Limits(max_bytes=50))
