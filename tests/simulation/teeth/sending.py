"""Faults of the sender, its queue and its feeder."""

from typing import Any

from domain.ports.fair_queue import MessageKey
from tests.simulation.faults import Sabotage
from tests.simulation.processes import Process
from tests.simulation.teeth.wiring import Real, methods
from tests.simulation.world import Sabotages, World

FOR_EVER = 10**18


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


def _done_forgotten(real: Real, messages: Any, now: int, **how: Any) -> Any:
    return real(messages, now, again=True)


def _slept_through(world: World, process: Process) -> Sabotage:
    """A sender that often sleeps takes for its own what another one has by now."""

    def take(real: Real, *how: Any, **rooms: Any) -> Any:
        taken = real(*how, **rooms)
        if taken and world.chance.random() < 0.05:
            world.chaos.hold_up(process.life, 12.0)
        return taken

    def extend(real: Real, worker: str, keys: Any, until: int) -> list[MessageKey]:
        real(worker, keys, until)
        return []

    return {"take": take, "extend": extend}


def _filled_with_all(world: World, process: Process) -> Sabotage:
    """Whoever fills a lost queue doesn't look which messages have their outcome."""

    def read(real: Real, partition: int, after: int, limit: int, kinds: Any) -> Any:
        return real(partition, after, limit, ("decision",))

    return {"read": read} if process.kind == "sender" else {}


def _filled_too_soon(world: World, process: Process) -> Sabotage:
    """Whoever fills a lost queue doesn't wait for what it has under way. It is lost again and again."""
    if process.life.name == "sender-0-1":
        for second in range(5, 50, 3):
            world.loop.call_later(float(second), world._lose_redis, 0.0)

    def generation(real: Real) -> Any:
        process.sender._feeder._settle = lambda: None  # type: ignore[attr-defined]
        return real()

    return {"generation": generation}


SENDING: dict[str, Sabotages] = {
    "a lease never ends": {
        "queue": methods(
            take=lambda real, worker, limit, lease, now, **rooms: real(worker, limit, FOR_EVER, now, **rooms)
        )
    },
    "a lease ends while its message is under way": {
        "queue": methods(take=lambda real, worker, limit, lease, now, **rooms: real(worker, limit, 1, now, **rooms))
    },
    "a sender that slept believes its leases are its own": {"queue": _slept_through},
    "a claim never ends": {"cursor": methods(claim=lambda real, worker, seconds: real(worker, FOR_EVER))},
    "outcomes are not noted": {"queue": methods(note_outcomes=lambda real, outcomes: None)},
    "what a dead sender noted is left lying": {"queue": methods(noted=lambda real, worker, now: [])},
    "a message is done before its outcome is in the log": {"queue": _done_before_append},
    "the queue forgets which messages are done": {"queue": methods(push=_done_forgotten)},
    "a message that is to be tried again is forgotten": {
        "queue": methods(retry_at=lambda real, keys, when, now: real(keys, FOR_EVER, now))
    },
    "a throttled message is overtaken by the next": {"queue": _given_back_aside},
    "a lost queue is filled with what has left too": {"log": _filled_with_all},
    "a lost queue is filled before what is under way is in the log": {"queue": _filled_too_soon},
    "what was read for a lost queue is pushed into another": {
        "queue": methods(
            push=lambda real, messages, now, **how: real(messages, now),
            generation=lambda real: real() and "always the same",
        )
    },
    "the feeder's place is saved before what it read is pushed": {"log": _fed_before_pushed},
}
