"""Deliberate faults, one at a time, in the wires between the workers and what they use: the invariants must find each of them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from domain.events.record import StoredRecord
from tests.simulation.faults import Sabotage
from tests.simulation.invariants import broken
from tests.simulation.processes import Process
from tests.simulation.world import Sabotages, World
from workers.decider.cursor import Cursor

FOR_EVER = 10**18
Real = Callable[..., Any]


def _methods(**methods: Callable[..., Any]) -> Callable[[World, Process], Sabotage]:
    return lambda world, process: methods


def _cursor_before_outputs(world: World, process: Process) -> Sabotage:
    def commit(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
        real(partition, [], cursor)
        world.chaos.strike(process.life)
        return real(partition, outputs, cursor)

    return {"commit": commit}


def _outputs_before_cursor(world: World, process: Process) -> Sabotage:
    def commit(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
        positions = real(partition, outputs, world.log.cursors()[partition])
        world.chaos.strike(process.life)
        real(partition, [], cursor)
        return positions

    return {"commit": commit}


def _state_before_log(world: World, process: Process) -> Sabotage:
    def commit(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
        state = process.decider._owned[partition].state  # type: ignore[attr-defined]
        state.position = max(state.position, world.log._partitions[partition].next_offset + len(outputs) - 1)
        state.save()
        return real(partition, outputs, cursor)

    return {"commit": commit}


def _behind_forgotten(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
    known = Cursor.decode(cursor)
    return real(partition, outputs, Cursor(known.read_to, {}, known.next_id).encode())


def _ids_forgotten(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
    known = Cursor.decode(cursor)
    return real(partition, outputs, Cursor(known.read_to, known.behind, max(1, known.next_id - 1)).encode())


def _zombie_not_fenced(world: World, process: Process) -> Sabotage:
    def commit(real: Real, partition: int, outputs: Sequence[Any], cursor: bytes) -> Any:
        positions = world.log._add(outputs)
        world.log._partitions[partition].cursor = cursor
        return positions

    return {"commit": commit}


def _steps_past_uncommitted(world: World, process: Process) -> Sabotage:
    """What came last is not shown yet now and then, and the reader goes on behind it."""

    def poll(real: Real, timeout: float, limit: int) -> Any:
        found = real(timeout, limit)
        return found[:-1] if found and world.chance.random() < 0.1 else found

    return {"poll": poll}


def _repetitions(world: World, process: Process) -> Sabotage:
    """Each message gets an external id of its own before it is decided, also one that came before."""

    def read(real: Real, partition: int, after: int, limit: int, *kinds: Any, **which: Any) -> Any:
        if not which:  # the log itself, not a decider's session
            return real(partition, after, limit, *kinds)
        records, looked = real(partition, after, limit, **which)
        return [_renamed(stored) for stored in records], looked

    return {"read": read}


def _renamed(stored: StoredRecord) -> StoredRecord:
    events = tuple(
        {**event, "data": {**event["data"], "external_id": event["id"]}}
        if event["type"] == "message_received"
        else event
        for event in stored.record.events
    )
    return replace(stored, record=replace(stored.record, events=events))


def _done_before_append(world: World, process: Process) -> Sabotage:
    def note(real: Real, outcomes: Any) -> None:
        real(outcomes)
        world.queue.done(list(outcomes), world.micros())

    return {"note_outcomes": note}


def _given_back_aside(world: World, process: Process) -> Sabotage:
    """A throttled message leaves its chain, and the next overtakes it."""

    def give_back(real: Real, keys: Any, now: int) -> None:
        world.queue.retry_at(list(keys), now + 6_000_000, now)

    return {"give_back": give_back}


def _fed_before_pushed(world: World, process: Process) -> Sabotage:
    def poll(real: Real, timeout: float, limit: int) -> Any:
        found = real(timeout, limit)
        if found:
            last = {stored.partition: stored.offset for stored in found}
            world.cursor.save(process.life.name, last)
            world.chaos.strike(process.life)
        return found

    return {"poll": poll}


def _answered_before_durable(world: World, process: Process) -> Sabotage:
    if process.kind != "door":
        return {}

    def append(real: Real, records: Sequence[Any]) -> Any:
        world.loop.call_later(0.5, lambda: real(records) if process.life.is_alive else None)
        return []

    return {"append": append}


FAULTS: dict[str, Sabotages] = {
    "the cursor is committed before the outputs": {"log": _cursor_before_outputs},
    "the outputs are committed before the cursor": {"log": _outputs_before_cursor},
    "the state is saved before the log has committed": {"log": _state_before_log},
    "a place of an organization that is behind is forgotten": {"log": _methods(commit=_behind_forgotten)},
    "the counter of integer ids is turned back": {"log": _methods(commit=_ids_forgotten)},
    "a replaced decider is not fenced": {"log": _zombie_not_fenced},
    "a reader steps past what is not committed yet": {"log": _steps_past_uncommitted},
    "repeated external ids are not recognised": {"log": _repetitions},
    "a lease never ends": {
        "queue": _methods(
            take=lambda real, worker, limit, lease, now, **rooms: real(worker, limit, FOR_EVER, now, **rooms)
        )
    },
    "a claim never ends": {"cursor": _methods(claim=lambda real, worker, seconds: real(worker, FOR_EVER))},
    "outcomes are not noted": {"queue": _methods(note_outcomes=lambda real, outcomes: None)},
    "a message is done before its outcome is in the log": {"queue": _done_before_append},
    "a throttled message is overtaken by the next": {"queue": _given_back_aside},
    "the feeder's place is saved before what it read is pushed": {"log": _fed_before_pushed},
    "a callback is answered before it is durable": {"log": _answered_before_durable},
    "what is spooled is not kept": {"spool": _methods(write=lambda real, records: None)},
}


def main() -> None:
    """The first seed that finds each."""
    logging.disable(logging.CRITICAL)
    for name, fault in FAULTS.items():
        found = next((seed for seed in range(1_000) if broken(World(seed, fault, give_up=200.0).run())), None)
        print(f"{name}: {found}", flush=True)


if __name__ == "__main__":
    main()
