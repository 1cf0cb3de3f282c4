"""Routes of the REST side: sobjects, query, tooling, Connect, actions, limits. `routes.py` joins the tables."""

from __future__ import annotations

from sfsetup.localorg.http import Route

REST: tuple[Route, ...] = ()
