"""A thousand seeds (see `conftest`; `make simulate SEEDS=5000` runs more), and the deliberate faults that they must find."""

import logging
from collections.abc import Callable

import pytest

from tests.simulation.invariants import broken
from tests.simulation.teeth import FAULTS
from tests.simulation.world import Sabotages, World

ALSO = 100  # seeds that are tried where the one that found a fault finds it no more

# A seed that finds each fault, tried first. Any change to what a run draws may ask for others (`python -m tests.simulation.teeth`).
FOUND_AT = {
    "the cursor is committed before the outputs": 4,
    "the outputs are committed before the cursor": 4,
    "the state is saved before the log has committed": 21,
    "the state store's place is saved before its rows": 13,
    "a take-over doesn't fold what the state store lacks": 1,
    "a place of an organization that is behind is forgotten": 20,
    "the backlog of an organization that is behind is passed over": 20,
    "a flood is decided before all others": 10,
    "the counter of integer ids is turned back": 0,
    "a replaced decider is not fenced": 3,
    "repeated external ids are not recognised": 0,
    "a lease never ends": 0,
    "a lease ends while its message is under way": 0,
    "a sender that slept believes its leases are its own": 5,
    "a claim never ends": 20,
    "outcomes are not noted": 44,
    "what a dead sender noted is left lying": 3,
    "a message is done before its outcome is in the log": 0,
    "the queue forgets which messages are done": 3,
    "a message that is to be tried again is forgotten": 0,
    "a throttled message is overtaken by the next": 23,
    "a lost queue is filled with what has left too": 1,
    "a lost queue is filled before what is under way is in the log": 3,
    "what was read for a lost queue is pushed into another": 16,
    "the feeder's place is saved before what it read is pushed": 59,
    "a reader steps past what is not committed yet": 0,
    "a callback is answered before it is durable": 14,
    "what is spooled is not kept": 5,
    "a clock that starts again forgets what was due": 18,
}


@pytest.fixture(autouse=True)
def quiet() -> object:
    """Outages and crashes are announced; here they are many, and meant."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_whatever_happens_nothing_is_lost_doubled_or_reordered(seeds: Callable[[], tuple[int, str]]) -> None:
    status, said = seeds()

    assert status == 0, said


def test_a_seed_runs_the_same_way_again() -> None:
    first, again = World(7).run(), World(7).run()

    assert first.chaos.crashes
    for number in range(first.log.partitions):
        assert first.log._partitions[number].entries == again.log._partitions[number].entries


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_deliberate_fault_is_found(name: str) -> None:
    assert any(_finds(FAULTS[name], seed) for seed in (FOUND_AT[name], *range(ALSO)))


def _finds(fault: Sabotages, seed: int) -> list[str]:
    return broken(World(seed, fault, give_up=200.0).run())
