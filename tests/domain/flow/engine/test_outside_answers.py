"""The engine asks the outside; without an answer the sprint leaves no trace, with it the same sprint is run again."""

from typing import Any

import orjson
import pytest

from domain.flow.engine.services import AnswerNeeded, AnswersDontFit, RecordedAnswers
from tests.domain.flow.engine.conversation import Conversation, errors_of, flow_of, node_of, texts_of, types_of

CALL = {
    "type": "call_webhook",
    "method": "GET",
    "url": "http://example.com/?name=@contact.first_name",
    "result_name": "Call",
}
TELL = {"type": "send_msg", "text": "@webhook.status @webhook.json.colour"}
ANSWER: dict[str, Any] = {"status": 200, "headers": [["content-type", "application/json"]], "body": '{"colour":"red"}'}


def asked(conversation: Conversation, *answers: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(AnswerNeeded) as needed:
        conversation.start(RecordedAnswers(answers))
    return needed.value.request


def test_sprint_asks_and_is_run_again_with_the_answer() -> None:
    conversation = Conversation(flow_of(node_of(1, CALL, TELL)))
    request = asked(conversation)
    assert (request["kind"], request["method"], request["url"]) == ("webhook", "GET", "http://example.com/?name=Ann")
    assert orjson.loads(orjson.dumps(request)) == request
    sprint = conversation.start(RecordedAnswers([{**ANSWER, "key": request["key"]}]))
    assert texts_of(sprint) == ["200 red"]
    assert types_of(sprint) == ["run_started", "webhook_called", "run_result_changed", "msg_created", "run_ended"]


def test_each_request_has_a_key_of_its_own_that_stays_the_same() -> None:
    conversation = Conversation(flow_of(node_of(1, CALL, CALL)))
    first = asked(conversation)
    second = asked(conversation, ANSWER)
    assert first["key"] != second["key"]
    assert asked(conversation) == first


def test_giving_up_changes_nothing() -> None:
    conversation = Conversation(flow_of(node_of(1, {"type": "set_contact_name", "name": "Bob"}, CALL)))
    before = conversation.contact.to_json()
    asked(conversation)
    assert conversation.contact.to_json() == before


def test_answer_to_another_request_is_not_taken() -> None:
    conversation = Conversation(flow_of(node_of(1, CALL)))
    with pytest.raises(AnswersDontFit):
        conversation.start(RecordedAnswers([{**ANSWER, "key": "somebody else's"}]))


def test_same_seed_gives_the_same_sprint() -> None:
    flow = flow_of(node_of(1, CALL, TELL))
    first = Conversation(flow).start(RecordedAnswers([ANSWER]))
    second = Conversation(flow).start(RecordedAnswers([ANSWER]))
    assert (first.events, first.session.to_json()) == (second.events, second.session.to_json())


def test_failed_connection_is_an_answer_too() -> None:
    sprint = Conversation(flow_of(node_of(1, CALL))).start(RecordedAnswers([{"error": "no such host"}]))
    called = sprint.events[1]
    assert called["status"] == "connection_error"
    assert "response" not in called
    assert sprint.session.runs[0].results is not None
    assert sprint.session.runs[0].results["call"].category == "Failure"


def test_body_that_is_no_text_is_shown_as_dots() -> None:
    answer = {"status": 200, "headers": [], "body_base64": "//8="}
    sprint = Conversation(flow_of(node_of(1, CALL))).start(RecordedAnswers([answer]))
    assert sprint.events[1]["response"].endswith("\r\n\r\n...")


def test_failed_email_is_an_error() -> None:
    email = {"type": "send_email", "addresses": ["mailto:ann@example.com"], "subject": "Hi", "body": "There"}
    sprint = Conversation(flow_of(node_of(1, email))).start(RecordedAnswers([{"error": "mailbox full"}]))
    assert errors_of(sprint) == ["Unable to send email: mailbox full"]
