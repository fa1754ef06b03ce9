import uuid
from collections.abc import Callable, Iterator

import pytest

from domain.errors import Conflict, Invalid, Unavailable
from infra.embedded.child_process import free_port
from infra.embedded.kafka_server import EmbeddedKafka
from infra.event_log.kafka import KafkaEventLog, install
from tests.adapters.event_log.killed_process import kill_when_begun
from tests.conformance.event_log_suite import PARTITIONS, PATIENCE, EventLogSuite, OpenLog, OutageSuite, record

pytestmark = pytest.mark.kafka

# What a commit does up to the moment before it is durable.
_BEGINS_TO_COMMIT = """
import sys, time
from kafka import TopicPartition
from infra.event_log.kafka import KafkaEventLog
from infra.event_log.kafka_batch_writing import entry_of
from infra.event_log.wire_format import encode
from tests.conformance.event_log_suite import HERE, PATIENCE, decision, gains

log = KafkaEventLog(sys.argv[1], prefix=sys.argv[2], member_timeout=PATIENCE)
session = log.own("killed")
gains(session)
producer = session._owned[HERE]
producer.begin_transaction()
half_done = decision("half done")
entry = entry_of(half_done, encode(half_done))
topics = (f"{sys.argv[2]}.events", f"{sys.argv[2]}.cursors")
for sending in producer.send_all({TopicPartition(topic, HERE): [entry] for topic in topics}):
    sending.offsets(time.monotonic() + 10)
print("begun", flush=True)
time.sleep(60)
"""


@pytest.fixture
def prefix() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def opening(url: str, prefix: str, timeout: float) -> Iterator[OpenLog]:
    install(url, PARTITIONS, prefix=prefix)
    opened: list[KafkaEventLog] = []

    def open_log() -> KafkaEventLog:
        opened.append(KafkaEventLog(url, prefix=prefix, member_timeout=PATIENCE, timeout=timeout))
        return opened[-1]

    yield open_log
    for log in opened:
        log.close()


class TestKafkaEventLog(EventLogSuite):
    @pytest.fixture
    def open_log(self, kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
        yield from opening(kafka.url, prefix, timeout=5.0)

    @pytest.fixture
    def killed_owner(self, kafka: EmbeddedKafka, open_log: OpenLog, prefix: str) -> Callable[[], None]:
        return lambda: kill_when_begun(_BEGINS_TO_COMMIT, kafka.url, prefix)


class TestKafkaOutage(OutageSuite):
    @pytest.fixture
    def open_log(self, kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
        yield from opening(kafka.url, prefix, timeout=2.0)  # each of its calls waits that long for a Kafka that is away

    @pytest.fixture
    def server_away(self, kafka: EmbeddedKafka) -> Callable[[], None]:
        return kafka.kill

    @pytest.fixture
    def server_back(self, kafka: EmbeddedKafka) -> Iterator[Callable[[], object]]:
        yield kafka.start
        kafka.start()


def test_installing_again_changes_nothing(kafka, prefix):
    install(kafka.url, 3, prefix=prefix)
    log = KafkaEventLog(kafka.url, prefix=prefix)
    log.append([record()])

    install(kafka.url, 3, prefix=prefix)

    assert log.partitions == 3
    assert sum(head + 1 for head in log.heads().values()) == 1
    log.close()


def test_the_number_of_partitions_never_changes(kafka, prefix):
    install(kafka.url, 3, prefix=prefix)

    with pytest.raises(Conflict, match="3 partitions"):
        install(kafka.url, 4, prefix=prefix)


def test_a_log_without_partitions_is_refused():
    with pytest.raises(Invalid):
        install("kafka://127.0.0.1:1", 0)


@pytest.mark.parametrize("url", ["postgresql://there", "kafka://", "kafka://host", "kafka://a:1,b"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Invalid, match="kafka://host:port"):
        KafkaEventLog(url)


def test_a_server_that_is_not_there_is_unavailable():
    log = KafkaEventLog(f"kafka://127.0.0.1:{free_port()}", timeout=0.5)

    with pytest.raises(Unavailable):
        log.append([record()])
    log.close()
