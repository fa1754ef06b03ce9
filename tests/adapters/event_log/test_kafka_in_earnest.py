"""Kafka where it hurts: owners stop in the midst, brokers are restarted, killed and full."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from domain.errors import Fenced, Unavailable
from domain.events.record import Event
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from infra.embedded.child_process import hold_port, port_of
from infra.embedded.kafka_server import EmbeddedKafka
from infra.event_log.kafka import KafkaEventLog, install
from infra.event_log.kafka_batch_writing import entry_of
from infra.event_log.kafka_clients import translating_errors
from infra.event_log.wire_format import encode
from tests.adapters.event_log.kafka_logs import SHORT, TIMEOUT, kill_an_owner_within_a_commit, opening
from tests.adapters.event_log.small_disk import SmallDisk
from tests.adapters.event_log.under_load import (
    Deciding,
    Writing,
    check_every_input_was_decided_once_in_order,
    goes_on,
)
from tests.conformance.event_log_suite.asking import (
    HERE,
    ORG,
    PARTITIONS,
    decision,
    everything,
    gains,
    polled,
    record,
    sees_cursors,
    shown,
    texts,
)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HALF_DONE = record(kind="decision", text="half done")


# ---- members --------------------------------------------------------------------------------------------------------------------


def test_an_owner_fenced_within_a_transaction_does_not_fence_its_successor(open_log, prefix):
    log, first = open_log(), open_log().own("first")
    gains(first)
    producer = first._owned[HERE]
    half = {TopicPartition(f"{prefix}.events", HERE): [entry_of(HALF_DONE, encode(HALF_DONE))]}
    producer.write(half, time.monotonic() + TIMEOUT)
    successor = log.own("successor")
    gains(successor)

    with pytest.raises(Fenced), translating_errors():
        producer.write(half, time.monotonic() + TIMEOUT)
    successor.commit(HERE, [decision("done")], b"done")

    assert texts(shown(log, 1)) == ["done"]
    assert sees_cursors(log, {HERE: b"done"})
    successor.close()
    first.close()


def test_a_transaction_that_nobody_ends_holds_readers_up_no_longer_than_its_time_out(kafka, open_log, prefix):
    log = open_log()
    follower = log.follow({HERE: -1})
    began = time.monotonic()
    kill_an_owner_within_a_commit(kafka.url, prefix, SHORT)
    log.append([record(text="after")])

    found = follower.poll(0.1)
    assert not found or time.monotonic() - began > SHORT, "it is held up as long as the transaction is open"
    assert texts(found or polled(follower, 1)) == ["after"]
    assert _seconds_of_transaction(kafka, f"{prefix}-decider-{HERE}") == SHORT
    assert texts(everything(log)) == ["after"]
    follower.close()


def _seconds_of_transaction(kafka: EmbeddedKafka, transactional_id: str) -> float:
    """After which the brokers abort it."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    try:
        return float(admin.describe_transactions([transactional_id])[transactional_id].transaction_timeout_ms / 1_000)
    finally:
        admin.close()


# ---- brokers --------------------------------------------------------------------------------------------------------------------


def test_a_broker_is_killed_and_restarted_while_inputs_flow(kafka, open_log):
    log = open_log()
    writing = Writing(log)
    deciders = [Deciding(open_log(), name) for name in ("one", "two")]
    for each in (writing, *deciders):
        each.start()
    goes_on(*deciders)

    kafka.kill()
    with pytest.raises(OSError, match="in use"), socket.socket() as stranger:
        stranger.bind(("127.0.0.1", int(kafka.bootstrap.rpartition(":")[2])))
    kafka.start()
    goes_on(*deciders)
    kafka.stop()
    kafka.start()
    goes_on(*deciders)

    writing.stop()
    check_every_input_was_decided_once_in_order(log, writing)
    for each in deciders:
        each.stop()


def test_a_log_whose_brokers_are_gone_says_so_at_once():
    """A door's requests wait meanwhile; the spool is quick."""
    long = 600.0
    with hold_port() as one, hold_port() as other:  # nobody listens there
        log = KafkaEventLog(f"kafka://127.0.0.1:{port_of(one)},127.0.0.1:{port_of(other)}", timeout=long)
        began = time.monotonic()

        with pytest.raises(Unavailable, match="no broker"):
            log.append([record()])

        assert time.monotonic() - began < long / 2
        log.close()


