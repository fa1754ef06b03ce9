"""WeChat and JioChat, which was built after it: challenges, messages, tokens, and refusals with the status 200."""

import hashlib
from typing import Any
from xml.sax.saxutils import escape

import pytest

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Answer, Channel, HttpResponse, Ignored, Received, Refused
from gateways.channels.types.jiochat import JIOCHAT
from gateways.channels.types.wechat import WECHAT
from tests.gateways.channels.types.messenger_scene import found_file, found_name, only_message, post, query_of
from tests.gateways.channels.types.meta_scene import answer, channel, get, outgoing, receive, send

WE = channel(WECHAT, wechat_app_id="wx1", wechat_app_secret="app-secret", secret="hook-secret")
JIO = channel(JIOCHAT, jiochat_app_id="jc1", jiochat_app_secret="app-secret")
KNOWN = {"access_token": "known"}
TOKEN = answer({"access_token": "fresh", "expires_in": 7200})
FINE = answer({"errcode": 0, "errmsg": "ok"})
FRAME = {"FromUserName": "7001", "CreateTime": "1760000000", "MsgType": "text", "MsgId": "900"}


def we(**fields: str) -> Answer:
    found = {name: value for name, value in (FRAME | fields).items() if value}
    xml = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in found.items())
    return receive(WECHAT, WE, post(f"<xml>{xml}</xml>".encode()), "")


def jio(**fields: str) -> Answer:
    return receive(JIOCHAT, JIO, post({**FRAME, **fields}), "rcv/msg/message")


@pytest.mark.parametrize("said", [we, jio])
def test_a_text_is_received_in_seconds_or_milliseconds(said: Any) -> None:
    message = only_message(said(Content="Ni <hao>"))
    exact = only_message(said(Content="x", CreateTime="1760000000250"))
    assert (message.text, message.external_id) == ("Ni <hao>", "900")
    assert message.urn in ("wechat:7001", "jiochat:7001")
    assert message.received_on is not None and message.received_on.isoformat() == "2025-10-09T08:53:20+00:00"
    assert exact.received_on is not None and exact.received_on.microsecond == 250_000


def test_wechat_is_answered_without_a_body() -> None:
    assert we(Content="x").response.body == b"" and we(MsgType="event", Event="VIEW").response.body == b""


@pytest.mark.parametrize("said", [we, jio])
def test_following_begins_a_conversation(said: Any) -> None:
    found = said(MsgType="event", Event="subscribe", MsgId="")
    assert isinstance(found, Received) and [each.type for each in found.events] == ["new_conversation"]
    assert isinstance(said(MsgType="event", Event="unsubscribe", MsgId=""), Ignored)
    assert isinstance(said(), Ignored)


@pytest.mark.parametrize("said", [we, jio])
@pytest.mark.parametrize("fields", [{"FromUserName": ""}, {"MsgType": ""}, {"MsgId": ""}, {"CreateTime": "noon"}])
def test_what_is_not_whole_is_refused(said: Any, fields: dict[str, str]) -> None:
    assert isinstance(said(Content="x", **fields), Refused)


def test_what_is_no_xml_is_refused() -> None:
    assert isinstance(receive(WECHAT, WE, post(b"{}"), ""), Refused)


@pytest.mark.parametrize(("kind", "by", "secret"), [(WECHAT, WE, "hook-secret"), (JIOCHAT, JIO, "app-secret")])
def test_the_address_is_confirmed_for_the_right_signature_only(kind: BuiltType, by: Channel, secret: str) -> None:
    mark = hashlib.sha1("".join(sorted([secret, "17", "n1"])).encode()).hexdigest()
    query = "timestamp=17&nonce=n1&echostr=echo77&signature="
    right, wrong = receive(kind, by, get(query + mark), ""), receive(kind, by, get(query + "0"), "")
    assert isinstance(right, Ignored) and right.response.body == b"echo77"
    assert isinstance(wrong, Refused) and wrong.response.status == 400


def test_files_are_fetched_with_a_token_that_is_not_stored() -> None:
    picture = only_message(we(MsgType="image", MediaId="m/1"))
    sound = only_message(jio(MsgType="voice", MediaId="m2"))
    assert picture.attachments == ("https://api.weixin.qq.com/cgi-bin/media/get?media_id=m%2F1",)
    there = found_file(WECHAT, WE, picture.attachments[0], remembered=KNOWN)
    assert there is not None and query_of(there) == {"media_id": "m/1", "access_token": "known"}
    other = found_file(JIOCHAT, JIO, sound.attachments[0], [TOKEN])
    assert other is not None and other.headers["Authorization"] == "Bearer fresh"
    assert found_file(WECHAT, WE, picture.attachments[0], [answer({"errcode": 40013})]) is None
    assert found_file(JIOCHAT, JIO, sound.attachments[0], [HttpResponse(503)]) is None


