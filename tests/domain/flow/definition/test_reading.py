"""A definition is read into a flow, or refused with the place and the rule."""

from typing import Any

import orjson
import pytest

from domain.errors import DefinitionError
from domain.flow.definition.actions import ACTION_TYPES
from domain.flow.definition.model import DialWait, MsgWait, SwitchRouter
from domain.flow.definition.read_json import read_flow
from domain.flow.definition.read_nodes import read_action
from domain.flow.definition.shapes import write_object
from domain.flow.definition.templates import templates_of_node
from tests.domain.flow.definition.examples import (
    GROUP,
    OTHER,
    OTHER_FLOW,
    SEND,
    YES_CASE,
    case,
    send,
    survey,
    switch,
)
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of

NODE = uuid_of(1)


def sentence_of(*nodes: Any, **more: Any) -> str:
    with pytest.raises(DefinitionError) as refused:
        read_flow({**flow_of(*nodes), **more})
    return refused.value.sentence


# ---- what a flow gives ----------------------------------------------------------------------------------------------------


def test_nodes_exits_and_categories_are_found_by_uuid() -> None:
    flow = read_flow(orjson.dumps(survey()))
    entry = flow.entry
    assert entry is not None
    assert isinstance(entry.router, SwitchRouter)
    assert flow.destination(entry.exit_of(entry.router.categories[0])) is flow.node(uuid_of(2))
    assert entry.router.category(OTHER) is entry.router.categories[1]


def test_a_flow_without_nodes_is_one() -> None:
    assert read_flow(flow_of()).entry is None


@pytest.mark.parametrize(
    ("kind", "minutes", "seconds"),
    [("messaging", 0, 259_200), ("voice", 0, 300), ("messaging_background", 0, 0), ("messaging", 5, 300)],
)
def test_waits_expire_after_the_time_of_their_type(kind: str, minutes: int, seconds: int) -> None:
    assert read_flow({**flow_of(kind=kind), "expire_after_minutes": minutes}).expire_after_seconds == seconds


def test_waits_are_read_with_their_timeouts_and_numbers() -> None:
    timeout = {"seconds": 60, "category_uuid": OTHER}
    asking = switch("@input", wait={"type": "msg", "timeout": timeout, "hint": {"type": "digits", "count": 1}})
    (node,) = read_flow(flow_of(node_of(1, router=asking))).nodes
    assert node.router is not None
    assert isinstance(node.router.wait, MsgWait)
    assert node.router.timeout is not None
    assert (node.router.timeout.seconds, node.router.wait.hint and node.router.wait.hint.count) == (60, 1)


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({}, (60, 7200)),
        ({"dial_limit_seconds": 0, "call_limit_seconds": 0}, (60, 7200)),
        ({"dial_limit_seconds": 5}, (5, 7200)),
    ],
)
def test_forwarded_calls_have_the_usual_limits_where_none_are_given(
    limits: dict[str, int], seconds: tuple[int, int]
) -> None:
    calling = switch("@input", wait={"type": "dial", "phone": "@fields.boss", **limits})
    (node,) = read_flow(flow_of(node_of(1, router=calling), kind="voice")).nodes
    assert node.router is not None
    assert isinstance(node.router.wait, DialWait)
    assert node.router.wait.phone == "@fields.boss"
    assert (node.router.wait.dial_limit_seconds, node.router.wait.call_limit_seconds) == seconds


def test_translations_that_are_none_are_passed_by() -> None:
    properties = {"text": ["Bonjour"], "_ui": {"x": 1}, "quick_replies": [""], "attachments": [], "other": ["a", 5]}
    flow = read_flow({**flow_of(node_of(1, send("Hi"))), "localization": {"fra": {SEND: properties}}})
    assert flow.localization.texts(SEND, "text", "fra") == ("Bonjour",)
    assert [flow.localization.texts(SEND, name, "fra") for name in ("_ui", "quick_replies", "other")] == [None] * 3


