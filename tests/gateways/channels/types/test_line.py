"""LINE: several events a request, five messages a request, and answers that are free while their token holds."""

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest

from gateways.channels.contract import HttpRequest, HttpResponse, Ignored, MediaFile, QuickReply, Received, Refused
from gateways.channels.types.line import LINE
from tests.gateways.channels.types.messenger_scene import found_file, found_name, only_message, post
from tests.gateways.channels.types.meta_scene import answer, channel, outgoing, receive, send

BOT = channel(LINE, auth_token="line-token", secret="line-secret")
TAKEN = answer({})
EXPIRED = answer({"message": "Invalid reply token"}, 400)


def hook(*messages: Any, secret: bytes = b"line-secret", **frame: Any) -> HttpRequest:
    base = {"replyToken": "r1", "timestamp": 1760000000500, "source": {"userId": "Uabc"}} | frame
    body = orjson.dumps({"events": [base | {"message": each} for each in messages]})
    return post(body, x_line_signature=base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode())


def test_the_messages_of_a_request_are_received() -> None:
    found = receive(
        LINE, BOT, hook({"type": "text", "text": "One"}, {"type": "sticker"}, {"type": "text", "text": "Two"})
    )
    assert isinstance(found, Received)
    assert [(each.urn, each.text, each.external_id) for each in found.messages] == [
        ("line:Uabc", "One", "r1"),
        ("line:Uabc", "Two", "r1"),
    ]
    sent = found.messages[0].received_on
    assert sent is not None and sent.isoformat() == "2025-10-09T08:53:20.500000+00:00"


def test_files_of_line_are_fetched_with_the_token() -> None:
    message = only_message(receive(LINE, BOT, hook({"type": "image", "id": "44", "contentProvider": {"type": "line"}})))
    assert message.attachments == ("https://api-data.line.me/v2/bot/message/44/content",)
    kept = found_file(LINE, BOT, message.attachments[0])
    other = found_file(LINE, BOT, "https://x.example/a.mp4")
    assert kept is not None and kept.headers == {"Authorization": "Bearer line-token"}
    assert other is not None and not other.headers
    assert found_file(LINE, BOT, "media:1") is None


def test_files_elsewhere_and_places_are_read() -> None:
    provider = {"type": "external", "originalContentUrl": "https://x.example/a.mp4"}
    film = only_message(receive(LINE, BOT, hook({"type": "video", "id": "4", "contentProvider": provider})))
    place = only_message(
        receive(LINE, BOT, hook({"type": "location", "title": "Here", "latitude": 1, "longitude": 2.5}))
    )
    assert film.attachments == ("https://x.example/a.mp4",)
    assert (place.text, place.attachments) == ("Here", ("geo:1.000000,2.500000",))


@pytest.mark.parametrize("frame", [{"replyToken": ""}, {"source": {"groupId": "C1"}}])
def test_what_cannot_be_answered_is_ignored(frame: Any) -> None:
    assert isinstance(receive(LINE, BOT, hook({"type": "text", "text": "x"}, **frame)), Ignored)
    assert isinstance(receive(LINE, BOT, hook()), Ignored)


def test_what_is_not_signed_is_refused() -> None:
    assert isinstance(receive(LINE, BOT, hook({"type": "text", "text": "x"}, secret=b"guess")), Refused)


def test_a_message_is_pushed_in_batches_of_five() -> None:
    message = outgoing("line:Uabc", "Text", attachments=tuple(f"a/b:https://x.example/{n}" for n in range(6)))
    sent = send(LINE, BOT, message, [TAKEN])
    assert [each.url.rpartition("/")[2] for each in sent.requests] == ["push", "push"]
    assert [len(each["messages"]) for each in sent.bodies] == [5, 2]
    assert sent.bodies[0]["to"] == "Uabc"
    assert len(send(LINE, BOT, message, [TAKEN], parts_done=("",)).requests) == 1


def test_an_answer_is_pushed_once_its_token_has_expired_and_nothing_is_repeated() -> None:
    files = tuple(f"a/b:https://x.example/{n}" for n in range(6))
    message = outgoing("line:Uabc", "Text", attachments=files, response_to_external_id="r1")
    answered = send(LINE, BOT, message, [TAKEN])
    late = send(LINE, BOT, message, [EXPIRED, TAKEN])
    assert [each.url.rpartition("/")[2] for each in answered.requests] == ["reply", "push"]
    assert [each.url.rpartition("/")[2] for each in late.requests] == ["reply", "push", "push"]
    assert late.bodies[0]["messages"] == late.bodies[1]["messages"] and len(late.bodies[2]["messages"]) == 2


def test_our_own_media_are_shown_as_themselves() -> None:
    preview = MediaFile("image/jpeg", "https://m.example/p.jpg", 10)
    film = MediaFile("video/mp4", "https://m.example/f.mp4", 10, alternates=(preview,))
    sound = MediaFile("audio/mp3", "https://m.example/s.mp3", 10, duration=4000)
    unknown = MediaFile("audio/mp3", "https://m.example/u.mp3", 10)
    media = {each.url: each for each in (film, sound, unknown)}
    message = outgoing("line:Uabc", attachments=tuple(f"{each.content_type}:{each.url}" for each in media.values()))
    (body,) = send(LINE, BOT, message, [TAKEN], media=media).bodies
    assert body["messages"] == [
        {"type": "video", "originalContentUrl": film.url, "previewImageUrl": preview.url},
        {"type": "audio", "originalContentUrl": sound.url, "duration": 4000},
        {"type": "text", "text": unknown.url},
    ]


def test_quick_replies_stand_on_the_last_message() -> None:
    replies = (
        QuickReply("text", "An answer that is rather long"),
        QuickReply("location"),
        QuickReply("form", "F", "1"),
    )
    (body,) = send(LINE, BOT, outgoing("line:Uabc", "Well?", quick_replies=replies), [TAKEN]).bodies
    actions = [each["action"] for each in body["messages"][0]["quickReply"]["items"]]
    assert actions == [
        {"type": "message", "label": "An answer that is ra", "text": "An answer that is rather long"},
        {"type": "location", "label": "Send Location"},
    ]


@pytest.mark.parametrize(
    ("response", "code"),
    [(answer({"message": "Not found"}, 404), "rejected_with_reason"), (answer(b"", 404), "response_unparseable")],
)
def test_refusals_are_told_apart(response: HttpResponse, code: str) -> None:
    outcome = send(LINE, BOT, outgoing("line:Uabc", "Hi"), [response]).outcome
    assert (outcome.status, outcome.error_code) == ("failed", code)


def test_names_are_looked_up_and_typing_is_shown() -> None:
    assert found_name(LINE, BOT, "line:Uabc", [answer({"displayName": "Aline"})]) == "Aline"
    assert found_name(LINE, BOT, "line:Uabc", [answer({"message": "Not found"}, 404)]) is None
    typing = LINE.plan_typing(BOT, "line:Uabc")
    assert typing is not None and orjson.loads(typing.body) == {"chatId": "Uabc", "loadingSeconds": 20}
