"""Each step from one version of the format to the next."""

from typing import Any

import pytest

from domain.errors import DefinitionError
from domain.flow.definition.migrate import MAX_DEPTH, MAX_LANGUAGES, migrate
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import OTHER, SEND, YES, YES_CASE, case, numbered_ids, send, survey, switch
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of

WEBHOOK = {"type": "call_webhook", "method": "GET", "url": "http://example.com", "result_name": "Call"}
TEMPLATE = {"uuid": uuid_of(0xE1), "name": "welcome"}


def stepped(version_before: str, version: str, *nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The flow after the step to that version."""
    return migrate({**flow_of(*nodes), "spec_version": version_before, **more}, version, ids=numbered_ids())


def only_action(flow: dict[str, Any]) -> dict[str, Any]:
    action = flow["nodes"][0]["actions"][0]
    assert isinstance(action, dict)
    return action


def only_router(flow: dict[str, Any]) -> dict[str, Any]:
    router = flow["nodes"][0]["router"]
    assert isinstance(router, dict)
    return router


def test_13_1_gives_templating_a_uuid() -> None:
    message = send("Hi", templating={"template": TEMPLATE, "variables": []})
    assert only_action(stepped("13.0.0", "13.1.0", node_of(1, message)))["templating"]["uuid"] == numbered_ids()()


@pytest.mark.parametrize(("before", "after"), [("base", "und"), ("", "und"), (None, "und"), ("fra", "fra")])
def test_13_2_languages_have_three_letters(before: str | None, after: str) -> None:
    flow = stepped("13.1.0", "13.2.0", language=before, localization={"und": {}, "spa": {}})
    assert flow["language"] == after
    assert ("und" in flow["localization"]) == (after != "und")


def test_13_4_files_variables_and_their_translations_under_the_body() -> None:
    templating = {"uuid": uuid_of(7), "template": TEMPLATE, "variables": ["@contact.name"]}
    flow = stepped(
        "13.3.0",
        "13.4.0",
        node_of(1, send("Hi", templating=templating)),
        localization={"fra": {uuid_of(7): {"variables": ["Nom"]}}},
    )
    body = numbered_ids()()
    assert only_action(flow)["templating"] == {
        "template": TEMPLATE,
        "components": [{"uuid": body, "name": "body", "params": ["@contact.name"]}],
    }
    assert flow["localization"] == {"fra": {body: {"params": ["Nom"]}}}


def test_13_5_messages_name_template_and_variables_themselves() -> None:
    components = [
        {"uuid": uuid_of(7), "name": "body", "params": ["a"]},
        {"uuid": uuid_of(8), "name": "button", "params": ["b", "c"]},
    ]
    message = send("Hi", templating={"template": TEMPLATE, "components": components})
    localization = {"fra": {uuid_of(8): {"params": ["B", "C"]}}, "kin": {SEND: {"text": ["Muraho"]}}}
    flow = stepped("13.4.0", "13.5.0", node_of(1, message), localization=localization)
    action = only_action(flow)
    assert (action["template"], action["template_variables"]) == (TEMPLATE, ["a", "b", "c"])
    assert "templating" not in action
    assert flow["localization"]["fra"] == {SEND: {"template_variables": ["a", "B", "C"]}}
    assert flow["localization"]["kin"] == {SEND: {"text": ["Muraho"]}}


def test_13_6_shortens_names_of_results_and_categories() -> None:
    router = switch("@input", case("has_text"), result_name="r" * 70)
    router["categories"][0]["name"] = "c" * 35 + " d"
    flow = stepped("13.5.0", "13.6.0", node_of(1, router=router))
    assert only_router(flow)["result_name"] == "r" * 64
    assert only_router(flow)["categories"][0]["name"] == "c" * 35


@pytest.mark.parametrize(
    ("kind", "minutes", "after"),
    [("messaging", 99_999, 20_160), ("messaging", 60, 60), ("voice", 60, 15), ("messaging_background", 5, 0)],
)
def test_14_0_caps_expiration(kind: str, minutes: int, after: int) -> None:
    assert stepped("13.6.1", "14.0.0", type=kind, expire_after_minutes=minutes)["expire_after_minutes"] == after


def test_14_0_names_nameless_categories() -> None:
    router = switch("@input")
    router["categories"][0]["name"] = ""
    assert only_router(stepped("13.6.1", "14.0.0", node_of(1, router=router)))["categories"][0]["name"] == "Match"


def test_14_1_splits_after_a_webhook_look_at_its_status() -> None:
    router = switch("@results.call.category", case("has_only_text", "Success"), case("has_text", uuid=uuid_of(9)))
    after = only_router(stepped("14.0.0", "14.1.0", node_of(1, WEBHOOK, router=router)))
    assert after["operand"] == "@webhook.status"
    assert [(each["type"], each["arguments"]) for each in after["cases"]] == [("has_number_between", ["200", "299"])]


def test_14_1_leaves_other_splits_alone() -> None:
    router = switch("@input.text", case("has_only_text", "Success"))
    assert only_router(stepped("14.0.0", "14.1.0", node_of(1, WEBHOOK, router=router)))["operand"] == "@input.text"


def test_14_1_keeps_ten_quick_replies() -> None:
    replies = [str(number) for number in range(14)]
    flow = stepped("14.0.0", "14.1.0", node_of(1, send("?", quick_replies=replies)))
    assert only_action(flow)["quick_replies"] == replies[:10]


def test_14_1_keeps_ten_translated_quick_replies_so_that_the_flow_can_be_read() -> None:
    replies = [str(number) for number in range(14)]
    node = node_of(1, send("?", quick_replies=replies))
    translations = {"fra": {SEND: {"quick_replies": replies}}}
    flow = stepped("14.0.0", "14.1.0", node, localization=translations)
    assert flow["localization"] == {"fra": {SEND: {"quick_replies": replies[:10]}}}
    read_flow(flow)


def test_14_2_bodies_of_tickets_are_notes() -> None:
    flow = stepped("14.1.0", "14.2.0", node_of(1, {"type": "open_ticket", "topic": None, "body": "Help"}))
    assert only_action(flow)["note"] == "Help"
    assert "body" not in only_action(flow)


def test_14_2_drops_translations_without_a_proper_language() -> None:
    assert stepped("14.1.0", "14.2.0", localization={"base": {}, "fra": {}})["localization"] == {"fra": {}}


@pytest.mark.parametrize(
    ("action", "operand"),
    [
        ({"type": "open_ticket", "topic": None, "note": "", "result_name": "Made"}, "@locals._new_ticket"),
        ({"type": "transfer_airtime", "amounts": {"RWF": 100}, "result_name": "Made"}, "@locals._new_transfer"),
    ],
)
def test_14_3_locals_tell_what_results_told(action: dict[str, Any], operand: str) -> None:
    router = switch("@results.made", case("has_category", "Success"), case("has_text", uuid=uuid_of(9)))
    flow = stepped("14.2.0", "14.3.0", node_of(1, action, router=router))
    after = only_router(flow)
    assert (after["operand"], after["result_name"]) == (operand, "Made")
    assert [(each["type"], each["arguments"]) for each in after["cases"]] == [("has_text", [])]
    assert "result_name" not in only_action(flow)


def test_14_3_1_joins_the_words_of_tests() -> None:
    router = switch("@input", case("has_any_word", "yes", "yeah"))
    localization = {"fra": {YES_CASE: {"arguments": ["oui", "ouais"]}}}
    flow = stepped("14.3.0", "14.3.1", node_of(1, router=router), localization=localization)
    assert only_router(flow)["cases"][0]["arguments"] == ["yes yeah"]
    assert flow["localization"]["fra"][YES_CASE]["arguments"] == ["oui ouais"]


def test_14_4_messages_go_to_one_urn() -> None:
    assert "all_urns" not in only_action(stepped("14.3.1", "14.4.0", node_of(1, send("Hi", all_urns=True))))


def test_14_4_1_every_split_after_a_webhook_looks_at_its_status() -> None:
    router = switch("@webhook.json.ok", case("has_text"), case("has_phrase", "x", uuid=uuid_of(9)))
    localization = {"fra": {YES_CASE: {"arguments": ["y"]}, OTHER: {"name": ["Autre"]}}}
    flow = stepped("14.4.0", "14.4.1", node_of(1, WEBHOOK, router=router), localization=localization)
    assert only_router(flow)["operand"] == "@webhook.status"
    assert flow["localization"]["fra"] == {OTHER: {"name": ["Autre"]}}


def test_14_4_2_a_webhook_without_answer_has_status_0() -> None:
    router = switch("@webhook.status", case("has_number_between", "200", "299"))
    flow = stepped("14.4.1", "14.4.2", node_of(1, WEBHOOK, router=router))
    assert only_router(flow)["operand"] == "@(default(webhook.status, 0))"


@pytest.mark.parametrize("version", ["13.0.0", "13.3.0", "13.6.1", "14.0.0", "14.4.2"])
def test_every_version_ends_up_the_same_and_can_be_read(version: str) -> None:
    migrated = migrate(survey(version))
    assert migrated == survey("14.4.2")
    assert read_flow(migrated).nodes[0].router is not None


def test_the_newest_version_is_given_back_as_it_is() -> None:
    flow = survey()
    assert migrate(flow) is flow


def test_without_ids_the_same_definition_gives_the_same_result() -> None:
    flow = survey("13.0.0", nodes=[node_of(1, send("Hi", templating={"template": TEMPLATE, "variables": ["x"]}))])
    assert migrate(flow, "13.4.0") == migrate(flow, "13.4.0")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"spec_version": "15.0.0"}, "spec version 15.0.0 is newer than this library (14.4.2)"),
        ({"spec_version": "12.0.0"}, "spec version 12.0.0 can't be read: it is older than 13.0.0 and has no rule sets"),
        ({"spec_version": None}, "unable to read flow header: field 'spec_version' is required"),
        ({"uuid": "x"}, "unable to read flow header: field 'uuid' must be a valid UUID"),
        ({"name": ""}, "unable to read flow header: field 'name' is required"),
        ({"nodes": [{}] * 1001}, "flow can't have more than 1000 nodes (has 1001)"),
        (
            {"localization": {str(number): {} for number in range(MAX_LANGUAGES + 1)}},
            "flow can't have more than 200 languages (has 201)",
        ),
        ({"_ui": {"nodes": "x" * 300_000}}, "flow can't have more than 262144 bytes of UI data (has 300012)"),
    ],
)
def test_what_can_not_be_migrated_is_told(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        migrate(survey(**change))
    assert refused.value.sentence == sentence


def test_nesting_has_an_end() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    for place in ("_ui", "localization", "nodes", "elsewhere"):
        with pytest.raises(DefinitionError) as refused:
            migrate(survey(**{place: deep}))
        assert refused.value.sentence == f"the definition is nested deeper than {MAX_DEPTH} levels"


def test_categories_keep_their_uuids() -> None:
    assert only_router(migrate(survey("13.0.0")))["categories"][0]["uuid"] == YES
