"""FBA and IG, Facebook pages and Instagram accounts: one webhook for all channels of an installation, a token for each.

The address of a channel is the id of its page or account.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from gateways.channels.channel_type import BuiltType, Features, Inbound, Reader, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    NamePlan,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.json_body import json_object, post_json
from gateways.channels.sending import as_text, plan, urn_path
from gateways.channels.types.meta.page_inbound import PageBatch
from gateways.channels.types.meta.page_messages import messaging_type, page_recipient, send_page_bodies
from gateways.channels.types.meta.settings import text_setting
from gateways.channels.types.meta.webhook import (
    GRAPH,
    always_ok,
    objects,
    read_challenge,
    read_quietly,
    require_signature,
)

TEXT_LIMIT: Final = 1000


def reader(object_name: str, scheme: str) -> Reader:
    """Reads signed requests about objects of this name, from senders of this scheme."""

    def receive(inbound: Inbound) -> Answer:
        require_signature(inbound)
        payload = json_object(inbound.request.body)
        if payload.get("object") != object_name:
            found = as_text(payload.get("object"))[:40]
            raise RefuseRequest(f"field 'object' must be '{object_name}', not '{found}'")
        batch = PageBatch(inbound, scheme)
        batch.add_all(payload)
        return batch.answer()

    return receive


def page_ids(request: HttpRequest) -> tuple[str, ...]:
    """The pages or accounts a request is for: Meta puts together what it has for all of an app."""
    ids = (as_text(entry.get("id")) for entry in objects(read_quietly(request), "entry"))
    return tuple(dict.fromkeys(each for each in ids if each))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each attachment and part."""
    frame: dict[str, Any] = {**messaging_type(message), "recipient": page_recipient(message)}
    return plan(
        lambda progress: send_page_bodies(channel, message, progress, GRAPH, frame, TEXT_LIMIT),
        options,
    )


def typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """Shows "typing…" until a message comes, at most some 20 seconds."""
    body = {"recipient": {"id": urn_path(urn)}, "sender_action": "typing_on"}
    return post_json(f"{GRAPH}/me/messages?{_token(channel)}", body)


def name_finder(fields: tuple[str, ...], graph: str = GRAPH) -> Callable[[Channel, str, SendOptions], NamePlan]:
    """Looks up who somebody is, in these fields of a profile."""

    def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
        path = urn_path(urn)
        if path.startswith("ref:"):
            return None
        query = urlencode({"fields": ",".join(fields)}) + "&" + _token(channel)
        response = yield HttpRequest("GET", f"{graph}/{quote(path, safe='')}?{query}")
        try:
            profile = orjson.loads(response.body) if response.status == 200 else None
        except orjson.JSONDecodeError:
            return None
        if not isinstance(profile, dict):
            return None
        return " ".join(each for each in (as_text(profile.get(name)).strip() for name in fields) if each) or None

    return find_name


def _token(channel: Channel) -> str:
    return urlencode({"access_token": text_setting(channel, "auth_token")})


def _page_type(code: str, name: str, scheme: str, object_name: str, profile: tuple[str, ...]) -> BuiltType:
    return BuiltType(
        code=code,
        name=name,
        schemes=(scheme,),
        receivers={
            "receive": (
                Receiver(Route("receive", ("GET",), "challenge"), read_challenge),
                Receiver(Route("receive", ("POST",), "several"), reader(object_name, scheme)),
            )
        },
        send=send,
        fields=(ConfigField("auth_token", "secret", required=True),),
        features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT, signature=True),
        typing=typing,
        find_name=name_finder(profile),
        addresses_of=page_ids,
        restyle=always_ok,
    )


FACEBOOK: Final = _page_type("FBA", "Facebook", "facebook", "page", ("first_name", "last_name"))
INSTAGRAM: Final = _page_type("IG", "Instagram", "instagram", "instagram", ("name",))
