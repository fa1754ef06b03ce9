"""What every request to X's API shares."""

from datetime import datetime
from typing import Final

import orjson

from gateways.channels.contract import JSON_TYPE, Channel, HttpResponse
from gateways.channels.json_body import field_text
from gateways.channels.sending import LONGEST_WAIT

API: Final = "https://api.x.com"
DEFAULT_WAIT: Final = 60.0


def api_url(channel: Channel) -> str:
    return str(channel.config.get("api_url") or API).rstrip("/")


def handle_id(channel: Channel) -> str:
    """The numeric id of the user whose messages the channel carries."""
    return str(channel.config.get("handle_id") or "").strip()


def user_headers(channel: Channel) -> dict[str, str]:
    """Requests of the handle's user."""
    return {"Accept": JSON_TYPE, "Authorization": f"Bearer {channel.config.get('access_token') or ''}"}


def wait_of(response: HttpResponse, now: datetime) -> float:
    """The seconds to wait after a 429: until the limit's window ends."""
    said = next((value for name, value in response.headers.items() if name.lower() == "x-rate-limit-reset"), "")
    if not (said.isascii() and said.isdigit()) or len(said) > 12:
        return DEFAULT_WAIT
    return min(max(int(said) - now.timestamp(), 1.0), LONGEST_WAIT)


def said_in(body: bytes) -> str:
    """X's own sentence about what is wrong; "" if there is none."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    paths = ("detail", "errors.0.detail", "errors.0.message", "error_description", "title", "errors.0.title", "error")
    return next((found for path in paths if (found := field_text(answer, path))), "")
