"""A test's own log in a Kafka that is there, and an owner of it that is killed in the midst of a commit."""

import json
from collections.abc import Iterator

from infra.event_log.kafka import KafkaEventLog, install
from infra.event_log.kafka_security import OPEN, KafkaSecurity
from infra.kafka_settings import kafka_variables
from tests.adapters.event_log.killed_process import kill_when_begun
from tests.conformance.event_log_suite.asking import PARTITIONS, PATIENCE, OpenLog

TIMEOUT = 60.0
"""Seconds that a call of a log opened by the fixture `open_log` may take. On a busy machine all that share it may be slow: that is no outage."""

SHORT = 3.0
"""Seconds that it may take where a test waits for an outage to be said, or for a transaction to time out."""

# What a commit does up to the moment before it is durable.
_BEGINS_TO_COMMIT = """
import json, sys, time
from pathlib import Path
from kafka import TopicPartition
from infra.event_log.kafka import KafkaEventLog
from infra.event_log.kafka_batch_writing import entry_of
from infra.event_log.wire_format import encode
from infra.kafka_settings import read_kafka_security
from tests.conformance.event_log_suite.asking import HERE, PATIENCE, decision, gains

url, prefix, timeout, variables = sys.argv[1:]
security, _ = read_kafka_security(json.loads(variables), Path.cwd())
log = KafkaEventLog(url, prefix=prefix, member_timeout=PATIENCE, timeout=float(timeout), security=security)
session = log.own("killed")
gains(session)
producer = session._owned[HERE]
half_done = decision("half done")
entry = entry_of(half_done, encode(half_done))
producer.write({TopicPartition(f"{prefix}.{topic}", HERE): [entry] for topic in ("events", "cursors")}, time.monotonic() + 60)
print("begun", flush=True)
time.sleep(600)
"""


def opening(
    url: str, prefix: str, timeout: float, patience: float = PATIENCE, security: KafkaSecurity = OPEN
) -> Iterator[OpenLog]:
    """For a fixture: opens as many clients as are asked for, each call of theirs in `timeout` seconds, and closes them.

    Their members lose their partitions when they were not heard of for `patience` seconds.
    """
    install(url, PARTITIONS, prefix=prefix, security=security)
    opened: list[KafkaEventLog] = []

    def open_log() -> KafkaEventLog:
        opened.append(KafkaEventLog(url, prefix=prefix, member_timeout=patience, timeout=timeout, security=security))
        return opened[-1]

    yield open_log
    for log in opened:
        log.close()


def kill_an_owner_within_a_commit(url: str, prefix: str, timeout: float, security: KafkaSecurity = OPEN) -> None:
    kill_when_begun(_BEGINS_TO_COMMIT, url, prefix, str(timeout), json.dumps(kafka_variables(security)))
