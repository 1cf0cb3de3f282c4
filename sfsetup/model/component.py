"""Metadata components as values: what render makes, deploy sends and retrieve brings back."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import ComponentRef
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Component:
    """One metadata component: its XML as the writer of `metadata/` wrote it, and where in the spec it comes from."""

    type: str
    full_name: str
    content: bytes
    stage: int = 1
    """1: credentials, registration, permission set. 2: the flow and what needs it."""
    spec_pointer: str | None = None
    """JSON pointer into integration.yaml of the key that describes it, for messages of the org."""

    @property
    def ref(self) -> ComponentRef:
        """Type and fullName."""
        return ComponentRef(self.type, self.full_name)


@dataclass(frozen=True, slots=True)
class ComponentSet:
    """Components of one API version, in no particular order."""

    api_version: str
    components: tuple[Component, ...] = ()

    def __iter__(self) -> Iterator[Component]:
        return iter(self.components)

    def __len__(self) -> int:
        return len(self.components)

    def of_stage(self, stage: int) -> ComponentSet:
        """The components of one stage."""
        return ComponentSet(self.api_version, tuple(c for c in self.components if c.stage == stage))

    def get(self, type_name: str, full_name: str | None = None) -> Component | None:
        """The component of this type (and name), or None."""
        for component in self.components:
            if component.type == type_name and full_name in (None, component.full_name):
                return component
        return None

    @property
    def stages(self) -> tuple[int, ...]:
        """The stages that have components, in order."""
        return tuple(sorted({component.stage for component in self.components}))
