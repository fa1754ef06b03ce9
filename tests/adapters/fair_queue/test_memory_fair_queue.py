import pytest

from infra.memory.fair_queue import MemoryFairQueue
from tests.conformance.fair_queue_suite import FairQueueSuite


class TestMemoryFairQueue(FairQueueSuite):
    @pytest.fixture
    def queue(self) -> MemoryFairQueue:
        return MemoryFairQueue()
