"""Authentication protocols: header templates and formulas, what is written, what is stored, the schema they make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.metadata.fields import enumeration
from sfsetup.protocols import templates
from sfsetup.protocols.registry import PROTOCOLS
from sfsetup.protocols.values import ExternalCredential, Header, Parameter, Principal
from sfsetup.spec.schema import composed, schema

_SETTINGS = {
    "oauth_client_credentials": {"token_url": "https://x.example/t", "scope": "a b"},
    "oauth_jwt_bearer": {
        "token_url": "https://x.example/t",
        "certificate": "C",
        "claims": {"iss": "i", "sub": "s", "aud": "a"},
    },
    "oauth_browser": {"auth_provider": "P"},
    "aws_sigv4": {"service": "s3", "region": "eu-central-1"},
}


def _credential(key: str) -> ExternalCredential:
    parameters = {name: Parameter(value="x") for name in PROTOCOLS[key].required_parameters} or {"key": Parameter()}
    return ExternalCredential(
        name="EC",
        label="EC",
        protocol=key,
        headers=(Header("X-A", "a{key}", "{!'a' & $Credential.EC.key}"),),
        principals=(Principal("One", 1, parameters), Principal("Two", 2, parameters)),
        settings=_SETTINGS.get(key, {}),
    )


@pytest.mark.parametrize("key", PROTOCOLS)
def test_every_protocol_writes_what_the_wsdl_knows(key: str) -> None:
    protocol, credential = PROTOCOLS[key], _credential(key)
    protocols = enumeration("AuthenticationProtocol") or {}
    types = enumeration("ExternalCredentialParamType") or {}
    assert protocol.metadata_name in protocols
    written = protocol.write(credential)
    assert {parameter.type for parameter in written} <= set(types)
    assert [parameter.name for parameter in written if parameter.type == "NamedPrincipal"] == ["One", "Two"]
    assert protocol.check(credential) == ()
    for parameter in written:
        # a principal's group is its own name: what ties its parameters to it
        assert parameter.group == (parameter.name if parameter.type == "NamedPrincipal" else "DefaultGroup")


@pytest.mark.parametrize("key", PROTOCOLS)
def test_what_is_stored_belongs_to_one_principal(key: str) -> None:
    protocol, credential = PROTOCOLS[key], _credential(key)
    stored = protocol.stored(credential, "One")
    assert {item.spec_name for item in stored} <= set(credential.principals[0].parameters)
    assert set(protocol.required_parameters) <= {item.spec_name for item in stored}
    assert protocol.stored(credential, "Nobody") == ()
    if stored:
        assert protocol.connect_name


def test_the_schema_holds_the_part_of_every_protocol() -> None:
    assert composed(dict(schema())) == schema()


@pytest.mark.parametrize(
    ("template", "formula"),
    [
        ("plain text", "plain text"),
        ("Bearer {api_key}", "{!'Bearer ' & $Credential.EC.api_key}"),
        ("{api_key}", "{!$Credential.EC.api_key}"),
        (
            "Basic {user:password}",
            "{!'Basic ' & BASE64ENCODE(BLOB($Credential.EC.user & ':' & $Credential.EC.password))}",
        ),
        ("it's {a}", "{!'it\\'s ' & $Credential.EC.a}"),
        ("{{x}} {a}", "{!'{x} ' & $Credential.EC.a}"),
        ("{!$Credential.EC.a}", "{!$Credential.EC.a}"),
    ],
)
def test_templates_become_formulas(template: str, formula: str) -> None:
    assert templates.formula(template, "EC") == formula


@pytest.mark.parametrize("template", ["{", "}", "{a", "a}", "{a b}", "{1a}", "{a:b:c}", "{}", "{a}{"])
def test_templates_that_cannot_be_read(template: str) -> None:
    with pytest.raises(templates.TemplateError):
        templates.formula(template, "EC")


_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
_pieces = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="{}"), min_size=1, max_size=8),
    st.sampled_from(["{{", "}}", "'", "\\", '"', " & "]),
    _names.map(lambda name: f"{{{name}}}"),
    st.tuples(_names, _names).map(lambda pair: f"{{{pair[0]}:{pair[1]}}}"),
)


@given(st.lists(_pieces, min_size=1, max_size=6).map("".join))
def test_a_formula_gives_its_template_back(template: str) -> None:
    if "{!" in template:
        return
    formula = templates.formula(template, "EC")
    back = templates.template_of(formula, "EC")
    if formula.startswith("{!"):
        assert back is not None
        assert templates.formula(back, "EC") == formula
        assert templates.parse(back) == templates.parse(template)
    names = {name for _credential, name in templates.references(formula)}
    assert names == set(templates.parse(template).parameters)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("{!'Bearer ' & $Credential.EC.k}", '{! "Bearer "&$Credential.EC.k }', True),
        ("{!'Bearer ' & $Credential.EC.k}", "{!'Bearer' & $Credential.EC.k}", False),
        ("{!$Credential.EC.k}", "{!$Credential.EC.K}", False),
        ("a", "a", True),
        ("a", "{!'a'}", False),
    ],
)
def test_formulas_are_compared_by_meaning(first: str, second: str, same: bool) -> None:
    assert templates.same_value(first, second) is same
