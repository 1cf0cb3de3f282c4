"""Our `dataclass` behaves as the standard library's, for everything that the project asks of it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import ClassVar

import pytest

from sfsetup import values

OPTIONS = {"frozen": True, "slots": True}


def _made(dataclass):
    @dataclass(**OPTIONS)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)
        hidden: str = field(default="secret", repr=False, compare=False)

        @property
        def total(self) -> int:
            """Sum."""
            return self.x + self.y

        @staticmethod
        def origin() -> int:
            """Zero."""
            return 0

    return Point


OURS, THEIRS = _made(values.dataclass), _made(dataclasses.dataclass)


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Module level, so that it can be pickled."""

    name: str = "n"
    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size")


@pytest.mark.parametrize("arguments", [((1,), {}), ((1, 5, ["a"]), {}), ((), {"x": 3, "hidden": "z"})])
def test_values_are_as_the_library_makes_them(arguments) -> None:
    words, named = arguments
    ours, theirs = OURS(*words, **named), THEIRS(*words, **named)
    assert repr(ours) == repr(theirs)
    assert "secret" not in repr(ours)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.astuple(ours) == dataclasses.astuple(theirs)
    assert ours.total == theirs.total
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(theirs)]
    assert OURS.__match_args__ == THEIRS.__match_args__
    assert OURS.__slots__ == THEIRS.__slots__
    assert OURS.__doc__ == THEIRS.__doc__
    assert OURS.__qualname__ == THEIRS.__qualname__


def test_equality_leaves_out_what_is_not_compared() -> None:
    assert OURS(1, hidden="a") == OURS(1, hidden="b")
    assert OURS(1) != OURS(2)
    assert OURS(1) != THEIRS(1)
    assert hash(Named(size=1)) == hash(Named(size=1))
    with pytest.raises(TypeError):
        hash(OURS(1))  # a list is in it


def test_nothing_can_be_changed() -> None:
    value = OURS(1)
    for change in (lambda: setattr(value, "x", 2), lambda: setattr(value, "new", 2), lambda: delattr(value, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert not hasattr(value, "__dict__")
    assert OURS(1).tags is not OURS(1).tags


def test_copies_and_replacements() -> None:
    value = Named(size=3)
    assert dataclasses.replace(value, name="m") == Named(name="m", size=3)
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(ValueError, match="size"):
        dataclasses.replace(value, size=-1)
    with pytest.raises(TypeError):
        Named("n", 3)
    with pytest.raises(TypeError):
        Named()


def test_other_options_are_the_librarys_business() -> None:
    @values.dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        """With an order."""

        x: int

    @values.dataclass
    class Open:
        """Can be changed."""

        x: int = 1

    assert Ordered(1) < Ordered(2)
    value = Open()
    value.x = 5
    assert value.x == 5


@pytest.mark.parametrize("base", [OURS, THEIRS])
@pytest.mark.parametrize("dataclass", [values.dataclass, dataclasses.dataclass])
def test_values_with_one_field_more(base, dataclass) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Wider(base):
        """With one field more, and a word for the whole class."""

        kind: ClassVar[str] = "wider"
        z: int = 9

        @property
        def total(self) -> int:
            """Another sum."""
            return self.x + self.y + self.z

    value = Wider(1, 5, z=2)
    assert (value.x, value.y, value.z, value.total, value.kind) == (1, 5, 2, 8, "wider")
    assert Wider(1).z == 9
    assert value == Wider(1, 5, z=2)
    assert value != Wider(1, 5, z=3)
    assert value != base(1, 5)
    assert repr(value).endswith("Wider(x=1, y=5, tags=[], z=2)")
    assert dataclasses.replace(value, y=0).y == 0
    assert not hasattr(value, "__dict__")
    for name in ("x", "z"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, 3)
