import uuid
from collections.abc import Iterator

import pytest

from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor


@pytest.fixture
def cursor(redis_url: str) -> Iterator[RedisFeedCursor]:
    client = connect(redis_url)
    prefix = f"test-{uuid.uuid4().hex}"
    yield RedisFeedCursor(client, prefix)
    RedisFairQueue(client, prefix).clear()
    client.close()
