"""WhatsApp by way of Turn and of Kaleyra: their own frames, and media that travel as files."""

from typing import Any

import pytest

from gateways.channels.contract import HttpRequest, HttpResponse, Ignored, Received, Refused, Template
from gateways.channels.types.meta.kaleyra import KALEYRA
from gateways.channels.types.meta.turn import TURN
from tests.gateways.channels.types.meta_scene import answer, channel, get, outgoing, receive, send

TRN = channel(TURN, auth_token="turn-1", base_url="https://turn.example/", fb_namespace="ns1")
KWA = channel(KALEYRA, "250788999000", account_sid="SID9", api_key="key-2")
TAKEN = answer({"messages": [{"id": "wamid.T"}]})
PICTURE = ("image/png:https://f.example/a.png",)


def post(body: Any) -> HttpRequest:
    return HttpRequest("POST", "https://door.example/c/trn/x/receive", body=answer(body).body)


def test_turn_sends_messages_without_metas_frame() -> None:
    message = {"from": "250788000111", "from_bsuid": "RW.8", "id": "t1", "timestamp": "1760000000", "type": "image"}
    contacts = [{"wa_id": "250788000111", "profile": {"name": "Aline"}}]

    got = receive(TURN, TRN, post({"contacts": contacts, "messages": [message | {"image": {"id": "m5"}}]}))

    assert isinstance(got, Received)
    found = got.messages[0]
    assert (found.urn, found.also_known_as, found.name) == ("whatsapp:250788000111", "whatsapp:RW.8", "Aline")
    assert found.attachments == ("media:m5",)
    with pytest.raises(StopIteration) as end:
        next(TURN.plan_fetch(TRN, "media:m5"))
    assert end.value.value.url == "https://turn.example/v1/media/m5"
    assert end.value.value.headers == {"Authorization": "Bearer turn-1"}


@pytest.mark.parametrize("wrong", [{"timestamp": "later"}, {"from": "someone"}])
def test_turn_is_told_400_when_a_message_cannot_be_read(wrong: dict[str, str]) -> None:
    message = {"from": "1", "id": "t1", "timestamp": "1760000000", "type": "text", "text": {"body": "Hi"}}

    got = receive(TURN, TRN, post({"messages": [message | wrong]}))

    assert isinstance(got, Refused) and got.response.status == 400


def test_turn_reports_sending_too() -> None:
    statuses = [{"id": "t1", "status": "sending"}, {"id": "t2", "status": "deleted"}]

    got = receive(TURN, TRN, post({"statuses": statuses}))

    assert isinstance(got, Received)
    assert [(each.external_id, each.status) for each in got.statuses] == [("t1", "wired")]


def test_turn_gets_a_file_uploaded_and_then_named() -> None:
    answers = [HttpResponse(200, {}, b"PNG"), answer({"media": [{"id": "up-1"}]}), TAKEN]

    sent = send(TURN, TRN, outgoing("whatsapp:250788000111", "Look", attachments=PICTURE), answers)

    download, upload, _ = sent.requests
    assert (download.method, download.url) == ("GET", "https://f.example/a.png")
    assert (upload.url, upload.body) == ("https://turn.example/v1/media", b"PNG")
    assert upload.headers["Content-Type"] == "image/png"
    assert sent.bodies == [{"to": "250788000111", "type": "image", "image": {"caption": "Look", "id": "up-1"}}]
    assert [(each.key, each.value) for each in sent.outcome.remember] == [("media:https://f.example/a.png", "up-1")]


def test_turn_needs_no_upload_of_what_it_has() -> None:
    remembered = {"media:https://f.example/a.png": "up-1"}

    sent = send(TURN, TRN, outgoing("whatsapp:1", attachments=PICTURE), [TAKEN], remembered=remembered)

    assert [each.url for each in sent.requests] == ["https://turn.example/v1/messages"]


def test_an_upload_that_failed_is_not_tried_again_at_once() -> None:
    answers = [HttpResponse(200, {}, b"PNG"), answer({"errors": []}, 401)]
    message = outgoing("whatsapp:1", attachments=PICTURE)

    failed = send(TURN, TRN, message, answers)
    remembered = {each.key: each.value for each in failed.outcome.remember}
    again = send(TURN, TRN, message, [], remembered=remembered)

    for each in (failed, again):
        assert (each.outcome.status, each.outcome.external_code) == ("errored", "media_upload_failed")
    assert again.requests == []


