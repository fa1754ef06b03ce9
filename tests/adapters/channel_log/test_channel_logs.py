"""Every channel log, by the one suite."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg2
import pytest

from domain.errors import Unavailable
from domain.ports.channel_log import ChannelLog, Question
from infra.memory.channel_log import MemoryChannelLog
from infra.postgres.channel_log import PostgresChannelLog, install
from tests.conformance.channel_log_suite import NOON, ORG, ChannelLogSuite, exchange, numbers


class TestMemory(ChannelLogSuite):
    @pytest.fixture
    def log(self) -> Iterator[ChannelLog]:
        yield MemoryChannelLog()


class TestPostgres(ChannelLogSuite):
    @pytest.fixture
    def log(self, postgres_database: str) -> Iterator[ChannelLog]:
        install(postgres_database)
        install(postgres_database)  # a second time changes nothing
        made = PostgresChannelLog(lambda: psycopg2.connect(postgres_database))
        yield made
        made.close()

    def test_it_connects_again_after_its_connection_was_lost(self, log: PostgresChannelLog) -> None:
        log.keep([exchange(1)])
        with log._connection.cursor() as cursor, pytest.raises(psycopg2.OperationalError):
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        log.keep([exchange(2)])

        assert numbers(log.find(Question(ORG))) == [2, 1]

    def test_a_day_that_another_process_dropped_is_made_again(
        self, log: PostgresChannelLog, postgres_database: str
    ) -> None:
        other = PostgresChannelLog(lambda: psycopg2.connect(postgres_database))
        log.keep([exchange(1)])
        other.forget_before(NOON + timedelta(days=1))
        with pytest.raises(Unavailable):
            log.keep([exchange(2)])
        log.keep([exchange(2)])
        other.close()

        assert numbers(log.find(Question(ORG))) == [2]

    def test_what_no_text_of_postgres_can_hold_is_kept_as_well_as_it_can(self, log: PostgresChannelLog) -> None:
        log.keep([exchange(1, request="nul \0 and half \ud83d", error="\0")])

        [found] = log.find(Question(ORG))
        assert (found.request, found.error) == ("nul \ufffd and half ?", "\ufffd")
