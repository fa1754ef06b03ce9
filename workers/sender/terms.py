"""The terms of channels: read once for each version of a channel, and told to the queue when they change.

The truth is in the log (settings, pauses, quiet hours of channels and workspaces); the queue is told by the process that feeds it: all of
them when it begins to feed or the queue was lost, afterwards what changed.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from domain.channel.sending_terms import SendingTerms
from domain.environment.zones import zone_named
from domain.ports.fair_queue import ChannelTerms, FairQueue
from gateways.channels.contract import Channel


class TermsBook:
    """Terms by channel. Used by several threads: what two of them read at once is the same."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Channel, SendingTerms]] = {}

    def of(self, channel: Channel) -> SendingTerms:
        known = self._read.get(channel.uuid)
        if known is not None and known[0] is channel:
            return known[1]
        terms = SendingTerms.of(channel.config, channel.quiet_hours)
        self._read[channel.uuid] = (channel, terms)
        return terms

    def quiet_until(self, channel: Channel, timezone: str, now: datetime) -> datetime | None:
        """When a bulk message may go whose contact lives in this zone ("": in the workspace's); None if it may at once."""
        quiet = self.of(channel).quiet
        return None if quiet is None else quiet.until(now, _zone(timezone or channel.timezone))


class Telling:
    """Tells the queue. Not thread-safe: the feeder's."""

    def __init__(self, queue: FairQueue, book: TermsBook) -> None:
        self._queue = queue
        self._book = book
        self._told: dict[str, Channel] = {}

    def forget(self) -> None:
        """The queue knows nothing, or another process told it something since: it is told all of it again."""
        self._told.clear()

    def tell(self, channels: Iterable[Channel], now: int) -> None:
        """What the queue wasn't told yet. Raises Unavailable; then it is told again later."""
        told, by_org = self._told, dict[str, dict[str, ChannelTerms]]()
        known = {channel.uuid: channel for channel in channels}
        for uuid, channel in known.items():
            if told.get(uuid) is not channel:
                by_org.setdefault(channel.org_uuid, {})[uuid] = self._terms(channel)
        for channel in [channel for uuid, channel in told.items() if uuid not in known]:
            by_org.setdefault(channel.org_uuid, {})[channel.uuid] = (
                ChannelTerms()
            )  # removed: what waits goes, and fails
        for org, terms in by_org.items():
            self._queue.set_terms(org, terms, now)
        self._told = known

    def tell_of(self, channels: Iterable[Channel], now: int) -> None:
        """Before messages of channels that may be new. Raises Unavailable."""
        for channel in channels:
            if self._told.get(channel.uuid) is not channel:
                self._queue.set_terms(channel.org_uuid, {channel.uuid: self._terms(channel)}, now)
                self._told[channel.uuid] = channel

    def _terms(self, channel: Channel) -> ChannelTerms:
        terms = self._book.of(channel)
        quiet = f"{terms.quiet.begin}-{terms.quiet.end} {channel.timezone}" if terms.quiet else ""
        return ChannelTerms(terms.rate, channel.paused, quiet)


def _zone(name: str) -> tzinfo:
    try:
        return zone_named(name)
    except ValueError:
        return zone_named("")
