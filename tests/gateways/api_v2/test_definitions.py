"""Definitions of flows, alone or with what they depend on."""

import uuid
from typing import Any

import pytest

from domain.flow.definition.export import read_export
from tests.gateways.api_v2.client import Client


@pytest.fixture(scope="module")
def starter(api: Client) -> str:
    """A flow of the group "Anne group" that starts the survey, and is started by a keyword."""
    survey, group = api.answering.known[0], api.answering.known[2]
    node, actions = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(2)]
    definition = {
        "uuid": str(uuid.uuid4()), "name": "Starter", "spec_version": "14.0.0", "type": "messaging", "language": "eng", "revision": 1,
        "expire_after_minutes": 60, "localization": {}, "nodes": [{"uuid": node, "exits": [{"uuid": str(uuid.uuid4())}], "actions": [
            {"uuid": actions[0], "type": "add_contact_groups", "groups": [{"uuid": group, "name": "Anne group"}]},
            {"uuid": actions[1], "type": "enter_flow", "flow": {"uuid": survey, "name": "Water survey"}, "terminal": True},
        ]}],
    }  # fmt: skip
    workspace = api.answering.mine
    flow = str(workspace.must("save_flow", definition=definition)["uuid"])
    trigger = {"uuid": str(uuid.uuid4()), "type": "keyword", "keywords": ["begin"], "match": "first", "flow": flow}
    workspace.must("add_trigger", trigger=trigger)
    api.answering._show()
    return flow


def names(document: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        "flows": [each["name"] for each in document["flows"]],
        "groups": [each["name"] for each in document["groups"]],
        "fields": [each["key"] for each in document["fields"]],
        "triggers": [each["keywords"] for each in document["triggers"]],
    }


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ("none", {"flows": ["Starter"], "groups": [], "fields": [], "triggers": []}),
        ("flows", {"flows": ["Starter", "Water survey"], "groups": [], "fields": [], "triggers": []}),
        (
            "all",
            {
                "flows": ["Starter", "Water survey"],
                "groups": ["Anne group"],
                "fields": ["household"],
                "triggers": [["survey"], ["begin"]],
            },
        ),
    ],
)
def test_a_flow_comes_with_as_much_as_is_wanted(
    api: Client, starter: str, dependencies: str, expected: dict[str, list[Any]]
) -> None:
    found = api.get("definitions", flow=starter, dependencies=dependencies).body

    assert names(found) == expected
    assert (found["version"], found["site"], found["campaigns"]) == ("13", "https://evenkeel.example", [])
    assert len(read_export(found).flows) == len(expected["flows"])


def test_without_a_word_about_them_all_dependencies_come(api: Client, starter: str) -> None:
    assert api.get("definitions", flow=starter).body == api.get("definitions", flow=starter, dependencies="all").body


def test_several_flows_are_asked_for_at_once_and_others_workspaces_are_not_shown(api: Client, starter: str) -> None:
    mine, theirs = api.answering.known[0], api.answering.known[10]

    found = api.get("definitions", flow=[mine.upper(), theirs, starter], dependencies="none").body

    assert [each["uuid"] for each in found["flows"]] == [mine, starter]
    assert api.get("definitions").body["flows"] == []


def test_an_unknown_word_for_dependencies_is_named(api: Client) -> None:
    answer = api.get("definitions", dependencies="some")

    assert answer.body == {"detail": "Param 'dependencies': some is not one of none, flows, all."}
