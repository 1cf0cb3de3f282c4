"""`dataclass` for frozen values with slots, made several times faster than by the standard library.

The standard library compiles six methods for every class; a command that loads sixty such classes spends more time on
that than on its work. Here only `__init__` is compiled, the other methods are shared. For type checkers, and for every
other combination of options, this is `dataclasses.dataclass` itself; `replace`, `fields` and `is_dataclass` work.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: Any) -> Any:
        """As `dataclasses.dataclass`."""

        def wrap(cls: type) -> type:
            rest = {key: value for key, value in options.items() if key not in ("frozen", "slots", "kw_only")}
            if rest or not (options.get("frozen") and options.get("slots")):
                return dataclasses.dataclass(**options)(cls)
            return _frozen(cls, kw_only=bool(options.get("kw_only")))

        return wrap if cls is None else wrap(cls)


__all__ = ["dataclass"]


def _frozen(cls: type, *, kw_only: bool) -> type:
    """A new class with slots for the annotated fields of `cls`; its values cannot be changed."""
    bases = cls.__mro__[1:-1]
    # the library refuses an open class below a frozen one
    derived = any(hasattr(base, "__dataclass_fields__") for base in bases)
    plain: Any = dataclasses.dataclass(init=False, repr=False, eq=False, frozen=derived, kw_only=kw_only)(cls)
    fields = dataclasses.fields(plain)
    inherited = {name for base in bases for name in getattr(base, "__slots__", ())}
    slots = tuple(field.name for field in fields if field.name not in inherited)
    taken = {*slots, "__dict__", "__weakref__", *(("__setattr__", "__delattr__") if derived else ())}
    members = {name: value for name, value in vars(plain).items() if name not in taken}
    compared = tuple(field.name for field in fields if field.compare)
    members |= {name: value for name, value in _SHARED.items() if name not in members}
    members |= {
        "__slots__": slots,
        "__init__": _initialiser(plain, fields),
        "__qualname__": cls.__qualname__,
        "__compared__": attrgetter(*compared) if compared else lambda _value: (),
    }
    plain.__dataclass_params__.frozen = True
    made: type = type(plain)(plain.__name__, plain.__bases__, members)
    return made


def _initialiser(cls: type, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    names: dict[str, Any] = {"_set": object.__setattr__, "_unset": dataclasses.MISSING}
    arguments: list[str] = []
    keywords: list[str] = []
    lines: list[str] = []
    for field in fields:
        name = argument = value = field.name
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            argument = f"{name}=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            argument, value = f"{name}=_unset", f"_make_{name}() if {name} is _unset else {name}"
        (keywords if field.kw_only else arguments).append(argument)
        lines.append(f" _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    parameters = ", ".join(["self", *arguments, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({parameters}):\n" + ("\n".join(lines) or " pass"), names)  # noqa: S102 as the library does
    return names["__init__"]


def _eq(self: Any, other: Any) -> Any:
    return self.__compared__(self) == self.__compared__(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__compared__(self))


def _repr(self: Any) -> str:
    shown = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_setting(_self: Any, name: str, _value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_SHARED = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse_setting,
    "__delattr__": _refuse_deleting,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
