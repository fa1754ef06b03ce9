"""Kafka that wants TLS, a password or a certificate, and says no."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from domain.errors import Unavailable
from infra.embedded.kafka_server import EmbeddedKafka
from infra.event_log import kafka as kafka_log
from infra.event_log.kafka import KafkaEventLog
from infra.event_log.kafka_connection import KafkaConnection
from infra.event_log.kafka_security import OPEN, KafkaSecurity, NotLetIn
from tests.adapters.event_log.kafka_logs import TIMEOUT, kill_an_owner_within_a_commit, opening
from tests.conformance.event_log_suite import EventLogSuite
from tests.conformance.event_log_suite.asking import (
    HERE,
    OpenLog,
    decision,
    everything,
    gains,
    polled,
    record,
    shown,
    texts,
)
from tests.secured_kafka import BRIEF, MUTUAL, PASSWORD, SCRAM, SESSION_SECONDS, Securing

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


class TestSecuredKafkaEventLog(EventLogSuite):
    """All that a log promises, over TLS and signed in."""

    @pytest.fixture
    def open_log(self, kafka: EmbeddedKafka, prefix: str, securing: Securing) -> Iterator[OpenLog]:
        yield from opening(kafka.url_of(SCRAM), prefix, TIMEOUT, security=securing.scram())

    @pytest.fixture
    def killed_owner(
        self, kafka: EmbeddedKafka, open_log: OpenLog, prefix: str, securing: Securing
    ) -> Callable[[], None]:
        security = securing.scram()
        return lambda: kill_an_owner_within_a_commit(kafka.url_of(SCRAM), prefix, TIMEOUT, security)


WAYS = {
    "SCRAM-SHA-256": (SCRAM, lambda securing: securing.scram(mechanism="SCRAM-SHA-256")),
    "PLAIN": (SCRAM, lambda securing: securing.scram(mechanism="PLAIN")),
    "a certificate": (MUTUAL, lambda securing: securing.mutual()),
    "no TLS": (BRIEF, lambda securing: securing.brief()),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_log_is_written_decided_and_read(kafka, securing, prefix, way):
    listener, of = WAYS[way]
    opened = opening(kafka.url_of(listener), prefix, TIMEOUT, security=of(securing))
    open_log = next(opened)
    log, session = open_log(), open_log().own("one")
    gains(session)
    follower = log.follow({HERE: -1})

    log.append([record(text="asked")])
    session.commit(HERE, [decision("decided")], b"1")

    assert texts(polled(follower, 2)) == texts(shown(log, 2)) == ["asked", "decided"]
    follower.close()
    session.close()
    next(opened, None)


def test_who_stays_longer_than_a_session_signs_in_again_on_the_same_connections(kafka, securing, prefix, monkeypatch):
    opened = opening(kafka.url_of(BRIEF), prefix, TIMEOUT, patience=15.0, security=securing.brief())
    open_log = next(opened)
    log, session = open_log(), open_log().own("one")
    gains(session)
    follower = log.follow({HERE: -1})
    log.append([record(text="0")])
    session.commit(HERE, [decision("decided")], b"0")
    polled(follower, 2)
    made: list[object] = []
    monkeypatch.setattr(
        KafkaConnection, "__init__", lambda self, *given, real=KafkaConnection.__init__: made.append(real(self, *given))
    )

    time.sleep(SESSION_SECONDS)
    session.assignment()
    log.append([record(text="1")])
    session.commit(HERE, [decision("decided again")], b"1")
    assert "1" in texts(polled(follower, 2))

    assert made == []
    assert [text for text in texts(everything(log)) if text.isdigit()] == ["0", "1"]
    follower.close()
    session.close()
    next(opened, None)


def _wrong(securing: Securing) -> dict[str, tuple[str, KafkaSecurity, str]]:
    """Per fault: the listener, the settings, and what is said."""
    stranger = tuple(map(str, securing.stranger.sign("intruder")))
    return {
        "password": (SCRAM, securing.scram(password="guessed"), "refuses the user 'evenkeel'.*EVENKEEL_KAFKA_PASSWORD"),
        "password of PLAIN": (SCRAM, securing.scram(mechanism="PLAIN", password="guessed"), "EVENKEEL_KAFKA_PASSWORD"),
        "mechanism": (BRIEF, replace(securing.brief(), mechanism="PLAIN"), "EVENKEEL_KAFKA_MECHANISM: it takes SCRAM-SHA-256"),
        "CA": (SCRAM, securing.scram(ca=str(securing.stranger.file)), "not signed by anybody we trust.*EVENKEEL_KAFKA_CA is"),
        "no CA": (SCRAM, securing.scram(ca=""), "EVENKEEL_KAFKA_CA names nobody"),
        "no certificate": (MUTUAL, securing.mutual(certificate="", key=""), "wants a certificate from us: EVENKEEL_KAFKA_CERTIFICATE"),
        "certificate": (MUTUAL, securing.mutual(certificate=stranger[0], key=stranger[1]), "refuses our certificate.*EVENKEEL_KAFKA_CERTIFICATE"),
        "plain to TLS": (SCRAM, OPEN, "speaks TLS.*EVENKEEL_KAFKA_SECURITY is PLAINTEXT"),
        "plain to SASL": (BRIEF, OPEN, "closed the connection.*EVENKEEL_KAFKA_SECURITY is PLAINTEXT"),
        "TLS to SASL": (BRIEF, securing.scram(), "EVENKEEL_KAFKA_SECURITY is SASL_SSL"),
        "SASL to TLS": (SCRAM, securing.brief(), "speaks TLS.*EVENKEEL_KAFKA_SECURITY is SASL_PLAINTEXT"),
        "no password": (SCRAM, securing.mutual(), "want a password.*EVENKEEL_KAFKA_SECURITY is SSL"),
    }  # fmt: skip


FAULTS = (
    "password", "password of PLAIN", "mechanism", "CA", "no CA", "no certificate", "certificate", "plain to TLS", "plain to SASL",
    "TLS to SASL", "SASL to TLS", "no password",
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_once_at_once_and_without_the_password(kafka, securing, prefix, fault):
    listener, security, expected = _wrong(securing)[fault]
    began = time.monotonic()

    with pytest.raises(Unavailable, match=expected) as at_start:
        kafka_log.install(kafka.url_of(listener), 1, prefix=prefix, security=security)
    with pytest.raises(Unavailable, match=expected) as looked:
        kafka_log.check(kafka.url_of(listener), security=security)

    assert time.monotonic() - began < 20  # of the 30 s that a Kafka may take to come up
    for raised in (at_start, looked):
        assert "\n" not in raised.value.sentence
        assert "guessed" not in raised.value.sentence and PASSWORD not in raised.value.sentence


def test_a_plain_kafka_is_not_spoken_with_in_tls_or_with_a_password(kafka, securing):
    for security in (securing.scram(), securing.mutual(), securing.brief()):
        with pytest.raises(Unavailable, match=f"EVENKEEL_KAFKA_SECURITY is {security.protocol}"):
            kafka_log.check(kafka.url, security=security)


def test_a_certificate_of_another_host_is_refused_unless_hosts_are_not_checked(kafka, securing):
    other = kafka.url_of(SCRAM, host="localhost")
    with pytest.raises(NotLetIn, match="not that host's.*EVENKEEL_KAFKA_CHECK_HOST"):
        kafka_log.check(other, security=securing.scram())

    kafka_log.check(other, security=replace(securing.scram(), check_host=False))


def test_doors_are_told_at_once_and_followers_wait_and_say_why(kafka, securing, prefix, caplog):
    """A password that was changed while the system runs: what arrives is spooled, what follows goes on when it is mended."""
    kafka_log.install(kafka.url, 1, prefix=prefix)
    log = KafkaEventLog(kafka.url_of(SCRAM), prefix=prefix, security=securing.scram(password="former"))
    follower = log.follow({0: -1})
    began = time.monotonic()

    with pytest.raises(NotLetIn, match="refuses the user"):
        log.append([record()])
    assert time.monotonic() - began < 8  # of the 10 s that it may try
    with caplog.at_level(logging.WARNING):
        assert follower.poll(0.3) == [] == follower.poll(0.3)

    said = [each.getMessage() for each in caplog.records if "refuses the user" in each.getMessage()]
    assert len(said) == 1 and "former" not in caplog.text
    follower.close()
    log.close()
