"""X: texts, pictures, links instead of what can't be uploaded, and what its refusals mean."""

from datetime import UTC, datetime

import pytest

from gateways.channels.contract import HttpResponse
from gateways.channels.types.x import X
from gateways.channels.types.x.receiving import read_event, sent_at
from tests.gateways.channels.types.messenger_scene import found_file, found_name
from tests.gateways.channels.types.meta_scene import answer, channel, outgoing, send

HANDLE = channel(X, bearer_token="app", handle_id="900", access_token="user-secret")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TAKEN = answer({"data": {"dm_conversation_id": "5150-900", "dm_event_id": "77"}}, 201)
UPLOADED = answer({"data": {"id": "m1", "expires_after_secs": 86_400}})
PICTURE = HttpResponse(200, {"content-type": "image/png", "content-length": "3"}, b"png")


def test_a_text_goes_to_the_person_and_x_names_it():
    sent = send(X, HANDLE, outgoing("twitterid:5150#aline", "Muraho"), [TAKEN])
    [request] = sent.requests
    assert (request.method, request.url) == ("POST", "https://api.x.com/2/dm_conversations/with/5150/messages")
    assert request.headers["Authorization"] == "Bearer user-secret"
    assert sent.bodies == [{"text": "Muraho"}]
    assert (sent.outcome.status, sent.outcome.external_ids) == ("wired", ("77",))


def test_a_text_that_is_too_long_goes_in_parts_and_goes_on_where_it_was_stopped():
    words = " ".join(["word"] * 3_000)
    sent = send(X, HANDLE, outgoing("twitterid:5150", words), [TAKEN])
    assert len(sent.requests) == 2 and all(len(each["text"]) <= 10_000 for each in sent.bodies)
    again = send(X, HANDLE, outgoing("twitterid:5150", words), [TAKEN], parts_done=("76",))
    assert again.bodies == sent.bodies[1:] and again.outcome.external_ids == ("76", "77")


def test_a_picture_is_uploaded_once_and_goes_with_the_text():
    message = outgoing("twitterid:5150", "Look", attachments=("image/png:https://files.example/a.png",))
    sent = send(X, HANDLE, message, [PICTURE, UPLOADED, TAKEN])
    assert [each.url for each in sent.requests[:2]] == [
        "https://files.example/a.png",
        "https://api.x.com/2/media/upload",
    ]
    assert b"dm_image" in sent.requests[1].body and b"\r\n\r\npng\r\n" in sent.requests[1].body
    assert sent.bodies == [{"text": "Look", "attachments": [{"media_id": "m1"}]}]

    [kept] = sent.outcome.remember
    assert kept.seconds < 24 * 3600
    again = send(X, HANDLE, message, [TAKEN], remembered={kept.key: kept.value})
    assert again.bodies == sent.bodies


def test_several_files_go_one_by_one():
    files = ("image/png:https://files.example/a.png", "image/gif:https://files.example/b.gif")
    sent = send(
        X,
        HANDLE,
        outgoing("twitterid:5150", "Look", attachments=files),
        [PICTURE, UPLOADED, TAKEN, PICTURE, UPLOADED, TAKEN],
    )
    assert sent.bodies == [{"text": "Look", "attachments": [{"media_id": "m1"}]}, {"attachments": [{"media_id": "m1"}]}]
    assert b"dm_gif" in sent.requests[4].body


