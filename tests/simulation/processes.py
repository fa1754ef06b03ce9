"""The real workers as processes that start, die at any call, and start again: deciders, senders with their feeders, doors, the clock."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

from domain.errors import Unavailable
from domain.events.record import Event, Kind, Record
from domain.ports.http_caller import Call, Reply
from gateways.append.group_commit import GroupCommit
from gateways.channels.catalogue import type_of
from gateways.ingest.app import IngestDoor
from projections.due_timers.queries import DueTimer
from tests.simulation.due_timers import DueTimers
from tests.simulation.faults import Crash, Life
from tests.simulation.outside import Outside
from workers.clock.clock import _records as timer_records
from workers.decider.decider import Decider
from workers.sender.sender import Sender

RESTART = (0.05, 3.0)  # seconds that a process is away


class Process:
    """`world` gives time, chance and wires; `begin` starts a new life."""

    kind = ""

    def __init__(self, world: Any, number: int) -> None:
        self.world = world
        self.chance: random.Random = world.chance
        self.loop = world.loop
        self.number = number
        self.lives = 0
        self.is_gone = False
        self.start()

    def leave(self) -> None:
        """For good: killed, and not started again."""
        self.is_gone = True
        self.life.die()

    def start(self) -> None:
        if self.is_gone:
            return
        self.lives += 1
        self.life = Life(f"{self.kind}-{self.number}-{self.lives}")
        self.life.on_death.append(lambda: self.loop.call_later(self.chance.uniform(*RESTART), self.start))
        self.begin()

    def begin(self) -> None:
        raise NotImplementedError

    def turns(self, step: Callable[[], float]) -> None:
        """Call `step` again and again, resting as long as it says, while this life lasts."""
        life = self.life

        def turn() -> None:
            if not life.is_alive:
                return
            try:
                rest = step()
            except Crash:
                return
            except Unavailable:
                rest = 0.5
            self.loop.call_later(rest * self.chance.uniform(0.5, 1.0), turn)

        self.loop.call_later(self.chance.uniform(0.0, 0.1), turn)


class DecidingProcess(Process):
    kind = "decider"

    def begin(self) -> None:
        wire = self.world.wire
        self.decider = Decider(wire("log", self), wire("store", self), self.world.now_deciding, self.life.name)
        self.turns(lambda: 0.03 if self.decider.step(0) else 0.3)


class SendingProcess(Process):
    kind = "sender"

    def begin(self) -> None:
        wire, world, life = self.world.wire, self.world, self.life
        self.sender = sender = Sender(
            wire("log", self), wire("queue", self), wire("cursor", self), world.directory, _Caller(world.outside, life), type_of,
            name=f"sender-{self.number}", now=world.now, new_id=world.new_id,
        )  # fmt: skip
        sender._loop, sender._threads = self.loop, _Threads(self, life)  # type: ignore[assignment]
        sender._homecoming.wait_until_nothing_is_held = self._wait  # type: ignore[method-assign]
        stop = asyncio.Event()
        tasks = [self.loop.create_task(part(stop)) for part in sender.parts]
        for task in tasks:
            task.add_done_callback(self.world.note_failure)
        life.on_death.append(lambda: [task.cancel() for task in (*tasks, *sender._departures.tasks)] and None)
        self.turns(self._feed)

    def _wait(self, seconds: float) -> bool:
        """The feeder waits, everybody else goes on."""
        sender, life = self.sender, self.life
        if sender._homecoming.held:
            self.loop.run_for(seconds)
        if not life.is_alive:
            raise Crash
        return not sender._homecoming.held

    def _feed(self) -> float:
        if self.sender._feeder.step(0):
            self.sender._work.set()
            return 0.05
        return 0.5


class _Caller:
    """Calls the outside as one life of a sender."""

    def __init__(self, outside: Outside, life: Life) -> None:
        self._outside, self._life = outside, life

    async def call(self, call: Call) -> Reply:
        return await self._outside.call(self._life, call)


class _Threads:
    """What the sender gives to its threads."""

    def __init__(self, process: Process, life: Life) -> None:
        self._process, self._life = process, life

    def soon(self, future: asyncio.Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        def run() -> None:
            if not self._life.is_alive:
                return
            try:
                result = function(*arguments)
            except Crash:
                return
            except Exception as error:
                if not future.done():
                    future.set_exception(error)
                return
            if not future.done():
                future.set_result(result)

        self._process.loop.call_later(self._process.chance.uniform(0.0, 0.003), run)


class MemorySpool:
    """A disk that outlives its process."""

    def __init__(self) -> None:
        self.segments: list[list[Record]] = []
        self.records: list[Record] = []

    @property
    def pending(self) -> int:
        return len(self.segments)

    def write(self, records: Sequence[Record]) -> None:
        self.segments.append(list(records))

    def oldest(self) -> Any:
        self.records = self.segments[0]
        return self

    def forget(self, segment: Any) -> None:
        del self.segments[0]


class _Disk:
    """A spool whose outages are those of a disk."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire

    @property
    def pending(self) -> int:
        return int(self._wire.pending)

    def write(self, records: Sequence[Record]) -> None:
        try:
            self._wire.write(records)
        except Unavailable as outage:
            raise OSError(outage.sentence) from outage

    def oldest(self) -> Any:
        return self._wire.oldest()

    def forget(self, segment: Any) -> None:
        self._wire.forget(segment)


