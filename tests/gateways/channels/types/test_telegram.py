"""Telegram: updates that are read, keyboards, captions, and what its refusals mean."""

from typing import Any

import orjson
import pytest

from gateways.channels.contract import HttpResponse, Ignored, MediaFile, QuickReply, Received, Refused
from gateways.channels.types.telegram import TELEGRAM
from tests.gateways.channels.types.messenger_scene import form_of, found_file, only_message, post
from tests.gateways.channels.types.meta_scene import answer, channel, outgoing, receive, send

BOT = channel(TELEGRAM, auth_token="77:secret")
PERSON = {"id": 5150, "first_name": "Aline", "last_name": "Uwase", "username": "AlineU"}
TAKEN = answer({"ok": True, "result": {"message_id": 9}})
LINK = QuickReply("url", "More", "https://health.example/more")


def update(**message: Any) -> Any:
    frame = {"message_id": 31, "from": PERSON, "date": 1760000000}
    return receive(TELEGRAM, BOT, post({"update_id": 8, "message": frame | message}))


def markup(*replies: QuickReply) -> Any:
    sent = send(TELEGRAM, BOT, outgoing("telegram:5150", "Choose", quick_replies=replies), [TAKEN])
    return orjson.loads(form_of(sent.requests[-1])["reply_markup"])


def test_a_text_comes_with_its_writer() -> None:
    message = only_message(update(text="Muraho"))
    assert (message.urn, message.text, message.external_id) == ("telegram:5150#alineu", "Muraho", "31")
    assert message.name == "Aline Uwase"
    assert message.received_on is not None and message.received_on.isoformat() == "2025-10-09T08:53:20+00:00"


@pytest.mark.parametrize("headers", [{}, {"X_Telegram_Bot_Api_Secret_Token": "guess"}])
def test_with_a_secret_only_telegram_is_listened_to(headers: dict[str, str]) -> None:
    bot = channel(TELEGRAM, auth_token="77:secret", secret="s3cret")
    body = {"update_id": 8, "message": {"message_id": 31, "from": PERSON, "date": 1760000000, "text": "Hi"}}

    forged = receive(TELEGRAM, bot, post(body, **{name.lower(): value for name, value in headers.items()}))
    genuine = receive(TELEGRAM, bot, post(body, x_telegram_bot_api_secret_token="s3cret"))

    assert isinstance(forged, Refused) and forged.response.status == 401
    assert only_message(genuine).text == "Hi"


def test_start_begins_a_conversation() -> None:
    found = update(text="/start")
    assert isinstance(found, Received) and not found.messages
    assert [(event.type, event.urn) for event in found.events] == [("new_conversation", "telegram:5150#alineu")]
    assert found.events[0].external_id == "31"


def test_of_a_photo_the_largest_that_is_not_too_large_is_taken() -> None:
    sizes = [
        {"file_id": "s", "file_size": 900},
        {"file_id": "m", "file_size": 99_000},
        {"file_id": "l", "file_size": 300_000},
    ]
    assert only_message(update(photo=sizes, caption="Here")).attachments == ("media:m",)
    assert only_message(update(photo=sizes[2:])).attachments == ("media:l",)


@pytest.mark.parametrize(
    ("content", "text", "attachments"),
    [
        ({"location": {"latitude": -1.95, "longitude": 30.06}}, "", ("geo:-1.950000,30.060000",)),
        (
            {"venue": {"title": "Clinic", "address": "KG 7", "location": {"latitude": -1.95, "longitude": 30.06}}},
            "Clinic, KG 7",
            ("geo:-1.950000,30.060000",),
        ),
        ({"contact": {"first_name": "Eric", "phone_number": "+250788"}}, "Eric (+250788)", ()),
        ({"voice": {"file_id": "v1"}}, "", ("media:v1",)),
        ({"sticker": {"file_id": "big", "thumbnail": {"file_id": "small"}}}, "", ("media:small",)),
    ],
)
def test_what_is_no_text_is_read_too(content: Any, text: str, attachments: tuple[str, ...]) -> None:
    message = only_message(update(**content))
    assert (message.text, message.attachments) == (text, attachments)


def test_a_web_app_sends_a_payload() -> None:
    message = only_message(update(web_app_data={"data": '{"age": 31}', "button_text": "Register"}))
    assert (message.text, message.payload) == ("Register", {"age": 31})
    assert only_message(update(web_app_data={"data": "31", "button_text": "Register"})).text == "31"


def test_other_updates_are_ignored_and_broken_ones_refused() -> None:
    assert isinstance(receive(TELEGRAM, BOT, post({"update_id": 8, "poll": {}})), Ignored)
    assert isinstance(update(), Ignored)
    assert isinstance(receive(TELEGRAM, BOT, post(b"{")), Refused)
    assert isinstance(receive(TELEGRAM, BOT, post([1])), Refused)


