import uuid
from collections.abc import Iterator

import pytest

from infra.embedded.kafka_server import EmbeddedKafka
from tests.adapters.event_log.kafka_logs import TIMEOUT, opening
from tests.conformance.event_log_suite.asking import OpenLog


@pytest.fixture
def prefix() -> str:
    """A name of the test's own for its topics in this run's Kafka."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def open_log(kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
    """Opens clients of the test's own log in Kafka. Where a suite is bound, or a test wants other patience, it is overridden."""
    yield from opening(kafka.url, prefix, TIMEOUT)
