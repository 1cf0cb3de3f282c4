"""What Apex and other texts mention."""

from __future__ import annotations

import pytest

from sfsetup.facts.apex import read, read_text

SOURCE = """public class Caller {
    // 'callout:InAComment/v1' and ExternalService.InAComment
    /* HttpRequest
       'callout:AlsoInAComment' */
    static final String URL = 'callout:ns__Acme/v1/orders';
    void go(String name) {
        HttpRequest request = new HttpRequest();
        request.setEndpoint('CALLOUT:' + name);
        request.setEndpoint('https://api.acme.com/v1?x=\\'y\\'');
        request.setHeader('x-api-key', '{!$Credential.Acme.Key}');
        ExternalService . Shop service = new ExternalService.Shop();
    }
}
"""


def test_mentions_are_found_with_their_lines() -> None:
    fact = read(SOURCE, full_name="Caller", file="Caller.cls")
    assert [(each.name, each.line) for each in fact.callouts] == [("ns__Acme", 5)]
    assert [(each.name, each.line) for each in fact.services] == [("Shop", 11), ("Shop", 11)]
    assert [each.line for each in fact.builds_names] == [8]
    assert [(each.name, each.line) for each in fact.endpoints] == [("https://api.acme.com/v1?x=\\", 9)]
    assert [each.line for each in fact.credential_merges] == [10]
    assert fact.makes_callouts


def test_a_class_without_callouts_makes_none() -> None:
    fact = read("public class Plain { String s = 'ExternalService.Shop HttpRequest'; }", full_name="P", file="P.cls")
    assert not fact.makes_callouts
    assert fact.services == ()


def test_an_open_comment_and_an_open_text_are_survived() -> None:
    assert read("/* never closed 'callout:Acme'", full_name="A", file="A.cls").callouts == ()
    assert read("String s = 'callout:Acme", full_name="A", file="A.cls").callouts == ()


def test_kinds_have_refs_of_their_own() -> None:
    assert str(read("", full_name="T", file="T.trigger", kind="ApexTrigger").ref) == "ApexTrigger T"
    text = read_text("x = \"k8f7d6s5a4q2\"; y = 'short';", full_name="app", file="app.js", kind="StaticResource")
    assert str(text.ref) == "StaticResource app"
    assert [(each.name, each.line) for each in text.literals] == [("k8f7d6s5a4q2", 1)]


@pytest.mark.parametrize("part", ["'\\", "'", "\\'", "'\\'", "/*'", "'http://a "])
def test_no_source_takes_the_square_of_its_length(part: str) -> None:
    assert read(f"HttpRequest a; {part * 100_000}", full_name="A", file="a.cls").makes_callouts


def test_a_literal_that_nothing_closes_ends_with_its_line() -> None:
    found = read("String a = 'callout:Acme/x;\nString b = 'callout:Other';", full_name="A", file="a.cls")
    assert [(each.name, each.line) for each in found.callouts] == [("Other", 2)]
