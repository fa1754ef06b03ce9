"""What a poller says to the Bot API, and what its answers mean."""

from typing import Any

import orjson

from domain.errors import EvenkeelError
from domain.ports.http_caller import Call, HttpCaller, Reply
from gateways.channels.contract import Channel
from gateways.channels.json_body import field_text
from gateways.channels.sending import LONGEST_WAIT, dig
from gateways.channels.types.telegram.api import request
from gateways.connections.link import LinkLost

ANSWER_SECONDS = 10.0  # beyond the time for which an answer is held back
MAX_ANSWER_BYTES = 16 << 20


class SlowDown(EvenkeelError):
    """Telegram wants to be left alone for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram asks to wait {seconds:g} seconds.")
        self.seconds = seconds


class WebhookIsSet(EvenkeelError):
    """Updates can't be asked for while the bot has a webhook."""


async def ask(http: HttpCaller, channel: Channel, method: str, form: dict[str, str], held_back: float = 0.0) -> Any:
    """The method's result. Raises SlowDown, WebhookIsSet or LinkLost."""
    asked = request(channel, method, form)
    headers = tuple(asked.headers.items())
    call = Call(asked.method, asked.url, headers, asked.body, held_back + ANSWER_SECONDS, MAX_ANSWER_BYTES)
    return _result(await http.call(call))


def _result(reply: Reply) -> Any:
    if not reply.status:
        raise LinkLost(f"Telegram can't be reached: {reply.error}", final=reply.refused)
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        answer = None
    said = field_text(answer, "description") or f"status {reply.status}"
    if reply.status == 429:
        raise SlowDown(_seconds(dig(answer, "parameters.retry_after")))
    if reply.status == 409 and "webhook" in said:
        raise WebhookIsSet(said)
    if reply.status == 409:
        raise LinkLost(f"Another program asks for the updates of this bot: {said}")
    if reply.status in (401, 404):
        raise LinkLost(f"Telegram doesn't know this bot: {said}", final=True)
    if dig(answer, "ok") is not True:
        raise LinkLost(f"Telegram refuses to answer: {said}")
    return dig(answer, "result")


def _seconds(value: Any) -> float:
    return min(max(float(value), 1.0), LONGEST_WAIT) if isinstance(value, int | float) else 1.0
