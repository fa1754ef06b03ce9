"""What WeChat and JioChat, which was built after it, have in common: challenges, the fields of messages, and tokens."""

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from gateways.channels.channel_type import IgnoreRequest, Inbound, RefuseRequest
from gateways.channels.contract import (
    Answer,
    ChannelEvent,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    SendOptions,
)
from gateways.channels.description.dates import epoch
from gateways.channels.description.tokens import TOKEN, fresh_token
from gateways.channels.description.verification import same, sorted_sha1
from gateways.channels.forms import add_urlencoded, first
from gateways.channels.replies import accepted, ignored, text_response
from gateways.channels.senders import sender_urn
from gateways.channels.sending import Progress, SendFailed, exchange, urn_path

TOKEN_SECONDS: Final = 7200
MILLISECONDS_FROM: Final = 100_000_000_000
"""Larger times are milliseconds: as seconds they would be in the year 5138."""

Fields = Callable[[str], str]


def challenge_reader(setting: str) -> Callable[[Inbound], Answer]:
    """Reads the request that proves that the address is ours, signed with the secret in a setting."""

    def read_challenge(inbound: Inbound) -> Answer:
        form: dict[str, list[str]] = {}
        add_urlencoded(form, inbound.request.query)
        secret = str(inbound.channel.config.get(setting) or "")
        wanted = sorted_sha1(secret, first(form, "timestamp"), first(form, "nonce"))
        if not secret or not same(first(form, "signature"), wanted):
            raise RefuseRequest("unknown request: the signature is not right")
        return ignored("the address is confirmed", text_response(first(form, "echostr")))

    return read_challenge


def account_facts(
    inbound: Inbound, fields: Fields, scheme: str, media_url: str, response: HttpResponse | None = None
) -> Answer:
    """The message or event in the fields that WeChat and its kin have in common."""
    for name in ("FromUserName", "MsgType", "CreateTime"):
        if not fields(name):
            raise RefuseRequest(f"field '{name}' required")
    message_id, event = fields("MsgId"), fields("Event")
    if not message_id and not event:
        raise RefuseRequest("missing parameters, must have either 'MsgId' or 'Event'")
    urn, sent = sender_urn(scheme, fields("FromUserName")), _moment(fields("CreateTime"))
    kind = fields("MsgType")
    if kind == "event" or not message_id:
        if event != "subscribe":
            raise IgnoreRequest(f"unknown event '{event[:40]}'")
        started = ChannelEvent("new_conversation", urn, occurred_on=sent)
        return accepted(inbound.channel.uuid, events=(started,), response=response)
    text, media_id = fields("Content"), fields("MediaId")
    attachments: tuple[str, ...] = ()
    if kind in ("image", "video", "voice") and media_id:
        attachments = (media_url + urlencode({"": media_id})[1:],)
    if not text and not attachments:
        raise IgnoreRequest("the message has neither a text nor a file")
    message = IncomingMessage(urn, text, message_id, attachments, sent, uuid=inbound.new_id())
    return accepted(inbound.channel.uuid, (message,), response=response)


def _moment(text: str) -> datetime:
    large = text.isdecimal() and int(text[:19]) >= MILLISECONDS_FROM
    found = epoch(text, 1000 if large else 1)
    if found is None:
        raise RefuseRequest(f"field 'CreateTime' is not a time: '{text[:40]}'")
    return found


def get_token(progress: Progress, request: HttpRequest) -> Generator[HttpRequest, HttpResponse, str]:
    """The remembered token, or the one that the request brings."""
    known = progress.options.remembered.get(TOKEN)
    if known:
        return known
    response = yield from exchange(progress, request)
    return fresh_token(response, progress, seconds=TOKEN_SECONDS)


def token_for_fetch(request: HttpRequest, options: SendOptions) -> Generator[HttpRequest, HttpResponse, str | None]:
    """As `get_token`, for look-ups: None where there is no token."""
    try:
        return (yield from get_token(Progress(options), request))
    except SendFailed:
        return None


def drop_stale_token(progress: Progress) -> bool:
    """Has a token forgotten that isn't taken any more; whether trying again will bring another."""
    if TOKEN not in progress.options.remembered:
        return False
    progress.forget.append(TOKEN)
    return True


def text_payload(urn: str, text: str) -> dict[str, object]:
    """A text as WeChat and its kin want it."""
    return {"msgtype": "text", "touser": urn_path(urn), "text": {"content": text}}
