"""Requests that every channel type understands: those of its examples, and for types without any, made here."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, fromstring

import orjson

from gateways.channels.channel_type import BuiltType, Example
from tests.gateways.fuzz.hostile import FORM, JSON, XML, Seed

ADDRESS = "+250788000000"
SECRET = "the-s3cret"
_PHONE = "250788123123"
_UUID = "0192fc2e-6d9c-7bd5-8f5c-000000000001"


def _whatsapp() -> Seed:
    messages: list[dict[str, Any]] = [
        {"type": "text", "text": {"body": "Muraho"}},
        {"type": "image", "image": {"id": "m1", "caption": "Look", "mime_type": "image/jpeg"}},
        {"type": "location", "location": {"latitude": -1.95, "longitude": 30.06}},
        {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Two"}}},
        {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Done", "response_json": '{"age": "41"}'}}},
        {"type": "button", "button": {"text": "Yego", "payload": "p"}, "context": {"id": "wamid.0"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Eric"}, "phones": [{"phone": "+2507"}]}]},
    ]  # fmt: skip
    for number, message in enumerate(messages):
        message |= {"from": _PHONE, "id": f"wamid.{number}", "timestamp": "1760000000"}
    messages[0]["referral"] = {"headline": "Ad", "source_id": "5", "ctwa_clid": "x", "source_url": "https://a.example"}
    statuses = [
        {"id": "wamid.S", "status": "delivered", "timestamp": "1760000000", "recipient_id": _PHONE},
        {"id": "wamid.T", "status": "failed", "errors": [{"code": 131026, "title": "Undeliverable", "message": "No"}]},
    ]
    value = {
        "metadata": {"phone_number_id": ADDRESS, "display_phone_number": "+1"},
        "contacts": [{"wa_id": _PHONE, "profile": {"name": "Aline"}}],
        "messages": messages,
        "statuses": statuses,
    }
    frame = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    return Seed("receive", fields={**frame, **value}, as_=JSON)


def _page(kind: str) -> Seed:
    base: dict[str, Any] = {"sender": {"id": "5678"}, "recipient": {"id": ADDRESS}, "timestamp": 1760000000500}
    files = [
        {"type": "image", "payload": {"url": "https://x.example/a.jpg", "sticker_id": 369239263222822}},
        {"type": "location", "payload": {"coordinates": {"lat": 1.5, "long": 2.5}}},
    ]
    happened: list[dict[str, Any]] = [
        {"message": {"mid": "m1", "text": "Hi", "attachments": files}},
        {"postback": {"title": "Start", "payload": "get_started", "referral": {"ref": "r", "source": "s", "type": "t", "ad_id": "a"}}},
        {"referral": {"ref": "r", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "a"}},
        {"optin": {"ref": "opt", "user_ref": "u1"}},
        {"delivery": {"mids": ["m1", "m2"], "watermark": 1760000000500}},
        {"message": {"mid": "m3", "is_deleted": True}},
        {"message": {"mid": "m4", "text": "x", "is_echo": True}},
    ]  # fmt: skip
    entry = {"id": ADDRESS, "time": 1760000000500, "messaging": [base | each for each in happened]}
    return Seed("receive", fields={"object": kind, "entry": [entry]}, as_=JSON)


_CHALLENGE = Seed(
    "receive", "GET", query={"hub.mode": "subscribe", "hub.verify_token": SECRET, "hub.challenge": "1158201444"}
)
_TELEGRAM = {"message_id": 31, "from": {"id": 5150, "first_name": "Aline", "username": "alineu"}, "date": 1760000000}
_WECHAT = {"FromUserName": "7001", "CreateTime": "1760000000", "MsgType": "text", "MsgId": "900", "Content": "Ni hao", "MediaId": "m",
           "PicUrl": "https://x.example/a", "Location_X": "1.5", "Location_Y": "2.5", "Event": "subscribe"}  # fmt: skip


def _wechat_xml(fields: dict[str, str]) -> list[Any]:
    return ["xml", {}, [[name, {}, value] for name, value in fields.items()]]


_SIGNED_BY_HASH = {"signature": "x", "timestamp": "1", "nonce": "2", "echostr": "hello"}
_TWILIO = {
    "MessageSid": "SM1", "AccountSid": "acc", "From": "+" + _PHONE, "To": "+250788000000", "FromCountry": "RW", "ToCountry": "RW", "Body": "Hi",
    "NumMedia": "2", "MediaUrl0": "https://x.example/a", "MediaContentType0": "image/png", "MediaUrl1": "https://x.example/b", "Latitude": "1.5",
    "Longitude": "2.5", "ButtonText": "Yes", "ProfileName": "Aline", "OptOutType": "STOP",
}  # fmt: skip
_TWILIO_STATUS = {
    "MessageSid": "SM1",
    "MessageStatus": "delivered",
    "ErrorCode": "21610",
    "From": "+1",
    "To": "+" + _PHONE,
}
_MESSAGEBIRD = {"messagebird-signature-jwt": "e30.e30.e30"}
_TWILIO_SIGNED = {"x-twilio-signature": "x"}
_TWILIOS = [
    Seed("receive", fields=_TWILIO, headers=_TWILIO_SIGNED),
    Seed(
        "status",
        fields=_TWILIO_STATUS,
        query={"id": "12345", "uuid": _UUID, "action": "callback"},
        headers=_TWILIO_SIGNED,
    ),
]

_CODED: dict[str, list[Seed]] = {
    "EX": [
        Seed("receive", fields={"from": "+" + _PHONE, "text": "Muraho", "date": "2026-01-31T08:15:00Z", "sender": "1"}),
        Seed("delivered", query={"id": "12345"}), Seed("sent", "GET", query={"id": _UUID}), Seed("failed", fields={"id": "7"}),
        Seed("stopped", fields={"from": "+" + _PHONE}),
    ],
    "KN": [
        Seed("receive", fields={"id": "e1", "ts": "1760000000", "sender": _PHONE, "message": "Hi", "charset": "UTF-8", "coding": "2"}),
        Seed("status", "GET", query={"id": "7", "uuid": _UUID, "status": "1"}),
    ],
    "KWA": [
        Seed("receive", "GET", query={"created_at": "1760000000", "type": "text", "from": _PHONE, "name": "A", "body": "Hi", "media_url": "u"}),
        Seed("status", "GET", query={"id": "e1", "status": "delivered"}),
    ],
    "TQ": [
        Seed("receive", fields={"from": "+250788123123", "to": "8800", "type": "sms", "message": "Hi"}),
        Seed("receive", fields={"from": "+250788123123", "to": "8800", "type": "mms", "message": "https://x.example/a"}),
        Seed("status", fields={"guid": "g1", "status": "DELIVRD", "error_code": "1"}),
    ],
    "IB": [
        Seed("receive", fields={"results": [{"messageId": "e1", "from": _PHONE, "to": "8800", "text": "Hi", "cleanText": "Hi",
             "receivedAt": "2026-01-31T08:15:00.000+0000", "message": [{"contentType": "image/png", "url": "u"}, {"value": "x"}]}]}, as_=JSON),
        Seed("delivered", fields={"results": [{"messageId": _UUID, "status": {"groupName": "DELIVERED", "name": "x"},
             "callbackData": "x"}]}, as_=JSON),
    ],
    "T": _TWILIOS, "TMS": _TWILIOS, "TW": _TWILIOS, "SW": _TWILIOS, "TWA": _TWILIOS,
    "FB": [_page("page"), _CHALLENGE], "FBA": [_page("page"), _CHALLENGE], "IG": [_page("instagram"), _CHALLENGE],
    "WAC": [_whatsapp(), _CHALLENGE], "D3C": [_whatsapp()], "TRN": [_whatsapp()],
    "TG": [
        Seed("receive", fields={"update_id": 8, "message": _TELEGRAM | more}, as_=JSON) for more in (
            {"text": "/start deep"}, {"text": "Muraho"}, {"caption": "c", "photo": [{"file_id": "s", "file_size": 900}, {"file_id": "l"}]},
            {"location": {"latitude": 1, "longitude": 2}}, {"contact": {"first_name": "Eric", "phone_number": "+2507"}},
            {"venue": {"title": "Clinic", "address": "KG 7", "location": {"latitude": 1.5, "longitude": 2}}},
            {"web_app_data": {"data": '{"age": 31}', "button_text": "Register"}}, {"sticker": {"file_id": "b", "thumbnail": {"file_id": "s"}}},
        )
    ],
    "LN": [Seed("receive", fields={"events": [
        {"replyToken": f"r{nth}", "timestamp": 1760000000500, "source": {"userId": "Uabc"}, "type": "message", "message": each}
        for nth, each in enumerate(({"type": "text", "text": "One", "id": "1"}, {"type": "image", "id": "44", "contentProvider": {"type": "line"}},
             {"type": "location", "title": "Here", "latitude": 1, "longitude": 2.5}))]}, as_=JSON)],
    "VP": [
        Seed("receive", fields={"event": "message", "timestamp": 1760000000500, "message_token": 515253, "sender": {"id": "ab12+/cd==", "name": "A"},
             "message": {"type": "picture", "text": "See", "media": "https://v.example/1.jpg", "sticker_id": 901, "contact": {"name": "E",
             "phone_number": "+2507"}, "location": {"lat": -1.95, "lon": 30.06}}}, as_=JSON),
        *(Seed("receive", fields={"event": event, "timestamp": 1, "message_token": 5, "user_id": "ab", "desc": "d", "context": "c",
             "user": {"id": "ab", "name": "A"}}, as_=JSON) for event in ("delivered", "failed", "subscribed", "unsubscribed",
             "conversation_started", "webhook")),
    ],
    "VK": [
        Seed("receive", fields={"type": "message_new", "secret": SECRET, "object": {"message": {"id": 5, "date": 1760000000, "from_id": 4400,
             "text": "Privet", "payload": '{"command": "start"}', "geo": {"coordinates": {"latitude": 1, "longitude": 2}}, "attachments": [
             {"type": "photo", "photo": {"sizes": [{"type": "x", "url": "x"}]}}, {"type": "sticker",
             "sticker": {"images": [{"width": 1, "url": "a"}]}},
             {"type": "doc", "doc": {"url": "d"}}]}}}, as_=JSON),
        Seed("receive", fields={"type": "confirmation", "secret": SECRET, "group_id": 1}, as_=JSON),
    ],
    "WC": [
        Seed("", fields=_wechat_xml(_WECHAT), as_=XML), Seed("", "GET", query=_SIGNED_BY_HASH),
        Seed("", fields=_wechat_xml(_WECHAT | {"MsgType": "event"}), as_=XML),
        Seed("", fields=_wechat_xml(_WECHAT | {"MsgType": "location"}), as_=XML),
    ],
    "JC": [
        Seed("rcv/msg/message", fields=_WECHAT, as_=JSON), Seed("rcv/event/menu", fields=_WECHAT | {"MsgType": "event"}, as_=JSON),
        Seed("rcv/event/follow", fields=_WECHAT | {"MsgType": "event"}, as_=JSON), Seed("", "GET", query=_SIGNED_BY_HASH),
    ],
    "SL": [
        Seed("receive", fields={"event_id": "Ev1", "event_time": 1760000000, "token": SECRET, "type": "event_callback", "event": {
             "type": "message", "channel_type": "im", "user": "U77", "text": "Hi", "files": [{"id": "F1"}, {}]}}, as_=JSON),
        Seed("receive", fields={"type": "url_verification", "token": SECRET, "challenge": "abc"}, as_=JSON),
    ],
    "FC": [Seed("receive", headers={"x-freshchat-signature": "AAAA"}, fields={"data": {"message": {"actor_id": _UUID, "actor_type": "user",
           "channel_id": _UUID, "id": "m1", "created_time": "2026-01-31T08:15:00.250Z", "message_parts": [{"text": {"content": "Hello"}},
           {"image": {"url": "https://x.example/a.png"}}]}}}, as_=JSON)],
    "MBD": [
        Seed("receive", fields={"originator": _PHONE, "body": "Hallo", "id": "in-1", "createdDatetime": "2026-01-31T08:15:00+00:00",
             "mediaUrls": "https://x.example/a.jpg"}, headers=_MESSAGEBIRD),
        Seed("receive", fields={"originator": _PHONE, "shortcode": "4040", "message": "Ja", "mid": "in-2",
             "receive_datetime": "20260131081500"}, headers=_MESSAGEBIRD),
        Seed("status", "GET", query={"id": "e1", "reference": _UUID, "recipient": _PHONE, "status": "delivered", "statusReason": "x",
             "statusErrorCode": "103", "statusDatetime": "2026-01-31T08:15:00Z", "originator": "1", "datacoding": "plain"},
             headers=_MESSAGEBIRD),
    ],
    "FCM": [
        Seed("receive", fields={"from": "dev1", "msg": "Muraho", "date": "2026-01-31T08:15:00.500", "fcm_token": "t1", "name": "Aline"}),
        Seed("register", fields={"urn": "dev1", "fcm_token": "t1", "name": "Aline"}),
    ],
    "RC": [Seed("receive", headers={"authorization": f"Token {SECRET}"}, fields={"user": {"urn": "direct:aline", "username": "aline",
           "full_name": "Aline U"}, "text": "Hi", "attachments": [{"type": "image/png", "url": "https://c.example/1"}]}, as_=JSON)],
}  # fmt: skip


def seeds_of(kind: BuiltType) -> list[Seed]:
    """At least one for every action of the type; actions that have none of their own are told what another of that sort is."""
    found = [*_CODED.get(kind.code, ()), *(_of_example(each) for each in kind.examples if each.action)]
    given = {route.action: route.gives for route in kind.actions}
    for action in given:
        if not any(seed.action == action for seed in found):
            found += [replace(seed, action=action) for seed in found if given.get(seed.action) == given[action]]
    return found


def _of_example(example: Example) -> Seed:
    query, body = dict(parse_qsl(example.query)), example.body
    if not body:
        return Seed(example.action, example.method, query=query, headers=example.headers)
    try:
        return Seed(example.action, example.method, orjson.loads(body), JSON, query, example.headers)
    except orjson.JSONDecodeError:
        pass
    if body.lstrip().startswith("<"):
        return Seed(example.action, example.method, _tree(fromstring(body)), XML, query, example.headers)
    return Seed(example.action, example.method, dict(parse_qsl(body)), FORM, query, example.headers)


def _tree(element: Element) -> list[Any]:
    """[tag, attributes, children or text]"""
    children = [_tree(each) for each in element]
    return [element.tag, dict(element.attrib), children or element.text or ""]
