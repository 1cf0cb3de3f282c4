"""Reading large trees quickly must change no finding: outlines of flows, and files without a sign of a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rule_cases import TABLES, component, entry, verdicts

from sfsetup.facts import flow as flow_facts
from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.rules import secrets
from sfsetup.rules.catalogue import rule, rules_of
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import run
from sfsetup.rules.model import Group, Problem
from sfsetup.rules.secrets import may_hold_secret, suspect

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
CASES = [
    pytest.param(rule_id, case, id=f"{rule_id}-{number}")
    for rule_id, table in TABLES.items()
    for number, case in enumerate((*table["fails"], *table["passes"]), start=1)
    if rule_id[:2] in ("FL", "SM", "EC", "ES") and case.keys() <= {"why", "files", "finds", "unknown", "not_applicable"}
]


@pytest.mark.parametrize(("rule_id", "case"), CASES)
def test_reading_quickly_finds_the_same(rule_id: str, case: dict[str, Any]) -> None:
    files = {name: entry(name, content) for name, content in case.get("files", {}).items()}
    facts = read_facts(read_entries(files), may_hold_secret=may_hold_secret)
    quick = AuditContext.of(facts, report_key=b"k" * 16)
    check = rule(rule_id).check
    assert check is not None

    def told(found: list[Any]) -> list[tuple[str, str | None, str]]:
        return sorted((component(one), one.element, one.message) for one in found if isinstance(one, Problem))

    assert told(list(check(quick))) == told(verdicts(rule_id, case))


def corpus_files(folder: Path) -> dict[str, bytes]:
    return {f"{path.parent.name}/{path.name.split('__', 2)[2]}": path.read_bytes() for path in folder.glob("Flow/*")}


def facts_of(files: dict[str, bytes], **how: Any) -> FactSet:
    return read_facts(read_entries({f"flows/{name.split('/')[1]}": data for name, data in files.items()}), **how)


def test_an_outline_becomes_whole_when_somebody_looks(metadata_corpus: Path) -> None:
    files = corpus_files(metadata_corpus)
    whole = facts_of(files)
    quick = facts_of(files, may_hold_secret=may_hold_secret)
    assert len(whole.flows) == len(quick.flows) > 5
    outlines = 0
    for left, right in zip(whole.flows, quick.flows, strict=True):
        outlines += right.later is not None
        for part in ("action_calls", "subflows", "variables", "start", "api_version", "label", "status"):
            assert getattr(left, part) == getattr(right, part)
        for part in flow_facts.LATE:
            assert getattr(left, part) == getattr(right, part), part
    rules = [each for each in rules_of(Group.AUDIT) if each.check is not None]
    assert run(AuditContext.of(whole), rules).findings == run(AuditContext.of(quick), rules).findings


def test_flows_that_call_nobody_are_read_in_outline() -> None:
    body = "<assignments>\n<name>Set</name>\n<assignmentItems>\n<assignToReference>x</assignToReference>\n<operator>Assign</operator>\n<value>\n<stringValue>plain</stringValue>\n</value>\n</assignmentItems>\n</assignments>\n"
    data = f"{HEAD}<Flow {NS}>\n{body}<label>L</label>\n</Flow>\n".encode()
    flow = read_facts(read_entries({"flows/A.flow": data}), may_hold_secret=may_hold_secret).flows[0]
    assert flow.later is not None
    assert not flow.may_hold_secret
    assert flow.label == "L"
    assert [text.text for text in flow.texts] == ["plain"]
    assert [node.name for node in flow.assignments] == ["Set"]
    with pytest.raises(AttributeError):
        flow.nothing_of_the_kind  # noqa: B018


TOKENS = (
    "xoxb-2468013579-abcdefGHIJKL",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AIzaSyB7-qK9vW3xZtR1mN5pL8cD2fG4hJ6kQ0s",
    "sk-ant-api03-Zx81KvQm27TnRw64LpBd",
    "AKIAQ3EGR7TLW2NMZXPV",
    "Bearer 3f9a1c7e5b2d4f608a9c1e3f5b7d9f02",
    "Basic 3f9a1c7e5b2d4f608a9c1e3f5b7d9f02",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----",
)
NAMES = (
    "api_key", "ApiKey__c", "app key", "clientSecret", "AuthToken", "password", "passphrase", "private-key", "DB_PWD",
    "Authorization", "subscriptionKey", "Signing_Key__c", "bearer",
)  # fmt: skip


def written(name: str, value: str, *, spread: bool) -> bytes:
    gap = "\n    " if spread else ""
    return (
        f"{HEAD}<Flow {NS}>{gap}<constants>{gap}<name>{name}</name>{gap}<value>{gap}<stringValue>{value}</stringValue>"
        f"{gap}</value>{gap}</constants>{gap}</Flow>"
    ).encode()


@pytest.mark.parametrize("token", TOKENS)
def test_every_token_shows_in_the_bytes(token: str) -> None:
    assert suspect(token, key=b"k") is not None
    for spread in (True, False):
        data = written("Anything", token, spread=spread)
        assert may_hold_secret(data)
        flow = read_facts(read_entries({"flows/A.flow": data}), may_hold_secret=may_hold_secret).flows[0]
        assert flow.may_hold_secret


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_secret_shows_in_the_bytes(name: str) -> None:
    assert secrets.is_secret_name(name)
    assert may_hold_secret(written(name, "q7Rt2ZpL9mVx4KdW", spread=True))


@given(
    name=st.one_of(st.sampled_from(NAMES), st.text("abkeyKEYtokensecret_ -", max_size=12)), value=st.text(max_size=60)
)
def test_what_is_suspected_is_never_passed_over(name: str, value: str) -> None:
    if suspect(value, key=b"k", name=name) is not None:
        assert may_hold_secret(f"<name>{name}</name>\n<stringValue>{value}</stringValue>".encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "data",
    [
        f"{HEAD}<Flow {NS}><label>xox&#98;-2468013579-abcdefGHIJKL</label></Flow>".encode(),
        f"{HEAD}<Flow {NS}><label>xox<!-- -->b-2468013579-abcdefGHIJKL</label></Flow>".encode(),
        f"{HEAD}<Flow {NS}><label>xox<![CDATA[b-2468013579-abcdefGHIJKL]]></label></Flow>".encode(),
        f"{HEAD}<Flow {NS}><label>xox<?x y?>b-2468013579-abcdefGHIJKL</label></Flow>".encode(),
        f'<?xml version="1.0" encoding="UTF-16"?><Flow {NS}><label>x</label></Flow>'.encode("utf-16"),
        f'<?xml version="1.0" encoding="IBM037"?><Flow {NS}><label>x</label></Flow>'.encode(),
    ],
)
def test_bytes_that_may_hide_something_are_looked_into(data: bytes) -> None:
    assert may_hold_secret(data)


def test_an_ordinary_file_shows_no_sign() -> None:
    for data in (
        written("Message", "Your parcel is on its way", spread=True),
        f"{HEAD}<Flow {NS}>\n<label>Basic settings of a TASK</label>\n</Flow>".encode(),
        b"public class Weather { static String a = 'callout:Weather/now'; }",
    ):
        assert not may_hold_secret(data)
