"""Slack: events of direct messages, files shared and uploaded, texts posted."""

from typing import Any

import orjson
import pytest

from gateways.channels.contract import Answer, HttpResponse, Ignored, Refused
from gateways.channels.sending import FILE_BYTES
from gateways.channels.types.slack import SLACK
from tests.gateways.channels.types.messenger_scene import form_of, found_file, found_name, only_message, post
from tests.gateways.channels.types.meta_scene import answer, channel, outgoing, receive, send

BOT = channel(SLACK, bot_token="xoxb-1", user_token="xoxp-1", verification_token="verify-1")
FINE = answer({"ok": True})


def said(**event: Any) -> Answer:
    frame = {"type": "message", "channel_type": "im", "user": "U77"}
    return receive(SLACK, BOT, post({"event_id": "Ev1", "event_time": 1760000000, "event": frame | event}))


def test_a_direct_message_is_received() -> None:
    message = only_message(said(text="Hi", files=[{"id": "F1"}, {}]))
    assert (message.urn, message.text, message.external_id) == ("slack:U77", "Hi", "Ev1")
    assert message.attachments == ("media:F1",)
    assert message.received_on is not None and message.received_on.isoformat() == "2025-10-09T08:53:20+00:00"


@pytest.mark.parametrize(
    "event", [{"text": "x", "bot_id": "B1"}, {"text": "x", "channel_type": "channel"}, {"text": "x", "user": ""}, {}]
)
def test_what_nobody_wrote_to_the_bot_is_ignored(event: Any) -> None:
    assert isinstance(said(**event), Ignored)


def test_the_challenge_is_answered_for_the_right_token_only() -> None:
    right = receive(SLACK, BOT, post({"type": "url_verification", "token": "verify-1", "challenge": "abc"}))
    wrong = receive(SLACK, BOT, post({"type": "url_verification", "token": "guess", "challenge": "abc"}))
    unset = receive(SLACK, channel(SLACK), post({"type": "url_verification", "token": "", "challenge": "abc"}))
    assert isinstance(right, Ignored) and right.response.body == b"abc"
    assert [each.response.status for each in (wrong, unset) if isinstance(each, Refused)] == [403, 403]


def test_a_file_is_shared_before_it_is_fetched() -> None:
    file = {
        "url_private_download": "https://files.example/a.jpg",
        "permalink_public": "https://slack.example/T1-F1-s3cret",
    }
    found = found_file(SLACK, BOT, "media:F1", [answer({"ok": True, "file": file})])
    assert found is not None and found.url == "https://files.example/a.jpg?pub_secret=s3cret"
    assert found_file(SLACK, BOT, "media:F1", [answer({"ok": False, "error": "not_allowed"})]) is None


def test_a_text_is_posted() -> None:
    sent = send(SLACK, BOT, outgoing("slack:U77", "Hello"), [FINE])
    assert sent.bodies == [{"channel": "U77", "text": "Hello"}]
    assert sent.requests[0].headers["Authorization"] == "Bearer xoxb-1" and sent.outcome.status == "wired"


def test_a_file_is_uploaded_and_shown_before_the_text() -> None:
    message = outgoing("slack:U77", "Look", attachments=("image/png:https://x.example/a.png?v=1",))
    answers = [
        answer({"ok": True, "channel": {"id": "D5"}}),
        HttpResponse(200, {}, b"12345"),
        answer({"ok": True, "upload_url": "https://up.example/1", "file_id": "F9"}),
        HttpResponse(200),
        FINE,
        FINE,
    ]
    sent = send(SLACK, BOT, message, answers)
    methods = [each.url.rpartition("/")[2] for each in sent.requests]
    assert methods[2:] == ["files.getUploadURLExternal", "1", "files.completeUploadExternal", "chat.postMessage"]
    assert form_of(sent.requests[2]) == {"filename": "a.png", "length": "5"}
    assert sent.requests[3].body == b"12345"
    assert orjson.loads(sent.requests[4].body) == {"files": [{"id": "F9", "title": "a.png"}], "channel_id": "D5"}
    assert sent.outcome.external_ids == ("", "")
    rest = send(SLACK, BOT, message, [FINE], parts_done=("",))
    assert [each.url.rpartition("/")[2] for each in rest.requests] == ["chat.postMessage"]


def test_half_a_file_is_not_uploaded() -> None:
    message = outgoing("slack:U77", "Look", attachments=("image/png:https://x.example/a.png",))
    answers = [answer({"ok": True, "channel": {"id": "D5"}}), HttpResponse(200, {}, b"12345", too_large=True)]
    sent = send(SLACK, BOT, message, answers)

    assert sent.requests[1].answer_bytes == FILE_BYTES and len(sent.requests) == 2
    assert (sent.outcome.status, sent.outcome.error_code) == ("failed", "message_invalid")


@pytest.mark.parametrize(
    ("response", "status", "code"),
    [
        (answer({"ok": False, "error": "channel_not_found"}), "failed", "rejected_with_reason"),
        (answer({"ok": False, "error": "ratelimited"}), "errored", "connection_throttled"),
        (answer({"ok": False, "error": "internal_error"}), "errored", "rejected_with_reason"),
        (answer(b""), "failed", "response_unparseable"),
    ],
)
def test_refusals_are_told_apart(response: HttpResponse, status: str, code: str) -> None:
    outcome = send(SLACK, BOT, outgoing("slack:U77", "x"), [response]).outcome
    assert (outcome.status, outcome.error_code) == (status, code)


def test_names_are_looked_up() -> None:
    assert found_name(SLACK, BOT, "slack:U77", [answer({"user": {"real_name": "Aline"}})]) == "Aline"
    assert found_name(SLACK, BOT, "slack:U77", [answer({"ok": False})]) is None
