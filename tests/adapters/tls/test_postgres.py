"""Each place that opens a connection to Postgres, over TLS with certificates checked, and what is said where one is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from domain.errors import Unavailable
from gateways.cli import compose
from infra.event_log import postgres as postgres_log
from infra.event_log.postgres import PostgresEventLog
from infra.postgres.channel_log import PostgresChannelLog
from infra.postgres.channel_log import install as install_channel_log
from infra.postgres.state_store import PostgresStateStore
from infra.postgres.state_store import install as install_state_store
from infra.settings import Settings
from tests.certificates import Authority
from tests.conformance.event_log_suite.asking import record

pytestmark = pytest.mark.postgres


def settings(address: str) -> Settings:
    environment = {"EVENKEEL_DATABASE": address, "EVENKEEL_LOG": address, "EVENKEEL_REDIS": "redis://127.0.0.1:1"}
    return Settings.from_environment(environment, Path("/"))


def _log(address: str) -> None:
    postgres_log.install(address, 1)
    log = PostgresEventLog(address)
    follower, session = log.follow({0: -1}), log.own("one")
    log.append([record()])
    assert len(follower.poll(5.0)) == 1
    assert session.assignment().gained == {0: b""}
    session.close()
    follower.close()
    log.close()


def _state_store(address: str) -> None:
    install_state_store(address)
    store = PostgresStateStore(address)
    assert store.position(0) == -1
    store.close()


def _channel_log(address: str) -> None:
    install_channel_log(address)
    log = PostgresChannelLog(lambda: compose.connect_database(settings(address)))
    assert log.forget_before(datetime(2026, 1, 1, tzinfo=UTC)) == 0
    log.close()


def _read_models(address: str) -> None:
    connection = compose.connect_database(settings(address))
    with connection.cursor() as cursor:
        cursor.execute("show jit")
        assert cursor.fetchone() == ("off",)
    assert connection.info.ssl_in_use
    connection.close()


def _all_at_start(address: str) -> None:
    compose.install(settings(address))


@pytest.mark.parametrize("use", [_log, _state_store, _channel_log, _read_models, _all_at_start])
def test_it_is_reached_over_tls_with_a_certificate_that_is_checked(postgres, use):
    use(postgres.address())


WRONG = {
    "password": ({"password": "guessed"}, "password authentication failed"),
    "CA": ({"ca": None}, "certificate verify failed"),
    "host": ({"host": "localhost"}, "localhost"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("use", [_log, _read_models, _all_at_start])
def test_what_is_wrong_is_said_without_the_password(postgres, tmp_path, use, wrong):
    given, expected = WRONG[wrong]
    if "ca" in given:
        given = {"ca": Authority(tmp_path, "stranger").file}

    with pytest.raises(Unavailable, match=expected) as raised:
        use(postgres.address(**given))

    assert "guessed" not in raised.value.sentence


def test_a_wrong_password_is_said_also_where_the_log_is_another_one(postgres, monkeypatch):
    """On Kafka the read models' database is the first of Postgres that is asked."""
    monkeypatch.setattr(postgres_log, "install", lambda *given: None)

    with pytest.raises(Unavailable, match="password authentication failed"):
        compose.install(settings(postgres.address(password="guessed")))


def test_options_in_the_address_are_kept(postgres):
    connection = compose.connect_database(settings(postgres.address() + "&options=-c%20statement_timeout%3D7s"))
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('statement_timeout'), current_setting('jit')")
        assert cursor.fetchone() == ("7s", "off")
    connection.close()


def test_a_server_without_tls_is_refused_where_tls_is_wanted(postgres_url):
    port = urlsplit(postgres_url).port
    with pytest.raises(Unavailable, match="server does not support SSL"):
        compose.connect_database(settings(f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=require"))
