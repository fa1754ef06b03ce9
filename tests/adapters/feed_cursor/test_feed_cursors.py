"""Who reads for everybody, and how far."""

import uuid
from collections.abc import Iterator

import psycopg2
import pytest

from domain.errors import Unavailable
from domain.ports.feed_cursor import FeedCursor
from infra.memory.feed_cursor import MemoryFeedCursor
from infra.postgres.feed_cursor import PostgresFeedCursor
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor

ADAPTERS = [
    "memory",
    pytest.param("redis", marks=pytest.mark.redis),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=ADAPTERS)
def cursor(request) -> Iterator[FeedCursor]:
    """An unused cursor of each kind."""
    if request.param == "memory":
        yield MemoryFeedCursor()
        return
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")
        postgres = PostgresFeedCursor(lambda: psycopg2.connect(database), "effects")
        yield postgres
        postgres.close()
        return
    client = connect(request.getfixturevalue("redis_url"))
    prefix = f"test-{uuid.uuid4().hex}"
    yield RedisFeedCursor(client, prefix)
    RedisFairQueue(client, prefix).clear()
    client.close()


def test_one_worker_at_a_time_holds_the_claim(cursor):
    assert cursor.claim("one", 30)
    assert not cursor.claim("other", 30)
    assert cursor.claim("one", 30)

    cursor.release("other")
    assert not cursor.claim("other", 30)
    cursor.release("one")
    assert cursor.claim("other", 30)


def test_a_claim_that_is_not_renewed_ends(cursor):
    assert cursor.claim("one", 0.001)

    while not cursor.claim("other", 30):
        pass

    assert not cursor.claim("one", 30)


def test_only_the_holder_saves_positions(cursor):
    cursor.claim("one", 30)
    assert cursor.save("one", {0: 17, 3: -1})
    assert cursor.save("one", {0: 20})

    assert not cursor.save("other", {0: 5})

    assert cursor.read() == {0: 20, 3: -1}


def test_nothing_saved_is_no_position(cursor):
    assert cursor.read() == {}
    cursor.claim("one", 30)
    assert cursor.save("one", {})
    assert cursor.read() == {}


@pytest.mark.redis
def test_clearing_the_queue_clears_its_cursor(redis_url):
    client = connect(redis_url)
    prefix = f"test-{uuid.uuid4().hex}"
    cursor = RedisFeedCursor(client, prefix)
    cursor.claim("one", 30)
    cursor.save("one", {0: 1})

    RedisFairQueue(client, prefix).clear()

    assert cursor.read() == {}
    client.close()


@pytest.mark.parametrize(
    "absent",
    [
        RedisFeedCursor(connect("redis://127.0.0.1:1")),
        PostgresFeedCursor(lambda: psycopg2.connect("postgresql://127.0.0.1:1/none", connect_timeout=1), "effects"),
    ],
    ids=["redis", "postgres"],
)
def test_what_can_not_be_reached_is_unavailable(absent):
    with pytest.raises(Unavailable):
        absent.claim("one", 1)
    with pytest.raises(Unavailable):
        absent.read()


@pytest.mark.postgres
def test_cursors_of_different_names_do_not_meet_and_positions_outlive_their_connection(postgres_database):
    effects, other = (
        PostgresFeedCursor(lambda: psycopg2.connect(postgres_database), name) for name in ("effects", "other")
    )
    assert effects.claim("one", 30) and other.claim("two", 30)
    effects.save("one", {2: 9})
    effects.close()

    assert effects.read() == {2: 9}
    assert other.read() == {}
    effects.close()
    other.close()


@pytest.mark.postgres
def test_a_broken_connection_is_made_again(postgres_database):
    connections = []

    def open_one():
        connections.append(psycopg2.connect(postgres_database))
        return connections[-1]

    cursor = PostgresFeedCursor(open_one, "effects")
    cursor.claim("one", 30)
    connections[0].close()

    with pytest.raises(Unavailable):
        cursor.read()
    assert cursor.save("one", {0: 1})
    cursor.close()
