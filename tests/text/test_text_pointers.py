"""JSON pointers and bounded files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.text.files import read_file
from sfsetup.text.pointers import escape, get, join, parent, split


@given(st.lists(st.text(max_size=8)))
def test_split_undoes_join(tokens: list[str]) -> None:
    assert split(join("", *tokens)) == tuple(tokens)


def test_examples_of_the_rfc() -> None:
    value = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "c%d": 2, "~1": 9}
    assert [get(value, pointer) for pointer in ("/foo/0", "/", "/a~1b", "/m~0n", "/c%d", "/~01")] == [
        "bar", 0, 1, 8, 2, 9,
    ]  # fmt: skip
    assert get(value, "") is value
    assert escape("a/b~c") == "a~1b~0c"
    assert parent("/a/b") == "/a"
    assert parent("") == ""


@pytest.mark.parametrize("pointer", ["/foo/2", "/foo/-", "/foo/01", "/foo/x", "/none", "/foo/0/x", "/foo/-1"])
def test_what_is_not_there(pointer: str) -> None:
    with pytest.raises(LookupError):
        get({"foo": ["bar", "baz"]}, pointer)


def test_no_pointer() -> None:
    with pytest.raises(ValueError, match="not a JSON pointer"):
        split("a/b")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    assert read_file(path) == b"12345"
    assert read_file(path, max_bytes=5) == b"12345"
    with pytest.raises(InvalidInput, match="too big: more than 4 bytes"):
        read_file(path, max_bytes=4)
    with pytest.raises(UsageError, match="no such file"):
        read_file(tmp_path / "none")
    with pytest.raises(UsageError, match="folder"):
        read_file(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_file("\0")


def test_a_device_without_size_is_bounded() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("no /dev/zero here")
    with pytest.raises(InvalidInput, match="too big"):
        read_file("/dev/zero", max_bytes=1000)
