"""What has been understood of a request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateways.channels.channel_type import Inbound
from gateways.channels.contract import ChannelEvent, IncomingMessage, LogLine, MessagePart, StatusReport


@dataclass(slots=True)
class Found:
    """What has been understood of one request so far."""

    messages: list[IncomingMessage] = field(default_factory=list)
    statuses: list[StatusReport] = field(default_factory=list)
    events: list[ChannelEvent] = field(default_factory=list)
    parts: list[MessagePart] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)


Take = Callable[[Inbound, Any, Any, Found], None]
"""Reads one fact from an item and the whole it is part of."""
