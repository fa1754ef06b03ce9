"""Brings exchanges to the channel log, a batch now and then, in a thread of its own: nobody on the way of a message waits for it.

While the log can't be reached a bounded number waits here, the newest; what had to be dropped is counted. A kill loses what was not yet
written. The same thread drops days that are old enough, and writes figures to a file where the process that answers /metrics finds them.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Unavailable
from domain.ports.channel_log import ChannelLog, Exchange, ExchangeKind, Tally

log = logging.getLogger(__name__)

FIGURES_FILE = "figures-{}.json"  # by process, in the installation's `run` folder
AT_ONCE = 500
MOST_WAITING = 5_000
EVERY_SECONDS = 0.5
OUTAGE_SECONDS = 5.0
FIGURES_SECONDS = 2.0
FORGET_SECONDS = 3_600.0

_Key = tuple[str, str, datetime, ExchangeKind, bool]


class ChannelLogWriter:
    """`now` gives the time in UTC; exchanges are kept for so many `days`. `figures` gives what goes to `figures_file`, as JSON.

    Start with `start()`, stop with `stop()` (which writes what waits, if the log can be reached). Counters: `kept`, `lost`.
    """

    def __init__(
        self,
        channel_log: ChannelLog,
        now: Callable[[], datetime],
        *,
        days: int,
        figures: Callable[[], Any] = dict,
        figures_file: Path | None = None,
    ) -> None:
        self._log = channel_log
        self._now = now
        self._days = days
        self._figures = figures
        self._figures_file = figures_file
        self._lock = threading.Lock()
        self._waiting: deque[Exchange] = deque()
        self._tallies: dict[_Key, tuple[int, int]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="channel-log", daemon=True)
        self._next: dict[str, datetime] = {}
        self.kept = self.lost = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._log.close()

    def add(self, exchange: Exchange) -> None:
        with self._lock:
            self._waiting.append(exchange)
            self._drop_what_is_too_much()

    def count(self, org: str, channel: str, minute: datetime, kind: ExchangeKind, failed: bool, ms: int) -> None:
        """Instead of keeping it."""
        key = (org, channel, minute, kind, failed)
        with self._lock:
            number, elapsed_ms = self._tallies.get(key, (0, 0))
            self._tallies[key] = (number + 1, elapsed_ms + ms)

    def flush(self, everything: bool = True) -> bool:
        """Write what waits (without `everything` only counts of minutes that are over); False if the log can't be reached."""
        written = AT_ONCE
        while written == AT_ONCE:
            exchanges, tallies = self._take(everything)
            written = len(exchanges)
            if not exchanges and not tallies:
                return True
            try:
                self._log.keep(exchanges, tallies)
                self.kept += written
            except Unavailable as outage:
                log.warning("Exchanges wait: %s", outage.sentence, extra={"action": "channel_log_waits"})
                self._put_back(exchanges, tallies)
                return False
            except Exception:
                log.exception("Exchanges can't be kept", extra={"action": "channel_log_failed"})
                self.lost += written
        return True

    # ---- the writer's thread -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = EVERY_SECONDS
        while not self._stopping.wait(pause):
            pause = EVERY_SECONDS if self.flush(everything=False) else OUTAGE_SECONDS
            self._now_and_then("figures", FIGURES_SECONDS, self._write_figures)
            self._now_and_then("forget", FORGET_SECONDS, self._forget)
        self.flush()

    def _take(self, everything: bool) -> tuple[list[Exchange], list[Tally]]:
        minute = self._now().replace(second=0, microsecond=0)
        with self._lock:
            exchanges = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            over = [key for key in self._tallies if everything or key[2] < minute]
            return exchanges, [Tally(*key, *self._tallies.pop(key)) for key in over]

    def _put_back(self, exchanges: list[Exchange], tallies: list[Tally]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(exchanges))
            self._drop_what_is_too_much()
            for each in tallies:
                number, elapsed_ms = self._tallies.get(each[:5], (0, 0))
                self._tallies[each[:5]] = (number + each.number, elapsed_ms + each.elapsed_ms)
            while len(self._tallies) > MOST_WAITING:
                self._tallies.pop(next(iter(self._tallies)))

    def _drop_what_is_too_much(self) -> None:
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1

    def _now_and_then(self, what: str, seconds: float, do: Callable[[], None]) -> None:
        now = self._now()
        if now >= self._next.get(what, now):
            self._next[what] = now + timedelta(seconds=seconds)
            do()

    def _forget(self) -> None:
        try:
            self._log.forget_before(self._now() - timedelta(days=self._days))
        except Unavailable as outage:
            log.warning("Old exchanges stay for now: %s", outage.sentence, extra={"action": "channel_log_waits"})
        except Exception:
            log.exception("Old exchanges can't be forgotten", extra={"action": "channel_log_failed"})

    def _write_figures(self) -> None:
        if self._figures_file is None:
            return
        document = {"channels": self._figures(), "log": {"kept": self.kept, "lost": self.lost}}
        new = self._figures_file.with_suffix(".new")
        try:
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(orjson.dumps(document))
            new.replace(self._figures_file)
        except OSError as error:
            log.warning("Figures were not written: %s", error, extra={"action": "figures_not_written"})
