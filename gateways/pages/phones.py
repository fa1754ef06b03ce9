"""The phones of the simulator: what aggregators of the demo channels would have delivered, kept for a while and shown live.

The demo channels send to `/simulator/deliver/<channel uuid>`, so this is the outside world: it takes a message, answers as an
aggregator does, and knows nothing else of the system.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from gateways.pages.streams import Streams

Delivered = dict[str, Any]
"""{id, channel, phone, direction: "out", text, attachments: [], quick_replies: [text], created_on}; attachments are links in the text."""

KEPT_MESSAGES = 50  # of one phone on one channel
KEPT_PHONES = 500
LONGEST_TEXT = 20_000

_UTF16 = "2"  # Kannel's `coding` for UTF-16BE


class Phones:
    """`now` is the time in UTC. It belongs to the event loop that serves the pages."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._boxes: OrderedDict[tuple[str, str], deque[Delivered]] = OrderedDict()
        self.streams = Streams()
        self.delivered = 0

    def deliver(self, channel: str, fields: dict[str, Any]) -> Delivered | None:
        """A message arrives at a phone; None if it does not say at which."""
        phone = phone_number(str(fields.get("to") or ""))
        if not phone:
            return None
        message: Delivered = {
            "id": str(fields.get("id") or ""),
            "channel": channel,
            "phone": phone,
            "direction": "out",
            "text": str(fields.get("text") or "")[:LONGEST_TEXT],
            "attachments": [],
            "quick_replies": [str(reply)[:200] for reply in _listed(fields.get("quick_replies"))[:20]],
            "created_on": self._now().astimezone(UTC).isoformat(),
        }
        self._box(channel, phone).append(message)
        self.delivered += 1
        self.streams.publish(message)
        return message

    def messages(self, channel: str, phone: str) -> list[Delivered]:
        """The newest that this phone got, oldest first."""
        return list(self._boxes.get((channel, phone), ()))

    def _box(self, channel: str, phone: str) -> deque[Delivered]:
        key = (channel, phone)
        box = self._boxes.get(key)
        if box is None:
            box = self._boxes[key] = deque(maxlen=KEPT_MESSAGES)
            if len(self._boxes) > KEPT_PHONES:
                self._boxes.popitem(last=False)
        else:
            self._boxes.move_to_end(key)
        return box


def phone_number(text: str) -> str:
    """The digits after a plus sign; "" if there are none."""
    digits = "".join(sign for sign in text if sign in "0123456789")
    return f"+{digits}" if 0 < len(digits) <= 20 else ""


def read_fields(content_type: str, query: bytes, body: bytes) -> dict[str, Any]:
    """What an aggregator was sent: JSON, a form, or parameters in the address. Raises ValueError if the body can't be read."""
    if content_type.startswith("application/json"):
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError("expected a JSON object")
        return document
    return _parameters(query + (b"&" if query and body else b"") + body)


def _parameters(encoded: bytes) -> dict[str, Any]:
    raw: dict[str, list[bytes]] = {}
    for pair in encoded.split(b"&"):
        name, _, value = pair.partition(b"=")
        raw.setdefault(unquote_to_bytes(name).decode("utf-8", "replace"), []).append(
            unquote_to_bytes(value.replace(b"+", b" "))
        )
    text_encoding = "utf-16-be" if raw.get("coding") == [_UTF16.encode()] else "utf-8"
    fields: dict[str, Any] = {name: values[-1].decode("utf-8", "replace") for name, values in raw.items()}
    if "text" in raw:
        fields["text"] = raw["text"][-1].decode(text_encoding, "replace")
    if "quick_reply" in raw:
        fields["quick_replies"] = [value.decode("utf-8", "replace") for value in raw["quick_reply"]]
    if "dlr-url" in fields and not fields.get("id"):
        fields["id"] = _parameter_of(fields["dlr-url"], "uuid") or _parameter_of(fields["dlr-url"], "id")
    return fields


def _parameter_of(url: str, name: str) -> str:
    for pair in url.partition("?")[2].split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return value
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