@pytest.mark.parametrize(
    ("file", "answers"),
    [
        ("audio/mp3:https://files.example/a", [TAKEN]),
        ("image/png:https://files.example/a", [HttpResponse(404), TAKEN]),
        ("image/png:https://files.example/a", [HttpResponse(200, {"Content-Length": "9"}, b"png"), TAKEN]),
        ("image/png:https://files.example/a", [PICTURE, answer({"detail": "No media.write."}, 403), TAKEN]),
    ],
    ids=["no picture", "gone", "not whole", "refused"],
)
def test_what_cannot_be_uploaded_goes_as_a_link_and_the_log_says_why(file, answers):
    sent = send(X, HANDLE, outgoing("twitterid:5150", "Look", attachments=(file,)), answers)
    assert sent.bodies[-1] == {"text": "Look\nhttps://files.example/a"}
    assert sent.outcome.status == "wired" and sent.outcome.log


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"detail": "The text is too long."}, ("failed", "rejected_with_reason", "400", "The text is too long.")),
        (401, {"title": "Unauthorized"}, ("failed", "channel_config", "", "X does not accept the access token: Unauthorized")),
        (403, {"detail": "You cannot write to this user."}, ("failed", "rejected_with_reason", "403", "You cannot write to this user.")),
        (503, {}, ("errored", "connection_failed", "", "The aggregator answered 503.")),
        (201, {"data": {}}, ("failed", "response_content", "", "X's answer holds no 'data.dm_event_id'.")),
    ],
)  # fmt: skip
def test_refusals(status, body, outcome):
    found = send(X, HANDLE, outgoing("twitterid:5150", "Hi"), [answer(body, status)]).outcome
    assert (found.status, found.error_code, found.external_code, found.error_text) == outcome


def test_an_access_token_that_ended_is_waited_for_where_it_is_renewed():
    renewed = channel(X, bearer_token="app", handle_id="900", access_token="old", refresh_token="r", client_id="c")
    assert send(X, renewed, outgoing("twitterid:5150", "Hi"), [answer({}, 401)]).outcome.status == "errored"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"x-rate-limit-reset": "1795521690"}, 90),
        ({}, 60),
        ({"X-Rate-Limit-Reset": "1"}, 1),
        ({"x-rate-limit-reset": "\u00b2"}, 60),
    ],
)
def test_too_many_requests_are_waited_out(header, seconds):
    found = send(X, HANDLE, outgoing("twitterid:5150", "Hi"), [HttpResponse(429, header, b"{}")], now=NOW).outcome
    assert (found.status, found.error_code, found.retry_after) == ("errored", "connection_throttled", seconds)


def test_files_are_fetched_with_the_users_token_from_x_only():
    theirs = found_file(X, HANDLE, "media:https://ton.twitter.com/dm/1.jpg")
    assert theirs.headers == {"Authorization": "Bearer user-secret"}
    assert found_file(X, HANDLE, "media:https://evil.example/x.twitter.com").headers == {}
    assert found_file(X, HANDLE, "media:http://ton.twitter.com/1").headers == {}
    assert found_file(X, HANDLE, "media:nowhere") is None


def test_a_name_is_looked_up():
    assert found_name(X, HANDLE, "twitterid:5150", [answer({"data": {"id": "5150", "name": "Aline"}})]) == "Aline"


def test_a_message_that_was_asked_for_brings_its_files_and_groups_are_left_alone():
    event = {"id": "2000000000000000001", "event_type": "MessageCreate", "text": "Look", "sender_id": "5150"}
    event |= {"dm_conversation_id": "900-5150", "created_at": "2026-11-24T12:00:00.000Z"}
    event |= {"attachments": {"media_keys": ["3_1", "7_2"]}}
    films = [
        {"content_type": "video/mp4", "bit_rate": rate, "url": f"https://video.twimg.com/{rate}"} for rate in (2, 9)
    ]
    media = {"3_1": {"url": "https://pbs.twimg.com/1.jpg"}, "7_2": {"variants": films}}
    users = {"5150": {"username": "AlineU", "name": "Aline"}}
    found = read_event(HANDLE, event, users, media, lambda: "uuid")
    assert (found.urn, found.text, found.name) == ("twitterid:5150#alineu", "Look", "Aline")
    assert found.attachments == ("media:https://pbs.twimg.com/1.jpg", "media:https://video.twimg.com/9")
    assert read_event(HANDLE, event | {"dm_conversation_id": "77"}, users, media, lambda: "uuid") is None
    assert read_event(HANDLE, event | {"sender_id": "900"}, users, media, lambda: "uuid") is None


def test_an_id_says_when_the_message_was_sent():
    assert sent_at("1585341984679469056") == datetime(2022, 10, 26, 18, 45, 58, 34000, UTC)
    assert sent_at("not an id") is None


def test_settings():
    assert X.check_config({}) == ["'bearer_token' is required", "'handle_id' is required", "'access_token' is required"]
    assert "user-secret" in X.secrets(HANDLE.config)
