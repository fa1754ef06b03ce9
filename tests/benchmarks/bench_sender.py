"""How fast queued messages leave: a sender over the real Redis and log, to an aggregator in a process of its own."""

import asyncio
import multiprocessing
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httptools
import uvloop

from domain.events.record import Record
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Recorder
from gateways.channels.log.writer import ChannelLogWriter
from infra.collecting import settle_memory
from infra.embedded.redis_server import EmbeddedRedis
from infra.event_log.memory import MemoryEventLog
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from infra.memory.channel_log import MemoryChannelLog
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor
from workers.sender.sender import Sender

MESSAGES = 20_000
ORGS = 5
_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


class _Sink(asyncio.Protocol):
    """Says 200 to everything, as cheaply as can be: it shares the machine with what is measured."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(_ANSWER)


def _serve(ready: Any) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


class _Channels:
    def __init__(self, port: int) -> None:
        config = {
            "send_url": f"http://127.0.0.1:{port}/send",
            "body": "id={{id}}&text={{text}}&to={{to}}&from={{from}}",
        }
        self._known = {
            f"0192fc2e-1111-7000-8000-{number:012d}": Channel(
                f"0192fc2e-1111-7000-8000-{number:012d}", _org(number), "EX", "2020", config=config
            )
            for number in range(ORGS)
        }

    def find(self, uuid: str) -> Channel | None:
        return self._known.get(uuid)

    def channels(self) -> list[Channel]:
        return list(self._known.values())


def _org(number: int) -> str:
    return f"0192fc2e-0000-7000-8000-{number:012d}"


def _decision(number: int) -> Record:
    org = number % ORGS
    message = {
        "uuid": uuid7(),
        "id": number,
        "contact": {"uuid": uuid7(), "id": number, "name": "Bob"},
        "urn": f"tel:+25078{number:07}",
        "channel": {"uuid": f"0192fc2e-1111-7000-8000-{org:012d}", "name": "Short code"},
        "text": "Thank you! What is your favorite color? Answer with red, green or blue.",
        "attachments": [],
        "quick_replies": [],
        "status": "queued",
        "origin": "flow",
        "priority": "high",
        "created_on": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    event = {"type": "message_created", "version": 1, "id": uuid7(), "data": {"message": message}}
    return Record(_org(org), "decision", (event,), 1, "decider")


async def _send_all(sender: Sender, http: PooledCaller) -> tuple[float, float]:
    stop = asyncio.Event()
    settle_memory()
    wall, cpu = time.perf_counter(), time.process_time()
    task = asyncio.create_task(sender.run(stop))
    while sender.settled < MESSAGES:
        await asyncio.sleep(0.01)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    stop.set()
    await task
    await http.close()
    return wall, cpu


def run() -> list[tuple[str, float, str]]:
    """Messages per second from the log to the aggregator and back into the log; the sender's own CPU per message (Redis and
    the aggregator work beside it)."""
    from infra.clock import now

    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    sink.start()
    log = MemoryEventLog(8)
    log._add([_decision(number) for number in range(MESSAGES)])
    try:
        with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
            server = EmbeddedRedis(Path(folder) / "redis", die_with_parent=True)
            try:
                client = connect(server.start())
                channels = _Channels(ours.recv())
                http = PooledCaller(frozenset({"127.0.0.1"}))
                writer = ChannelLogWriter(MemoryChannelLog(), now, days=7)
                writer.start()
                sender = Sender(
                    log,
                    RedisFairQueue(client),
                    RedisFeedCursor(client),
                    channels,
                    http,
                    type_of,
                    name="bench",
                    now=now,
                    new_id=uuid7,
                    recorder=Recorder(writer, Figures(), uuid7, now),
                )
                wall, cpu = uvloop.run(_send_all(sender, http))
            finally:
                server.stop()
    finally:
        sink.kill()
    return [("sent messages", MESSAGES / wall, "messages/s"), ("sender's CPU", cpu / MESSAGES * 1e6, "µs/message")]


if __name__ == "__main__":
    for name, value, unit in run():
        print(f"{name:24} {value:10,.0f} {unit}")
