"""Who reads for everybody, and how far."""

import uuid

import pytest

from domain.errors import Unavailable
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor

pytestmark = pytest.mark.redis


@pytest.fixture
def cursor(redis_url):
    client = connect(redis_url)
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


def test_clearing_the_queue_clears_its_cursor(redis_url):
    client = connect(redis_url)
    prefix = f"test-{uuid.uuid4().hex}"
    cursor = RedisFeedCursor(client, prefix)
    cursor.claim("one", 30)
    cursor.save("one", {0: 1})

    RedisFairQueue(client, prefix).clear()

    assert cursor.read() == {}
    client.close()


def test_an_absent_redis_is_unavailable():
    cursor = RedisFeedCursor(connect("redis://127.0.0.1:1"))

    with pytest.raises(Unavailable):
        cursor.claim("one", 1)
    with pytest.raises(Unavailable):
        cursor.read()