def test_half_a_file_is_not_carried_over_to_turn() -> None:
    sent = send(TURN, TRN, outgoing("whatsapp:1", attachments=PICTURE), [HttpResponse(200, {}, b"PN", too_large=True)])

    assert (len(sent.requests), sent.outcome.status, sent.outcome.error_code) == (1, "failed", "message_invalid")


def test_turn_wants_a_namespace_with_templates() -> None:
    named = send(TURN, TRN, outgoing("whatsapp:1", template=Template("visit", "fr")), [TAKEN])
    bare = channel(TURN, auth_token="turn-1", base_url="https://turn.example")
    unnamed = send(TURN, bare, outgoing("whatsapp:1", template=Template("visit", "fr")), [TAKEN])

    assert named.bodies[0]["template"]["namespace"] == "ns1"
    assert (unnamed.outcome.error_code, unnamed.requests) == ("channel_config", [])


def test_turn_wants_the_preview_beside_the_text_and_has_errors_of_its_own() -> None:
    link = send(TURN, TRN, outgoing("whatsapp:1", "http://a.example"), [TAKEN])
    refusal = answer({"errors": [{"code": 1013, "title": "User is not valid"}]}, 404)
    refused = send(TURN, TRN, outgoing("whatsapp:1", "Hi"), [refusal])

    assert link.bodies == [{"to": "1", "type": "text", "preview_url": True, "text": {"body": "http://a.example"}}]
    assert (refused.outcome.external_code, refused.outcome.error_text) == ("1013", "User is not valid")


def test_kaleyra_sends_forms() -> None:
    query = "type=image&from=250788000111&created_at=1760000000&name=Aline&media_url=https%3A%2F%2Ff.example%2Fa.png"

    got = receive(KALEYRA, KWA, get(query))

    assert isinstance(got, Received)
    message = got.messages[0]
    assert (message.urn, message.name) == ("whatsapp:250788000111", "Aline")
    assert message.attachments == ("https://f.example/a.png",)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("type=text&from=1&created_at=1760000000", Refused),
        ("type=text&from=1&created_at=today&body=Hi", Refused),
        ("type=text&created_at=1760000000&body=Hi", Refused),
        ("type=contact&from=1&created_at=1760000000", Ignored),
    ],
)
def test_kaleyras_incomplete_forms_are_no_messages(query: str, kind: type) -> None:
    assert isinstance(receive(KALEYRA, KWA, get(query)), kind)


@pytest.mark.parametrize(("told", "meant"), [("0", "failed"), ("sent", "wired"), ("read", "read")])
def test_kaleyras_words_for_statuses(told: str, meant: str) -> None:
    got = receive(KALEYRA, KWA, get(f"id=k1&status={told}"), "status")

    assert isinstance(got, Received) and (got.statuses[0].external_id, got.statuses[0].status) == ("k1", meant)


def test_a_text_goes_to_kaleyra_as_a_form_that_says_where_to_report() -> None:
    sent = send(KALEYRA, KWA, outgoing("whatsapp:250788000111", "Bite?"), [answer({"id": "k1"})])

    assert sent.requests[0].url == "https://api.kaleyra.io/v1/SID9/messages"
    assert b"callback_url=https%3A%2F%2Fdoor.example%2Fc%2Fkwa%2F" in sent.requests[0].body
    assert b"body=Bite%3F" in sent.requests[0].body
    assert sent.outcome.external_ids == ("k1",)


def test_files_go_to_kaleyra_whole_with_the_text_below_what_can_show_it() -> None:
    attachments = ("audio/mp3:https://f.example/a.mp3", *PICTURE)
    answers = [
        HttpResponse(200, {}, b"SOUND"),
        answer({"id": "k1"}),
        HttpResponse(200, {}, b"PNG"),
        answer({"id": "k2"}),
    ]

    sent = send(KALEYRA, KWA, outgoing("whatsapp:1", "Look", attachments=attachments), answers)

    sound, picture = sent.requests[1].body, sent.requests[3].body
    assert b"SOUND" in sound and b"Look" not in sound
    assert b"PNG" in picture and b'name="caption"\r\n\r\nLook' in picture
    assert sent.outcome.external_ids == ("k1", "k2")


def test_a_file_that_is_refused_ends_the_sending_where_it_stands() -> None:
    attachments = (*PICTURE, "image/png:https://f.example/b.png")
    answers = [HttpResponse(200), answer({"id": "k1"}), HttpResponse(200), answer({"error": "too big"}, 413)]

    sent = send(KALEYRA, KWA, outgoing("whatsapp:1", attachments=attachments), answers)

    assert (sent.outcome.status, sent.outcome.error_code) == ("failed", "response_status")
    assert sent.outcome.external_ids == ("k1",)
