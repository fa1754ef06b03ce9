"""How much each channel does, in figures for /metrics: counters since the process began, and how long aggregators took to answer.

Only channels at work have figures, and at most so many of them: the one that was idle longest makes room (its counters begin again at 0
when it comes back, which Prometheus takes for a restart).
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, Literal

from gateways.channels.contract import Channel

Figure = Literal["received", "events", "statuses", "repeated", "refused", "sent", "errored", "failed", "throttled"]

CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BOUNDS_MS = [int(seconds * 1_000) for seconds in CALL_SECONDS]
MOST_CHANNELS = 500


class _ChannelFigures:
    __slots__ = ("calls", "counts", "milliseconds", "type")

    def __init__(self, type: str) -> None:
        self.type = type
        self.counts: dict[str, int] = {}
        self.calls = [0] * (len(CALL_SECONDS) + 1)
        self.milliseconds = 0


class Figures:
    """Thread-safe."""

    def __init__(self, most_channels: int = MOST_CHANNELS) -> None:
        self._most = most_channels
        self._lock = Lock()
        self._channels: OrderedDict[str, _ChannelFigures] = OrderedDict()

    def count(self, channel: Channel, figure: Figure, by: int = 1) -> None:
        if not by:
            return
        with self._lock:
            counts = self._of(channel).counts
            counts[figure] = counts.get(figure, 0) + by

    def called(self, channel: Channel, milliseconds: Sequence[int], figure: Figure | None = None) -> None:
        """The aggregator was called as often, and took so long each time; `figure` is what came of it."""
        with self._lock:
            figures = self._of(channel)
            if figure is not None:
                figures.counts[figure] = figures.counts.get(figure, 0) + 1
            for each in milliseconds:
                figures.calls[bisect_left(_BOUNDS_MS, each)] += 1
                figures.milliseconds += each

    def as_json(self) -> dict[str, Any]:
        """{channel: {type, counts: {figure: number}, bounds: [seconds], calls: [up to each bound, longer ones], milliseconds}}"""
        with self._lock:
            return {
                uuid: {
                    "type": each.type,
                    "counts": dict(each.counts),
                    "bounds": CALL_SECONDS,
                    "calls": list(each.calls),
                    "milliseconds": each.milliseconds,
                }
                for uuid, each in self._channels.items()
            }

    def _of(self, channel: Channel) -> _ChannelFigures:
        figures = self._channels.get(channel.uuid)
        if figures is None:
            if len(self._channels) >= self._most:
                self._channels.popitem(last=False)
            figures = self._channels[channel.uuid] = _ChannelFigures(channel.type)
        self._channels.move_to_end(channel.uuid)
        return figures
