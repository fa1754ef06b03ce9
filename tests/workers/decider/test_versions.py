"""The decider over an upgrade: older inputs and states are lifted, what a newer program wrote makes it step aside."""

from functools import partial
from typing import Any

import pytest

from commands.conversations import take_up_deferred
from domain.errors import UnknownEvent
from domain.events import versions
from domain.events.record import Event, Record
from domain.stored_shapes import Shapes
from infra.event_log import wire_format
from tests.examples.installation import Installation, Workspace
from workers.decider import partition_state

ANNE = "tel:+250788111111"
HELLO = "Hello! This is a short survey about water at home. What is your name?"


@pytest.fixture
def workspace() -> Workspace:
    made = Workspace(Installation())
    made.add_survey()
    return made


def write(workspace: Workspace, version: int, data: dict[str, Any]) -> None:
    """A message as a door of another version writes it."""
    at = workspace.at
    data = {"channel": workspace.channel, "urn": ANNE, "attachments": [], "received_on": at.now_text, **data}
    event: Event = {"type": "message_received", "version": version, "id": at.new_id(), "data": data}
    event["data"]["message"] = at.new_id()
    at.log.append([Record(workspace.org, "fact", (event,), 1, "door:EX")])


def words_to_text(event: Event) -> Event:
    data = dict(event["data"])
    return {**event, "version": 2, "data": {**data, "text": data.pop("words", None) or data["text"]}}


def upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this program knows version 2 of message_received: what was `words` is `text`."""
    lifted = partial(
        versions.lifted,
        newest={**versions.NEWEST, "message_received": 2},
        upcasters={("message_received", 1): words_to_text},
    )
    monkeypatch.setattr(wire_format, "lifted", lifted)
    monkeypatch.setattr(take_up_deferred, "lifted", lifted)


def test_an_older_input_is_decided_as_one_of_today(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write(workspace, 1, {"words": "survey"})
    upgraded(monkeypatch)
    workspace.at.run()
    assert workspace.at.replies(workspace.org, ANNE) == [HELLO]


def test_an_older_input_that_was_put_off_is_decided_as_one_of_today(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.texts(ANNE, "survey", "Anne", "4", "yes")  # a webhook's answer is awaited
    write(workspace, 1, {"text": "thirty", "words": "30"})
    monkeypatch.setattr(wire_format, "lifted", lambda events, place: tuple(events))  # it is put off as it was written
    workspace.at.run()
    upgraded(monkeypatch)
    workspace.at.answer_service(workspace.org, {"status": 200, "json": {"answers": 7}})
    texts = [event["data"]["message"]["text"] for event in workspace.at.events(workspace.org, "message_handled")]
    assert texts[-1] == "30"


def test_a_newer_input_is_left_to_a_newer_decider(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    at = workspace.at
    write(workspace, 2, {"text": "survey"})
    old = at.decider
    for _ in range(2):
        with pytest.raises(UnknownEvent, match="message_received version 2"):
            old.step(0)
    assert old._session is None, "it has left the group"

    upgraded(monkeypatch)
    at.decider = at._new_decider()
    at.run()
    assert at.replies(workspace.org, ANNE) == [HELLO]
    assert at.events(workspace.org, "input_refused") == []


def test_an_older_state_is_lifted(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.texts(ANNE, "survey")
    workspace.at.decider.close()
    lifted = []

    def rename(state: dict[str, Any]) -> dict[str, Any]:
        lifted.append(state["contact"]["uuid"])
        return state

    monkeypatch.setattr(partition_state, "CONVERSATION", Shapes("a conversation", 2, {1: rename}))
    workspace.at.decider = workspace.at._new_decider()
    assert workspace.texts(ANNE, "Anne") == ["Nice to meet you, Anne. How many people live in your household?"]
    assert len(lifted) == 1

    workspace.at.decider.close()
    workspace.at.decider = workspace.at._new_decider()
    assert workspace.texts(ANNE, "4") == ["Do you have clean water at home, Anne?"]
    assert len(lifted) == 1, "it was stored in its new shape"


def test_a_newer_state_refuses_no_input(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.texts(ANNE, "survey")
    monkeypatch.setattr(partition_state, "CONVERSATION", Shapes("a conversation", 2, {1: dict}))
    workspace.texts(ANNE, "Anne")
    workspace.at.decider.close()
    monkeypatch.setattr(partition_state, "CONVERSATION", Shapes("a conversation"))
    workspace.at.decider = workspace.at._new_decider()

    with pytest.raises(UnknownEvent, match="shape 2"):
        workspace.texts(ANNE, "4")

    assert workspace.at.events(workspace.org, "input_refused") == []
