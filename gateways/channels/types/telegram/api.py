"""Requests to the Bot API: of Telegram, or of a Bot API server of one's own."""

from typing import Final
from urllib.parse import urlencode

from gateways.channels.contract import Channel, HttpRequest
from gateways.channels.forms import FORM_TYPE

API: Final = "https://api.telegram.org"


def request(channel: Channel, method: str, form: dict[str, str]) -> HttpRequest:
    """A call of one of the API's methods."""
    headers = {"Content-Type": FORM_TYPE, "Accept": "application/json"}
    return HttpRequest(
        "POST", f"{api_url(channel)}/bot{token(channel)}/{method}", headers, body=urlencode(form).encode()
    )


def api_url(channel: Channel) -> str:
    return str(channel.config.get("api_url") or API).rstrip("/")


def token(channel: Channel) -> str:
    return str(channel.config.get("auth_token") or "")
