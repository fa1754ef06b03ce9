"""Faults of the decider, its cursor and its state store."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from domain.events.record import OUTPUT_KINDS, StoredRecord
from domain.ports.state_store import Changes
from tests.simulation.faults import Sabotage
from tests.simulation.processes import Process
from tests.simulation.teeth.wiring import Real, methods
from tests.simulation.world import Sabotages, World
from workers.decider.cursor import Cursor
from workers.decider.fair_reading import FairReader
from workers.decider.turns import Input


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


def _not_folded(world: World, process: Process) -> Sabotage:
    def read(real: Real, partition: int, after: int, limit: int, *kinds: Any, **which: Any) -> Any:
        return [] if OUTPUT_KINDS in kinds else real(partition, after, limit, *kinds, **which)

    return {"read": read} if process.kind == "decider" else {}


def _place_before_rows(world: World, process: Process) -> Sabotage:
    def save(real: Real, partition: int, changes: Changes, position: int) -> None:
        real(partition, Changes(), position)
        world.chaos.strike(process.life)
        real(partition, changes, position)

    return {"save": save}


def _backlog_passed_over(real: Real, partition: int, after: int, limit: int, *kinds: Any, **which: Any) -> Any:
    """A parked organization's backlog is given up to the head, as if nothing stood there."""
    if which.get("org") is not None:
        return [], which["until"]
    return real(partition, after, limit, *kinds, **which)


def _flood_first(world: World, process: Any) -> Sabotage:
    """While the first organization has something waiting, nobody else gets a turn. It has a flood, and nothing else goes wrong."""
    world.chaos.stop()
    world.loop.call_later(10.0, world._flood)

    def take(real: Real, reader: FairReader, limit: int) -> list[Input]:
        taken = real(reader, limit)
        others = [given for given in taken if given.org != world.prepared.orgs[0]]
        if len(others) == len(taken):
            return taken
        reader.give_back(others)
        return [given for given in taken if given.org == world.prepared.orgs[0]]

    return {"take": take}


DECIDING: dict[str, Sabotages] = {
    "the cursor is committed before the outputs": {"log": _cursor_before_outputs},
    "the outputs are committed before the cursor": {"log": _outputs_before_cursor},
    "the state is saved before the log has committed": {"log": _state_before_log},
    "the state store's place is saved before its rows": {"store": _place_before_rows},
    "a take-over doesn't fold what the state store lacks": {"log": _not_folded},
    "a place of an organization that is behind is forgotten": {"log": methods(commit=_behind_forgotten)},
    "the backlog of an organization that is behind is passed over": {"log": methods(read=_backlog_passed_over)},
    "a flood is decided before all others": {"reader": _flood_first},
    "the counter of integer ids is turned back": {"log": methods(commit=_ids_forgotten)},
    "a replaced decider is not fenced": {"log": _zombie_not_fenced},
    "repeated external ids are not recognised": {"log": _repetitions},
}
