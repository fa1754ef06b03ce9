"""SMPP over one bind: a real sender over the real Redis, a link with a window of 50, a message centre of ours in a process of its own."""

import asyncio
import gc
import multiprocessing
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from domain.events.record import Record
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel
from gateways.connections.holder import Holder
from gateways.connections.lease import RedisLeases
from gateways.connections.link import LinkType
from gateways.connections.link_caller import LinkCaller
from gateways.connections.notes import RedisNotes
from gateways.connections.smpp.link import smpp_links
from infra.clock import now_micros
from infra.embedded.redis_server import EmbeddedRedis
from infra.event_log.memory import MemoryEventLog
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor
from tests.fakes.smsc import Smsc
from workers.sender.sender import Sender

MESSAGES = 10_000
ORG, CHANNEL = uuid7(), uuid7()


def _serve(ready: Any) -> None:
    async def serve() -> None:
        smsc = Smsc()
        await smsc.start()
        ready.send(smsc.port)
        await asyncio.Event().wait()

    uvloop.run(serve())


class _Channels:
    def __init__(self, port: int) -> None:
        config = {"host": "127.0.0.1", "port": port, "system_id": "us", "password": "secret", "window": 50}
        self._channel = Channel(CHANNEL, ORG, "SMP", "12345", config=config)

    def channels(self) -> list[Channel]:
        return [self._channel]

    def find(self, uuid: str) -> Channel | None:
        return self._channel if uuid == CHANNEL else None


def run() -> list[tuple[str, float, str]]:
    """Messages per second from the queue to the receipt in the log, and the CPU that each takes of this process."""
    here, there = multiprocessing.Pipe()
    centre = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    centre.start()
    port = here.recv()
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedRedis(Path(folder) / "redis", die_with_parent=True)
        server.start()
        try:
            return uvloop.run(_measure(server.url, port, Path(folder)))
        finally:
            server.stop()
            centre.terminate()


async def _measure(url: str, port: int, folder: Path) -> list[tuple[str, float, str]]:
    client, log, channels = connect(url), MemoryEventLog(1), _Channels(port)
    commit = GroupCommit(log, Spool(folder / "spool"), now_micros)
    commit.start()
    queue = RedisFairQueue(client)
    holder = Holder(
        channels, {"SMP": LinkType(smpp_links(frozenset({"127.0.0.1"})))}, RedisLeases(client), RedisNotes(client), commit,
        name="bench", now=_now, new_id=uuid7, queue=queue,
    )  # fmt: skip
    http = LinkCaller(PooledCaller(), holder.link_of)
    sender = Sender(log, queue, RedisFeedCursor(client), channels, http, type_of, name="bench", now=_now, new_id=uuid7)
    log._add([_queued(number) for number in range(0, MESSAGES, 100)])
    stop = asyncio.Event()
    gc.collect()
    begun, cpu = time.perf_counter(), time.process_time()
    tasks = [asyncio.create_task(each.run(stop)) for each in (holder, sender)]
    while sender.settled < MESSAGES or _receipts(holder) < MESSAGES:
        await asyncio.sleep(0.05)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    stop.set()
    await asyncio.gather(*tasks)
    commit.stop()
    return [
        ("SMPP, one bind, sent with receipts", MESSAGES / seconds, "messages/s"),
        ("SMPP, CPU of sender and link", cpu / MESSAGES * 1e6, "µs/message"),
    ]


def _receipts(holder: Holder) -> int:
    counts: Any = getattr(holder.link_of(CHANNEL), "counts", {})
    return int(counts.get("receipts", 0))


def _queued(first: int) -> Record:
    return Record(ORG, "decision", tuple(_created(number) for number in range(first, first + 100)), 1, "bench")


def _created(number: int) -> dict[str, Any]:
    message = {
        "uuid": uuid7(), "id": number + 1, "contact": {"uuid": uuid7(), "id": number, "name": ""},
        "urn": f"tel:+25078{number:07}", "channel": {"uuid": CHANNEL, "name": ""}, "text": f"Message number {number}",
        "attachments": [], "quick_replies": [], "status": "queued", "origin": "flow", "priority": "bulk",
        "created_on": _now().isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    return {"type": "message_created", "version": 1, "id": uuid7(), "data": {"message": message}}


def _now() -> datetime:
    return datetime.now(UTC)
