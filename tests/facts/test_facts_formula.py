"""Header formulas: what is evaluated, what they refer to, and the ways they go wrong."""

from __future__ import annotations

import pytest

from sfsetup.facts.formula import read

CASES = [
    # value, is_formula, is_whole, references, unevaluated, uses_user, repeats_header
    ("application/json", False, False, [], [], False, False),
    ("{!'Bearer ' & $Credential.Acme.Key}", True, True, ["Acme.Key"], [], False, False),
    ("{!$Credential.Acme.Key}", True, True, ["Acme.Key"], [], False, False),
    ("{! $credential . Acme . Key }", True, True, ["Acme.Key"], [], False, False),
    ("Bearer {!$Credential.Acme.Key}", True, False, ["Acme.Key"], [], False, False),
    ("{!$Credential.A.X}:{!$Credential.B.Y}", True, False, ["A.X", "B.Y"], [], False, False),
    ("'Authorization: Bearer '&{!$Credential.Acme.Key}", True, False, ["Acme.Key"], [], False, True),
    ("{!'Authorization: Bearer ' & $Credential.Acme.Key}", True, True, ["Acme.Key"], [], False, True),
    ("$Credential.Acme.Key", False, False, [], ["Acme.Key"], False, False),
    ("{!$Credential.Password}", True, True, ["Password.None"], [], False, False),
    ("{!'$Credential.Acme.Key'}", True, True, [], [], False, False),
    ("{!$User.Email}", True, True, [], [], True, False),
    ("{!'{' & $Credential.Acme.Key & '}'}", True, True, ["Acme.Key"], [], False, False),
    (
        "{!'Basic ' & BASE64ENCODE(BLOB($Credential.Acme.User & ':' & $Credential.Acme.Pass))}",
        True,
        True,
        ["Acme.User", "Acme.Pass"],
        [],
        False,
        False,
    ),
    ("https://acme.com/x", False, False, [], [], False, False),
    (None, False, False, [], [], False, False),
    ("", False, False, [], [], False, False),
    ("{!", False, False, [], [], False, False),
]


@pytest.mark.parametrize(
    ("value", "is_formula", "is_whole", "references", "unevaluated", "uses_user", "repeats"), CASES
)
def test_a_value_is_taken_apart(
    value: str | None,
    is_formula: bool,
    is_whole: bool,
    references: list[str],
    unevaluated: list[str],
    uses_user: bool,
    repeats: bool,
) -> None:
    found = read(value)
    assert found.is_formula is is_formula
    assert found.is_whole is is_whole
    assert [f"{one.external_credential}.{one.parameter}" for one in found.references] == references
    assert [f"{one.external_credential}.{one.parameter}" for one in found.unevaluated] == unevaluated
    assert found.uses_user is uses_user
    assert found.repeats_header is repeats


def test_the_namespace_stands_before_two_underscores() -> None:
    (reference,) = read("{!$Credential.ns__Acme.Key}").references
    assert (reference.external_credential, reference.namespace) == ("ns__Acme", "ns")


@pytest.mark.parametrize("part", ["'\\", "'", "\\'", '"\\', "'\"", "{!'", "{"])
def test_no_formula_takes_the_square_of_its_length(part: str) -> None:
    assert read("{!" + part * 100_000 + "}").text.startswith("{!")


@pytest.mark.parametrize(
    ("formula", "strings"),
    [
        ("'a' & $Credential.E.p & \"b\"", ("a", "b")),
        (r"'a\'b' & $Credential.E.p", (r"a\'b",)),
        ("'open & $Credential.E.p", ()),
        ('\'open & "b" & $Credential.E.p', ("b",)),
        (r"'\' & $Credential.E.p & " + '"x"', ("x",)),
    ],
)
def test_strings_of_a_formula(formula: str, strings: tuple[str, ...]) -> None:
    found = read("{!" + formula + "}")
    assert found.strings == strings
    assert len(found.references) == 1
