"""The channel log: every exchange with an aggregator as an event (`exchange_logged`), in a log of its own that forgets.

It stands beside the event log, which keeps for ever: what went over the wire is bulky, personal and of use for days. It is append-only like
the event log, no read model is made of it, and a rebuild of read models doesn't concern it. What is older than the installation wants is
dropped a day at a time, so that forgetting costs nothing.

Exchanges of one channel that are more in a minute than anybody reads are counted instead of kept: a `Tally` says how many there were.
Nothing here is on the way of a message: who keeps exchanges doesn't wait for it, and a kill may lose the last second of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

ExchangeKind = Literal[
    "message_send", "message_receive", "message_status", "event_receive", "multi_receive",
    "attachment_fetch", "webhook_verify", "unknown",
]  # fmt: skip
Direction = Literal["in", "out"]


class Exchange(NamedTuple):
    """One request and its response, as text without secrets. `id` is the event's, a uuid7; `at` is when it began, in UTC.

    `status` is the response's, 0 if there was none. `error` is a sentence, "" if all went well. `messages` are those it is about: our uuids,
    `id:<integer>` and `external:<the aggregator's id>`. `urns` are people's addresses in it, to be hidden in anonymous workspaces.
    """

    id: str
    org: str
    channel: str
    at: datetime
    kind: ExchangeKind
    direction: Direction
    request: str
    response: str
    status: int
    elapsed_ms: int
    error: str = ""
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()


class Tally(NamedTuple):
    """Exchanges of one minute that were counted and not kept; `failed` those with an error."""

    org: str
    channel: str
    minute: datetime
    kind: ExchangeKind
    failed: bool
    number: int
    elapsed_ms: int
    """Of all together."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which exchanges, newest first; what is None or empty doesn't matter. `messages`: about any of these."""

    org: str
    channel: str | None = None
    messages: tuple[str, ...] = ()
    errors: bool = False
    since: datetime | None = None
    before: datetime | None = None
    limit: int = 100


class ChannelLog(Protocol):
    """Thread-safe."""

    def keep(self, exchanges: Sequence[Exchange], tallies: Sequence[Tally] = ()) -> None:
        """Append them. Raises Unavailable; then nothing is kept."""

    def find(self, question: Question) -> list[Exchange]:
        """The newest first. Raises Unavailable."""

    def tallies(self, question: Question) -> list[Tally]:
        """What was counted instead of kept, per minute, newest first (of the question: channel, errors, since, before and limit). Raises
        Unavailable."""

    def forget_before(self, moment: datetime) -> int:
        """Drop the days that ended before this moment; returns how many. Raises Unavailable."""

    def close(self) -> None: ...
