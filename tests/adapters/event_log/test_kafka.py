import time
from collections.abc import Callable, Iterator

import pytest

from domain.errors import Conflict, Invalid, Unavailable
from infra.embedded.child_process import hold_port, port_of
from infra.embedded.kafka_server import EmbeddedKafka
from infra.event_log.kafka import KafkaEventLog, install
from infra.event_log.kafka_clients import KafkaAddress
from tests.adapters.event_log.kafka_logs import TIMEOUT, kill_an_owner_within_a_commit, opening
from tests.conformance.event_log_suite import EventLogSuite, OutageSuite
from tests.conformance.event_log_suite.asking import OpenLog, record

pytestmark = pytest.mark.kafka

WAITED_FOR_WHAT_IS_AWAY = 2.0  # seconds, by each call


class TestKafkaEventLog(EventLogSuite):
    @pytest.fixture
    def open_log(self, kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
        yield from opening(kafka.url, prefix, TIMEOUT)

    @pytest.fixture
    def killed_owner(self, kafka: EmbeddedKafka, open_log: OpenLog, prefix: str) -> Callable[[], None]:
        return lambda: kill_an_owner_within_a_commit(kafka.url, prefix, TIMEOUT)


class TestKafkaOutage(OutageSuite):
    @pytest.fixture
    def open_log(self, kafka: EmbeddedKafka, prefix: str) -> Iterator[OpenLog]:
        yield from opening(kafka.url, prefix, TIMEOUT)

    @pytest.fixture
    def server_away(self, kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        def go() -> None:
            monkeypatch.setattr(KafkaAddress, "deadline", lambda address: time.monotonic() + WAITED_FOR_WHAT_IS_AWAY)
            kafka.kill()

        return go

    @pytest.fixture
    def server_back(self, kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
        def come() -> None:
            monkeypatch.undo()
            kafka.start()

        yield come
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
    with hold_port() as held:
        log = KafkaEventLog(f"kafka://127.0.0.1:{port_of(held)}", timeout=0.5)

        with pytest.raises(Unavailable):
            log.append([record()])
        log.close()
