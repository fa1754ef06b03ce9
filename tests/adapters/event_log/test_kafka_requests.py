"""Requests to Kafka whose answers get lost, brokers that freeze, and logs whose ends are not where a reader thinks."""

import contextlib
import os
import signal

import psutil
import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import TopicAuthorizationFailedError
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.consumer import FetchResponse, ListOffsetsResponse
from kafka.protocol.metadata import FindCoordinatorResponse, MetadataResponse
from kafka.protocol.producer import AddPartitionsToTxnResponse, EndTxnResponse, InitProducerIdResponse, ProduceResponse

from domain.errors import Unavailable
from infra.event_log.kafka_connection import KafkaConnection
from infra.event_log.kafka_security import NotLetIn
from tests.adapters.event_log.kafka_logs import SHORT, opening
from tests.conformance.event_log_suite.asking import (
    HERE,
    decision,
    eventually,
    everything,
    gains,
    polled,
    record,
    shown,
    texts,
)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PRODUCING = [MetadataResponse, InitProducerIdResponse, ProduceResponse]
COMMITTING = [
    FindCoordinatorResponse,
    InitProducerIdResponse,
    AddPartitionsToTxnResponse,
    ProduceResponse,
    EndTxnResponse,
]
READING = [MetadataResponse, ListOffsetsResponse, FetchResponse]


def lose_one(monkeypatch: pytest.MonkeyPatch, answer: type[ApiMessage]) -> list[str]:
    """The broker does what it is asked, and the connection breaks before it is heard of. Returns what was lost."""
    receive, lost = KafkaConnection.receive, []

    def losing(connection: KafkaConnection, deadline: float) -> object:
        awaited = connection._awaited[0][1]
        received = receive(connection, deadline)
        if awaited is answer and not lost:
            lost.append(answer.__name__)
            raise ConnectionResetError("the answer was lost")
        return received

    monkeypatch.setattr(KafkaConnection, "receive", losing)
    return lost


@pytest.mark.parametrize("answer", PRODUCING)
def test_an_append_whose_answer_is_lost_stands_in_the_log_once(open_log, monkeypatch, answer):
    log = open_log()
    _ = log.partitions
    lost = lose_one(monkeypatch, answer)

    first = log.append([record(text="first"), record(text="second")])
    then = log.append([record(text="third")])

    assert lost == [answer.__name__]
    assert texts(everything(log)) == ["first", "second", "third"]
    assert [each.offset for each in first + then] == [0, 1, 2]


@pytest.mark.parametrize("answer", COMMITTING)
def test_a_commit_whose_answer_is_lost_stands_in_the_log_once(open_log, monkeypatch, answer):
    log, session = open_log(), open_log().own("one")
    lost = lose_one(monkeypatch, answer)
    gains(session)

    positions = session.commit(HERE, [decision("first")], b"first")
    session.commit(HERE, [decision("second")], b"second")

    assert lost == [answer.__name__]
    eventually(lambda: log.cursors()[HERE] == b"second", "the second commit is visible")
    first, second = shown(log, 2)
    assert texts([first, second]) == ["first", "second"]
    assert [each.offset for each in positions] == [first.offset]
    session.close()


@pytest.mark.parametrize("answer", READING)
def test_a_reader_that_loses_an_answer_misses_and_repeats_nothing(open_log, monkeypatch, answer):
    log = open_log()
    log.append([record(text=str(number)) for number in range(3)])
    lost = lose_one(monkeypatch, answer)
    follower = log.follow({HERE: -1})

    read = log.read(HERE, -1, 100)
    followed = polled(follower, 3)

    assert lost == [answer.__name__]
    assert texts(read) == texts(followed) == ["0", "1", "2"]
    assert follower.poll(0.1) == []
    follower.close()


def test_a_frozen_broker_is_unavailable_in_time_and_readers_go_on_afterwards(kafka, prefix):
    """In time: it is said while the broker is frozen still."""
    opened = opening(kafka.url, prefix, SHORT)
    log = next(opened)()
    eventually(lambda: log.append([record(text="before")]), "the log takes records")
    follower = log.follow({HERE: -1})
    polled(follower, 1)
    os.kill(kafka.pid, signal.SIGSTOP)
    try:
        eventually(lambda: psutil.Process(kafka.pid).status() == psutil.STATUS_STOPPED, "the broker stands still")
        with pytest.raises(Unavailable):
            log.append([record(text="in doubt")])
        with contextlib.suppress(Unavailable):
            assert follower.poll(0.2) == []
    finally:
        os.kill(kafka.pid, signal.SIGCONT)

    eventually(lambda: log.append([record(text="after")]), "the log takes records again")
    eventually(lambda: "after" in texts(follower.poll(0.1)), "the follower goes on")
    follower.close()
    next(opened, None)


def test_where_the_beginning_was_removed_a_follower_goes_on_with_what_is_left(kafka, open_log, prefix):
    log = open_log()
    log.append([record(text=str(number)) for number in range(5)])
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(f"{prefix}.events", HERE): 3})
    admin.close()
    follower = log.follow({HERE: -1})

    assert texts(polled(follower, 2)) == ["3", "4"]
    follower.close()


def test_a_follower_sent_beyond_the_end_waits_there(open_log):
    log = open_log()
    log.append([record(text=str(number)) for number in range(2)])
    follower = log.follow({HERE: 2})

    assert follower.poll(0.2) == []
    log.append([record(text=str(number)) for number in range(2, 5)])

    assert texts(polled(follower, 2)) == ["3", "4"]
    follower.close()


def test_a_topic_that_we_may_not_see_is_not_taken_for_one_that_is_not_there(kafka, open_log, monkeypatch):
    """Else an operator would be told to install the log."""
    log = open_log()
    receive = KafkaConnection.receive

    def refusing(connection: KafkaConnection, deadline: float) -> object:
        answer = receive(connection, deadline)
        if isinstance(answer, MetadataResponse):
            for topic in answer.topics:
                topic.error_code, topic.partitions = TopicAuthorizationFailedError.errno, []
        return answer

    monkeypatch.setattr(KafkaConnection, "receive", refusing)
    with pytest.raises(NotLetIn, match="EVENKEEL_KAFKA_USER"):
        log.append([record()])
