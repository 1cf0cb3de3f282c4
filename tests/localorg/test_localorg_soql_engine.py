"""The SOQL engine by itself: any text is a query or refused, and conditions mean what they say."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.localorg.soql import Column, SoqlError, Table, execute, parse

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"Id": "001000000000001AAA", "Name": "Alpha", "Size": 1, "Live": True, "At": NOW, "OwnerId": "005000000000001AAA",
     "Parts": {"a": 1}},
    {"Id": "001000000000002AAA", "Name": "beta", "Size": 2, "Live": False, "At": NOW - timedelta(days=3), "OwnerId": None},
    {"Id": "001000000000003AAA", "Name": None, "Size": None, "Live": None, "At": None, "OwnerId": "005000000000002AAA"},
    {"Id": "001000000000004AAA", "Name": "Al_pha%", "Size": -5, "Live": True, "At": NOW + timedelta(days=9),
     "OwnerId": "005000000000001AAA"},
]  # fmt: skip
OWNERS = [{"Id": "005000000000001AAA", "Name": "Ann"}, {"Id": "005000000000002AAA", "Name": "Bob"}]

THING = Table(
    "Thing",
    (
        Column("Id", "id"),
        Column("Name"),
        Column("Size", "number"),
        Column("Live", "boolean"),
        Column("At", "datetime"),
        Column("OwnerId", "reference"),
        Column("Parts", "complex"),
    ),
    lambda: ROWS,
    parents={"Owner": ("Owner", "OwnerId")},
)
OWNER = Table("Owner", (Column("Id", "id"), Column("Name")), lambda: OWNERS, children={"Things": ("Thing", "OwnerId")})


class Both:
    """A catalogue of two tables."""

    def table(self, name: str, /) -> Table | None:
        return {"thing": THING, "owner": OWNER}.get(name.lower())

    linked = table


def sizes(where: str) -> list[Any]:
    query = f"SELECT Size FROM Thing {where}"
    return [record["Size"] for record in execute(parse(query, now=NOW), Both(), base="").records]


def outcome(query: str) -> str:
    """Empty for a query that ran, else the code that it was refused with. Anything else than that is a defect."""
    try:
        execute(parse(query, now=NOW), Both(), base="")
    except SoqlError as error:
        return error.code
    return ""


CONDITIONS = {
    "WHERE Size = 1": [1],
    "WHERE Size != 1": [2, None, -5],
    "WHERE Size <> 1": [2, None, -5],
    "WHERE Size > 1": [2],
    "WHERE Size <= 1": [1, -5],
    "WHERE Size = null": [None],
    "WHERE Size != NULL": [1, 2, -5],
    "WHERE Size IN (1, 2)": [1, 2],
    "WHERE Size NOT IN (1, 2)": [None, -5],
    "WHERE Size = -5": [-5],
    "WHERE Name = 'ALPHA'": [1],
    "WHERE Name LIKE 'al%'": [1, -5],
    "WHERE Name LIKE '%A'": [1, 2],
    "WHERE Name LIKE '_eta'": [2],
    "WHERE NOT Name LIKE 'al%'": [2, None],
    "WHERE Live = true": [1, -5],
    "WHERE Live = FALSE": [2, None],
    "WHERE Live != true": [2, None],
    "WHERE Size > 0 AND Live = true": [1],
    "WHERE Size > 1 OR Live = true": [1, 2, -5],
    "WHERE (Size > 1 OR Live = true) AND (NOT Size = 1)": [2, -5],
    "WHERE NOT (Size = 1 OR Live = false) AND Size != null": [-5],
    "WHERE Owner.Name = 'ann'": [1, -5],
    "WHERE Owner.Name = null": [2],
    "WHERE OwnerId = '005000000000001'": [1, -5],
    "WHERE OwnerId IN (SELECT Id FROM Owner WHERE Name = 'Bob')": [None],
    "WHERE Id NOT IN (SELECT Id FROM Thing WHERE Live = true)": [2, None],
    "WHERE At = TODAY": [1],
    "WHERE At < TODAY": [2],
    "WHERE At >= LAST_N_DAYS:3": [1, 2, -5],
    "WHERE At = LAST_N_DAYS:3": [1, 2],
    "WHERE At > LAST_N_DAYS:3": [1, -5],
    "WHERE At < LAST_N_DAYS:3": [],
    "WHERE At != LAST_N_DAYS:1": [2, None, -5],
    "WHERE At IN (TODAY, N_DAYS_AGO:3)": [1, 2],
    "WHERE At = NEXT_N_DAYS:9": [-5],
    "WHERE At = NEXT_90_DAYS": [-5],
    "WHERE At = THIS_WEEK": [1, 2],
    "WHERE At < this_week": [],
    "WHERE At > THIS_WEEK": [-5],
    "WHERE At = NEXT_N_WEEKS:2": [-5],
    "WHERE At = THIS_MONTH": [1, 2],
    "WHERE At <= THIS_MONTH": [1, 2],
    "WHERE At > THIS_MONTH": [-5],
    "WHERE At = NEXT_MONTH": [-5],
    "WHERE At = THIS_QUARTER": [1, 2, -5],
    "WHERE At = LAST_N_MONTHS:2": [],
    "WHERE At = N_YEARS_AGO:0": [1, 2, -5],
    "WHERE At > 2026-11-26T11:59:59Z": [1, -5],
    "WHERE At = 2026-11-23": [2],
    "WHERE At >= 2026-11-26T13:00:00+01:00": [1, -5],
    "ORDER BY Size": [None, -5, 1, 2],
    "ORDER BY Size DESC": [None, 2, 1, -5],
    "ORDER BY Size DESC NULLS LAST": [2, 1, -5, None],
    "ORDER BY Live, Size DESC": [None, 2, 1, -5],
    "ORDER BY Name NULLS LAST LIMIT 2 OFFSET 1": [1, 2],
    "LIMIT 0": [],
    "FOR VIEW": [1, 2, None, -5],
}


@pytest.mark.parametrize(("where", "expected"), CONDITIONS.items(), ids=CONDITIONS)
def test_conditions_and_orders(where: str, expected: list[Any]) -> None:
    assert sizes(where) == expected


REFUSED = {
    "WHERE Size = 'one'": "INVALID_FIELD",
    "WHERE Size = true": "INVALID_FIELD",
    "WHERE Live = 1": "INVALID_FIELD",
    "WHERE At = 'now'": "INVALID_FIELD",
    "WHERE Size LIKE 5": "INVALID_FIELD",
    "WHERE Owner = 'x'": "INVALID_FIELD",
    "WHERE Owner.Owner.Name = 'x'": "INVALID_FIELD",
    "WHERE Size =": "MALFORMED_QUERY",
    "WHERE Size = 1 AND Live = true OR Size = 2": "MALFORMED_QUERY",
    "WHERE Size = 1 OR Live = true AND Size = 2": "MALFORMED_QUERY",
    "WHERE Size = 1 AND NOT Live = true": "MALFORMED_QUERY",
    "WHERE Size IN ()": "MALFORMED_QUERY",
    "WHERE At = 2026-13-45": "MALFORMED_QUERY",
    "WHERE At = LAST_N_DAYS:99999999": "MALFORMED_QUERY",
    "WHERE At = LAST_N_YEARS:99999999": "MALFORMED_QUERY",
    "WHERE Size = TODAY": "INVALID_FIELD",
    "WHERE COUNT(Id) > 1": "MALFORMED_QUERY",
    "ORDER BY COUNT(Id)": "MALFORMED_QUERY",
    "HAVING COUNT(Id) > 1": "MALFORMED_QUERY",
    "LIMIT 1.5": "MALFORMED_QUERY",
    "LIMIT x": "MALFORMED_QUERY",
    "WHERE Parts > 'x'": "INVALID_FIELD",
    "WHERE Parts = null": "INVALID_FIELD",
    "ORDER BY Parts": "INVALID_FIELD",
    "GROUP BY Parts": "INVALID_FIELD",
}


@pytest.mark.parametrize(("where", "code"), REFUSED.items(), ids=REFUSED)
def test_conditions_that_are_refused(where: str, code: str) -> None:
    with pytest.raises(SoqlError) as caught:
        sizes(where)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "SELECT Id\nFROM Thing WHERE Size = 1 AND Size = 2 OR Size = 3",
            "ERROR at Row:2:Column:40\nunexpected token: 'OR'",
        ),
        ("SELECT Id FROM Thing WHERE Size = ", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Thing WHERE Name = 'a' ; DROP", "ERROR at Row:1:Column:39\nunexpected token: ';'"),
    ],
)
def test_the_place_of_what_is_malformed_is_told(query: str, told: str) -> None:
    with pytest.raises(SoqlError) as caught:
        parse(query)
    assert caught.value.message == told


@pytest.mark.parametrize(
    "where", ["At > 2026-13-45", "At > 2026-01-01T00:00:00+99:99", "At = LAST_N_DAYS:" + 5000 * "9"]
)
def test_literals_that_cannot_be_read_are_told_in_words_of_soql(where: str) -> None:
    with pytest.raises(SoqlError) as caught:
        parse(f"SELECT Id FROM Thing WHERE {where}")
    assert where.partition(" ")[2].split()[-1][:30] in caught.value.message
    assert "sys." not in caught.value.message
    assert "timedelta" not in caught.value.message


@pytest.mark.parametrize("source", ["Things", "Owner.Things", "o.Things t"])
def test_children_by_the_names_of_their_parent(source: str) -> None:
    query = f"SELECT o.Name, (SELECT Size FROM {source}) FROM Owner o WHERE o.Name = 'Bob'"
    (found,) = execute(parse(query, now=NOW), Both(), base="").records
    assert [each["Size"] for each in found["Things"]["records"]] == [None]


LACKING = {
    "SELECT TYPEOF Owner WHEN User THEN Id END FROM Thing": "TYPEOF",
    "SELECT Id FROM Thing USING SCOPE mine": "USING SCOPE",
    "SELECT Id FROM Thing WITH SECURITY_ENFORCED": "WITH SECURITY_ENFORCED",
    "SELECT Id FROM Thing WHERE Size = 1  with user_mode": "WITH USER_MODE",
    "SELECT Id FROM Thing ALL ROWS": "ALL ROWS",
    "SELECT Name, COUNT(Id) FROM Thing GROUP BY ROLLUP(Name)": "ROLLUP",
    "SELECT toLabel(Name) FROM Thing": "TOLABEL",
    "SELECT Id FROM Thing WHERE CALENDAR_YEAR(At) = 2026": "CALENDAR_YEAR",
    "SELECT Id FROM Thing WHERE At = THIS_FISCAL_YEAR": "THIS_FISCAL_YEAR",
    "SELECT Id FROM Thing WHERE Name INCLUDES ('a')": "INCLUDES",
}


@pytest.mark.parametrize(("query", "word"), LACKING.items(), ids=LACKING.values())
def test_what_is_soql_and_not_modelled_is_not_called_malformed(query: str, word: str) -> None:
    with pytest.raises(SoqlError) as caught:
        parse(query)
    assert caught.value.message == f"the local org does not model {word} in SOQL [local org's wording]"


@pytest.mark.parametrize("name", ["ALL ROWS", "USING SCOPE x", "CUBE(", "it\\'s TYPEOF"])
def test_texts_that_read_like_it_are_texts(name: str) -> None:
    assert outcome(f"SELECT Id FROM Thing WHERE Name = '{name}'") == ""
    with pytest.raises(SoqlError, match="unexpected token"):
        parse(f"SELECT Id FROM Thing WHERE Name = '{name}' ;")


def test_children_and_grouping() -> None:
    query = "SELECT Name, (SELECT Size FROM Things WHERE Live = true ORDER BY Size) FROM Owner ORDER BY Name"
    found = execute(parse(query), Both(), base="").records
    things = [record["Things"] for record in found]
    assert [child["Size"] for child in things[0]["records"]] == [-5, 1]
    assert things[1] is None
    grouped = execute(
        parse("SELECT Owner.Name, COUNT(Id) n, COUNT(Size) FROM Thing GROUP BY Owner.Name"), Both(), base=""
    )
    assert [(r["Name"], r["n"], r["expr0"]) for r in grouped.records] == [("Ann", 2, 2), (None, 1, 1), ("Bob", 1, 0)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("COUNT(Id) n", {"n": 4}),
        ("COUNT_DISTINCT(OwnerId) n", {"n": 2}),
        ("MAX(Size), MIN(Size)", {"expr0": 2, "expr1": -5}),
        ("SUM(Size) total, AVG(Size) mean", {"total": -2, "mean": -2 / 3}),
        ("MIN(Name) first, max(At) last", {"first": "Al_pha%", "last": "2026-12-05T12:00:00.000+0000"}),
        ("MAX(Owner.Name) who", {"who": "Bob"}),
    ],
)
def test_aggregates(fields: str, expected: dict[str, Any]) -> None:
    (record,) = execute(parse(f"SELECT {fields} FROM Thing"), Both(), base="").records
    assert {key: value for key, value in record.items() if key != "attributes"} == expected
    empty = execute(parse(f"SELECT {fields} FROM Thing WHERE Id = null"), Both(), base="").records[0]
    assert all(value in (0, None) for key, value in empty.items() if key != "attributes")


GROUPED = {
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name LIMIT 1": [("Ann", 2)],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name LIMIT 5 OFFSET 2": [("Bob", 1)],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name ORDER BY COUNT(Id) DESC, Owner.Name LIMIT 2": [
        ("Ann", 2), (None, 1),
    ],
    "SELECT Owner.Name who, COUNT(Id) FROM Thing GROUP BY Owner.Name ORDER BY Owner.Name NULLS LAST": [
        ("Ann", 2), ("Bob", 1), (None, 1),
    ],
    "SELECT Owner.Name who, COUNT(Id) n FROM Thing GROUP BY Owner.Name ORDER BY n, who": [
        (None, 1), ("Bob", 1), ("Ann", 2),
    ],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name HAVING COUNT(Id) > 1": [("Ann", 2)],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name HAVING COUNT(Id) < 2 AND Owner.Name != null": [
        ("Bob", 1),
    ],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name HAVING NOT (SUM(Size) < 0 OR MAX(Size) = null)": [
        (None, 1),
    ],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name HAVING MIN(Name) IN ('al_pha%', 'BETA')": [
        ("Ann", 2), (None, 1),
    ],
    "SELECT t.Owner.Name, COUNT(t.Id) n FROM Thing t GROUP BY t.Owner.Name HAVING COUNT(t.Id) = 2 ORDER BY t.Owner.Name": [
        ("Ann", 2),
    ],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name, owner.name HAVING COUNT(Id) = 2": [("Ann", 2)],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing WHERE Size = 77 GROUP BY Owner.Name": [],
    "SELECT Owner.Name, COUNT(Id) n FROM Thing GROUP BY Owner.Name HAVING Owner.Name LIKE 'b%'": [("Bob", 1)],
}  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), GROUPED.items(), ids=range(len(GROUPED)))
def test_groups_are_filtered_ordered_and_cut_after_grouping(query: str, expected: list[Any]) -> None:
    found = execute(parse(query), Both(), base="").records
    assert [tuple(value for key, value in record.items() if key != "attributes") for record in found] == expected


def test_groups_carry_the_names_that_were_given() -> None:
    query = "SELECT Owner.Name who, COUNT(Id) FROM Thing GROUP BY Owner.Name LIMIT 1"
    assert set(execute(parse(query), Both(), base="").records[0]) == {"attributes", "who", "expr0"}
    assert execute(parse("SELECT COUNT(t.Id) n FROM Thing t"), Both(), base="").records[0]["n"] == 4


@pytest.mark.parametrize(
    "query",
    [
        "SELECT Name, COUNT(Id) FROM Thing",
        "SELECT Name FROM Thing GROUP BY OwnerId",
        "SELECT Name, COUNT(Id) FROM Thing WHERE Size = 77 GROUP BY OwnerId",
        "SELECT Name n FROM Thing",
        "SELECT COUNT() FROM Thing GROUP BY Name",
        "SELECT COUNT(), Name FROM Thing",
        "SELECT COUNT() FROM Thing ORDER BY Name",
        "SELECT COUNT(Id) FROM Thing ORDER BY COUNT(Id)",
        "SELECT OwnerId, COUNT(Id) FROM Thing GROUP BY OwnerId ORDER BY Name",
        "SELECT OwnerId, COUNT(Id) FROM Thing GROUP BY OwnerId HAVING Name = 'x'",
        "SELECT OwnerId, COUNT(Id) FROM Thing GROUP BY OwnerId HAVING OwnerId IN (SELECT Id FROM Owner)",
        "SELECT OwnerId, COUNT(Id) FROM Thing GROUP BY OwnerId ORDER BY OwnerId HAVING COUNT(Id) > 1",
        "SELECT Name, (SELECT Id FROM Things) FROM Owner GROUP BY Name",
        "SELECT Name, (SELECT COUNT(Id) FROM Things) FROM Owner",
    ],
)
def test_groups_that_are_refused(query: str) -> None:
    assert outcome(query) == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "field",
    ["SUM(Name)", "AVG(At)", "MAX(Live)", "MIN(Nothing)", "COUNT_DISTINCT(Parts)", "FIELDS(SOME)", "FIELDS(ALL)"],
)
def test_aggregates_and_wildcards_that_are_refused(field: str) -> None:
    assert outcome(f"SELECT {field} FROM Thing") in ("INVALID_FIELD", "MALFORMED_QUERY")


def test_all_fields() -> None:
    found = execute(parse("SELECT FIELDS(ALL) FROM Thing LIMIT 200"), Both(), base="").records[0]
    assert set(found) == {"attributes", "Id", "Name", "Size", "Live", "At", "OwnerId", "Parts"}
    assert "Name" in execute(parse("SELECT FIELDS(STANDARD) FROM Thing"), Both(), base="").records[0]


def test_a_query_as_long_as_it_may_be_is_read_and_a_longer_one_refused() -> None:
    names = ",".join(f"'{number:09d}'" for number in range(8000))
    assert sizes(f"WHERE Name IN ({names})") == []
    with pytest.raises(SoqlError) as caught:
        parse("SELECT Id FROM Thing WHERE Name = '" + "x" * 100_000 + "'")
    assert caught.value.code == "QUERY_TOO_LONG"


@pytest.mark.parametrize(
    "text",
    ["NOT " * 20_000, "(" * 90_000, "Size = 1 AND " * 7000 + "Size = 1", "Owner." * 900 + "Name = 'x'"],
    ids=["nots", "brackets", "ands", "path"],
)
def test_deep_queries_end_quickly_in_an_answer(text: str) -> None:
    began = time.process_time()
    assert outcome(f"SELECT Id FROM Thing WHERE {text}") in ("", "MALFORMED_QUERY", "INVALID_FIELD")
    assert time.process_time() - began < 20


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    for query in (text, f"SELECT Id FROM Thing WHERE {text}", f"SELECT {text} FROM Thing"):
        assert outcome(query) is not None


WORDS = st.sampled_from(
    ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "(", ")", ",", "=", "<", "Id", "Name", "Size", "Thing",
     "Owner.Name", "'x'", "5", "null", "true", "LIMIT", "ORDER", "BY", "GROUP", "HAVING", "COUNT", "TODAY", "2026-01-01", "DESC"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25))
def test_any_words_of_soql_are_a_query_or_refused(words: list[str]) -> None:
    assert outcome("SELECT Id FROM Thing " + " ".join(words)) is not None


@given(st.text("ab%_.\\*", max_size=7), st.text("abAB.\\*\n", max_size=9))
def test_like_means_what_it_should(pattern: str, text: str) -> None:
    from sfsetup.localorg.soql.compare import _like, _segments

    expression = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    expected = re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None
    assert _like(text, _segments(pattern)) is expected


def test_like_is_quick_on_long_texts() -> None:
    from sfsetup.localorg.soql.compare import _like, _segments

    began = time.process_time()
    assert not _like("a" * 200_000, _segments("%a" * 200 + "%b"))
    assert time.process_time() - began < 20


@given(st.text(max_size=30))
def test_a_quoted_text_comes_through_whole(text: str) -> None:
    from simple_salesforce.format import format_soql

    condition: Any = parse(format_soql("SELECT Id FROM Thing WHERE Name = {}", text)).where
    assert condition.value == text
