"""One run: everything in one process, on virtual time, from one seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import orjson

from domain.events.record import INPUT_KINDS, Position, Record
from domain.ports.fair_queue import MessageKey
from infra.event_log.memory import MemoryEventLog
from infra.memory.fair_queue import MemoryFairQueue
from infra.memory.feed_cursor import MemoryFeedCursor
from tests.simulation.faults import Chaos, Sabotage, Wire
from tests.simulation.outside import Book, Outside
from tests.simulation.prepared import PARTITIONS, START, prepared
from tests.simulation.processes import ClockProcess, DecidingProcess, DoorProcess, MemorySpool, Process, SendingProcess
from tests.simulation.virtual_loop import VirtualLoop
from workers.decider.cursor import Cursor
from workers.decider.fair_reading import FairReader, Limits
from workers.decider.turns import Input

BATCH = 12
STORM = 60.0  # seconds; after it nothing goes wrong any more
GIVE_UP = 1_500.0
CONTACTS = (3, 2, 1)  # of each organization
FLOOD = 150  # inputs of nothing, at once, in some runs
Sabotages = Mapping[
    str, Callable[["World", Any], Sabotage]
]  # by port, of each process; of no process by "reader", the fair reader


@dataclass(slots=True)
class Fault(Exception):
    """What a run found wrong."""

    sentences: list[str]


class _Log(MemoryEventLog):
    """Also keeps how long inputs waited, and tells the book which outcomes are in."""

    book: Book
    taken: Counter[
        int
    ]  # by partition (another may be another process's): inputs of all organizations that were taken up to be decided
    came: dict[tuple[int, int], int]
    waits: list[tuple[str, int]]  # organization, and how many of its partition were taken while an input of it waited

    def append(self, records: Sequence[Record]) -> list[Position]:
        for record in records:
            for event in record.events:
                if event["type"] == "message_sent" and event["data"]["status"] == "wired":
                    self.book.logged.add(event["data"]["message"])
                    self.book.noted.add(event["data"]["message"])
        positions = super().append(records)
        for record, position in zip(records, positions, strict=True):
            if record.kind in INPUT_KINDS:
                self.came[position.partition, position.offset] = self.taken[position.partition]
        return positions

    def took(self, inputs: list[Input]) -> list[Input]:
        """A decider is about to decide these."""
        for given in inputs:
            partition = given.position.partition
            came = self.came.get((partition, given.position.offset))
            if came is not None and given.position[2] == 0:
                self.waits.append((given.org, self.taken[partition] - came))
        for given in inputs:
            self.taken[given.position.partition] += 1
        return inputs


class _Queue(MemoryFairQueue):
    book: Book

    def note_outcomes(self, outcomes: Mapping[MessageKey, bytes]) -> None:
        super().note_outcomes(outcomes)
        self.book.noted.update(
            key.id for key, note in outcomes.items() if orjson.loads(note)[1][0]["data"]["status"] == "wired"
        )


class WorkTicks:
    """The decider's watch (WorkTime), by the world's."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def __call__(self) -> float:
        return self._world.ticks()

    def close(self) -> None:
        pass