def test_templates_are_listed_in_reading_order_with_their_translations() -> None:
    node = node_of(
        1,
        send("text", quick_replies=["reply"], attachments=["image:attachment"]),
        {"type": "call_webhook", "method": "GET", "url": "url", "headers": {"H": "header"}, "body": "body"},
        {"type": "add_contact_groups", "groups": [GROUP, {"name_match": "group"}]},
        router=switch("operand", case("has_text", "argument"), wait={"type": "dial", "phone": "phone"}),
    )
    localization = {"fra": {SEND: {"text": ["texte"]}, YES_CASE: {"arguments": ["argument fra"]}}}
    flow = flow_of(node, kind="voice") | {"localization": localization}
    read = read_flow(flow)
    assert [placed.text for placed in templates_of_node(read.nodes[0], read.localization)] == [
        "text", "texte", "image:attachment", "reply", "url", "header", "body", "group", "operand", "argument",
        "argument fra", "phone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "action",
    [
        {"type": "set_contact_channel", "channel": None},
        {"type": "start_session", "flow": OTHER_FLOW, "exclusions": {"in_a_flow": True}, "create_contact": True},
        {"type": "transfer_airtime", "amounts": {"RWF": 100, "USD": 0.25}},
        {"type": "enter_flow", "flow": OTHER_FLOW, "terminal": True},
        {"type": "set_run_local", "local": "n", "operation": "clear"},
    ],
)
def test_actions_are_written_as_they_were_read(action: dict[str, Any]) -> None:
    action = {"uuid": SEND, **action}
    read = read_action(action)
    assert {"type": read.type, **write_object(read)} == action


def test_there_are_twenty_six_types_of_actions() -> None:
    assert len(ACTION_TYPES) == 26


# ---- what is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ({"type": "dance"}, "unknown type: 'dance'"),
        ({}, "field 'type' is required"),
        (None, "field 'type' is required"),
        ([], "must be an object"),
        ({"type": "send_msg"}, "field 'text' is required"),
        ({"type": "send_msg", "text": 5}, "field 'text' must be text"),
        ({"type": "send_msg", "text": "x" * 10_001}, "field 'text' must be less than or equal to 10000"),
        (
            {"type": "send_msg", "text": "x", "quick_replies": ["x"] * 11},
            "field 'quick_replies' must have a maximum of 10 items",
        ),
        (
            {"type": "send_msg", "text": "x", "attachments": ["nothing"]},
            "field 'attachments[0]' is not a valid attachment",
        ),
        (
            {"type": "add_contact_groups", "groups": [{"uuid": "x", "name": "y" * 65}]},
            "field 'groups[0].uuid' must be a valid UUID, field 'groups[0].name' must be less than or equal to 64",
        ),
        (
            {"type": "call_webhook", "method": "BREW", "url": "http://x.org"},
            "field 'method' is not a valid HTTP method",
        ),
        (
            {"type": "add_contact_urn", "scheme": "pigeon", "path": "x"},
            "field 'scheme' is not a valid URN scheme",
        ),
        ({"type": "set_contact_status", "status": "lost"}, "field 'status' is not a valid contact status"),
        ({"type": "set_run_result", "name": ""}, "field 'name' is required"),
        (
            {"type": "set_run_local", "local": "Not ok", "operation": "set"},
            "field 'local' is not a valid local variable reference",
        ),
        ({"type": "transfer_airtime", "amounts": {}}, "field 'amounts' is required"),
        ({"type": "send_email", "addresses": [], "subject": "s", "body": "b"},
         "field 'addresses' must have a minimum of 1 items"),
    ],
)  # fmt: skip
def test_wrong_actions_are_told(action: Any, sentence: str) -> None:
    if isinstance(action, dict):
        action = {"uuid": SEND, **action}
    node = {**node_of(1), "actions": [action]}
    assert sentence_of(node) == f"unable to read action[0]: {sentence}"


def test_uuids_of_actions_are_required() -> None:
    assert sentence_of({**node_of(1), "actions": [send("Hi")]}) == "unable to read action[0]: field 'uuid' is required"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"type": "poll"}, "unknown type: 'poll'"),
        ({"categories": []}, "field 'categories' must have a minimum of 1 items"),
        ({"operand": ""}, "field 'operand' is required"),
        ({"result_name": "r" * 65}, "field 'result_name' is not a valid result name"),
        ({"categories": [{"uuid": OTHER, "name": "Other"}]}, "unable to read category: field 'exit_uuid' is required"),
        ({"wait": {"type": "nap"}}, "unable to read wait: unknown type: 'nap'"),
    ],
)
def test_wrong_routers_are_told(change: dict[str, Any], sentence: str) -> None:
    assert sentence_of(node_of(1, router={**switch("@input"), **change})) == f"unable to read router: {sentence}"