@pytest.fixture
def small_disk(server_folder: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(server_folder / "small", megabytes=24)
    yield disk
    disk.remove()


@pytest.fixture
def cramped_kafka(small_disk: SmallDisk) -> Iterator[EmbeddedKafka]:
    kafka = EmbeddedKafka(small_disk.folder / "kafka", die_with_parent=True)
    kafka.start()
    small_disk.limit(kafka.pid)
    yield kafka
    kafka.kill()


def test_doors_spool_while_the_brokers_disk_is_full_and_nothing_is_lost(cramped_kafka, small_disk, tmp_path, prefix):
    install(cramped_kafka.url, PARTITIONS, prefix=prefix)
    log = KafkaEventLog(cramped_kafka.url, prefix=prefix, timeout=SHORT)
    door = GroupCommit(log, Spool(tmp_path / "spool"), lambda: time.time_ns() // 1000)
    door.start()

    answered = asyncio.run(_fill_and_make_room(door, cramped_kafka, small_disk))

    door.stop()
    assert door.spooled >= 50
    assert door._spool.pending == 0
    numbers = list(dict.fromkeys(text[:6] for text in texts(everything(log))))
    assert numbers == [f"{number:06d}" for number in range(answered)]
    log.close()


async def _fill_and_make_room(door: GroupCommit, kafka: EmbeddedKafka, disk: SmallDisk) -> int:
    """Everything that was answered, by number, was durable when it was answered. Returns how many."""
    answered = 0

    async def answer() -> None:
        nonlocal answered
        async with asyncio.timeout(120):
            await door.append(ORG, "fact", "door:EX", [_big_event(answered)])
        answered += 1

    while not door.spooled:
        await answer()
    for _ in range(50):
        await answer()
    kafka.kill()  # a broker whose disk was full ends by itself, sooner or later
    disk.make_room()
    kafka.start()
    async with asyncio.timeout(120):
        while door._spool.pending:
            await asyncio.sleep(0.02)
    await answer()
    return answered


def _big_event(number: int) -> Event:
    return {"type": "message_received", "version": 1, "id": str(number), "data": {"text": f"{number:06d}" * 10_000}}


@pytest.fixture(scope="module")
def cluster(server_folder: Path) -> Iterator[EmbeddedKafka]:
    kafka = EmbeddedKafka(server_folder / "three", brokers=3, die_with_parent=True)
    yield kafka
    kafka.kill()


@pytest.fixture
def three_brokers(cluster: EmbeddedKafka) -> EmbeddedKafka:
    """All of them running, whatever the last test did to them."""
    cluster.start()
    return cluster


def test_with_too_few_brokers_nothing_is_acknowledged(three_brokers, prefix):
    """Two of three are gone: what one broker alone would keep is not durable, so the log says that it is away."""
    patient, opened = opening(three_brokers.url, prefix, TIMEOUT), opening(three_brokers.url, prefix, SHORT)
    log, hasty = next(patient)(), next(opened)()
    log.append([record(text="before")])

    three_brokers.kill(node=1)
    three_brokers.kill(node=2)
    with pytest.raises(Unavailable):
        hasty.append([record(text="in doubt")])
    three_brokers.start()

    log.append([record(text="after")])
    assert [text for text in texts(everything(log)) if text != "in doubt"] == ["before", "after"]
    for each in (patient, opened):
        next(each, None)


def test_one_of_three_brokers_is_killed_for_good_and_nothing_is_lost(three_brokers, prefix):
    opened = opening(three_brokers.url, prefix, timeout=TIMEOUT)
    open_log = next(opened)
    log = open_log()
    assert _replicas(three_brokers, f"{prefix}.events") == [3] * PARTITIONS
    writing = Writing(log)
    deciders = [Deciding(open_log(), name) for name in ("one", "two")]
    for each in (writing, *deciders):
        each.start()
    goes_on(*deciders)

    three_brokers.kill(node=1)
    goes_on(*deciders, inputs=300)

    writing.stop()
    check_every_input_was_decided_once_in_order(log, writing)
    for each in deciders:
        each.stop()
    next(opened, None)


def _replicas(kafka: EmbeddedKafka, topic: str) -> list[int]:
    """Per partition, how many brokers keep it."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    (described,) = admin.describe_topics([topic])
    admin.close()
    return [len(partition["replica_nodes"]) for partition in described["partitions"]]
