"""What a line of the stream says. Pure."""

from dataclasses import dataclass
from typing import Any

import orjson

from gateways.channels.json_body import field_text
from gateways.channels.sending import dig


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event of a handle."""

    id: str
    event_type: str
    user_id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Disconnected:
    """X says that it ends the connection."""

    sentence: str


def read_line(line: bytes) -> Delivered | Disconnected | None:
    """None for a sign of life, and for what can't be read."""
    if not line.strip():
        return None
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    errors = dig(said, "errors.0")
    if errors is not None and dig(said, "data") is None:
        title, detail = field_text(errors, "title"), field_text(errors, "detail")
        return Disconnected(": ".join(each for each in (title, detail) if each) or "X ended the connection.")
    event_type, user_id = field_text(said, "data.event_type"), field_text(said, "data.filter.user_id")
    if not event_type:
        return None
    return Delivered(field_text(said, "data.event_uuid"), event_type, user_id, dig(said, "data.payload"))


class Lines:
    """Lines out of pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        *whole, self._rest = (self._rest + piece).split(b"\n")
        return whole
