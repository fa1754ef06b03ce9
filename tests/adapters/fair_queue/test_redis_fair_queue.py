import uuid
from collections.abc import Iterator

import pytest

from domain.errors import Unavailable
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from tests.conformance.fair_queue_suite import FairQueueSuite
from tests.conformance.fair_queue_suite.asking import START, message

pytestmark = pytest.mark.redis


class TestRedisFairQueue(FairQueueSuite):
    @pytest.fixture
    def queue(self, redis_url: str) -> Iterator[RedisFairQueue]:
        client = connect(redis_url)
        queue = RedisFairQueue(client, prefix=f"test-{uuid.uuid4().hex}")
        yield queue
        queue.clear()
        client.close()


def test_two_queues_of_different_prefix_do_not_meet(redis_url):
    client = connect(redis_url)
    one, other = (RedisFairQueue(client, prefix=f"test-{uuid.uuid4().hex}") for _ in range(2))
    one.push([message()], START)

    assert other.take("worker-1", 10, 1, START) == []

    one.clear()
    client.close()


def test_what_is_cleared_leaves_no_key_behind(redis_url):
    client = connect(redis_url)
    prefix = f"test-{uuid.uuid4().hex}"
    queue = RedisFairQueue(client, prefix)
    queue.push([message(not_before=START + number % 2) for number in range(50)], START)
    queue.take("worker-1", 10, 1, START)

    queue.clear()

    assert list(client.scan_iter(match=f"{prefix}:*")) == []
    client.close()


def test_a_redis_that_cannot_be_reached_is_unavailable(tmp_path):
    queue = RedisFairQueue(connect(f"unix://{tmp_path}/no.sock"))

    with pytest.raises(Unavailable, match="can't be reached"):
        queue.sizes()
