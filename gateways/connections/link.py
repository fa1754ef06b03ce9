"""What a link is: a connection to an aggregator that stays open (SMPP, a stream, long polling).

A `LinkType` says which channels of a channel type need a link, and makes it: in the one process that has the channel's lease. The holder
runs `Link.run(stop)`:

- It connects, says so with `tools.show("connected")`, and works until `stop` is set; then it takes its leave properly and returns.
  It has `STOP_SECONDS` for that before it is cancelled.
- It raises `LinkLost` when the connection broke or was refused: the holder runs it again after a pause that grows (from 1 s to 60 s, less
  a random part) and is short again once it was connected for a minute. `LinkLost(final=True)` (wrong password, account closed) is not
  tried again before the channel's settings change or an hour has passed. Anything else it raises is a fault of ours: logged, and tried again.
- It is cancelled at once, without leave, when the lease may have been lost.

What comes in is answered (or its offset moved on) only after `await tools.append(...)`: then it is durable, in the log or the local
spool. `append` raises Unavailable when neither can take it: then the link does not answer, and the other side says it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from domain.errors import EvenkeelError
from domain.events.record import Event
from gateways.channels.contract import Channel
from gateways.channels.log.recorder import Heard
from gateways.connections.notes import Notes

StateName = Literal["binding", "connected", "failed"]
LinkKind = Literal["fact", "report"]

STOP_SECONDS = 3.0


class LinkLost(EvenkeelError):
    """The connection broke, was refused or not made. `final`: trying again is of no use before somebody changes something."""

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        super().__init__(sentence)
        self.final = final


class Link(Protocol):
    async def run(self, stop: asyncio.Event) -> None:
        """See the module."""


@dataclass(frozen=True, slots=True)
class LinkTools:
    """What a link gets of the holder."""

    append: Callable[[LinkKind, Sequence[Event]], Awaitable[None]]
    """Durable when awaited: facts (`message_received`, `message_part_received`, `channel_event_occurred`) or reports
    (`delivery_reported`) of the channel's organization."""
    notes: Notes
    """A few values per channel that the next holder needs (an offset, what a receipt belongs to). They may be lost with Redis."""
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    show: Callable[[StateName, str], None]
    """The state that operators see, and a sentence about it."""
    change: Callable[[Mapping[str, Any]], Awaitable[None]]
    """Changes settings of the channel, for good when awaited; the link is then started anew with them. Raises Unavailable."""
    heard: Callable[[Heard], None]
    """For the channel's log and figures; costs microseconds."""
    fence: int = 0
    """Of the lease: higher for every new holder."""
    may_send: Callable[[bool], None] = lambda may: None
    """Tells the send queue whether messages of this channel may be given out. While they may not, they wait in their places."""


LinkMaker = Callable[[Channel, LinkTools], Link]


def _always(channel: Channel) -> bool:
    return True


def _own_lease(channel: Channel) -> str:
    return channel.uuid


@dataclass(frozen=True, slots=True)
class LinkType:
    """The links of a channel type."""

    make: LinkMaker
    wants: Callable[[Channel], bool] = _always
    """Whether this channel needs one (Telegram with a webhook doesn't)."""
    lease_of: Callable[[Channel], str] = _own_lease
    """The name of the lease. Channels whose links share something that can be had once only (X's stream of an app) have one lease in
    common: so one process holds all of them."""
