"""A component on its way in: its form, and its facts as long as they are of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.facts.flow import Flow
from sfsetup.localorg.judge import flow_names, form
from sfsetup.localorg.judge.readers import READERS

if TYPE_CHECKING:
    from sfsetup.facts.base import Fact
    from sfsetup.localorg.deploy.package import Incoming
    from sfsetup.localorg.judge.check import Problem
    from sfsetup.localorg.judge.context import Context

_XML_ONLY = (None, "default", "decomposed")
"""Adapters of types whose components are XML files; bundles and content files may come without one."""


class Subject:
    """Read when somebody first asks for it. The facts of a thousand flows at once would fill the memory."""

    __slots__ = ("_context", "_fact", "_is_failed", "_is_formed", "_names", "_problems", "incoming")

    def __init__(self, incoming: Incoming, context: Context) -> None:
        self.incoming = incoming
        self._context = context
        self._problems: list[Problem] | None = None
        self._is_failed = False
        self._is_formed = False
        self._fact: Fact | None = None
        self._names: frozenset[str] = frozenset()

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with its form."""
        if self._problems is None:
            problems: list[Problem] = []
            self._problems = problems
            self._read(problems)
            self._is_failed = self._is_failed or any(not problem.warning for problem in problems)
        return self._problems

    @property
    def failed(self) -> bool:
        """True once an error was found, in its form or by `fail`."""
        if self._problems is None:
            _ = self.problems
        return self._is_failed

    def fail(self) -> None:
        """Notes that something else is wrong with it."""
        self._is_failed = True

    @property
    def fact(self) -> Fact | None:
        """None for types that are judged by form alone, and for files whose form is wrong."""
        _ = self.problems
        if self._fact is None and self._is_formed:
            self._take_in()
        return self._fact

    @property
    def names(self) -> frozenset[str]:
        """Names of everything in a flow that can be referred to."""
        _ = self.fact
        return self._names

    def release(self) -> None:
        """Gives the facts back; who asks for them again has them read again."""
        self._fact, self._names = None, frozenset()

    def _read(self, problems: list[Problem]) -> None:
        """Form first: what cannot be read has no facts."""
        incoming = self.incoming
        if not incoming.content and incoming.type.adapter not in _XML_ONLY:
            return
        root = form.read(incoming, problems)
        if root is None:
            return
        reported, found = form.judge(root, incoming, self._context)
        problems += reported
        if found is not None:
            incoming.write_down(found)
        self._is_formed = incoming.type.name in READERS and all(problem.warning for problem in problems)
        if self._is_formed:
            # here, while the survey still holds the element tree's objects
            self._take_in()

    def _take_in(self) -> None:
        incoming = self.incoming
        root = incoming.root
        self._fact = READERS[incoming.type.name](root, full_name=incoming.full_name, file=incoming.path)
        if isinstance(self._fact, Flow):
            self._names = flow_names.names_in(root)
