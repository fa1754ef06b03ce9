"""A session starts, waits, is resumed and ends."""

import pytest

from domain.flow.engine.sprint import RESUME_REJECTED, SESSION_NOT_WAITING, ResumeRefused
from tests.domain.flow.engine.conversation import (
    WHEN,
    Conversation,
    errors_of,
    flow_of,
    node_of,
    texts_of,
    types_of,
    uuid_of,
    waiting,
)
from tests.examples.engine import FLOW_UUID, question_flow

OTHER_FLOW = uuid_of(0xF0)
ENTER = {"type": "enter_flow", "flow": {"uuid": OTHER_FLOW, "name": "Other"}}


def send(text: str) -> dict[str, str]:
    return {"type": "send_msg", "text": text}


def test_starts_and_waits_for_an_answer() -> None:
    sprint = Conversation(question_flow()).start()
    assert types_of(sprint) == ["run_started", "msg_created", "msg_wait"]
    assert sprint.status == "waiting"
    assert texts_of(sprint) == ["Hi Ann, which colour?"]


def test_answer_is_routed_by_its_words() -> None:
    conversation = Conversation(question_flow())
    conversation.start()
    sprint = conversation.answer("I like GREEN best")
    assert types_of(sprint) == ["run_result_changed", "run_result_changed", "msg_created", "msg_wait"]
    assert texts_of(sprint) == ["GREEN is fine, Ann Uwase. More?"]
    assert sprint.segments[0]["operand"] == "I like GREEN best"


def test_first_message_answers_a_question_asked_at_once() -> None:
    conversation = Conversation(flow_of(node_of(1, router=waiting(1), to=2), node_of(2, send("You said @input.text"))))
    event = {"uuid": uuid_of(9), "type": "msg_received", "created_on": "2025-06-01T12:00:00Z",
             "msg": {"urn": "tel:+250788123123", "text": "hello"}}  # fmt: skip
    sprint = conversation.start(
        trigger={
            "type": "msg",
            "flow": {"uuid": FLOW_UUID, "name": ""},
            "event": event,
            "triggered_on": "2025-06-01T12:00:00Z",
        }
    )
    assert texts_of(sprint) == ["You said hello"]
    assert sprint.contact.last_seen_on == "2025-06-01T12:00:00Z"


def test_time_out_takes_its_category() -> None:
    conversation = Conversation(question_flow(timeout_seconds=60))
    conversation.start()
    sprint = conversation.time_out()
    assert sprint.session.runs[0].results is not None
    assert sprint.session.runs[0].results["colour"].category == "Other"


def test_time_out_of_a_wait_without_one_is_refused() -> None:
    conversation = Conversation(question_flow())
    conversation.start()
    with pytest.raises(ResumeRefused, match="wait_timeout not accepted by wait of type msg") as refused:
        conversation.time_out()
    assert refused.value.code == RESUME_REJECTED


def test_expired_run_ends_the_session() -> None:
    conversation = Conversation(question_flow())
    conversation.start()
    sprint = conversation.expire()
    assert (sprint.status, sprint.session.runs[0].status) == ("completed", "expired")
    with pytest.raises(ResumeRefused) as refused:
        conversation.answer("too late")
    assert refused.value.code == SESSION_NOT_WAITING


def test_child_that_expires_lets_its_parent_go_on() -> None:
    parent = flow_of(node_of(1, ENTER, to=2), node_of(2, send("Child: @child.status")))
    child = flow_of(node_of(0x51, router=waiting(0x51)), uuid=OTHER_FLOW)
    conversation = Conversation(parent, child)
    assert conversation.start().status == "waiting"
    assert texts_of(conversation.expire()) == ["Child: expired"]


def test_terminal_flow_ends_the_runs_above() -> None:
    parent = flow_of(node_of(1, {**ENTER, "terminal": True}, to=2), node_of(2, send("never")))
    sprint = Conversation(parent, flow_of(node_of(0x51, send("child")), uuid=OTHER_FLOW)).start()
    assert texts_of(sprint) == ["child"]
    assert [run.status for run in sprint.session.runs] == ["completed", "completed"]


def test_flow_of_another_type_can_not_be_entered() -> None:
    sprint = Conversation(flow_of(node_of(1, ENTER)), flow_of(uuid=OTHER_FLOW, kind="voice")).start()
    assert sprint.status == "failed"
    assert errors_of(sprint) == [f"Can't enter flow[uuid={OTHER_FLOW},name=Example] of type voice from type messaging"]


def test_loop_is_stopped_after_a_hundred_steps() -> None:
    sprint = Conversation(flow_of(node_of(1, send("again"), to=1))).start()
    assert sprint.status == "failed"
    assert len(texts_of(sprint)) == 100
    assert errors_of(sprint) == ["Reached maximum number of steps per sprint (100)"]


def test_flows_that_enter_each_other_are_stopped() -> None:
    back = {"type": "enter_flow", "flow": {"uuid": FLOW_UUID, "name": ""}}
    sprint = Conversation(flow_of(node_of(1, ENTER)), flow_of(node_of(0x51, back), uuid=OTHER_FLOW)).start()
    assert sprint.status == "failed"
    assert all(run.status == "failed" for run in sprint.session.runs)


def test_flow_that_is_gone_fails_the_session_softly() -> None:
    conversation = Conversation(question_flow())
    conversation.start()
    conversation.assets = conversation.assets.removed("flows", FLOW_UUID)
    sprint = conversation.answer("green")
    assert (sprint.status, errors_of(sprint)) == ("failed", ["Can't resume run with missing flow asset"])
    assert sprint.session.sprints == 2


def test_empty_flow_completes_at_once() -> None:
    sprint = Conversation(flow_of()).start()
    assert (sprint.status, types_of(sprint)) == ("completed", ["run_started", "run_ended"])


def test_events_know_the_run_and_node_they_were_made_at() -> None:
    conversation = Conversation(question_flow())
    sprint = conversation.start()
    run = sprint.session.runs[0]
    assert sprint.steps[0] is None
    assert sprint.steps[1] is not None
    assert sprint.steps[1] == (FLOW_UUID, question_flow()["nodes"][0]["uuid"], run.uuid)


def test_what_began_a_chat_is_seen_by_new_flows_and_by_old_ones() -> None:
    event = {"uuid": uuid_of(1), "type": "chat_started", "created_on": WHEN, "params": {"Referrer ID": "acme"}}
    trigger = {"type": "chat", "event": event, "flow": {"uuid": FLOW_UUID, "name": ""}, "triggered_on": WHEN}
    text = '@(trigger.params["Referrer ID"]) @legacy_extra.referrer_id'
    assert texts_of(Conversation(flow_of(node_of(1, send(text)))).start(trigger=trigger)) == ["acme acme"]
