"""How many messages are on their way at once, in all and for each channel, so that an aggregator that hangs doesn't hold all hands."""

from gateways.channels.contract import Channel
from workers.sender.terms import TermsBook

SLOW_SECONDS = 5.0
SLOW_SHARE = 16  # a channel whose last answer was slow gets this part of what it may otherwise have


class Slots:
    """Not thread-safe: used in one event loop."""

    def __init__(self, in_all: int, per_channel: int, terms: TermsBook) -> None:
        self._terms = terms
        self._in_all = in_all
        self._per_channel = per_channel
        self._taken: dict[str, int] = {}
        self._own: dict[str, int] = {}
        self._slow: set[str] = set()
        self.in_use = 0

    @property
    def free(self) -> int:
        return self._in_all - self.in_use

    @property
    def are_short(self) -> bool:
        """Some channel, or all of them, can't have one more now."""
        return not self.free or any(
            taken >= self._own.get(channel, self._per_channel) for channel, taken in self._taken.items()
        )

    def rooms(self) -> dict[str, int]:
        """Channels that may have other than `per_channel` more, and how many more."""
        rooms = dict(self._own)
        for channel, taken in self._taken.items():
            rooms[channel] = max(0, self._own.get(channel, self._per_channel) - taken)
        return rooms

    def take(self, channel: Channel) -> bool:
        """One for a message of this channel; False if the channel has all it may have."""
        taken = self._taken.get(channel.uuid, 0)
        most = self._most(channel)
        if most != self._per_channel:
            self._own[channel.uuid] = most
        else:
            self._own.pop(channel.uuid, None)
        if taken >= most:
            return False
        self._taken[channel.uuid] = taken + 1
        self.in_use += 1
        return True

    def give_back(self, channel: Channel, seconds: float) -> None:
        """The message is through, after so many seconds."""
        self.in_use -= 1
        left = self._taken[channel.uuid] - 1
        if left:
            self._taken[channel.uuid] = left
        else:
            del self._taken[channel.uuid]
        (self._slow.add if seconds > SLOW_SECONDS else self._slow.discard)(channel.uuid)

    def _most(self, channel: Channel) -> int:
        most = self._terms.of(channel).at_once or self._per_channel
        return max(1, most // SLOW_SHARE) if channel.uuid in self._slow else most
