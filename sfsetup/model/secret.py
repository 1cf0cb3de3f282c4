"""Secrets: references everywhere, a value only in the moment of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

MASK = "********"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret can be had; never the secret. `kind` is env, file, keyring, command, stdin or prompt."""

    kind: str
    locator: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.locator}" if self.locator else self.kind


class Secret:
    """Holds a secret value. Only `reveal` gives it out; text forms, pickling and comparison do not."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself. A lint rule lists the modules that may call this."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__
