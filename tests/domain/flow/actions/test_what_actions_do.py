"""Actions in a flow: what the contact is sent, what is said when something can't be done."""

from typing import Any

import pytest

from domain.flow.engine.options import EngineOptions
from domain.flow.engine.services import AnswerNeeded, RecordedAnswers
from tests.domain.flow.engine.conversation import (
    CHANNEL,
    WHEN,
    Conversation,
    errors_of,
    flow_of,
    node_of,
    texts_of,
    types_of,
    uuid_of,
)
from tests.examples.engine import FLOW_UUID


def started(*actions: dict[str, Any], options: EngineOptions | None = None, **assets: Any) -> Any:
    conversation = Conversation(flow_of(node_of(1, *actions)), **assets)
    if options is not None:
        conversation.options = options
    return conversation.start(RecordedAnswers())


def test_message_speaks_the_contacts_language() -> None:
    action = {"type": "send_msg", "text": "Hello @contact.first_name", "quick_replies": ["Yes", "No"]}
    flow = flow_of(node_of(1, action))
    item = flow["nodes"][0]["actions"][0]["uuid"]
    flow["localization"] = {"spa": {item: {"text": ["Hola @contact.first_name"]}}}
    conversation = Conversation(flow)
    conversation.contact = conversation.contact.with_changes(language="spa")
    message = conversation.start().events[1]["msg"]
    assert message["text"] == "Hola Ann"
    assert message["locale"] == "spa-RW"
    assert [reply["text"] for reply in message["quick_replies"]] == ["Yes", "No"]


def test_message_without_a_way_out_says_so() -> None:
    conversation = Conversation(flow_of(node_of(1, {"type": "send_msg", "text": "hi"})))
    conversation.contact = conversation.contact.with_changes(urns=())
    assert conversation.start().events[1]["msg"] == {"text": "hi", "locale": "eng", "unsendable_reason": "no_route"}


def test_blocked_contact_is_not_sent_messages() -> None:
    sprint = started({"type": "set_contact_status", "status": "blocked"}, {"type": "send_msg", "text": "hi"})
    assert sprint.events[-2]["msg"]["unsendable_reason"] == "contact_blocked"


def test_attachment_that_is_none_is_left_out() -> None:
    sprint = started({"type": "send_msg", "text": "hi", "attachments": ["image:@contact.language", "image:@fields.x"]})
    assert sprint.events[-2]["msg"]["attachments"] == ["image:eng"]
    assert errors_of(sprint)[-1] == "Attachment evaluated to invalid value and will be ignored"


def test_subject_of_an_email_is_one_line() -> None:
    email = {"type": "send_email", "addresses": ["ann@example.com"], "subject": " For \n\t you\u00a0only ", "body": "x"}
    sprint = Conversation(flow_of(node_of(1, email))).start(RecordedAnswers([{}]))
    assert sprint.events[1]["subject"] == "For you\u00a0only"


def test_preview_of_an_approved_message_shows_every_variable() -> None:
    component = {"name": "body", "type": "body/text", "content": "{{1}}: {{2}}", "variables": {"1": 0, "2": 1}}
    translation = {
        "channel": {"uuid": CHANNEL["uuid"], "name": "Line"},
        "locale": "eng",
        "components": [component],
        "variables": [{"type": "text"}, {"type": "currency"}],
    }
    template = {"uuid": uuid_of(9), "name": "price", "translations": [translation]}
    reference = {"uuid": uuid_of(9), "name": "price"}
    message = {"type": "send_msg", "text": "x", "template": reference, "template_variables": ["Beans", "5 RWF"]}
    assert texts_of(started(message, templates=[template])) == ["Beans: 5 RWF"]


