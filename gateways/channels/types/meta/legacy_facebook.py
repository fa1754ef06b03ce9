"""FB, the Facebook type of old: an app and a secret for each channel, requests without a signature, an API long retired.

It is here so that old channels can be read and moved; new ones should be of the type FBA.
"""

from typing import Final

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver
from gateways.channels.contract import Answer, Channel, ConfigField, OutgoingMessage, Route, SendOptions, SendPlan
from gateways.channels.json_body import json_object
from gateways.channels.sending import plan
from gateways.channels.types.meta.messenger import name_finder
from gateways.channels.types.meta.page_inbound import PageBatch
from gateways.channels.types.meta.page_messages import page_recipient, send_page_bodies
from gateways.channels.types.meta.settings import text_setting
from gateways.channels.types.meta.webhook import answer_challenge

GRAPH: Final = "https://graph.facebook.com/v3.3"
TEXT_LIMIT: Final = 640


def read_challenge(inbound: Inbound) -> Answer:
    """Confirms a subscription made with the channel's own secret."""
    return answer_challenge(inbound.request, text_setting(inbound.channel, "secret"))


def receive(inbound: Inbound) -> Answer:
    """Messages, reports and events of one page; one sender that can't be read refuses the request."""
    payload = json_object(inbound.request.body)
    if payload.get("object") != "page":
        raise IgnoreRequest("ignoring what isn't about a page")
    batch = PageBatch(inbound, "facebook", legacy=True)
    batch.add_all(payload)
    return batch.answer()


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each attachment and part."""
    reason = "RESPONSE" if message.response_to_external_id else "NON_PROMOTIONAL_SUBSCRIPTION"
    frame = {"messaging_type": reason, "recipient": page_recipient(message)}
    return plan(lambda progress: send_page_bodies(channel, message, progress, GRAPH, frame, TEXT_LIMIT), options)


LEGACY_FACEBOOK: Final = BuiltType(
    code="FB",
    name="Facebook (legacy)",
    schemes=("facebook",),
    receivers={
        "receive": (
            Receiver(Route("receive", ("GET",), "challenge"), read_challenge),
            Receiver(Route("receive", ("POST",), "several"), receive),
        )
    },
    send=send,
    fields=(ConfigField("auth_token", "secret", required=True), ConfigField("secret", "secret", required=True)),
    features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT, token=True),
    find_name=name_finder(("first_name", "last_name"), GRAPH),
)
