"""Migrations that change what templates refer to leave everything else in them as it was, to the letter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.flow.definition.migrate import migrate
from domain.flow.definition.migrations.refactor import rename_webhook, shorten_result_names
from tests.domain.flow.definition.examples import SEND, case, send, survey, switch
from tests.domain.flow.engine.conversation import flow_of, node_of

LONG = "a_rather_long_name_" * 5
SHORT = LONG[:64]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@webhook", "@webhook.json"),
        ("@Webhook.Status!", "@webhook.json.Status!"),
        ('@(webhook["status"])', '@(webhook.json["status"])'),
        ("@( UPPER( webhook.name )&1 )", "@(upper(webhook.json.name) & 1)"),
        ("@(foreach(webhook, (x) => x & webhook))", "@(foreach(webhook.json, (x) => x & webhook.json))"),
        ("@( 1+2 ) stays, @webhook goes", "@( 1+2 ) stays, @webhook.json goes"),
        ("@results.webhook @fields.webhook a@webhook.com", "@results.webhook @fields.webhook a@webhook.json.com"),
        ("@@webhook @(webhook +) @(", "@@webhook @(webhook +) @("),
        ("webhook", "webhook"),
        ("@webhook\0@webhook", "@webhook.json\0@webhook"),
    ],
)
def test_webhook_becomes_its_json(before: str, after: str) -> None:
    assert rename_webhook(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"@results.{LONG}", f"@results.{SHORT}"),
        (f"@results.{LONG}.value is it", f"@results.{SHORT}.value is it"),
        (f"@(Lower( results.{LONG}.value )&results.short)", f"@(lower(results.{SHORT}.value) & results.short)"),
        (f"@(-(results.{LONG}[0]) ^ 2)", f"@(-(results.{SHORT}[0]) ^ 2)"),
        (f"@results.{SHORT} @( 1+results.x )", f"@results.{SHORT} @( 1+results.x )"),
        (f"@fields.{LONG} @(results.x.{LONG})", f"@fields.{LONG} @(results.x.{LONG})"),
        (f"@(results.{LONG} +)", f"@(results.{LONG} +)"),
    ],
)
def test_long_names_of_results_are_cut(before: str, after: str) -> None:
    assert shorten_result_names(before) == after


@given(st.text(alphabet='@()"[]., +-webhokrsult\\\0é1', max_size=60))
@settings(max_examples=150, deadline=None)
def test_a_template_that_names_neither_is_left_alone(template: str) -> None:
    if "webhook" not in template.lower():
        assert rename_webhook(template) == template
    assert shorten_result_names(template) == template


@pytest.mark.parametrize("inner", ["+webhook" * 2_000, "-" * 9_000 + "webhook", "(" * 500 + "webhook" + ")" * 500])
def test_long_and_deep_expressions_are_no_trouble(inner: str) -> None:
    rewritten = rename_webhook(f"@(1 {inner})")
    assert rewritten.startswith("@(1")


def test_every_template_of_a_flow_is_rewritten_translations_too() -> None:
    flow = flow_of(
        node_of(
            1,
            send("@webhook.a", quick_replies=["@webhook.b", "plain"]),
            {"type": "call_webhook", "method": "GET", "url": "http://x.org/@webhook.c", "headers": {"X": "@webhook.d"}},
            router=switch("@webhook.e", case("has_text", "@webhook.f")),
        ),
    )
    flow |= {"spec_version": "13.2.0", "localization": {"fra": {SEND: {"text": ["@webhook.g"], "_ui": {"a": 1}}}}}
    migrated = migrate(flow, "13.3.0")
    node = migrated["nodes"][0]
    assert node["actions"][0]["text"] == "@webhook.json.a"
    assert node["actions"][0]["quick_replies"] == ["@webhook.json.b", "plain"]
    assert node["actions"][1]["url"] == "http://x.org/@webhook.json.c"
    assert node["actions"][1]["headers"] == {"X": "@webhook.json.d"}
    assert (node["router"]["operand"], node["router"]["cases"][0]["arguments"]) == (
        "@webhook.json.e",
        ["@webhook.json.f"],
    )
    assert migrated["localization"]["fra"][SEND] == {"text": ["@webhook.json.g"], "_ui": {"a": 1}}


def test_names_and_expressions_of_results_stay_together() -> None:
    asking = {"type": "set_run_result", "name": LONG, "value": "1"}
    flow = flow_of(node_of(1, asking, send(f"@results.{LONG}"))) | {"spec_version": "13.5.0"}
    actions = migrate(flow, "13.6.1")["nodes"][0]["actions"]
    assert actions[0]["name"] == SHORT
    assert actions[1]["text"] == f"@results.{SHORT}"


def test_the_definition_given_is_never_changed() -> None:
    before, given_to = survey("13.0.0"), survey("13.0.0")
    migrate(given_to)
    assert given_to == before
