"""A progress bar on standard error, for whatever takes longer than two seconds and has somebody watching."""

import sys
import time

WIDTH = 30
QUIET_SECONDS = 2.0


class ProgressBar:
    """Call it with what is done and what there is to do; nothing is shown for quick work, or where nobody looks."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._shown = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._began < QUIET_SECONDS or now - self._shown < 0.1 or not sys.stderr.isatty():
            return
        self._shown = now
        part = min(1.0, done / total) if total else 1.0
        full = round(part * WIDTH)
        sys.stderr.write(f"\r{self._what} [{'#' * full}{'.' * (WIDTH - full)}] {part:4.0%}")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * (len(self._what) + WIDTH + 10) + "\r")
            sys.stderr.flush()
