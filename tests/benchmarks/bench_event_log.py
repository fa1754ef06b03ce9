"""Every event log alone: appending, reading, and a decider's commits, server and client on this machine."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from domain.events.partitioning import partition_of
from domain.events.record import Position, Record
from domain.ports.event_log import EventLog
from infra.embedded.kafka_server import EmbeddedKafka
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import kafka, postgres
from infra.event_log.memory import MemoryEventLog

PARTITIONS = 8
RECORDS = 40_000
BATCH = 500
THREADS = 4
SINGLES = 200
COMMITS = 60
ORG = "0192fc2e-0000-7000-8000-000000000001"
HERE = partition_of(ORG, PARTITIONS)
_ORGS = [f"0192fc2e-0000-7000-8000-{number:012d}" for number in range(100)]
_DATA = {"text": "a message of an ordinary length, as people write them", "urn": "tel:+250788123123", "channel": ORG}


def run() -> Iterator[tuple[str, float, str]]:
    for name, opened in (("memory", _memory()), ("postgres", _postgres()), ("kafka", _kafka())):
        with opened as log:
            for what, value, unit in _measure(log):
                yield f"{name}: {what}", value, unit


@contextmanager
def _memory() -> Iterator[EventLog]:
    yield MemoryEventLog(PARTITIONS)


@contextmanager
def _postgres() -> Iterator[EventLog]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", die_with_parent=True)
        try:
            dsn = server.start()
            postgres.install(dsn, PARTITIONS)
            log = postgres.PostgresEventLog(dsn)
            yield log
            log.close()
        finally:
            server.stop()


@contextmanager
def _kafka() -> Iterator[EventLog]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedKafka(Path(folder) / "kafka", die_with_parent=True)
        try:
            server.start()
            kafka.install(server.url, PARTITIONS)
            log = kafka.KafkaEventLog(server.url)
            yield log
            log.close()
        finally:
            server.stop()


def _measure(log: EventLog) -> Iterator[tuple[str, float, str]]:
    batches = [[_record(_ORGS[(start + n) % len(_ORGS)]) for n in range(BATCH)] for start in range(0, RECORDS, BATCH)]
    log.append(batches[0][:1])
    seconds = _timed(lambda: [log.append(batch) for batch in batches])
    yield f"appended, batches of {BATCH}", RECORDS / seconds, "per s"
    with ThreadPoolExecutor(THREADS) as threads:
        seconds = _timed(lambda: list(threads.map(log.append, batches)))
    yield f"appended, batches of {BATCH}, {THREADS} threads", RECORDS / seconds, "per s"
    seconds = _timed(lambda: [log.append([_record(ORG)]) for _ in range(SINGLES)])
    yield "one record appended alone", seconds / SINGLES * 1000, "ms"
    count = 2 * RECORDS + SINGLES + 1
    yield "followed", count / _timed(lambda: _follow(log, count)), "per s"
    yield from _commits(log)


def _follow(log: EventLog, count: int) -> None:
    follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))
    while count > 0:
        count -= len(follower.poll(5.0, 2000))
    follower.close()


def _commits(log: EventLog) -> Iterator[tuple[str, float, str]]:
    session = log.own("bench")
    while HERE not in session.assignment().gained:
        session.wait(0.01)
    for size in (1, 50, 500):
        outputs = [_record(ORG, True) for _ in range(size)]
        session.commit(HERE, outputs, b"c" * 1000)
        seconds = _timed(lambda outputs=outputs: [session.commit(HERE, outputs, b"c" * 1000) for _ in range(COMMITS)])
        yield f"a decider's commit of {size}", seconds / COMMITS * 1000, "ms"
    session.close()


def _record(org: str, decided: bool = False) -> Record:
    event = {"type": "message_received", "version": 1, "id": "0192fc2e-6d9c-7bd5-8f5c-000000000000", "data": _DATA}
    cause = Position(HERE, 1, 0) if decided else None
    return Record(org, "decision" if decided else "fact", (event,), 1_790_000_000_000_000, "bench", cause)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
