"""TG, Telegram: bots. Updates come to a webhook, or are asked for over a link that stays open (`receive_by`)."""

from typing import Final

from gateways.channels.channel_type import BuiltType, Features, Receiver
from gateways.channels.contract import ConfigField, Route
from gateways.channels.types.telegram.api import API
from gateways.channels.types.telegram.receiving import find_file, read_update
from gateways.channels.types.telegram.sending import TEXT_LIMIT, send, show_typing

TELEGRAM: Final = BuiltType(
    code="TG",
    name="Telegram",
    schemes=("telegram",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), read_update),)},
    send=send,
    fetch=find_file,
    typing=show_typing,
    fields=(
        ConfigField("auth_token", "secret", required=True),
        ConfigField("secret", "secret"),
        ConfigField("receive_by", choices=("webhook", "polling"), default="webhook"),
        ConfigField("api_url", "url", default=API),
    ),
    features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT, signature=True),
)
