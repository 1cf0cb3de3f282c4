"""Archives: the same bytes every time, and nothing that could hurt comes in."""

from __future__ import annotations

import contextlib
import io
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.errors import InvalidInput
from sfsetup.text.archive import read_zip, write_zip
from sfsetup.text.limits import ArchiveLimits


def made(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_equal_content_gives_equal_bytes_in_any_order() -> None:
    entries = {"flows/B.flow": b"b", "package.xml": b"<Package/>", "classes/A.cls": b"a"}
    assert write_zip(entries) == write_zip(dict(reversed(entries.items())))
    assert list(read_zip(write_zip(entries))) == ["package.xml", "classes/A.cls", "flows/B.flow"]


def test_known_bytes_do_not_change() -> None:
    import hashlib

    with zipfile.ZipFile(io.BytesIO(write_zip({"package.xml": b"x"}))) as archive:
        info = archive.infolist()[0]
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert stat.filemode(info.external_attr >> 16) == "-rw-r--r--"
    assert hashlib.sha256(write_zip({"a": b"x"})).digest() == hashlib.sha256(write_zip({"a": b"x"})).digest()


NAMES = st.text("abcXYZ012._- ", min_size=1, max_size=12).filter(lambda name: name.strip(". ") != "")


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=200), max_size=5))
def test_round_trip(entries: dict[str, bytes]) -> None:
    assert read_zip(write_zip(entries)) == entries


def test_folders_are_dropped() -> None:
    assert read_zip(made(("a/", b""), ("a/b.txt", b"x"))) == {"a/b.txt": b"x"}


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../b", "a/..", "/etc/x", "a//b", "./a", "C:/x", "c:x", "a\\b", "..\\x", "a\x01b", ".."],
)
def test_unsafe_names(name: str) -> None:
    with pytest.raises(InvalidInput, match="unsafe name"):
        read_zip(made((name, b"x")), name="z.zip")


def test_two_entries_of_one_name() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = made(("a", b"1"), ("a", b"2"))
    with pytest.raises(InvalidInput, match="two entries"):
        read_zip(data)


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InvalidInput, match="link"):
        read_zip(made((link, b"/etc/passwd")))


def test_bomb_by_ratio() -> None:
    data = made(("zeros", b"\0" * 20_000_000))
    assert len(data) < 50_000
    with pytest.raises(InvalidInput, match="zip bomb"):
        read_zip(data)


def test_limits_on_sizes_and_count() -> None:
    with pytest.raises(InvalidInput, match="zip bomb"):
        read_zip(made(("a", b"x" * 101), method=zipfile.ZIP_STORED), limits=ArchiveLimits(max_entry_bytes=100))
    with pytest.raises(InvalidInput, match="zip bomb"):
        read_zip(made(("a", b"x" * 60), ("b", b"y" * 60)), limits=ArchiveLimits(max_total_bytes=100))
    with pytest.raises(InvalidInput, match="more than 1 entries"):
        read_zip(made(("a", b""), ("b", b"")), limits=ArchiveLimits(max_entries=1))
    with pytest.raises(InvalidInput, match="too big"):
        read_zip(made(("a", b"x")), limits=ArchiveLimits(max_bytes=10))


def test_the_header_may_lie_about_sizes() -> None:
    content = b"\0" * 5000
    data = made(("a", content))
    lying = data.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    with pytest.raises(InvalidInput):
        read_zip(lying, limits=ArchiveLimits(max_entry_bytes=100))


@pytest.mark.parametrize("cut", [1, 10, 30, 60, -30, -5])
def test_damaged_archives(cut: int) -> None:
    data = made(("a", b"some text " * 50), ("b", b"more"))
    with pytest.raises(InvalidInput, match="not a readable zip"):
        read_zip(data[:cut], name="z.zip")


@given(st.binary(max_size=100), st.integers(0, 200))
def test_nothing_but_invalid_input_escapes(noise: bytes, at: int) -> None:
    data = bytearray(made(("a", b"some text " * 50)))
    data[at : at + len(noise)] = noise
    with contextlib.suppress(InvalidInput):
        read_zip(bytes(data))