class World:
    def __init__(self, seed: int, sabotage: Sabotages | None = None, *, give_up: float = GIVE_UP) -> None:
        self.seed = seed
        self.give_up = give_up
        self.chance = random.Random(seed)
        self.loop = VirtualLoop()
        self.prepared = prepared()
        self.sabotage = sabotage or {}
        self._fate = random.Random(seed + 2)
        self.chaos = Chaos(random.Random(seed + 1), self.loop, self.chance.choice((0, 100, 300, 300, 1_000)))
        self.book = Book()
        self.log = self.prepared.copy_log(
            _Log(PARTITIONS, gaps=self.chance.randint(0, 1), member_timeout=10.0, now=self.loop.time)
        )
        self.store = self.prepared.copy_store()
        self.directory = self.prepared.copy_directory()
        self.queue = _Queue()
        self.log.waits, self.log.came, self.log.taken = [], {}, Counter()
        self.log.book = self.queue.book = self.book
        self.cursor = MemoryFeedCursor(self.loop.time)
        self.spool = MemorySpool()
        self.losses = 0
        self._redis_away_until = 0.0
        self._ticks = 0.0
        self._decided_at = START
        self.failures: list[str] = []
        self.flooded_at = -1

    # ---- what processes are given -----------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    def now_deciding(self) -> datetime:
        """No two decisions take place in the same microsecond."""
        self._decided_at = max(self.now(), self._decided_at + timedelta(microseconds=150))
        return self._decided_at

    def micros(self) -> int:
        return int(self.now().timestamp() * 1_000_000)

    def new_id(self) -> str:
        bits = f"{self.chance.getrandbits(72):018x}"
        return (
            f"{self.micros() // 1000:012x}"[:8]
            + f"-{self.micros() // 1000:012x}"[9:]
            + f"-7{bits[:3]}-8{bits[3:6]}-{bits[6:]}"
        )

    def ticks(self) -> float:
        """What work costs by the decider's watch: 20 to 200 microseconds a look."""
        self._ticks += self.chance.uniform(2e-5, 2e-4)
        return self.loop.time() + self._ticks

    def wire(self, port: str, process: Process) -> Any:
        made = self.sabotage.get(port)
        sabotage = made(self, process) if made else None
        if port in ("queue", "cursor"):
            away = lambda: self.loop.time() < self._redis_away_until  # noqa: E731
            return Wire(getattr(self, port), process.life, self.chaos, sabotage, away)
        return Wire(getattr(self, port), process.life, self.chaos, sabotage)

    def note_failure(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(f"a worker failed: {error!r}")

    # ---- the run ---------------------------------------------------------------------------------------------------------------

    def run(self) -> "World":
        asyncio.set_event_loop(self.loop)
        asyncio._set_running_loop(self.loop)
        try:
            with _small(self):
                self._run()
        finally:
            asyncio._set_running_loop(None)
            asyncio.set_event_loop(None)
            self.loop.close()
        return self

    def _run(self) -> None:
        self.outside = Outside(self.chance, self.prepared.channels, self.door_post, self.book, self.micros)
        self.deciders = [DecidingProcess(self, number) for number in range(2)]
        self.senders = [SendingProcess(self, number) for number in range(1 if self._fate.random() < 0.25 else 2)]
        self.door = DoorProcess(self, 0)
        self.clock = ClockProcess(self, 0)
        self._invite()
        if len(self.senders) > 1 and self._fate.random() < 0.3:
            self.loop.call_later(self._fate.uniform(1.0, STORM - 5.0), self._fate.choice(self.senders).leave)
        for _ in range(self._fate.choice((0, 0, 0, 1, 2))):
            away = self._fate.choice((0.0, 0.3, 4.0))
            self.loop.call_later(self._fate.uniform(1.0, STORM - 10.0), partial(self._lose_redis, away))
        self.loop.run_for(STORM)
        self.chaos.stop()
        self.outside.is_calm = True
        while self._busy():
            if self.loop.time() > self.give_up:
                self.failures.append(f"no rest after {self.give_up:.0f} s: {', '.join(self._busy())}")
                break
            self.loop.run_for(5.0)
        for process in self.deciders:
            process.decider.close()

    async def door_post(self, method: str, path: str, query: str, body: bytes) -> int:
        return await self.door.post(method, path, query, body)

    def _invite(self) -> None:
        """Contacts begin the survey, some later once more; in some runs the first organization has a flood to digest, and channels
        are paused for a while."""
        chance, contact = self.chance, 0
        for number, count in enumerate(CONTACTS):
            for _ in range(count):
                contact += 1
                urn = f"+25078800000{contact}"
                for _ in range(2 if chance.random() < 0.2 else 1):
                    self.loop.call_later(chance.uniform(0.5, 30.0), partial(self.outside.writes, number, urn, "survey"))
        if chance.random() < 0.25:
            self.loop.call_later(chance.uniform(2.0, 20.0), self._flood)
        for channel in self.prepared.channels:
            for _ in range(chance.choice((0, 0, 1, 3))):
                begin = chance.uniform(1.0, 40.0)
                self.loop.call_later(begin, partial(self._pause, channel, "2026-11-24T09:00:00Z"))
                self.loop.call_later(begin + chance.uniform(0.5, 15.0), partial(self._pause, channel, None))

    def _pause(self, channel: str, paused_on: str | None) -> None:
        """Somebody pauses a channel, or resumes it; all processes hear of it at once."""
        org, raw = self.directory._raw[channel]
        self.directory.load([(org, {**raw, "paused_on": paused_on})])

    def _lose_redis(self, seconds: float) -> None:
        """It is killed, is away for so long, and has forgotten all: the queue, what was noted in it, and how far it was fed."""
        self.losses += 1
        self._redis_away_until = self.loop.time() + seconds
        self.queue.clear()
        self.cursor.clear()
        self.book.noted &= self.book.logged

    def _flood(self) -> None:
        org = self.prepared.orgs[0]
        data = {"contact": self.new_id(), "kind": "wait_timeout", "session": "", "sprint": "", "due_on": ""}
        events = [{"type": "timer_fired", "version": 1, "id": self.new_id(), "data": data} for _ in range(FLOOD)]
        for start in range(0, FLOOD, 30):
            self.log.append([Record(org, "fact", tuple(events[start : start + 30]), self.micros(), "test")])

    def _busy(self) -> list[str]:
        found = ["callbacks"] if self.book.outstanding else []
        everybody = (*self.deciders, *self.senders, self.door, self.clock)
        found += [each.life.name for each in everybody if not each.life.is_alive and not each.is_gone]
        found += ["timers"] if self.clock.is_awaited else []
        found += [f"queue {name}" for sizes in self.queue.sizes().values() for name, size in sizes.items() if size]
        found += ["spool"] if self.spool.pending else []
        for partition, encoded in self.log.cursors().items():
            cursor = Cursor.decode(encoded)
            inputs = self.log.read(partition, cursor.read_to, 1, INPUT_KINDS)
            found += [f"partition {partition} is undecided"] * bool(inputs or cursor.behind)
        owned = {number for each in self.deciders for number in each.decider._owned}
        found += [f"partition {number} has no owner" for number in range(PARTITIONS) if number not in owned]
        fed = self.cursor.read()
        found += ["feeding" for number, head in self.log.heads().items() if fed.get(number, -1) < head]
        return found


@contextmanager
def _small(world: World) -> Iterator[None]:
    """Virtual watches, and limits so small that a small run meets them."""
    log = world.log
    made = world.sabotage.get("reader")
    instead = made(world, None).get("take") if made else None

    class Reader(FairReader):
        def take(self, limit: int = 40) -> list[Input]:
            return log.took(instead(FairReader.take, self, limit) if instead else super().take(limit))

    small = Limits(window=8, total=40, organizations=10, scan=60)
    with (
        patch.multiple(
            "workers.decider.decider",
            perf_counter=world.ticks,
            WorkTime=partial(WorkTicks, world),
            BATCH=BATCH,
            FairReader=partial(Reader, limits=small),
        ),
        patch.multiple("workers.sender.settlement", RETRY_AFTER=(timedelta(seconds=10), timedelta(seconds=20))),
        patch.multiple("workers.sender.sender", IDLE_SECONDS=1.0),
    ):
        yield