class _Commit(GroupCommit):
    """Its writer runs on the loop."""

    def run_on(self, process: "DoorProcess") -> None:
        self._process, self._busy = process, False
        process.turns(lambda: self.write() or 0.25)

    def append(self, org: str, kind: Kind, actor: str, events: Sequence[Event]) -> asyncio.Future[None]:
        future = super().append(org, kind, actor, events)
        self._process.loop.call_later(0.002, self._write_soon)
        return future

    def _write_soon(self) -> None:
        try:
            self.write()
        except Crash:
            pass

    def write(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            self._drain()
            batch = self._take()
            if batch:
                self._settle(batch, self._write(batch))
        finally:
            self._busy = False


class DoorProcess(Process):
    kind = "door"

    def begin(self) -> None:
        world = self.world
        self._calls: set[asyncio.Task[int]] = set()
        commit = _Commit(world.wire("log", self), _Disk(world.wire("spool", self)), world.micros)
        commit.run_on(self)
        self.door = IngestDoor(world.directory, commit, world.new_id, world.now)
        self.life.on_death.append(lambda: [call.cancel() for call in self._calls] and None)

    async def post(self, method: str, path: str, query: str, body: bytes) -> int:
        """The answer's status; 0 if there was none."""
        if not self.life.is_alive:
            return 0
        call = asyncio.ensure_future(self._request(method, path, query, body))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        await asyncio.wait([call], timeout=30)
        if not call.done() or call.cancelled():
            call.cancel()
            return 0
        return call.result()

    async def _request(self, method: str, path: str, query: str, body: bytes) -> int:
        answered: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            answered.append(message)

        headers = [(b"host", b"us"), (b"content-type", b"application/x-www-form-urlencoded")]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
        await self.door(scope, receive, send)
        return int(answered[0]["status"])


class ClockProcess(Process):
    """The product's clock asks SQL for what is due; this one folds the same events in memory, and fires the same facts."""

    kind = "clock"
    AGAIN = 10.0

    def begin(self) -> None:
        self._log = self.world.wire("log", self)
        self._after = dict.fromkeys(range(self.world.log.partitions), -1)
        self._timers = DueTimers()
        self._fired: dict[DueTimer, float] = {}
        self.turns(self._step)

    @property
    def is_awaited(self) -> bool:
        """Whether somebody's wait has an end."""
        return bool(self._timers.due)

    def _step(self) -> float:
        for partition, after in self._after.items():
            for stored in self._log.read(partition, after, 1_000, ("decision", "report")):
                self._timers.take(stored)
                self._after[partition] = stored.offset
        now = self.world.now().isoformat()
        due = [
            DueTimer(org, contact, "wait_timeout", timer["session"], timer["sprint"], timer["due_on"])
            for (org, contact), timer in self._timers.due.items()
            if timer["due_on"] and timer["due_on"] <= now
        ]
        wanted = [timer for timer in due if self.loop.time() - self._fired.get(timer, -1e9) > self.AGAIN]
        if wanted:
            self._log.append(timer_records(wanted, self.world.micros()))
            self._fired.update(dict.fromkeys(wanted, self.loop.time()))
        return 1.0
