import uuid

import pytest


@pytest.fixture
def prefix() -> str:
    """A name of the test's own for its topics in this run's Kafka."""
    return f"test-{uuid.uuid4().hex[:12]}"
