"""What is said of a flow when it is saved."""

from typing import Any

from domain.flow.definition.inspect import inspect
from domain.flow.definition.read_json import read_flow
from tests.domain.flow.definition.examples import (
    CHANNEL,
    GROUP,
    LABEL,
    OTHER_FLOW,
    SEND,
    YES_CASE,
    case,
    send,
    survey,
    switch,
)
from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of


def inspected(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return inspect(read_flow({**flow_of(*nodes), **more}))


def missing_all(kind: str, key: str) -> bool:
    return False


def test_results_have_the_categories_of_their_router() -> None:
    results = inspect(read_flow(survey()))["results"]
    assert results == [
        {"key": "consent", "name": "Consent", "categories": ["Yes", "Other"], "node_uuids": [uuid_of(1)]}
    ]


def test_result_of_several_nodes_is_one_with_all_their_categories() -> None:
    first = node_of(1, {"type": "set_run_result", "name": "Crop", "value": "1", "category": "Maize"})
    second = node_of(2, {"type": "set_run_result", "name": "crop", "value": "2", "category": "MAIZE"})
    third = node_of(3, {"type": "set_run_result", "name": "Crop", "value": "3", "category": "Beans"})
    assert inspected(first, second, third)["results"] == [
        {
            "key": "crop",
            "name": "Crop",
            "categories": ["Maize", "Beans"],
            "node_uuids": [uuid_of(1), uuid_of(2), uuid_of(3)],
        }
    ]


def test_webhook_result_succeeds_or_fails() -> None:
    webhook = {"type": "call_webhook", "method": "GET", "url": "http://example.com", "result_name": "Look Up"}
    assert inspected(node_of(1, webhook))["results"][0]["categories"] == ["Success", "Failure"]


def test_dependencies_are_named_once_in_the_order_met() -> None:
    node = node_of(
        1,
        send("Hi @fields.crop, code @globals.code"),
        {"type": "add_contact_groups", "groups": [GROUP, {"name_match": "@fields.village"}]},
        {"type": "add_input_labels", "labels": [LABEL]},
        {"type": "set_contact_channel", "channel": CHANNEL},
        {"type": "enter_flow", "flow": {**OTHER_FLOW, "revision": 0}},
        {"type": "remove_contact_groups", "groups": [GROUP]},
    )
    assert inspected(node)["dependencies"] == [
        {**GROUP, "type": "group"},
        {**LABEL, "type": "label"},
        {**CHANNEL, "type": "channel"},
        {**OTHER_FLOW, "type": "flow"},
        {"key": "crop", "name": "", "type": "field"},
        {"key": "code", "name": "", "type": "global"},
        {"key": "village", "name": "", "type": "field"},
    ]


def test_fields_are_found_below_contacts_parents_children_and_in_translations() -> None:
    text = '@contact.fields.a @parent.fields.b @child.contact.fields.c @(fields["d"]) @fields @results.fields.e'
    node = node_of(1, send(text))
    flow = inspected(node, localization={"fra": {SEND: {"text": ["@fields.f @(broken"]}}})
    assert [each["key"] for each in flow["dependencies"]] == ["a", "b", "c", "d", "f"]


def test_group_of_a_case_is_a_dependency_unless_an_expression_names_it() -> None:
    router = switch(
        "@contact.groups",
        case("has_group", GROUP["uuid"], GROUP["name"]),
        case("has_group", "@results.group", uuid=uuid_of(0x4003)),
    )
    assert inspected(node_of(1, router=router))["dependencies"] == [{**GROUP, "type": "group"}]


def test_results_wanted_of_the_parent_are_sorted() -> None:
    node = node_of(
        1, send("@parent.results.village @parent.results.age.value @parent.contact.name @PARENT.RESULTS.AGE")
    )
    assert inspected(node)["parent_refs"] == ["age", "village"]


def test_locals_are_those_that_actions_set() -> None:
    node = node_of(
        1,
        {"type": "set_run_local", "local": "tries", "value": "1", "operation": "increment"},
        {"type": "open_ticket", "topic": None, "note": ""},
        {"type": "add_contact_urn", "scheme": "tel", "path": "@input.text"},
        {"type": "set_run_local", "local": "tries", "operation": "clear"},
    )
    assert inspected(node)["locals"] == ["_has_urn", "_new_ticket", "tries"]


def test_exits_of_waiting_nodes_are_listed() -> None:
    assert inspect(read_flow(survey()))["waiting_exit_uuids"] == [uuid_of(0x1001)]


def test_languages_and_nodes_are_counted() -> None:
    assert inspect(read_flow(survey()))["counts"] == {"nodes": 2, "languages": 1}


def test_without_a_workspace_nothing_is_missing() -> None:
    info = inspected(node_of(1, {"type": "add_contact_groups", "groups": [GROUP]}))
    assert info["issues"] == []
    assert "missing" not in info["dependencies"][0]


def test_what_the_workspace_lacks_is_an_issue_where_it_is_used() -> None:
    flow = read_flow(
        flow_of(
            node_of(1, {"type": "add_contact_groups", "groups": [GROUP]}),
            node_of(2, router=None),
            node_of(3, send("@fields.age")),
        )
    )
    info = inspect(flow, missing_all)
    assert [dependency["missing"] for dependency in info["dependencies"]] == [True, True]
    assert [(issue["node_uuid"], issue["action_uuid"], issue["description"]) for issue in info["issues"]] == [
        (uuid_of(1), SEND, f"missing group dependency '{GROUP['uuid']}'"),
        (uuid_of(3), uuid_of(0x2030), "missing field dependency 'age'"),
    ]
    assert info["issues"][0]["dependency"] == {**GROUP, "type": "group"}


def test_opt_ins_which_workspaces_no_longer_have_are_no_dependency() -> None:
    request = {"type": "request_optin", "optin": {"uuid": uuid_of(0xD2), "name": "Jokes"}}
    assert inspect(read_flow(flow_of(node_of(1, request))), missing_all)["dependencies"] == []


def test_contacts_are_never_reported_missing() -> None:
    ann = {"uuid": uuid_of(0xD1), "name": "Ann"}
    start = {"type": "start_session", "flow": OTHER_FLOW, "contacts": [ann]}
    info = inspect(read_flow(flow_of(node_of(1, start))), lambda kind, key: kind == "flow")
    assert info["dependencies"] == [{**ann, "type": "contact"}, {**OTHER_FLOW, "type": "flow"}]


def test_patterns_that_are_none_are_issues_in_each_language() -> None:
    router = switch("@input.text", case("has_pattern", "a["), case("has_pattern", "@(x[)", uuid=uuid_of(0x4003)))
    localization = {"fra": {YES_CASE: {"arguments": ["b("]}}, "kin": {YES_CASE: {"arguments": ["c+"]}}}
    issues = inspected(node_of(1, router=router), localization=localization)["issues"]
    assert [(issue["type"], issue.get("language"), issue["regex"]) for issue in issues] == [
        ("invalid_regex", None, "a["),
        ("invalid_regex", "fra", "b("),
    ]


def test_expressions_as_recipients_are_an_issue() -> None:
    start = {"type": "start_session", "flow": OTHER_FLOW, "legacy_vars": ["@contact.uuid"]}
    (issue,) = inspected(node_of(1, start))["issues"]
    assert (issue["type"], issue["vars"]) == ("legacy_vars", ["@contact.uuid"])
