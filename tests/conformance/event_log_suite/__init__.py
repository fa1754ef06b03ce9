"""What every event log must do. An adapter binds it by a subclass with an `open_log` fixture; no adapter may skip a case.

`open_log()` gives another client of the test's own, empty log of PARTITIONS partitions; members that were not heard of for PATIENCE
seconds lose their partitions. What becomes visible a moment after it is durable (Kafka's transactions) is awaited, never assumed.
"""

from tests.conformance.event_log_suite.appending import AppendingSuite
from tests.conformance.event_log_suite.deciders_reading import DecidersReadingSuite
from tests.conformance.event_log_suite.following import FollowingSuite
from tests.conformance.event_log_suite.group import GroupSuite
from tests.conformance.event_log_suite.outage import OutageSuite
from tests.conformance.event_log_suite.owning import OwningSuite


class EventLogSuite(FollowingSuite, AppendingSuite, OwningSuite, DecidersReadingSuite, GroupSuite):
    """All of it that holds while its server is there."""


__all__ = ["EventLogSuite", "FollowingSuite", "OutageSuite"]
