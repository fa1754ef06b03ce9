"""The send queue: messages that wait to be sent, given out so that organizations take turns.

**Turns.** `take` gives messages of the organization that has been served least: what was taken of an organization is counted (in the
messages' `cost`), one that had nothing waiting starts level with the least served of the others, and nobody gets more than a few
messages before the next is looked at. So an organization may use all capacity when alone and its fair share when not, and a
single message behind another organization's 20,000 goes out with the next `take`.

**Within an organization** the highest priority goes first (`urgent`: replies before bulk), then the oldest, of those whose channel may send
now. A channel sends at most the rate of its `ChannelTerms` (evenly, with a fifth of a second of slack), nothing while paused and
nothing before the end of a `throttle`. A message that is not to go before a time (`not_before`, `put_off`: quiet hours) is set aside until
then, or until its channel has other quiet hours.

**One contact's messages leave in order.** Those for one URN of a channel form a chain, oldest first; while one is taken the next
waits. A reply behind bulk messages of its chain makes the whole chain urgent. A message that `retry_at` sets aside leaves the chain until
then, so that it doesn't hold up the others.

**Leases.** A message taken is leased to a worker. It comes back, to its place, when the lease ends (`reap`, and every `take`) unless the worker
extended it; so a sender that dies gives its messages back within a lease.

**Outcomes.** When the aggregator has answered, the outcome is first *noted* here, then appended to the event log, then the message is
`done`. A message with a noted outcome is not given out again, not even if it is pushed after that (into contents that were lost meanwhile): a
sender that starts appends the outcomes that `noted` returns before it sends. So a crash in between neither loses nor repeats a message.

**Pushing** is idempotent by message id: what waits, is taken or was done within the last quarter of an hour is passed over.

**Loss.** The queue is a cache of the log. `generation` is the name given to the present contents; None says that they were lost, or never
were: fill the queue from the log, then call `begin_generation`.

Times are microseconds since 1970, given by the caller. All methods are thread-safe and raise Unavailable if the queue can't be reached.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

QUANTUM = 8  # the cost an organization may take before the others are looked at again
SLACK = 200_000  # microseconds: what a channel may be ahead of its rate
DONE_MEMORY = 15 * 60 * 1_000_000  # microseconds for which a message that is done is not pushed again; up to twice that

NO_ROOMS: Mapping[str, int] = MappingProxyType({})


class ChannelTerms(NamedTuple):
    """`rate` in cost per second, 0 is unlimited. `quiet` is any text that says when messages are put off: a new one has them looked at again."""

    rate: float = 0.0
    paused: bool = False
    quiet: str = ""


class MessageKey(NamedTuple):
    """Names a message: its organization and its own uuid."""

    org: str
    id: str


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that wants sending. `id` is its uuid, `queued_on` its age and its place in the chain, `cost` its parts (1 or more).

    It is given out at `not_before` at the earliest (0: at once).
    """

    org: str
    id: str
    channel: str
    urn: str
    queued_on: int
    payload: bytes
    urgent: bool = False
    cost: int = 1
    not_before: int = 0


class Taken(NamedTuple):
    """A message leased to a worker."""

    org: str
    id: str
    channel: str
    payload: bytes


class Noted(NamedTuple):
    """An outcome that was noted and, as far as the queue knows, not yet appended."""

    org: str
    id: str
    outcome: bytes


class FairQueue(Protocol):
    def push(
        self, messages: Sequence[QueuedMessage], now: int, *, again: bool = False, generation: str | None = None
    ) -> int:
        """Add messages; returns how many were new. With `again` those that were done are new once more.

        With `generation` only into the contents of this name; raises Fenced if there are others, or none. Others don't know what was
        done in between.
        """

    def take(
        self,
        worker: str,
        limit: int,
        lease: int,
        now: int,
        *,
        per_channel: int | None = None,
        rooms: Mapping[str, int] = NO_ROOMS,
    ) -> list[Taken]:
        """Up to `limit` messages in fair order, leased to `worker` for `lease` microseconds.

        Of one channel no more than `rooms` says, or `per_channel` where it doesn't. An organization that is passed over for that keeps
        its place: it is the worker who has no hands for the channel, others may have.
        """

    def next_look(self, now: int) -> int | None:
        """The time at which something that waits for its rate, throttle, retry or lease may go; None if nothing waits for a time."""

    def done(self, keys: Iterable[MessageKey], now: int) -> None:
        """These are finished, whatever became of them: forget them and their noted outcomes, let the next in their chains go."""

    def retry_at(self, keys: Iterable[MessageKey], when: int, now: int) -> None:
        """Send these again at `when`. Their noted outcomes are forgotten."""

    def put_off(self, keys: Iterable[MessageKey], until: int, now: int) -> None:
        """These are not to be sent before then: as `retry_at`, but they come back earlier if their channel gets another `quiet`."""

    def change_payloads(self, payloads: Mapping[MessageKey, bytes]) -> None:
        """Give these out with another payload from now on (what an earlier attempt got done). Unknown ones are passed over."""

    def give_back(self, keys: Iterable[MessageKey], now: int) -> None:
        """These were taken but not sent: they go back to their places at once, unless an outcome is noted."""

    def extend(self, worker: str, keys: Iterable[MessageKey], until: int) -> list[MessageKey]:
        """Keep these leased until then. Returns those that the worker no longer holds: they may be with another by now."""

    def reap(self, now: int) -> int:
        """Give back what is leased longer than agreed; returns how many."""

    def note_outcomes(self, outcomes: Mapping[MessageKey, bytes]) -> None:
        """Remember what became of these. Opaque bytes; the last one noted holds."""

    def noted(self, worker: str, now: int) -> list[Noted]:
        """Outcomes noted under this worker's name, or by one whose lease has ended. Append them, then call `done` or `retry_at`."""

    def set_terms(self, org: str, terms: Mapping[str, ChannelTerms], now: int) -> None:
        """The terms of these channels from now on; others keep theirs. What is taken already is not called back."""

    def throttle(self, org: str, channel: str, until: int, now: int) -> None:
        """The aggregator asked for a rest (429): nothing of the channel before `until`."""

    def take_stale(
        self, worker: str, org: str, channel: str, before: int, limit: int, lease: int, now: int
    ) -> list[Taken]:
        """As `take`, but only messages of one channel that were queued before a time, whether the channel may send or not."""

    def sizes(self) -> Mapping[str, Mapping[str, int]]:
        """Per organization and channel, the messages not done: waiting, taken or set aside."""

    def generation(self) -> str | None:
        """The name of the present contents, None if there are none."""

    def begin_generation(self, name: str) -> bool:
        """Name the contents, if they have no name; says whether it was done."""

    def clear(self) -> None:
        """Forget everything, the generation too."""
