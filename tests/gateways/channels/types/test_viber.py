"""Viber: signed callbacks, keyboards of six columns, sizes of files, and what its codes mean."""

import hashlib
import hmac
from typing import Any

import orjson
import pytest

from gateways.channels.contract import HttpRequest, HttpResponse, Ignored, MediaFile, QuickReply, Received, Refused
from gateways.channels.types.viber import VIBER
from tests.gateways.channels.types.messenger_scene import only_message, post
from tests.gateways.channels.types.meta_scene import MESSAGE_UUID, answer, channel, outgoing, receive, send

BOT = channel(VIBER, auth_token="viber-token")
WELCOMING = channel(VIBER, auth_token="viber-token", welcome_message="Murakaza neza")
TAKEN = answer({"status": 0, "message_token": 600700})
PERSON = "ab12+/cd=="


def callback(event: str, **more: Any) -> HttpRequest:
    body = orjson.dumps({"event": event, "timestamp": 1760000000500, "message_token": 515253, **more})
    mark = hmac.new(b"viber-token", body, hashlib.sha256).hexdigest()
    return post(body, x_viber_content_signature=mark)


def said(**message: Any) -> HttpRequest:
    return callback("message", sender={"id": PERSON, "name": "Aline"}, message=message)


def test_a_text_is_received() -> None:
    message = only_message(receive(VIBER, BOT, said(type="text", text="Muraho")))
    assert (message.urn, message.text, message.external_id, message.name) == (
        f"viber:{PERSON}",
        "Muraho",
        "515253",
        "Aline",
    )


@pytest.mark.parametrize(
    ("message", "text", "attachments"),
    [
        ({"type": "picture", "text": "See", "media": "https://v.example/1.jpg"}, "See", ("https://v.example/1.jpg",)),
        ({"type": "sticker", "sticker_id": 901}, "", ("https://viber.github.io/docs/img/stickers/901.png",)),
        ({"type": "contact", "contact": {"name": "Eric", "phone_number": "+2507"}}, "Eric: +2507", ()),
        ({"type": "url", "media": "https://v.example/page"}, "https://v.example/page", ()),
        ({"type": "location", "location": {"lat": -1.95, "lon": 30.06}}, "", ("geo:-1.950000,30.060000",)),
    ],
)
def test_what_is_no_text_is_read_too(message: Any, text: str, attachments: tuple[str, ...]) -> None:
    found = only_message(receive(VIBER, BOT, said(**message)))
    assert (found.text, found.attachments) == (text, attachments)


def test_what_is_not_signed_is_refused() -> None:
    forged = post({"event": "webhook", "timestamp": 1, "message_token": 1}, x_viber_content_signature="00")
    assert isinstance(receive(VIBER, BOT, forged), Refused)
    assert isinstance(receive(VIBER, channel(VIBER), callback("webhook")), Refused)


@pytest.mark.parametrize("message", [{"type": "text"}, {"type": "video"}, {"type": "hologram", "text": "x"}, {}])
def test_messages_without_content_are_refused(message: Any) -> None:
    assert isinstance(receive(VIBER, BOT, said(**message)), Refused)


def test_people_come_and_go() -> None:
    came = receive(VIBER, BOT, callback("subscribed", user={"id": PERSON, "name": "Aline"}))
    went = receive(VIBER, BOT, callback("unsubscribed", user_id=PERSON))
    assert isinstance(came, Received) and isinstance(went, Received)
    assert [event.type for event in (*came.events, *went.events)] == ["new_conversation", "stop_contact"]


def test_who_opens_the_chat_is_welcomed_where_there_is_a_welcome() -> None:
    opened = callback("conversation_started", user={"id": PERSON})
    welcomed = receive(VIBER, WELCOMING, opened)
    assert isinstance(welcomed, Received) and welcomed.events[0].type == "welcome_message"
    assert orjson.loads(welcomed.response.body)["text"] == "Murakaza neza"
    assert b"viber-token" not in welcomed.response.body
    assert isinstance(receive(VIBER, BOT, opened), Ignored)
    assert isinstance(receive(VIBER, BOT, callback("webhook")), Ignored)


