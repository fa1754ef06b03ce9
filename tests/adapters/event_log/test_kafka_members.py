"""Deciders on Kafka that come and go while inputs flow."""

from collections.abc import Iterator

import pytest

from domain.errors import Fenced
from domain.events.partitioning import partition_of
from infra.embedded.kafka_server import EmbeddedKafka
from tests.adapters.event_log.kafka_logs import TIMEOUT, opening
from tests.adapters.event_log.under_load import (
    Deciding,
    Writing,
    check_every_input_was_decided_once_in_order,
    goes_on,
    shares,
)
from tests.conformance.event_log_suite.asking import ORGS, PARTITIONS, OpenLog, decision

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PATIENCE = 4.0  # on a busy machine all that share it may be slow: that is no death


@pytest.fixture
def open_log(kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
    yield from opening(kafka.url, prefix, TIMEOUT, PATIENCE)


def test_deciders_join_leave_and_freeze_while_inputs_flow(open_log):
    log = open_log()
    writing = Writing(log)
    one, two, three = (Deciding(open_log(), name) for name in ("one", "two", "three"))
    writing.start()
    one.start()
    goes_on(one)

    two.start()
    shares(one, two)
    goes_on(two)
    three.start()
    shares(one, two, three)
    goes_on(three)
    one.stop()
    shares(two, three)
    zombie, its_partition = two.freeze(), next(iter(two.after))
    shares(three)
    goes_on(three)
    with pytest.raises(Fenced):
        org = next(org for org in ORGS if partition_of(org, PARTITIONS) == its_partition)
        zombie.commit(its_partition, [decision("of the zombie", org)], b"-1")

    writing.stop()
    check_every_input_was_decided_once_in_order(log, writing)
    assert writing.refused == 0
    three.stop()
    zombie.close()