def test_a_token_is_fetched_once_and_kept() -> None:
    sent = send(WECHAT, WE, outgoing("wechat:7001", "Hi"), [TOKEN, FINE])
    asked = query_of(sent.requests[0])
    assert (asked["grant_type"], asked["appid"], asked["secret"]) == ("client_credential", "wx1", "app-secret")
    assert query_of(sent.requests[1]) == {"access_token": "fresh"}
    assert [(each.key, each.value, each.seconds) for each in sent.outcome.remember] == [("access_token", "fresh", 7140)]
    jio_sent = send(JIOCHAT, JIO, outgoing("jiochat:7001", "Hi"), [TOKEN, HttpResponse(200)])
    assert jio_sent.bodies[0]["client_id"] == "jc1"
    assert jio_sent.requests[1].headers["Authorization"] == "Bearer fresh"


@pytest.mark.parametrize(("kind", "by"), [(WECHAT, WE), (JIOCHAT, JIO)])
def test_a_text_and_its_links_are_sent_in_parts(kind: BuiltType, by: Channel) -> None:
    message = outgoing("wechat:7001", "word " * 330, attachments=("image/png:https://x.example/a.png",))
    sent = send(kind, by, message, [FINE], remembered=KNOWN)
    assert [each["touser"] for each in sent.bodies] == ["7001", "7001"]
    assert sent.bodies[1]["text"]["content"].endswith("https://x.example/a.png")
    assert len(send(kind, by, message, [FINE], remembered=KNOWN, parts_done=("",)).requests) == 1


@pytest.mark.parametrize(
    ("response", "status", "code", "forget"),
    [
        (answer({"errcode": 45015, "errmsg": "out of time"}), "failed", "rejected_with_reason", ()),
        (answer({"errcode": 42001, "errmsg": "expired"}), "errored", "rejected_with_reason", ("access_token",)),
        (answer({"errcode": -1, "errmsg": "busy"}), "errored", "rejected_with_reason", ()),
        (answer({"errcode": 45009, "errmsg": "limit"}), "errored", "connection_throttled", ()),
        (HttpResponse(403), "failed", "response_status", ()),
    ],
)
def test_refusals_of_wechat_are_seen(response: HttpResponse, status: str, code: str, forget: tuple[str, ...]) -> None:
    outcome = send(WECHAT, WE, outgoing("wechat:7001", "Hi"), [response], remembered=KNOWN).outcome
    assert (outcome.status, outcome.error_code, outcome.forget) == (status, code, forget)


def test_a_token_that_jiochat_no_longer_takes_is_forgotten() -> None:
    stale = send(JIOCHAT, JIO, outgoing("jiochat:7001", "Hi"), [HttpResponse(401)], remembered=KNOWN).outcome
    fresh = send(JIOCHAT, JIO, outgoing("jiochat:7001", "Hi"), [TOKEN, HttpResponse(401)]).outcome
    assert (stale.status, stale.forget) == ("errored", ("access_token",))
    assert (fresh.status, fresh.error_code) == ("failed", "response_status")


def test_a_token_server_that_is_down_is_tried_again() -> None:
    down = send(JIOCHAT, JIO, outgoing("jiochat:7001", "Hi"), [HttpResponse(502)]).outcome
    wrong = send(JIOCHAT, JIO, outgoing("jiochat:7001", "Hi"), [HttpResponse(403)]).outcome
    assert (down.status, wrong.status, wrong.error_code) == ("errored", "failed", "channel_config")


def test_names_are_looked_up_and_typing_is_shown() -> None:
    assert found_name(WECHAT, WE, "wechat:7001", [TOKEN, answer({"nickname": "Li"})]) == "Li"
    assert found_name(JIOCHAT, JIO, "jiochat:7001", [answer({"nickname": ""})], remembered=KNOWN) is None
    assert found_name(JIOCHAT, JIO, "jiochat:7001", [HttpResponse(403)]) is None
    assert WECHAT.plan_typing(WE, "wechat:7001") is None
