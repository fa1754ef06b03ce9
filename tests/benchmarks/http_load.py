"""A load generator that costs little itself: prepared requests over kept-alive connections, each waiting for its answer before the next."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvloop


@dataclass
class Load:
    """What was measured. Latencies in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, part: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def form_post(path: str, form: dict[str, str]) -> bytes:
    body = urlencode(form).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def run_load(port: int, requests: Iterator[bytes], connections: int = 64) -> Load:
    """Send all of them."""
    return uvloop.run(_load(port, requests, connections))


async def _load(port: int, requests: Iterator[bytes], connections: int) -> Load:
    load = Load()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    ended = [loop.create_future() for _ in range(connections)]
    for done in ended:
        await loop.create_connection(lambda done=done: _Connection(requests, load, done), "127.0.0.1", port)
    await asyncio.gather(*ended)
    load.seconds = time.perf_counter() - began
    return load


class _Connection(asyncio.Protocol):
    """One request at a time. It reads answers with a content length, as ours have."""

    def __init__(self, requests: Iterator[bytes], load: Load, done: "asyncio.Future[None]") -> None:
        self._requests = requests
        self._load = load
        self._done = done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, split, rest = self._buffer.partition(b"\r\n\r\n")
        if not split:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 : at + 30].split(b"\r\n")[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        self._buffer = b""
        self._load.statuses[int(head[9:12])] += 1
        self._load.latencies.append(time.perf_counter() - self._sent)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)
