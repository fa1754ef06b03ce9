"""What has to hold after every run, checked against what the outside knows and against an uninterrupted run.

*Uninterrupted*: the log's inputs are decided once more, one after the other, without faults, at the times they were decided at. As a decision
follows from its inputs, its time and its input's id, all of it must be the same, except integer ids, which the partition numbers through.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

import orjson

from domain.events.record import INPUT_KINDS, OUTPUT_KINDS, Event, Position, StoredRecord
from infra.memory.state_store import MemoryStateStore
from projections.messages.status_ladder import RANKS
from tests.simulation.due_timers import DueTimers
from tests.simulation.prepared import PARTITIONS
from tests.simulation.world import BATCH, World
from workers.decider.decide import decide
from workers.decider.partition_state import PartitionState
from workers.decider.turns import Input

FINAL = frozenset({"wired", "failed"})
WAITS_FOR = (
    2 * BATCH + 3 * 16
)  # inputs of others: the batches decided and under way, and a quantum (16 inputs) of each other seat


def broken(world: World) -> list[str]:
    """Sentences about what does not hold; [] if all does."""
    checks = (_callbacks, _decisions, _numbers, _outcomes, _sent_once, _order, _statuses, _store, _timers, _fairness)
    records = [world.log.read(number, -1, 100_000) for number in range(PARTITIONS)]
    new = [
        stored
        for number in range(PARTITIONS)
        for stored in records[number]
        if stored.offset > world.prepared.heads[number]
    ]
    found = list(world.failures)
    for check in checks:
        found.extend(check(world, new))
    return found


def _events(records: list[StoredRecord], *types: str) -> Iterator[tuple[StoredRecord, Event]]:
    for stored in records:
        for event in stored.record.events:
            if event["type"] in types:
                yield stored, event


def _callbacks(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """Every message answered 200 is handled once; every report answered 200 is in the log."""
    externals = {e["data"]["message"]: e["data"]["external_id"] for _, e in _events(records, "message_received")}
    handled = Counter(externals.get(e["data"]["message"]["uuid"]) for _, e in _events(records, "message_handled"))
    for external in world.book.written:
        if handled[external] != 1:
            yield f"message {external} was answered 200 and handled {handled[external]} times"
    logged: dict[str, set[str]] = defaultdict(set)
    for _, event in _events(records, "delivery_reported"):
        logged[event["data"]["message"]].add(event["data"]["status"])
    for message, statuses in world.book.reported.items():
        if missing := {{"8": "sent", "1": "delivered"}[each] for each in statuses} - logged[message]:
            yield f"reports {missing} of message {message} were answered 200 and are not in the log"


def _decisions(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """Each input decided once, in order, and as an uninterrupted decider would have."""
    decided: dict[tuple[int, int, int], StoredRecord] = {}
    last: dict[str, tuple[int, int]] = {}
    for stored in records:
        cause = stored.record.cause
        if stored.record.kind != "decision" or cause is None:
            continue
        key = (cause.partition, cause.offset, cause[2])
        if key in decided:
            yield f"input {cause} was decided twice"
        decided[key] = stored
        if last.get(stored.record.org, (-1, -1)) > key[1:]:
            yield f"input {cause} was decided after a later one of its organization"
        last[stored.record.org] = key[1:]
    states = [PartitionState(number, world.prepared.copy_store()) for number in range(PARTITIONS)]
    numbers = count(1_000_000)
    for stored in records:
        if stored.record.kind not in INPUT_KINDS:
            continue
        for index, event in enumerate(stored.record.events):
            key = (stored.partition, stored.offset, index)
            made = decided.get(key)
            at = made.record.recorded_on if made else stored.record.recorded_on
            record = stored.record
            given = Input(record.org, Position(*key), record.kind, event, record.actor, record.recorded_on)
            now = datetime.fromtimestamp(at / 1e6, UTC)
            wanted = decide(given, states[stored.partition], lambda: next(numbers), now)
            events = [each for record in wanted for each in record.events]
            if _plain(events) != _plain(list(made.record.events) if made else []):
                yield f"input {Position(*key)} ({event['type']}) was decided otherwise than without interruption"


def _plain(value: Any) -> Any:
    """Without integer ids."""
    if isinstance(value, dict):
        return {name: 0 if name == "id" and type(each) is int else _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _numbers(world: World, records: list[StoredRecord]) -> Iterator[str]:
    given = Counter(e["data"]["message"]["id"] for _, e in _events(records, "message_created", "message_handled"))
    for number, times in given.items():
        if times > 1:
            yield f"the number {number} was given to {times} messages"


def _outcomes(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """Every queued message has an outcome that is final; where Redis went with the note of it, a report that it left stands for it."""
    outcomes: dict[str, dict[str, str]] = defaultdict(dict)
    for _, event in _events(records, "message_sent"):
        outcomes[event["data"]["message"]][event["id"]] = event["data"]["status"]
    reported = {event["data"]["message"] for _, event in _events(records, "delivery_reported")}
    for _, event in _events(records, "message_created"):
        message = event["data"]["message"]
        statuses = list(outcomes[message["uuid"]].values())
        if world.losses and message["uuid"] in reported:
            continue
        if message["status"] == "queued" and not FINAL & {*statuses}:
            yield f"message {message['uuid']} has no outcome ({statuses})"


def _sent_once(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """The aggregator gets no message again whose acceptance was noted; unnoted ones are the declared window, which only a death opens where
    there is one sender."""
    for each in world.book.accepted:
        if each.was_known and len(world.senders) == 1:
            yield f"message {each.message} was sent again by the one sender that knew that it had left"
        if each.earlier_was_noted:
            yield f"message {each.message} was sent again after its acceptance was noted"


def _order(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """To one URN of a channel messages leave in the order they were made in; those that were set aside for a retry may come later."""
    made = {e["data"]["message"]["uuid"]: place for place, (_, e) in enumerate(_events(records, "message_created"))}
    aside = {e["data"]["message"] for _, e in _events(records, "message_sent") if e["data"]["status"] == "errored"}
    left: dict[tuple[int, str], list[str]] = defaultdict(list)
    seen: set[str] = set()
    for each in world.book.accepted:
        if each.message not in aside and each.message not in seen:
            left[each.channel, each.urn].append(each.message)
        seen.add(each.message)
    for (_, urn), messages in left.items():
        for earlier, later in pairwise(messages):
            if made.get(earlier, -1) > made.get(later, -1):
                yield f"messages {later} and {earlier} to {urn} left in the wrong order"


def _statuses(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """Folded as they came or from the end, statuses are the same; what arrived is shown as delivered."""
    told = [
        (e["data"]["message"], e["data"]["status"]) for _, e in _events(records, "message_sent", "delivery_reported")
    ]
    folds = []
    for order in (told, reversed(told)):
        rows: dict[str, str] = {}
        for message, status in order:
            if RANKS[status] > RANKS[rows.get(message, "queued")]:
                rows[message] = status
        folds.append(rows)
    if folds[0] != folds[1]:
        yield "statuses depend on the order of reports"
    for message, reported in world.book.reported.items():
        if "1" in reported and folds[0].get(message) != "delivered":
            yield f"message {message} was delivered and is shown as {folds[0].get(message)}"


def _store(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """The state store is what folding the log from its start gives."""
    fresh = MemoryStateStore()
    for number in range(PARTITIONS):
        state = PartitionState(number, fresh)
        if outputs := world.log.read(number, -1, 100_000, OUTPUT_KINDS):
            state.fold(outputs)
        state.save()
        if fresh.position(number) != world.store.position(number):
            yield f"the state store stands at {world.store.position(number)}, the log at {fresh.position(number)}"
    for key in fresh._conversations.keys() | world.store._conversations.keys():
        bodies = [orjson.loads(each._conversations.get(key, b"null")) for each in (fresh, world.store)]
        if bodies[0] != bodies[1]:
            yield f"the state of contact {key[1]} is not what the log says"
    if fresh._holders != world.store._holders:
        yield "the state store's holders of URNs are not what the log says"


def _timers(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """When nothing is left to happen, nobody waits any more who was given a time to answer in."""
    timers = DueTimers()
    for stored in records:
        timers.take(stored)
    for (_, contact), timer in timers.due.items():
        yield f"contact {contact} waits for an answer to message {timer['asked']}, and the time for it is over"


def _fairness(world: World, records: list[StoredRecord]) -> Iterator[str]:
    """Nobody who has one input waiting waits for more than a bounded number of others' inputs, unless a process was away."""
    if world.chaos.crashes or world.chaos.outages or world.chaos.pauses or world.losses:
        return
    for org, waited in world.log.waits:
        if org != world.prepared.orgs[0] and waited > WAITS_FOR:
            yield f"an input of {org} waited for {waited} inputs of others"
