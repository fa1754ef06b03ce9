"""What the log says of results: each saving replaces the whole entry, so each is told with its own node, time and input."""

import pytest

from tests.examples.installation import Installation, Workspace
from tests.workers.decider.flows import Data, flow_of_actions, flow_of_nodes, node

ANNE = "tel:+250788000001"


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def asks(workspace: Workspace, result: str) -> Data:
    """A node that asks, waits and saves whatever is answered."""
    made = node(workspace, {"type": "send_msg", "text": "What?"}, waits=True)
    made["router"]["result_name"] = result
    return made


def told(workspace: Workspace) -> list[tuple[str, str, str]]:
    """What was said of results, in order: event, value and input."""
    return [
        (event["type"].removeprefix("run_result_"), event["data"]["value"], event["data"].get("input", ""))
        for event in workspace.at.events(workspace.org)
        if event["type"].startswith("run_result_")
    ]


def sets(value: str, name: str = "Crop", **more: str) -> Data:
    return {"type": "set_run_result", "name": name, "value": value, **more}


def test_the_same_answer_given_again_is_told_with_its_own_time(workspace: Workspace) -> None:
    nodes = asks(workspace, "Keyword"), asks(workspace, "Crop"), asks(workspace, "crop")
    flow_of_nodes(workspace, "go", *nodes)
    workspace.texts(ANNE, "go", "maize")
    workspace.at.pass_time(60)
    workspace.texts(ANNE, "maize")
    (_, changed) = (event["data"] for event in workspace.at.events(workspace.org, "run_result_changed"))
    (repeated,) = (event["data"] for event in workspace.at.events(workspace.org, "run_result_repeated"))
    own = ("name", "created_on", "node")
    assert [repeated[key] == changed[key] for key in own] == [False] * 3
    assert {**repeated, **dict.fromkeys(own)} == {**changed, **dict.fromkeys(own)}
    assert repeated["created_on"] > changed["created_on"]


def test_what_was_set_twice_at_once_is_told_each_with_its_own_input(workspace: Workspace) -> None:
    again = node(workspace, sets("from @input.text", name="Answer"))
    flow_of_nodes(workspace, "maize", asks(workspace, "Answer"), again)
    workspace.texts(ANNE, "maize")
    assert told(workspace) == [("changed", "maize", "maize"), ("changed", "from maize", "")]


def test_only_the_last_of_several_repetitions_is_told(workspace: Workspace) -> None:
    flow_of_actions(workspace, "go", sets("a"), *[sets("a")] * 50)
    workspace.texts(ANNE, "go")
    assert told(workspace) == [("changed", "a", ""), ("repeated", "a", "")]


def test_a_repetition_that_was_overwritten_is_not_told(workspace: Workspace) -> None:
    flow_of_actions(workspace, "go", sets("a"), sets("a"), sets("b"))
    workspace.texts(ANNE, "go")
    assert told(workspace) == [("changed", "a", ""), ("changed", "b", "")]


def test_repetitions_of_a_flow_and_of_the_one_it_entered_are_told_apart(workspace: Workspace) -> None:
    inner = {"uuid": flow_of_actions(workspace, "inner", sets("a"), sets("a")), "name": "Flow inner"}
    flow_of_actions(workspace, "go", sets("a"), sets("a"), {"type": "enter_flow", "flow": inner})
    workspace.texts(ANNE, "go")
    repeated = [event["data"]["run"] for event in workspace.at.events(workspace.org, "run_result_repeated")]
    assert len(set(repeated)) == 2


def test_a_run_that_ends_with_its_first_answer_was_responded_to(workspace: Workspace) -> None:
    flow = flow_of_nodes(workspace, "go", asks(workspace, "Crop"))
    contact = workspace.must("create_contact", contact={"uuid": workspace.at.new_id(), "urns": [ANNE]})["uuid"]
    start = {"uuid": workspace.at.new_id(), "flow": flow, "contacts": [contact]}
    workspace.must("create_flow_start", flow_start=start)
    workspace.at.append(workspace.org, "command", "start_contact", {"flow_start": start["uuid"], "contact": contact})
    workspace.at.run()
    workspace.texts(ANNE, "maize")
    advanced = [event["data"] for event in workspace.at.events(workspace.org, "run_advanced")]
    assert [run["responded"] for run in advanced] == [False, True]
    assert [len(run["steps"]) for run in advanced] == [1, 0]
