"""MessageBird: the signed token covers address and body; reports stop contacts who opted out."""

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest

from gateways.channels.contract import HttpRequest, HttpResponse, Received, Refused
from gateways.channels.types.messagebird import MESSAGEBIRD
from tests.gateways.channels.types.messenger_scene import URL, only_message, post_form
from tests.gateways.channels.types.meta_scene import MESSAGE_UUID, answer, channel, get, outgoing, receive, send

NUMBER = channel(MESSAGEBIRD, "31620001111", auth_token="access", secret="signing")
TAKEN = answer({"id": "mb-1"})


def _part(value: Any) -> bytes:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else orjson.dumps(value)).rstrip(b"=")


def signed(request: HttpRequest, *, secret: str = "signing", url: str = URL, body: bytes | None = None) -> HttpRequest:
    claims = {
        "url_hash": hashlib.sha256(url.encode()).hexdigest(),
        "payload_hash": hashlib.sha256(request.body if body is None else body).hexdigest(),
    }
    text = _part({"alg": "HS256"}) + b"." + _part(claims)
    token = text + b"." + _part(hmac.new(secret.encode(), text, hashlib.sha256).digest())
    headers = {**request.headers, "messagebird-signature-jwt": token.decode()}
    return HttpRequest(request.method, request.url, headers, body=request.body)


TEXT = post_form(originator="31612345678", body="Hallo", id="in-1", createdDatetime="2026-01-31T08:15:00+00:00")


def test_a_text_is_received() -> None:
    answered = receive(MESSAGEBIRD, NUMBER, signed(TEXT))
    message = only_message(answered)
    assert (message.urn, message.text, message.external_id) == ("tel:+31612345678", "Hallo", "in-1")
    assert message.received_on is not None and message.received_on.isoformat() == "2026-01-31T08:15:00+00:00"
    assert answered.response.body == b"OK"


def test_a_text_to_a_short_code_has_other_fields() -> None:
    form = post_form(
        originator="31612345678", shortcode="4040", message="Ja", mid="in-2", receive_datetime="20260131081500"
    )
    message = only_message(receive(MESSAGEBIRD, NUMBER, signed(form)))
    assert (message.text, message.external_id) == ("Ja", "in-2")
    assert message.received_on is not None and message.received_on.isoformat() == "2026-01-31T08:15:00+00:00"


def test_pictures_come_without_a_text() -> None:
    form = post_form(originator="31612345678", mediaUrls="https://x.example/a.jpg")
    assert only_message(receive(MESSAGEBIRD, NUMBER, signed(form))).attachments == ("https://x.example/a.jpg",)


@pytest.mark.parametrize(
    "request_",
    [
        TEXT,
        signed(TEXT, secret="guess"),
        signed(TEXT, url="https://elsewhere.example/c"),
        signed(TEXT, body=b"other"),
        signed(post_form(body="Hallo")),
        signed(post_form(originator="31612345678")),
        signed(post_form(originator="31612345678", body="x", createdDatetime="now")),
        HttpRequest("POST", URL, {"messagebird-signature-jwt": "a.b.c"}),
        HttpRequest("POST", URL, {"messagebird-signature-jwt": "nonsense"}),
    ],
)
def test_what_is_not_genuine_or_not_whole_is_refused(request_: HttpRequest) -> None:
    assert isinstance(receive(MESSAGEBIRD, NUMBER, request_), Refused)


def test_a_report_names_our_message() -> None:
    found = receive(MESSAGEBIRD, NUMBER, get(f"status=expired&reference={MESSAGE_UUID}&id=mb-1"), "status")
    assert isinstance(found, Received)
    assert [(each.message_uuid, each.status) for each in found.statuses] == [(MESSAGE_UUID, "failed")]


def test_a_report_on_an_opt_out_stops_the_contact() -> None:
    query = "status=delivery_failed&id=mb-1&statusErrorCode=103&recipient=31612345678"
    found = receive(MESSAGEBIRD, NUMBER, get(query), "status")
    assert isinstance(found, Received)
    assert [(each.external_id, each.status) for each in found.statuses] == [("mb-1", "failed")]
    assert [(each.type, each.urn) for each in found.events] == [("stop_contact", "tel:+31612345678")]


@pytest.mark.parametrize("query", ["status=lost&id=mb-1", "status=sent", "id=mb-1"])
def test_reports_that_say_nothing_are_refused(query: str) -> None:
    assert isinstance(receive(MESSAGEBIRD, NUMBER, get(query), "status"), Refused)


def test_texts_and_pictures_go_to_their_own_addresses() -> None:
    picture = outgoing("tel:+31612345678", attachments=("image/png:https://x.example/a.png",))
    sms, mms = (
        send(MESSAGEBIRD, NUMBER, outgoing("tel:+31612345678", "Hoi"), [TAKEN]),
        send(MESSAGEBIRD, NUMBER, picture, [TAKEN]),
    )
    assert (sms.requests[0].url.rpartition("/")[2], mms.requests[0].url.rpartition("/")[2]) == ("messages", "mms")
    assert sms.bodies[0]["body"] == "Hoi" and sms.outcome.external_ids == ("mb-1",)
    assert mms.bodies[0]["mediaUrls"] == ["https://x.example/a.png"] and "body" not in mms.bodies[0]
    assert sms.requests[0].headers["Authorization"] == "AccessKey access"


@pytest.mark.parametrize(
    ("response", "code"),
    [(answer({}), "response_content"), (answer(b"?"), "response_unparseable"), (HttpResponse(422), "response_status")],
)
def test_refusals_are_told_apart(response: HttpResponse, code: str) -> None:
    outcome = send(MESSAGEBIRD, NUMBER, outgoing("tel:+31612345678", "Hoi"), [response]).outcome
    assert (outcome.status, outcome.error_code) == ("failed", code)
