"""A registered service with a credential of any protocol, and a user who may call it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sfsetup.localorg.callout import request_log
from sfsetup.localorg.callout.request_log import MASK
from sfsetup.localorg.invocable import Invocables
from sfsetup.localorg.runtime import Runtime, runtime_of
from sfsetup.localorg.state import User
from tests.localorg.judge_cases import (
    URL,
    WAY,
    Piece,
    credential,
    document,
    endpoint,
    grant,
    parameter,
    registration,
    rights,
)
from tests.support.judging import Bench, component

__all__ = ["MASK", "PRINCIPAL", "SECRET", "CalloutBench", "bearer_header"]

SECRET = "s3cr3t-of-the-tests"
PRINCIPAL = parameter("NamedPrincipal", "P", sequence=1)
GRANTS = rights("UserExternalCredential")


def bearer_header(formula: str = "{!'Bearer ' &amp; $Credential.E.key}", sequence: int = 1) -> str:
    """The header of a credential of protocol Custom."""
    return parameter("AuthHeader", "Authorization", formula, sequence=sequence)


class CalloutBench(Bench):
    """`Things` at https://api.example.com behind the external credential E with the principal P."""

    def __init__(
        self,
        *parameters: str,
        protocol: str = "Custom",
        security: Any = None,
        named: Sequence[str] = (URL, WAY),
        formulas: bool = True,
        generates: bool = False,
        schema: Any = None,
        **switches: bool,
    ) -> None:
        super().__init__(**switches)
        texts = {True: "true", False: "false"}
        before = f"<allowMergeFieldsInHeader>{texts[formulas]}</allowMergeFieldsInHeader>"
        before += f"<generateAuthorizationHeader>{texts[generates]}</generateAuthorizationHeader>"
        schemes = {"main": security} if security else {}
        made = schema or document()
        if schemes:
            made = {**made, "security": [{"main": []}]}
            made["components"] = {**made.get("components", {}), "securitySchemes": schemes}
        self.take(credential(*(parameters or (bearer_header(), PRINCIPAL)), protocol=protocol))
        self.take(endpoint(*named, before=before))
        self.take(registration(made))
        self.take(grant("E-P", more=GRANTS))
        self.caller = self.user("caller@bench.example", "S")

    def take(self, piece: Piece) -> None:
        """Stores a component without judging it."""
        kind, name, inner = piece
        self.put(component(kind, name, inner))

    @property
    def runtime(self) -> Runtime:
        return runtime_of(self.org)

    def call(self, name: str = "getThing", inputs: dict[str, Any] | None = None, *, user: User | None = None) -> Any:
        """Outputs of a direct call, or its fault as text."""
        given = {"id": "7"} if inputs is None and name == "getThing" else inputs or {}
        ran = Invocables(self.org, self.runtime, user or self.caller).run_service(f"Things.{name}", given)
        assert ran is not None
        return ran.fault if ran.fault is not None else dict(ran.outputs)

    def sent(self) -> list[dict[str, Any]]:
        """What left, oldest first, as the log shows it."""
        return request_log.read(self.state.documents)
