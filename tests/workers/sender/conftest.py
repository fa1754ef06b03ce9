import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor


class SendQueue(NamedTuple):
    queue: RedisFairQueue
    cursor: RedisFeedCursor


@pytest.fixture
def redis_queue(redis_url: str) -> Iterator[SendQueue]:
    """An empty send queue in the real Redis, with its cursor."""
    client = connect(redis_url)
    prefix = f"test-{uuid.uuid4().hex}"
    queue = RedisFairQueue(client, prefix)
    yield SendQueue(queue, RedisFeedCursor(client, prefix))
    queue.clear()
    client.close()
