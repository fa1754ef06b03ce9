"""Every event log alone: appending, reading, and a decider's commits, server and client on this machine, with the CPU of both."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psutil

from domain.events.partitioning import partition_of
from domain.events.record import Kind, Position, Record
from domain.ports.event_log import DeciderSession, EventLog
from infra.embedded.kafka_server import EmbeddedKafka
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import kafka, postgres
from infra.event_log.memory import MemoryEventLog
from infra.event_log.shared_following import SharedFollowing

PARTITIONS = 8
RECORDS = 40_000
BATCH = 500
THREADS = 4
SINGLES = 200
COMMITS = 60
SLICE = 100
SLICES = 6
LIVE = 6_000
LIVE_BATCH = 20
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


Figures = Iterator[tuple[str, float, str]]


def _measure(log: EventLog) -> Figures:
    batches = [[_record(_ORGS[(start + n) % len(_ORGS)]) for n in range(BATCH)] for start in range(0, RECORDS, BATCH)]
    log.append(batches[0][:1])
    yield from _rate(f"appended, batches of {BATCH}", lambda: [log.append(batch) for batch in batches], RECORDS)
    with ThreadPoolExecutor(THREADS) as threads:
        name = f"appended, batches of {BATCH}, {THREADS} threads"
        yield from _rate(name, lambda: list(threads.map(log.append, batches)), RECORDS)
    alone = [_record(ORG)]
    yield from _each("one record appended alone", lambda: log.append(alone), SINGLES)
    count = 2 * RECORDS + SINGLES + 1
    yield from _rate("followed", lambda: _follow(log, count), count)
    session = log.own("bench")
    while HERE not in session.assignment().gained:
        session.wait(0.01)
    yield from _slices(session, log.heads()[HERE])
    yield from _commits(session)
    yield from _rate("passed over, because of unwanted kinds", lambda: _pass_over(log), count)
    yield from _each("heads", log.heads, 20)
    session.close()
    yield from _four_followers("each by itself", log)
    yield from _four_followers("sharing their reading", SharedFollowing(log))


def _follow(log: EventLog, count: int) -> None:
    follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))
    while count > 0:
        count -= len(follower.poll(5.0, 2000))
    follower.close()


def _pass_over(log: EventLog) -> None:
    """As a door follows, which wants only the configuration."""
    heads = log.heads()
    follower = log.follow(dict.fromkeys(heads, -1), ("configuration",))
    while any(follower.positions()[partition] < head for partition, head in heads.items()):
        follower.poll(0.01)
    follower.close()


def _four_followers(how: str, log: EventLog) -> Figures:
    """As in the light process: two that want everything that is written here, two that want another kind."""
    heads = log.heads()
    wanted: tuple[Kind, ...] = ("fact", "fact", "configuration", "configuration")
    ended = Event()

    def follow(kind: Kind) -> tuple[float, int]:
        follower = log.follow(heads, (kind,))
        found, began = len(follower.poll(0.0)), time.thread_time()
        while not ended.is_set() or (kind == "fact" and found < LIVE):
            found += len(follower.poll(0.2))
            follower.positions()
        spent = time.thread_time() - began
        follower.close()
        return spent, found

    with ThreadPoolExecutor(len(wanted)) as threads:
        following = [threads.submit(follow, kind) for kind in wanted]
        for start in range(0, LIVE, LIVE_BATCH):
            log.append([_record(_ORGS[(start + n) % len(_ORGS)]) for n in range(LIVE_BATCH)])
            time.sleep(0.01)  # a process under load, not one that catches up
        ended.set()
        spent = sum(each.result()[0] for each in following)
    yield f"four followers of one process, {how}: CPU here", spent / LIVE * 1e6, "µs per record"


def _slices(session: DeciderSession, until: int) -> Figures:
    """A parked organization's backlog, as catch-up reads it."""
    place = -1

    def read_slice() -> None:
        nonlocal place
        _, place = session.read(HERE, place, SLICE, org=ORG, until=until)

    read_slice()
    yield from _each(f"a parked organization's slice of {SLICE}", read_slice, SLICES)


def _commits(session: DeciderSession) -> Figures:
    for size in (1, 50, 500):
        outputs = [_record(ORG, True) for _ in range(size)]
        for _ in range(COMMITS):  # a server that has just started is slow
            session.commit(HERE, outputs, b"c" * 1000)
        yield from _each(
            f"a decider's commit of {size}",
            lambda outputs=outputs: session.commit(HERE, outputs, b"c" * 1000),
            COMMITS,
        )


def _record(org: str, decided: bool = False) -> Record:
    event = {"type": "message_received", "version": 1, "id": "0192fc2e-6d9c-7bd5-8f5c-000000000000", "data": _DATA}
    cause = Position(HERE, 1, 0) if decided else None
    return Record(org, "decision" if decided else "fact", (event,), 1_790_000_000_000_000, "bench", cause)


def _rate(name: str, work: Callable[[], object], count: int) -> Figures:
    seconds, ours, servers = _timed(work)
    yield name, count / seconds, "per s"
    yield from _cpu(ours / count, servers / count, "record")


def _each(name: str, work: Callable[[], object], times: int) -> Figures:
    seconds, ours, servers = _timed(lambda: [work() for _ in range(times)])
    yield name, seconds / times * 1000, "ms"
    yield from _cpu(ours / times, servers / times, "time")


def _cpu(ours: float, servers: float, what: str) -> Figures:
    yield "  CPU here", ours * 1e6, f"µs per {what}"
    if servers:
        yield "  CPU of the server", servers * 1e6, f"µs per {what}"


def _timed(work: Callable[[], object]) -> tuple[float, float, float]:
    """Seconds: on the clock, of CPU here, of CPU in the server (all our children)."""
    began, ours, servers = time.perf_counter(), time.process_time(), _cpu_of_children()
    work()
    return time.perf_counter() - began, time.process_time() - ours, _cpu_of_children() - servers


def _cpu_of_children() -> float:
    """Those that ended count with their parent."""
    spent = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += sum(times[:4])
    return spent
