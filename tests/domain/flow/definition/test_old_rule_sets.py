"""Rule sets of version 11 become routers, with an action before them where they did something themselves."""

from typing import Any

import pytest

from domain.errors import DefinitionError
from domain.flow.definition.migrate import migrate
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import GROUP, OTHER_FLOW, SEND, numbered_ids, old_survey
from tests.domain.flow.engine.conversation import uuid_of

EVERYTHING = {"uuid": uuid_of(0x1002), "category": {"eng": "Other"}, "destination": None, "test": {"type": "true"}}


def rule(test: dict[str, Any], name: str = "Yes", number: int = 0x1001) -> dict[str, Any]:
    return {"uuid": uuid_of(number), "category": {"eng": name}, "destination": None, "test": test}


def migrated(kind: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flow of version 13 with the rule set alone."""
    raw = {
        "uuid": uuid_of(2),
        "ruleset_type": kind,
        "label": "Consent",
        "operand": "@step.value",
        "rules": [*rules, EVERYTHING],
        "config": {},
        "x": 1,
        "y": 2,
        **more,
    }
    return migrate(old_survey(action_sets=[], rule_sets=[raw]), "13.0.0", ids=numbered_ids())


def node_of_rule_set(kind: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    flow = migrated(kind, *rules, **more)
    read_flow(flow)
    node = flow["nodes"][0]
    assert isinstance(node, dict)
    return node


@pytest.mark.parametrize(
    ("kind", "wait", "operand"),
    [
        ("wait_message", {"type": "msg"}, "@input"),
        ("wait_photo", {"type": "msg", "hint": {"type": "image"}}, "@input"),
        ("wait_gps", {"type": "msg", "hint": {"type": "location"}}, "@input"),
        ("wait_recording", {"type": "msg", "hint": {"type": "audio"}}, "@input"),
        ("wait_digit", {"type": "msg", "hint": {"type": "digits", "count": 1}}, "@input.text"),
        ("wait_digits", {"type": "msg", "hint": {"type": "digits", "terminated_by": "#"}}, "@input.text"),
    ],
)
def test_rule_sets_that_wait(kind: str, wait: dict[str, Any], operand: str) -> None:
    router = node_of_rule_set(kind, finished_key="#")["router"]
    assert (router["wait"], router["operand"], router["result_name"]) == (wait, operand, "Consent")


@pytest.mark.parametrize(
    ("kind", "more", "operand"),
    [
        ("expression", {"operand": "@flow.x"}, '@(if(is_error(results.x), "@flow.x", results.x))'),
        ("contact_field", {"operand": "@contact.age"}, "@fields.age"),
        ("flow_field", {"operand": "@flow.crop"}, "@results.crop"),
        ("group", {}, "@contact.groups"),
        (
            "form_field",
            {"operand": "@flow.form", "config": {"field_index": 1, "field_delimiter": "+"}},
            '@(field(results.form, 1, "+"))',
        ),
    ],
)
def test_rule_sets_that_look_at_something(kind: str, more: dict[str, Any], operand: str) -> None:
    router = node_of_rule_set(kind, **more)["router"]
    assert router["operand"] == operand
    assert "wait" not in router


def test_random_rule_sets() -> None:
    router = node_of_rule_set("random")["router"]
    assert (router["type"], "operand" in router) == ("random", False)


def test_subflows_are_entered_and_their_status_looked_at() -> None:
    completed = rule({"type": "subflow", "exit_type": "completed"}, "Complete")
    node = node_of_rule_set("subflow", completed, config={"flow": OTHER_FLOW})
    assert node["actions"][0]["flow"] == OTHER_FLOW
    assert node["router"]["operand"] == "@child.status"
    assert node["router"]["cases"][0]["arguments"] == ["completed"]


def test_webhooks_are_called_with_escaped_values_and_their_result_looked_at() -> None:
    config = {
        "webhook": "http://x.org/?n=@contact.name",
        "webhook_action": "GET",
        "webhook_headers": [{"name": "Auth", "value": "@contact.token"}],
    }
    answered = rule({"type": "webhook_status", "status": "success"}, "Success")
    node = node_of_rule_set("webhook", answered, config=config)
    (action,) = node["actions"]
    assert (action["method"], action["url"]) == ("GET", "http://x.org/?n=@(url_encode(contact.name))")
    assert action["headers"] == {"Auth": "@fields.token"}
    assert node["router"]["operand"] == "@results.consent.category"
    assert node["router"]["cases"][0]["arguments"] == ["Success"]


def test_webhooks_that_post_send_what_they_always_sent() -> None:
    (action,) = node_of_rule_set("webhook", config={"webhook": "http://x.org", "webhook_action": "POST"})["actions"]
    assert action["headers"] == {"Content-Type": "application/json"}
    assert action["body"].startswith("@(json(object(")


def test_resthooks_are_called() -> None:
    (action,) = node_of_rule_set("resthook", config={"resthook": "new-farmer"})["actions"]
    assert (action["type"], action["resthook"], action["result_name"]) == ("call_resthook", "new-farmer", "Consent")


def test_airtime_is_sent_in_every_currency_named() -> None:
    config = {"RW": {"currency_code": "RWF", "amount": 500}, "UG": {"currency_code": "UGX", "amount": 1000}}
    sent = rule({"type": "airtime_status", "exit_status": "success"}, "Success")
    failed = rule({"type": "airtime_status", "exit_status": "failed"}, "Failure", 0x1003)
    node = migrated("airtime", sent, failed, config=config)["nodes"][0]
    assert node["actions"][0]["amounts"] == {"RWF": 500, "UGX": 1000}
    assert [case["type"] for case in node["router"]["cases"]] == ["has_category"]


@pytest.mark.parametrize(
    ("test", "case"),
    [
        ({"type": "between", "min": 1, "max": "@flow.most"}, ("has_number_between", ["1", "@results.most"])),
        ({"type": "contains", "test": {"eng": "yes"}}, ("has_all_words", ["yes"])),
        ({"type": "starts", "test": "ye"}, ("has_beginning", ["ye"])),
        ({"type": "regex", "test": "@(x)"}, ("has_pattern", ["@(x)"])),
        ({"type": "lt", "test": "@flow.x"}, ("has_number_lt", ["@results.x"])),
        ({"type": "date_before", "test": "@(date.today - 3)"}, ("has_date_lt", ['@(datetime_add(today(), -3, "D"))'])),
        ({"type": "in_group", "test": GROUP}, ("has_group", [GROUP["uuid"], GROUP["name"]])),
        ({"type": "district", "test": "@flow.state"}, ("has_district", ["@results.state"])),
        ({"type": "ward", "state": "S", "district": "D"}, ("has_ward", ["D", "S"])),
        ({"type": "has_email"}, ("has_email", None)),
        ({"type": "not_empty"}, ("has_text", None)),
    ],
)
def test_tests_become_cases(test: dict[str, Any], case: tuple[str, list[str] | None]) -> None:
    (made,) = node_of_rule_set("wait_message", rule(test))["router"]["cases"]
    assert (made["type"], made.get("arguments")) == case


@pytest.mark.parametrize(
    ("written", "days"),
    [("@(date.today - 3)", "-3"), ("@(date.today + 10)", "10"), ("@(DATE.TODAY+1)", "1"), ("@contact.due", "0")],
)
def test_editors_are_shown_the_days_that_a_date_is_from_today(written: str, days: str) -> None:
    flow = migrated("wait_message", rule({"type": "date_after", "test": written}))
    (case,) = flow["nodes"][0]["router"]["cases"]
    assert flow["_ui"]["nodes"][flow["nodes"][0]["uuid"]]["config"]["cases"] == {case["uuid"]: {"arguments": [days]}}


def test_rules_of_one_name_share_a_category() -> None:
    rules = [rule({"type": "has_email"}), rule({"type": "phone"}, number=0x1003)]
    router = node_of_rule_set("wait_message", *rules)["router"]
    assert [category["name"] for category in router["categories"]] == ["Yes", "Other"]
    assert router["cases"][0]["category_uuid"] == router["cases"][1]["category_uuid"]


def test_a_rule_for_silence_is_a_timeout() -> None:
    router = node_of_rule_set("wait_message", rule({"type": "timeout", "minutes": 5}, "No Response"))["router"]
    assert router["wait"]["timeout"] == {"seconds": 300, "category_uuid": router["categories"][0]["uuid"]}
    assert router["cases"] == []


@pytest.mark.parametrize(
    ("kind", "rules", "config", "sentence"),
    [
        ("dance", [], {}, "unable to migrate legacy rule set of type 'dance'"),
        ("wait_message", [rule({"type": "smells"})], {}, "rule[0]: unable to migrate legacy test of type 'smells'"),
        ("wait_message", [rule({})], {}, "rule[0]: a rule's test must be an object with a type"),
        ("wait_message", [rule({"type": "timeout"})], {}, "rule[0]: a timeout must have a number of minutes"),
        ("wait_message", [rule({"type": "in_group"})], {}, "rule[0]: the test in_group must name a group"),
        ("subflow", [], {}, "a rule set of type 'subflow' must name a flow"),
        (
            "airtime",
            [],
            {"A": {"currency_code": "RWF", "amount": 1}, "B": {"currency_code": "RWF", "amount": 2}},
            "a rule set of type 'airtime' has different amounts in RWF",
        ),
    ],
)
def test_what_can_not_be_migrated_is_told(
    kind: str, rules: list[dict[str, Any]], config: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        migrated(kind, *rules, config=config)
    assert refused.value.sentence == f"unable to migrate rule_set[uuid={uuid_of(2)}]: {sentence}"


# ---- actions ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"type": "send", "msg": {"eng": "Hi"}, "contacts": [GROUP], "groups": [], "variables": [{"id": "@flow.x"}]},
            {"type": "send_broadcast", "text": "Hi", "contacts": [GROUP], "legacy_vars": ["@results.x"]},
        ),
        (
            {"type": "trigger-flow", "flow": OTHER_FLOW, "variables": [{"id": "@new_contact"}], "groups": [GROUP]},
            {"type": "start_session", "flow": OTHER_FLOW, "create_contact": True, "groups": [GROUP]},
        ),
        (
            {"type": "add_label", "labels": [GROUP, {"name": "@flow.x"}, "@flow.y"]},
            {
                "type": "add_input_labels",
                "labels": [GROUP, {"name_match": "@results.x"}, {"name_match": "@results.y"}],
            },
        ),
        (
            {"type": "channel", "channel": uuid_of(4), "name": "Line"},
            {"type": "set_contact_channel", "channel": {"uuid": uuid_of(4), "name": "Line"}},
        ),
        (
            {"type": "save", "field": "first_name", "label": "First", "value": "@step"},
            {"type": "set_contact_name", "name": "@input @(word_slice(contact.name, 1, -1))"},
        ),
        (
            {
                "type": "reply",
                "msg": "Hi",
                "media": "image/png:a.png",
                "quick_replies": [{"eng": "Yes"}],
                "send_all": True,
            },
            {
                "type": "send_msg",
                "attachments": ["image/png:http://m/a.png"],
                "quick_replies": ["Yes"],
                "all_urns": True,
            },
        ),
        (
            {"type": "say", "msg": {"eng": "Hi"}, "recording": {"eng": "a.mp3"}},
            {"type": "say_msg", "text": "Hi", "audio_url": "http://m/a.mp3"},
        ),
        ({"type": "play", "url": "@flow.x"}, {"type": "play_audio", "audio_url": "@results.x"}),
    ],
)
def test_actions_do_what_they_did(old: dict[str, Any], new: dict[str, Any]) -> None:
    sets = [{"uuid": uuid_of(1), "exit_uuid": uuid_of(11), "actions": [{"uuid": SEND, **old}]}]
    flow = migrate(old_survey(action_sets=sets, rule_sets=[], flow_type="V"), "13.0.0", base_media_url="http://m")
    made = flow["nodes"][0]["actions"][0]
    assert {key: made.get(key) for key in new} == new
