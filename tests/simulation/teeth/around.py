"""Faults of followers, doors and the clock."""

from collections.abc import Sequence
from typing import Any

from tests.simulation.faults import Sabotage
from tests.simulation.processes import Process
from tests.simulation.teeth.wiring import Real, methods
from tests.simulation.world import Sabotages, World


def _steps_past_uncommitted(world: World, process: Process) -> Sabotage:
    """What came last is not shown yet now and then, and the reader goes on behind it."""

    def poll(real: Real, timeout: float, limit: int) -> Any:
        found = real(timeout, limit)
        return found[:-1] if found and world.chance.random() < 0.1 else found

    return {"poll": poll}


def _answered_before_durable(world: World, process: Process) -> Sabotage:
    if process.kind != "door":
        return {}

    def append(real: Real, records: Sequence[Any]) -> Any:
        world.loop.call_later(0.5, lambda: real(records) if process.life.is_alive else None)
        return []

    return {"append": append}


def _timers_forgotten(world: World, process: Process) -> Sabotage:
    """A clock that starts again goes on where the log ends, and knows nothing of what was due."""
    if process.kind != "clock" or process.lives == 1:
        return {}
    heads = dict(world.log.heads())

    def read(real: Real, partition: int, after: int, limit: int, *kinds: Any) -> Any:
        return real(partition, max(after, heads[partition]), limit, *kinds)

    return {"read": read}


AROUND: dict[str, Sabotages] = {
    "a reader steps past what is not committed yet": {"log": _steps_past_uncommitted},
    "a callback is answered before it is durable": {"log": _answered_before_durable},
    "what is spooled is not kept": {"spool": methods(write=lambda real, records: None)},
    "a clock that starts again forgets what was due": {"log": _timers_forgotten},
}