def test_locals_count() -> None:
    increment = {"type": "set_run_local", "local": "n", "value": "2", "operation": "increment"}
    assert texts_of(started(increment, increment, {"type": "send_msg", "text": "n=@locals.n"})) == ["n=4"]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"type": "set_contact_language", "language": "english"}, "iso-639-3 codes must be 3 characters, got: english"),
        ({"type": "set_contact_language", "language": "xyq"}, "unrecognized language code: xyq"),
        ({"type": "set_contact_timezone", "timezone": "Mars/Base"}, "Unrecognized timezone: 'Mars/Base'"),
        ({"type": "call_webhook", "method": "GET", "url": '@("")'}, "Webhook URL evaluated to empty string"),
        ({"type": "call_webhook", "method": "GET", "url": "::"}, "Webhook URL evaluated to an invalid URL: '::'"),
        ({"type": "add_input_labels", "labels": [{"uuid": uuid_of(5), "name": "x"}]}, "No input to add labels to"),
        (
            {"type": "add_contact_groups", "groups": [{"uuid": uuid_of(5), "name": "x"}]},
            f"Missing dependency: group[uuid={uuid_of(5)},name=x]",
        ),
        (
            {"type": "set_contact_field", "field": {"key": "gone", "name": "Gone"}, "value": "x"},
            "Missing dependency: field[key=gone,name=Gone]",
        ),
    ],
)
def test_what_can_not_be_done_is_said_and_the_flow_goes_on(action: dict[str, Any], error: str) -> None:
    sprint = started(action, {"type": "send_msg", "text": "still here"})
    assert errors_of(sprint) == [error]
    assert texts_of(sprint) == ["still here"]


def test_blocked_host_is_not_called() -> None:
    options = EngineOptions(blocked_hosts=frozenset({"example.com"}))
    sprint = started({"type": "call_webhook", "method": "GET", "url": "http://API.example.com./x"}, options=options)
    assert errors_of(sprint) == ["Webhook calls to API.example.com. are not allowed"]


def test_request_that_is_too_long_is_not_made_and_is_measured_as_the_author_wrote_it() -> None:
    options = EngineOptions(max_request_bytes=100, webhook_headers={"User-Agent": "Evenkeel"})
    call = {"type": "call_webhook", "method": "POST", "url": "http://example.com/x", "headers": {"X-Id": "7"}}
    size = len("POST http://example.com/x HTTP/1.1\r\nX-Id: 7\r\n\r\n")
    sprint = started({**call, "body": "b" * 60}, options=options)
    assert errors_of(sprint) == [f"Webhook request evaluated to {size + 60} bytes, exceeding the limit of 100"]
    with pytest.raises(AnswerNeeded) as asked:
        started({**call, "body": "b" * (100 - size)}, options=options)
    assert ["User-Agent", "Evenkeel"] in asked.value.request["headers"]


def test_broadcast_goes_to_whom_the_variables_name() -> None:
    sprint = started(
        {
            "type": "send_broadcast",
            "text": "hi",
            "legacy_vars": [uuid_of(7), "Friends", "0788 123 123", "nobody at all"],
        },
        groups=[{"uuid": uuid_of(6), "name": "friends"}],
    )
    broadcast = next(event for event in sprint.events if event["type"] == "broadcast_created")
    assert broadcast["contacts"] == [{"uuid": uuid_of(7), "name": ""}]
    assert broadcast["groups"] == [{"uuid": uuid_of(6), "name": "friends"}]
    assert broadcast["urns"] == ["tel:+250788123123"]
    assert errors_of(sprint) == ["'nobody at all' couldn't be resolved to a contact, group or URN"]


def test_flow_that_is_gone_is_told_before_whom_it_was_for() -> None:
    group = {"uuid": uuid_of(6), "name": "Friends"}
    start = {"type": "start_session", "flow": {"uuid": uuid_of(9), "name": "Gone"}, "groups": [group], "exclusions": {}}
    conversation = Conversation(flow_of(node_of(1, start)), groups=[group])
    trigger = {"type": "manual", "flow": {"uuid": FLOW_UUID, "name": ""}, "batch": True, "triggered_on": WHEN}
    assert errors_of(conversation.start(trigger=trigger)) == [f"Missing dependency: flow[uuid={uuid_of(9)},name=Gone]"]


def test_sessions_that_start_one_another_are_stopped() -> None:
    start = {"type": "start_session", "flow": {"uuid": "b1a2c3d4-0000-4000-8000-000000000001", "name": ""},
             "create_contact": True, "exclusions": {}}  # fmt: skip
    conversation = Conversation(flow_of(node_of(1, start)))
    trigger = {"type": "manual", "flow": start["flow"], "triggered_on": "2025-06-01T12:00:00Z"}
    assert "session_triggered" in types_of(conversation.start(trigger=trigger))
    history = {"parent_uuid": uuid_of(3), "ancestors": 9, "ancestors_since_input": 3}
    (fourth,) = (e for e in conversation.start(trigger={**trigger, "history": history}).events if "history" in e)
    assert fourth["history"]["ancestors_since_input"] == 4
    sprint = conversation.start(trigger={**trigger, "history": {**history, "ancestors_since_input": 4}})
    assert errors_of(sprint) == ["Too many sessions have been spawned since the last time input was received"]
