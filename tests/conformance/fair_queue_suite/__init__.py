"""What every send queue must do. An adapter binds it by a subclass with a `queue` fixture that gives an empty one; none may skip a case."""

from tests.conformance.fair_queue_suite.chains import ChainsSuite
from tests.conformance.fair_queue_suite.contents import ContentsSuite
from tests.conformance.fair_queue_suite.giving_out import GivingOutSuite
from tests.conformance.fair_queue_suite.leases import LeasesSuite
from tests.conformance.fair_queue_suite.outcomes import OutcomesSuite
from tests.conformance.fair_queue_suite.pushing import PushingSuite
from tests.conformance.fair_queue_suite.putting_off import PuttingOffSuite
from tests.conformance.fair_queue_suite.retries import RetriesSuite
from tests.conformance.fair_queue_suite.stale import StaleSuite
from tests.conformance.fair_queue_suite.terms import TermsSuite
from tests.conformance.fair_queue_suite.turns import TurnsSuite


class FairQueueSuite(
    GivingOutSuite,
    TurnsSuite,
    ChainsSuite,
    TermsSuite,
    PuttingOffSuite,
    StaleSuite,
    LeasesSuite,
    RetriesSuite,
    OutcomesSuite,
    PushingSuite,
    ContentsSuite,
):
    """All of it, in the order of the port's prose."""