@pytest.mark.parametrize(
    ("router", "sentence"),
    [
        (
            switch("@input", case("has_fun")),
            f"invalid case[uuid={YES_CASE}]: has_fun is not a registered test function",
        ),
        (
            switch("@input", {**case("has_text"), "category_uuid": uuid_of(99)}),
            f"invalid case[uuid={YES_CASE}]: category {uuid_of(99)} is not a valid category",
        ),
        (
            switch("@input", case("has_text", *["x"] * 11)),
            f"invalid case[uuid={YES_CASE}]: can't have more than 10 arguments (has 11)",
        ),
        (switch("@input", *[case("has_text")] * 101), "can't have more than 100 cases (has 101)"),
        (
            {**switch("@input"), "default_category_uuid": uuid_of(99)},
            f"default category {uuid_of(99)} is not a valid category",
        ),
        (
            switch("@input", wait={"type": "msg", "timeout": {"seconds": 1, "category_uuid": uuid_of(99)}}),
            f"timeout category {uuid_of(99)} is not a valid category",
        ),
        (
            {**switch("@input"), "categories": [{"uuid": OTHER, "name": "Other", "exit_uuid": uuid_of(99)}]},
            f"category exit {uuid_of(99)} is not a valid exit",
        ),
        (
            switch("@input", wait={"type": "dial", "phone": "1"}),
            "wait type 'dial' is not allowed in a flow of type 'messaging'",
        ),
    ],
)
def test_routers_that_break_a_rule_are_told(router: dict[str, Any], sentence: str) -> None:
    assert sentence_of(node_of(1, router=router)) == f"invalid node[uuid={NODE}]: invalid router: {sentence}"


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ([node_of(1), node_of(1)], f"node UUID {NODE} isn't unique"),
        ([node_of(1, to=9)], f"invalid node[uuid={NODE}]: destination {uuid_of(9)} of exit[uuid={uuid_of(0x1001)}] isn't a known node"),
        ([node_of(1, {"uuid": NODE, **send("Hi")})], f"invalid node[uuid={NODE}]: action UUID {NODE} isn't unique"),
        ([{**node_of(1), "exits": [{"uuid": NODE}]}], f"invalid node[uuid={NODE}]: exit UUID {NODE} isn't unique"),
        ([{**node_of(1), "exits": []}], "unable to read node: field 'exits' must have a minimum of 1 items"),
        ([{**node_of(1), "exits": [None]}], "unable to read node: field 'exits[0]' is required"),
        ([node_of(1), None], "field 'nodes[1]' is required"),
        ([node_of(1), "x"], "field 'nodes[1]' must be an object"),
        ([node_of(1, *[send("Hi")] * 101)], f"invalid node[uuid={NODE}]: node can't have more than 100 actions (has 101)"),
        (
            [node_of(1, {"type": "say_msg", "text": "Hi"})],
            f"invalid node[uuid={NODE}]: action type 'say_msg' is not allowed in a flow of type 'messaging'",
        ),
        (
            [node_of(1, {"type": "remove_contact_groups", "groups": [GROUP], "all_groups": True})],
            f"invalid node[uuid={NODE}]: invalid action[uuid={SEND}, type=remove_contact_groups]: "
            "can't specify specific groups when all_groups=true",
        ),
    ],
)  # fmt: skip
def test_nodes_that_break_a_rule_are_told(nodes: list[Any], sentence: str) -> None:
    assert sentence_of(*nodes) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"type": "chat"}, "field 'type' is not a valid flow type"),
        ({"language": "xx"}, "field 'language' is not a valid language code"),
        ({"nodes": {}}, "field 'nodes' must be a list"),
        ({"revision": "one"}, "field 'revision' must be a whole number"),
        ({"localization": []}, "field 'localization' must be an object"),
        ({"localization": {"zzz": {}}}, "invalid localization: invalid language code 'zzz'"),
        (
            {"localization": {"fra": {"x": {}}}},
            "invalid localization: invalid translation for 'fra': invalid item uuid 'x'",
        ),
        (
            {"localization": {"fra": {SEND: {"text": ["x" * 10_001]}}}},
            "invalid localization: invalid translation for 'fra': invalid item translation for "
            f"'{SEND}': property 'text' can't have values longer than 10000 characters",
        ),
    ],
)
def test_flows_that_break_a_rule_are_told(change: dict[str, Any], sentence: str) -> None:
    assert sentence_of(**change) == sentence


@pytest.mark.parametrize(
    ("raw", "sentence"), [(b"{", "the definition is not valid JSON"), ("[]", "the definition must be a JSON object")]
)
def test_what_is_no_json_object_is_refused(raw: bytes | str, sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_flow(raw)
    assert refused.value.sentence.startswith(sentence)
