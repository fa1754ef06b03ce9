"""Firebase: devices that register, texts for them, tokens made with the key of a service account."""

import base64
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateways.channels.contract import HttpResponse, QuickReply, Received, Refused
from gateways.channels.types.firebase import FIREBASE
from tests.gateways.channels.types.messenger_scene import form_of, only_message, post_form
from tests.gateways.channels.types.meta_scene import MESSAGE_UUID, answer, channel, outgoing, receive, send

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ACCOUNT = {
    "project_id": "clinic-app",
    "client_email": "bot@clinic.example",
    "private_key": PEM,
    "private_key_id": "k1",
    "token_uri": "https://token.example/token",
}
APP = channel(FIREBASE, FCM_CREDENTIALS_JSON=ACCOUNT, FCM_TITLE="Clinic")
TAKEN = answer({"name": "projects/clinic-app/messages/c-1"})
KNOWN = {"access_token": "known"}
NOW = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)


def to_device(text: str = "Hi", **more: Any) -> Any:
    return outgoing("fcm:dev1", text, urn_auth="device-token", **more)


def test_a_message_is_received_with_the_token_to_answer_it() -> None:
    form = {"from": "dev1", "msg": "Muraho", "date": "2026-01-31T08:15:00.500", "fcm_token": "t1", "name": "Aline"}
    message = only_message(receive(FIREBASE, APP, post_form(**form)))
    assert (message.urn, message.text, message.name, message.auth_tokens) == (
        "fcm:dev1",
        "Muraho",
        "Aline",
        {"default": "t1"},
    )
    assert message.received_on is not None and message.received_on.isoformat() == "2026-01-31T08:15:00.500000+00:00"


def test_a_device_registers() -> None:
    found = receive(FIREBASE, APP, post_form(urn="dev1", fcm_token="t1", name="Aline"), "register")
    assert isinstance(found, Received)
    (event,) = found.events
    assert (event.type, event.urn, event.auth_tokens) == ("registration", "fcm:dev1", {"default": "t1"})


def test_what_is_not_whole_is_refused() -> None:
    assert isinstance(receive(FIREBASE, APP, post_form(msg="x")), Refused)
    assert isinstance(receive(FIREBASE, APP, post_form(**{"from": "dev1", "date": "soon"})), Refused)
    assert isinstance(receive(FIREBASE, APP, post_form(urn="dev1"), "register"), Refused)


def test_a_text_is_sent_with_a_remembered_token() -> None:
    sent = send(FIREBASE, APP, to_device(quick_replies=(QuickReply("text", "Yego"),)), [TAKEN], remembered=KNOWN)
    assert sent.requests[0].url == "https://fcm.googleapis.com/v1/projects/clinic-app/messages:send"
    assert sent.requests[0].headers["Authorization"] == "Bearer known"
    message = sent.bodies[0]["message"]
    assert (message["token"], message["data"]["message"], message["data"]["message_id"]) == (
        "device-token",
        "Hi",
        MESSAGE_UUID,
    )
    assert message["data"]["quick_replies"] == '["Yego"]' and "notification" not in message
    assert sent.outcome.external_ids == ("c-1",)


def test_a_channel_may_want_notifications_shown() -> None:
    loud = channel(
        FIREBASE, FCM_CREDENTIALS_JSON=orjson.dumps(ACCOUNT).decode(), FCM_TITLE="Clinic", FCM_NOTIFICATION=True
    )
    sent = send(FIREBASE, loud, to_device(), [TAKEN], remembered=KNOWN)
    assert sent.bodies[0]["message"]["notification"] == {"title": "Clinic", "body": "Hi"}


def test_long_texts_are_parted_and_the_replies_stand_on_the_last() -> None:
    message = to_device("word " * 300, quick_replies=(QuickReply("text", "Yego"),))
    sent = send(FIREBASE, APP, message, [TAKEN], remembered=KNOWN)
    assert ["quick_replies" in each["message"]["data"] for each in sent.bodies] == [False, True]


def test_a_token_is_asked_for_with_a_signed_statement() -> None:
    sent = send(FIREBASE, APP, to_device(), [answer({"access_token": "fresh", "expires_in": 3600}), TAKEN], now=NOW)
    assert sent.requests[0].url == "https://token.example/token"
    text, _, signature = form_of(sent.requests[0])["assertion"].rpartition(".")
    KEY.public_key().verify(base64.urlsafe_b64decode(signature + "=="), text.encode(), PKCS1v15(), SHA256())
    claims = orjson.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
    assert (claims["iss"], claims["iat"], claims["exp"]) == ("bot@clinic.example", 1769847300, 1769850900)
    assert sent.requests[1].headers["Authorization"] == "Bearer fresh"
    assert [(each.value, each.seconds) for each in sent.outcome.remember] == [("fresh", 3540)]


def test_a_token_that_no_longer_holds_is_forgotten_and_the_message_tried_again() -> None:
    stale = send(FIREBASE, APP, to_device(), [HttpResponse(401)], remembered=KNOWN).outcome
    assert (stale.status, stale.forget) == ("errored", ("access_token",))
    fresh = send(FIREBASE, APP, to_device(), [answer({"access_token": "fresh"}), HttpResponse(401)], now=NOW).outcome
    assert (fresh.status, fresh.forget) == ("failed", ())


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (answer({"name": "projects/other/messages/1"}), "response_content"),
        (answer({"name": "projects/clinic-app/messages/"}), "response_content"),
        (answer({"error": {"message": "Requested entity was not found."}}, 404), "response_status"),
        (answer(b"?"), "response_unparseable"),
    ],
)
def test_refusals_are_told_apart(response: HttpResponse, code: str) -> None:
    outcome = send(FIREBASE, APP, to_device(), [response], remembered=KNOWN).outcome
    assert (outcome.status, outcome.error_code) == ("failed", code)


@pytest.mark.parametrize(
    "credentials", [None, {}, {"project_id": ""}, "no json", {"project_id": "p", "private_key": "x"}]
)
def test_without_a_usable_account_nothing_is_sent(credentials: Any) -> None:
    sent = send(FIREBASE, channel(FIREBASE, FCM_CREDENTIALS_JSON=credentials), to_device(), [TAKEN], now=NOW)
    assert not sent.requests and sent.outcome.error_code == "channel_config"


def test_a_contact_without_a_device_cannot_be_written_to() -> None:
    sent = send(FIREBASE, APP, outgoing("fcm:dev1", "Hi"), [TAKEN], remembered=KNOWN)
    assert not sent.requests and (sent.outcome.status, sent.outcome.error_code) == ("failed", "message_invalid")


def test_the_key_is_kept_out_of_logs() -> None:
    secrets = FIREBASE.secrets(APP.config)
    assert PEM in secrets and PEM.replace("\n", "\\n") in secrets