def test_a_file_is_looked_up_when_it_is_fetched() -> None:
    path = answer({"ok": True, "result": {"file_path": "voice/1.ogg"}})
    found = found_file(TELEGRAM, BOT, "media:v1", [path])
    assert found is not None and found.url == "https://api.telegram.org/file/bot77:secret/voice/1.ogg"
    assert found_file(TELEGRAM, BOT, "media:v1", [answer({"ok": False})]) is None
    assert found_file(TELEGRAM, BOT, "media:v1", [answer(b"no")]) is None


def test_a_text_is_sent_and_its_id_kept() -> None:
    sent = send(TELEGRAM, BOT, outgoing("telegram:5150#alineu", "Hi"), [TAKEN])
    assert sent.outcome.external_ids == ("9",)
    assert sent.requests[0].url.endswith("/bot77:secret/sendMessage")
    assert form_of(sent.requests[0])["chat_id"] == "5150"


def test_one_file_carries_the_text_and_several_follow_it() -> None:
    one = outgoing("telegram:5150", "Look", attachments=("image/png:https://x.example/a.png",))
    two = outgoing("telegram:5150", "Look", attachments=("audio/mp3:https://x.example/a.mp3",) * 2)
    assert [each.url.rpartition("/")[2] for each in send(TELEGRAM, BOT, one, [TAKEN]).requests] == ["sendPhoto"]
    methods = [each.url.rpartition("/")[2] for each in send(TELEGRAM, BOT, two, [TAKEN]).requests]
    assert methods == ["sendMessage", "sendAudio", "sendAudio"]


def test_of_our_own_files_a_rendering_that_is_small_enough_is_sent() -> None:
    small = MediaFile("image/jpeg", "https://m.example/small.jpg", 1000)
    large = MediaFile("image/jpeg", "https://m.example/large.jpg", 20_000_000, alternates=(small,))
    message = outgoing("telegram:5150", attachments=("image/jpeg:" + large.url,))
    sent = send(TELEGRAM, BOT, message, [TAKEN], media={large.url: large})
    assert form_of(sent.requests[0])["photo"] == small.url


def test_keyboards_hold_what_they_can() -> None:
    assert markup() == {"remove_keyboard": True}
    assert markup(LINK)["inline_keyboard"] == [[{"text": "More", "url": LINK.extra}]]
    mixed = markup(LINK, QuickReply("location"), QuickReply("text", "No"))
    assert mixed["keyboard"] == [[{"text": "Send Location", "request_location": True}, {"text": "No"}]]
    assert mixed["one_time_keyboard"] is False
    assert markup(QuickReply("url", "Bad", "ftp://x.example")) == {"remove_keyboard": True}


def test_buttons_fill_rows() -> None:
    few = markup(*(QuickReply("text", "Answer number " + each) for each in "123"))
    many = markup(*(QuickReply("text", "Answer " + each) for each in "1234567"))
    assert [len(row) for row in few["keyboard"]] == [1, 1, 1]
    assert [len(row) for row in many["keyboard"]] == [2, 2, 2, 1]


def test_a_text_that_is_no_markdown_is_sent_plain() -> None:
    refusal = answer({"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities"}, 400)
    sent = send(TELEGRAM, BOT, outgoing("telegram:5150", "a_b"), [refusal, TAKEN])
    assert sent.outcome.status == "wired"
    assert ["parse_mode" in form_of(each) for each in sent.requests] == [True, False]


@pytest.mark.parametrize(
    ("response", "status", "code"),
    [
        (
            answer({"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}, 403),
            "failed",
            "contact_stopped",
        ),
        (
            answer({"ok": False, "error_code": 400, "description": "chat not found"}, 400),
            "failed",
            "rejected_with_reason",
        ),
        (answer({"ok": True, "result": {}}), "failed", "response_content"),
        (answer(b"<html>"), "failed", "response_unparseable"),
        (HttpResponse(0), "errored", "connection_failed"),
    ],
)
def test_refusals_are_told_apart(response: HttpResponse, status: str, code: str) -> None:
    outcome = send(TELEGRAM, BOT, outgoing("telegram:5150", "Hi"), [response]).outcome
    assert (outcome.status, outcome.error_code) == (status, code)


def test_telegram_says_how_long_to_wait() -> None:
    slow = answer({"ok": False, "error_code": 429, "parameters": {"retry_after": 17}}, 429)
    outcome = send(TELEGRAM, BOT, outgoing("telegram:5150", "Hi"), [slow]).outcome
    assert (outcome.error_code, outcome.retry_after) == ("connection_throttled", 17.0)


def test_what_got_through_is_not_sent_again() -> None:
    message = outgoing("telegram:5150", "Look", attachments=("audio/mp3:https://x.example/a.mp3",) * 2)
    sent = send(TELEGRAM, BOT, message, [TAKEN], parts_done=("7", "8"))
    assert len(sent.requests) == 1 and sent.outcome.external_ids == ("7", "8", "9")


def test_typing_is_shown() -> None:
    typing = TELEGRAM.plan_typing(BOT, "telegram:5150")
    assert typing is not None and form_of(typing) == {"chat_id": "5150", "action": "typing"}