@pytest.mark.parametrize(("event", "status"), [("failed", "failed"), ("delivered", "delivered"), ("seen", "read")])
def test_reports_name_the_message_by_the_token_that_was_kept(event: str, status: str) -> None:
    sent = send(VIBER, BOT, outgoing(f"viber:{PERSON}", "Hi"), [answer({"status": 0, "message_token": 515253})])
    found = receive(VIBER, BOT, callback(event, user_id=PERSON))
    assert isinstance(found, Received)
    assert [(each.external_id, each.status) for each in found.statuses] == [(sent.outcome.external_ids[0], status)]


def test_a_text_is_sent() -> None:
    (body,) = send(VIBER, BOT, outgoing(f"viber:{PERSON}", "Hi"), [TAKEN]).bodies
    assert body == {
        "auth_token": "viber-token",
        "receiver": PERSON,
        "tracking_data": MESSAGE_UUID,
        "type": "text",
        "text": "Hi",
    }


def test_a_picture_carries_a_short_text() -> None:
    picture = ("image/png:https://x.example/a.png",)
    short = send(VIBER, BOT, outgoing(f"viber:{PERSON}", "Hi", attachments=picture), [TAKEN]).bodies
    long = send(VIBER, BOT, outgoing(f"viber:{PERSON}", "é" * 300, attachments=picture), [TAKEN]).bodies
    assert [(each["type"], each.get("text")) for each in short] == [("picture", "Hi")]
    assert [each["type"] for each in long] == ["picture", "text"] and "text" not in long[0]


def test_a_video_needs_its_size() -> None:
    video = outgoing(f"viber:{PERSON}", attachments=("video/mp4:https://x.example/a.mp4",))
    asked = send(VIBER, BOT, video, [HttpResponse(200, {"Content-Length": "2048"}), TAKEN])
    assert asked.requests[0].method == "HEAD" and asked.bodies[0]["size"] == 2048
    unknown = send(VIBER, BOT, video, [HttpResponse(404), TAKEN])
    assert unknown.bodies[0]["type"] == "text" and unknown.bodies[0]["text"] == "https://x.example/a.mp4"
    own = MediaFile("video/mp4", "https://x.example/a.mp4", 777)
    known = send(VIBER, BOT, video, [TAKEN], media={own.url: own})
    assert [each["size"] for each in known.bodies] == [777] and len(known.requests) == 1


def test_buttons_share_six_columns() -> None:
    replies = tuple(QuickReply("text", each) for each in ("Yes", "No", "Maybe", "Later")) + (
        QuickReply("url", "Read", "https://x.example"),
        QuickReply("form", "Fill", "f1"),
    )
    styled = channel(VIBER, auth_token="t", button_layout={"bg_color": "#fff", "text": "<b>*</b>"})
    (body,) = send(VIBER, styled, outgoing(f"viber:{PERSON}", "Well?", quick_replies=replies), [TAKEN]).bodies
    buttons = body["keyboard"]["Buttons"]
    assert [each["Columns"] for each in buttons] == ["2", "2", "2", "3", "3"]
    assert buttons[0]["Text"] == "<b>Yes</b>" and buttons[0]["BgColor"] == "#fff"
    assert (buttons[4]["ActionType"], buttons[4]["ActionBody"]) == ("open-url", "https://x.example")


@pytest.mark.parametrize(
    ("response", "code", "external"),
    [
        (answer({"status": 6, "status_message": "notSubscribed"}), "rejected_with_reason", "6"),
        (answer({}), "response_content", ""),
        (answer(b"-"), "response_unparseable", ""),
        (answer({"status": 2}, 401), "response_status", ""),
    ],
)
def test_refusals_are_told_apart(response: HttpResponse, code: str, external: str) -> None:
    outcome = send(VIBER, BOT, outgoing(f"viber:{PERSON}", "Hi"), [response]).outcome
    assert (outcome.status, outcome.error_code, outcome.external_code) == ("failed", code, external)


def test_without_a_token_nothing_is_sent() -> None:
    sent = send(VIBER, channel(VIBER), outgoing(f"viber:{PERSON}", "Hi"), [TAKEN])
    assert not sent.requests and sent.outcome.error_code == "channel_config"
