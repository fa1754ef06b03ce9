"""Triggers, resumes, sessions and contacts that are not what they should be: declared errors that say what is wrong."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.contact import Contact
from domain.errors import EvenkeelError, Invalid
from domain.flow.assets import Assets
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import NoServices
from domain.flow.engine.session import Session
from domain.flow.engine.triggers import read_trigger
from tests.domain.flow.engine.conversation import WHEN, Conversation
from tests.examples.engine import FLOW_UUID, MESSAGE_EVENT, contact_document, question_flow

FLOW = {"uuid": FLOW_UUID, "name": "Colours"}
TRIGGERS: list[dict[str, Any]] = [
    {
        "type": "msg", "flow": FLOW, "event": MESSAGE_EVENT, "triggered_on": WHEN, "params": {"a": [1]}, "batch": False,
        "keyword_match": {"type": "only_word", "keyword": "join"},
        "history": {"parent_uuid": "x", "ancestors": 1, "ancestors_since_input": 0},
    },
    {
        "type": "flow_action", "flow": FLOW, "triggered_on": WHEN,
        "run_summary": {
            "uuid": "0197b335-6ded-79a4-95a6-3af85b57f108", "flow": FLOW, "contact": contact_document(), "status": "active",
            "results": {"age": {"name": "Age", "value": "33", "created_on": WHEN, "node_uuid": "n"}},
        },
    },
]  # fmt: skip
RESUMES: list[dict[str, Any]] = [
    {"type": "msg", "event": MESSAGE_EVENT, "resumed_on": WHEN},
    {"type": "wait_timeout", "event": {"uuid": "u", "type": "wait_timed_out", "created_on": WHEN}, "resumed_on": WHEN},
    {"type": "dial", "resumed_on": WHEN,
     "event": {"uuid": "u", "type": "dial_ended", "created_on": WHEN, "dial": {"status": "busy", "duration": 5}}},
]  # fmt: skip
JUNK = st.sampled_from([None, True, 0, -1, 1.5, "", "text", [], {}, [None], {"a": None}, WHEN, FLOW_UUID])


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a document."""
    if path:
        yield path
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, item in inside:
        yield from places(item, (*path, key))


@st.composite
def spoilt(draw: Any, documents: list[dict[str, Any]]) -> dict[str, Any]:
    """One of the documents with one or two places missing or holding something else."""
    document: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(document)) or [("type",)]))
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = copy.deepcopy(draw(JUNK))
    return document


@settings(max_examples=200, deadline=None)
@given(spoilt(TRIGGERS))
def test_spoilt_trigger_starts_or_is_refused(trigger: dict[str, Any]) -> None:
    conversation = Conversation(question_flow())
    try:
        sprint = conversation.start(NoServices(), trigger=trigger)
    except EvenkeelError as error:
        assert error.sentence
        return
    assert sprint.status in ("waiting", "completed", "failed")


@settings(max_examples=200, deadline=None)
@given(spoilt(RESUMES))
def test_spoilt_resume_wakes_or_is_refused(resume: dict[str, Any]) -> None:
    conversation = Conversation(question_flow())
    conversation.start(NoServices())
    try:
        conversation.resume(resume, NoServices())
    except EvenkeelError as error:
        assert error.sentence


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spoilt_state_is_read_or_refused(data: st.DataObject) -> None:
    conversation = Conversation(question_flow())
    session = conversation.start(NoServices()).session.to_json()
    for read, document in (
        (Session.from_json, session),
        (lambda given: Contact.from_json(given, Assets.from_json({})), contact_document()),
    ):
        try:
            read(data.draw(spoilt([document])))
        except Invalid as error:
            assert error.sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    {
        "flow": ({"flow": None}, "field 'flow' is required"),
        "flow's uuid": ({"flow": {"name": "x"}}, "field 'flow.uuid' is required"),
        "params": ({"batch": "yes"}, "field 'batch' must be true or false"),
        "text": ({"event": {**MESSAGE_EVENT, "msg": {"text": 5}}}, "field 'event.msg.text' must be text"),
        "attachments": (
            {"event": {**MESSAGE_EVENT, "msg": {"attachments": ["image:x", 5]}}},
            "field 'event.msg.attachments[1]' must be text",
        ),
        "kind": ({"type": "whim"}, "unknown type: 'whim'"),
        "all": ({"flow": None, "triggered_on": ""}, "field 'flow' is required, field 'triggered_on' is required"),
        "keyword": (
            {"keyword_match": {}},
            "field 'keyword_match.type' is required, field 'keyword_match.keyword' is required",
        ),
        "ticket": ({"type": "ticket", "flow": None}, "field 'flow' is required, field 'ticket' is required"),
        "event": (
            {"type": "channel", "flow": None, "event": None},
            "field 'flow' is required, field 'event' is required",
        ),
        "run": ({"type": "flow_action", "run_summary": {}}, "field 'run_summary' is required"),
        "run's uuid": (
            {"type": "flow_action", "run_summary": {"status": "active"}},
            "field 'run_summary.uuid' is required",
        ),
    }.values(),
)
def test_what_is_wrong_with_a_trigger_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_trigger({**TRIGGERS[0], **change})

    assert caught.value.sentence == sentence


def test_what_is_wrong_with_a_resume_is_named() -> None:
    with pytest.raises(Invalid, match="field 'event.dial.duration' must be a whole number or a number"):
        read_resume({**RESUMES[2], "event": {**RESUMES[2]["event"], "dial": {"status": "busy", "duration": "5"}}})
