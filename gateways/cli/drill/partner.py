"""The process of the drill's aggregator, seen from the drill: what it tells while it works, and its book when it has ended."""

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import orjson

from domain.errors import Unavailable

SILENCE = 30.0  # seconds: whoever says nothing for so long is dead
END_SECONDS = 120.0  # longer than the quiet are given for their last replies

Told = dict[str, float]


class Partner:
    """`book` is there when the `with` of `aggregator` has ended."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self.pid = child.pid
        self.book: dict[str, Any] = {}
        self._told: queue.Queue[Told] = queue.Queue()
        assert child.stdout is not None
        threading.Thread(target=self._read, args=(child.stdout,), daemon=True).start()

    def latest(self) -> Told:
        """What it told last; waits for news. Raises Unavailable when none come."""
        try:
            told = self._told.get(timeout=SILENCE)
            while not self._told.empty():
                told = self._told.get()
            return told
        except queue.Empty:
            raise Unavailable(f"The drill's aggregator has said nothing for {SILENCE:.0f} s.") from None

    def _read(self, lines: IO[bytes]) -> None:
        for line in lines:
            self._told.put(orjson.loads(line))


@contextmanager
def aggregator(plan: dict[str, Any]) -> Iterator[Partner]:
    """Its process, from its start until it has written its book. `plan` as `aggregator.py` takes it, without the book's file."""
    with TemporaryDirectory(prefix="evenkeel-drill-") as folder:
        book = Path(folder) / "book.json"
        command = [sys.executable, "-m", "gateways.cli.drill.aggregator"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin is not None
        try:
            child.stdin.write(orjson.dumps({**plan, "book": str(book)}) + b"\n")
            child.stdin.flush()
            partner = Partner(child)
            partner.latest()  # it listens when it first tells of itself: what is sent earlier is refused, and tried again after minutes
            yield partner
            child.stdin.write(b"end\n")
            child.stdin.flush()
            child.wait(END_SECONDS)
            partner.book = orjson.loads(book.read_bytes())
        finally:
            child.kill()
            child.wait()
