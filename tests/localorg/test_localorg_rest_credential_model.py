"""Any sequence of writes to a principal ends in what a plain dictionary under Salesforce's rules ends in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sfsetup.localorg.connect import principals
from sfsetup.localorg.refusal import Refused
from sfsetup.localorg.state import State, User

NAMES = st.sampled_from(["key", "Key", "account", "a b", "ключ"])
VALUES = st.dictionaries(NAMES, st.tuples(st.text("xyz'\"&<€", min_size=1, max_size=5), st.booleans()), min_size=1)
CONTENT = (
    b'<?xml version="1.0" encoding="UTF-8"?><ExternalCredential xmlns="http://soap.sforce.com/2006/04/metadata">'
    b"<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
    b"<parameterName>One</parameterName><parameterType>NamedPrincipal</parameterType></externalCredentialParameters>"
    b"<externalCredentialParameters><parameterName>Two</parameterName><parameterType>NamedPrincipal</parameterType>"
    b"</externalCredentialParameters><label>EC</label></ExternalCredential>"
)


def refusal(action: Callable[..., None], *arguments: Any) -> str:
    """The code that an action was refused with; empty when it was carried out."""
    try:
        action(*arguments)
    except Refused as refused:
        return refused.code
    return ""


class Vault(RuleBasedStateMachine):
    """The local org beside a dictionary: principal -> parameter -> (value, encrypted, revision)."""

    @initialize()
    def begin(self) -> None:
        self.state = State.open(None)
        self.state.components.put("ExternalCredential", "EC", CONTENT, by=self.state.admin_id)
        self.model: dict[str, dict[str, tuple[str, bool, int]]] = {"One": {}, "Two": {}}

    @property
    def admin(self) -> User:
        found = self.state.users.get(self.state.admin_id)
        assert found
        return found

    def target(self, name: str) -> principals.Target:
        return principals.find_target(self.state, self.admin, principals.Wanted("EC", "NamedPrincipal", name))

    def changed(self, name: str, values: dict[str, tuple[str, bool]]) -> dict[str, tuple[str, bool, int]]:
        before = self.model[name]
        return {key: (*value, before[key][2] + 1 if key in before else 1) for key, value in values.items()}

    @rule(name=st.sampled_from(["One", "Two"]), values=VALUES)
    def post(self, name: str, values: dict[str, tuple[str, bool]]) -> None:
        code = refusal(principals.create, self.state, self.target(name), values)
        assert code == ("CONFLICT" if self.model[name] else "")
        if not code:
            self.model[name] = self.changed(name, values)

    @rule(name=st.sampled_from(["One", "Two"]), values=VALUES)
    def put(self, name: str, values: dict[str, tuple[str, bool]]) -> None:
        code = refusal(principals.replace, self.state, self.target(name), values)
        assert code == ("" if self.model[name] else "NOT_FOUND")
        if not code:
            self.model[name] = self.changed(name, values)

    @rule(name=st.sampled_from(["One", "Two"]), values=VALUES, version=st.sampled_from([58.0, 59.0, 66.0]))
    def patch(self, name: str, values: dict[str, tuple[str, bool]], version: float) -> None:
        code = refusal(principals.patch, self.state, self.target(name), values, version)
        assert code == ("METHOD_NOT_ALLOWED" if version < 59 else "" if self.model[name] else "NOT_FOUND")
        if not code:
            self.model[name] = {**self.model[name], **self.changed(name, values)}

    @rule(name=st.sampled_from(["One", "Two"]), names=st.lists(NAMES, max_size=3))
    def delete(self, name: str, names: list[str]) -> None:
        principals.delete(self.state, self.target(name), tuple(names), 66.0)
        self.model[name] = {key: value for key, value in self.model[name].items() if names and key not in names}

    @invariant()
    def both_agree(self) -> None:
        for name, expected in self.model.items():
            stored = principals.current(self.state, self.target(name))
            found = {p.name: (p.value, p.encrypted, p.revision) for p in stored.parameters.values()} if stored else {}
            assert found == expected

    @invariant()
    def no_encrypted_value_is_shown(self) -> None:
        for name, expected in self.model.items():
            shown: dict[str, Any] = principals.shown(self.state, self.admin, self.target(name)).get("credentials", {})
            assert {key: entry.get("value") for key, entry in shown.items()} == {
                key: None if encrypted else value for key, (value, encrypted, _) in expected.items()
            }

    def teardown(self) -> None:
        if hasattr(self, "state"):
            self.state.close()


TestVault = Vault.TestCase
TestVault.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
