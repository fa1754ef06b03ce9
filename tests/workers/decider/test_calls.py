"""Outside calls of flows: how many there may be, and that a contact is never left waiting for one."""

from typing import Any

import pytest

from commands.conversations import run_flow
from tests.examples.installation import Installation, Workspace
from tests.workers.decider.flows import Data, flow_of_actions, flow_of_nodes, last_note, node

ANNE = "tel:+250788000001"
CALL: Data = {"type": "call_webhook", "method": "GET", "url": "http://example.org/"}
DONE: Data = {"type": "send_msg", "text": "done: @webhook.status"}


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Installation())


def asked(workspace: Workspace) -> int:
    return len(workspace.at.events(workspace.org, "service_requested"))


@pytest.mark.parametrize("gone", ["archived", "without its node"])
def test_a_flow_that_is_gone_when_the_answer_comes_leaves_nobody_waiting(workspace: Workspace, gone: str) -> None:
    flow = flow_of_actions(workspace, "go", CALL, DONE)
    workspace.texts(ANNE, "go", "are you there?")

    if gone == "archived":
        workspace.must("archive_flow", flow=flow, archived=True)
    else:
        flow_of_actions(workspace, "other", DONE, uuid=flow)
    workspace.at.answer_service(workspace.org, {"status": 200, "body": "{}"})

    handled = [event["data"]["message"]["text"] for event in workspace.at.events(workspace.org, "message_handled")]
    assert handled == ["go", "are you there?"]
    workspace.texts(ANNE, "hello?")
    assert len(workspace.at.events(workspace.org, "message_handled")) == 3
    if gone == "archived":
        assert last_note(workspace, "failure")["text"].endswith("no such flow")


def test_a_flow_that_calls_without_end_is_refused_further_calls(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_flow, "MAX_ANSWERS", 3)
    flow_of_actions(workspace, "go", *[CALL] * 5, DONE)
    workspace.texts(ANNE, "go")
    for _ in range(3):
        workspace.at.answer_service(workspace.org, {"status": 200, "body": "{}"})

    assert asked(workspace) == 3
    assert workspace.at.replies(workspace.org, ANNE) == ["done: 0"]
    assert workspace.texts(ANNE, "hello?") == []
    assert workspace.at.events(workspace.org, "message_handled")[-1]["data"]["message"]["text"] == "hello?"


def test_answers_of_very_many_bytes_are_the_last(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_flow, "MAX_ANSWER_BYTES", 1_000)
    flow_of_actions(workspace, "go", *[CALL] * 3, DONE)
    workspace.texts(ANNE, "go")
    for _ in range(2):
        workspace.at.answer_service(workspace.org, {"status": 200, "body": "x" * 600})

    assert asked(workspace) == 2
    assert workspace.at.replies(workspace.org, ANNE) == ["done: 0"]


def test_a_start_of_a_flow_that_was_archived_is_skipped(workspace: Workspace) -> None:
    flow = flow_of_actions(workspace, "go", DONE)
    workspace.texts(ANNE, "hi")
    contact = workspace.at.events(workspace.org, "contact_created")[-1]["of"]
    start = {"uuid": workspace.at.new_id(), "flow": flow, "contacts": [contact], "groups": [], "urns": []}
    workspace.must("create_flow_start", flow_start=start)
    workspace.must("archive_flow", flow=flow, archived=True)

    workspace.at.append(workspace.org, "command", "start_contact", {"flow_start": start["uuid"], "contact": contact})
    workspace.at.run()

    done = workspace.at.events(workspace.org, "start_contact_done")[-1]["data"]
    assert (done["outcome"], done["reason"]) == ("skipped", "flow_gone")


def test_a_timer_for_a_wait_that_has_none_any_more_is_noted(workspace: Workspace) -> None:
    flow = flow_of_nodes(workspace, "go", node(workspace, DONE), node(workspace, waits=True, timeout=60))
    workspace.texts(ANNE, "go")
    advanced = workspace.at.events(workspace.org, "session_advanced")[-1]
    waiting = advanced["data"]["session"]["runs"][0]["path"][-1]["node_uuid"]
    flow_of_nodes(workspace, "other", node(workspace, waits=True, uuid=waiting), uuid=flow)

    data: dict[str, Any] = {"contact": advanced["of"], "kind": "wait_timeout", "session": advanced["data"]["uuid"]}
    data |= {"sprint": advanced["data"]["sprint"], "due_on": workspace.at.now_text}
    workspace.at.append(workspace.org, "fact", "timer_fired", data)
    workspace.at.run()

    assert last_note(workspace, "failure")["text"] == "resume of type wait_timeout not accepted by wait of type msg"
    assert workspace.at.events(workspace.org, "input_refused") == []
