"""Who holds a link: one suite for every adapter."""

import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from gateways.connections.lease import Held, Leases, MemoryLeases, RedisLeases
from infra.redis.connection import connect

ADAPTERS = [pytest.param("memory"), pytest.param("redis", marks=pytest.mark.redis)]


class Place(NamedTuple):
    leases: Leases
    end: Callable[[str], None]
    """Lets a channel's lease run out."""


@pytest.fixture(params=ADAPTERS)
def place(request) -> Iterator[Place]:
    if request.param == "memory":
        clock = [0.0]
        yield Place(MemoryLeases(lambda: clock[0]), lambda channel: clock.__setitem__(0, clock[0] + 31))
        return
    client = connect(request.getfixturevalue("redis_url"))
    prefix = f"test-{uuid.uuid4().hex}"
    yield Place(RedisLeases(client, prefix), lambda channel: client.pexpire(f"{prefix}:lease:{channel}", 0) and None)
    client.close()


def test_one_holder_at_a_time(place):
    assert place.leases.take("one", ["a", "b"], 30) == {"a": 1, "b": 1}

    assert place.leases.take("two", ["a", "b", "c"], 30) == {"c": 1}
    assert place.leases.holders(["a", "c", "d"]) == {"a": Held("one", 1), "c": Held("two", 1)}


def test_renewing_keeps_the_fence(place):
    place.leases.take("one", ["a"], 30)

    assert place.leases.take("one", ["a"], 30) == {"a": 1}


def test_a_lease_that_ended_goes_to_another_with_a_higher_fence(place):
    place.leases.take("one", ["a"], 30)

    place.end("a")

    assert place.leases.holders(["a"]) == {}
    assert place.leases.take("two", ["a"], 30) == {"a": 2}
    assert place.leases.take("one", ["a"], 30) == {}


def test_who_let_his_own_lease_end_gets_a_new_fence(place):
    place.leases.take("one", ["a"], 30)
    place.end("a")

    assert place.leases.take("one", ["a"], 30) == {"a": 2}


def test_a_released_lease_is_free_at_once(place):
    place.leases.take("one", ["a", "b"], 30)

    place.leases.release("two", ["a"])
    assert place.leases.take("two", ["a"], 30) == {}
    place.leases.release("one", ["a"])

    assert place.leases.take("two", ["a", "b"], 30) == {"a": 2}


def test_many_at_once(place):
    channels = [f"channel {number}" for number in range(2_500)]

    assert len(place.leases.take("one", channels, 30)) == 2_500
    assert len(place.leases.holders(channels)) == 2_500
    assert place.leases.take("two", channels, 30) == {}


def test_nothing_asked_nothing_held(place):
    assert place.leases.take("one", [], 30) == {}
    assert place.leases.holders([]) == {}
    place.leases.release("one", [])
