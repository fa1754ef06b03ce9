from collections.abc import Callable, Iterator

import pytest

from infra.event_log.memory import MemoryEventLog
from tests.conformance.event_log_suite import EventLogSuite
from tests.conformance.event_log_suite.asking import PARTITIONS, PATIENCE, OpenLog, gains


class TestMemoryEventLog(EventLogSuite):
    """All clients of one log in memory are that log."""

    @pytest.fixture
    def open_log(self) -> Iterator[OpenLog]:
        log = MemoryEventLog(PARTITIONS, member_timeout=PATIENCE)
        yield lambda: log
        log.close()

    @pytest.fixture
    def killed_owner(self, open_log: OpenLog) -> Callable[[], None]:
        """In memory nothing can be half done: an owner that is never heard of again is all there is to it."""
        return lambda: gains(open_log().own("killed")) and None


class TestMemoryEventLogWithGaps(TestMemoryEventLog):
    """As Kafka's transactions leave them."""

    @pytest.fixture
    def open_log(self) -> Iterator[OpenLog]:
        log = MemoryEventLog(PARTITIONS, gaps=2, member_timeout=PATIENCE)
        yield lambda: log
        log.close()
