"""`evenkeel doctor` where nothing runs: what keeps servers of others from being used, with the setting that names them."""

import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg2.extensions import parse_dsn

from gateways.cli.doctor import Finding, examine
from infra.embedded.child_process import free_port
from infra.kafka_settings import kafka_variables
from infra.settings import Settings
from tests.secured_kafka import BRIEF, SCRAM


def findings(folder: Path, **environment: str) -> dict[str, Finding]:
    """By what they are about."""
    given = {"EVENKEEL_DATA": str(folder), "EVENKEEL_PORT": str(free_port())} | environment
    return {each.what: each for each in examine(Settings.from_environment(given, folder))}


def address(dsn: str, user: str) -> str:
    parts = parse_dsn(dsn)
    return f"postgresql://{user}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"


def test_servers_of_others_that_answer_are_well(tmp_path, postgres_database, redis_url):
    database = address(postgres_database, "postgres")
    found = findings(tmp_path, EVENKEEL_LOG=database, EVENKEEL_DATABASE=database, EVENKEEL_REDIS=redis_url)

    for what in ("the log (EVENKEEL_LOG)", "the database (EVENKEEL_DATABASE)", "Redis (EVENKEEL_REDIS)"):
        assert found[f"{what} answers"].state == "ok"


def test_servers_of_our_own_are_not_asked_while_nothing_runs(tmp_path):
    assert not [what for what in findings(tmp_path) if "answers" in what or "reached" in what]


def test_a_database_that_does_not_know_the_user_is_wrong(tmp_path, postgres_database):
    found = findings(tmp_path, EVENKEEL_DATABASE=address(postgres_database, "nobody"))

    told = found["the database (EVENKEEL_DATABASE) can't be reached"]
    assert told.state == "wrong" and 'role "nobody" does not exist' in told.remedy


def test_a_redis_that_refuses_the_password_is_wrong(tmp_path, redis_url):
    found = findings(tmp_path, EVENKEEL_REDIS=f"unix://keel:guessed@{urlsplit(redis_url).path}?db=0")

    told = found["Redis (EVENKEEL_REDIS) can't be reached"]
    assert told.state == "wrong" and "refuses the user or the password" in told.remedy and "guessed" not in told.remedy


@pytest.mark.kafka
@pytest.mark.slow
def test_a_kafka_that_refuses_the_password_is_wrong(tmp_path, kafka, securing, caplog):
    security = securing.scram(password="guessed")
    with caplog.at_level(logging.DEBUG):
        found = findings(tmp_path, EVENKEEL_LOG=kafka.url_of(SCRAM), **kafka_variables(security))

    told = found["the log (EVENKEEL_LOG) can't be reached"]
    assert told.state == "wrong" and "EVENKEEL_KAFKA_PASSWORD" in told.remedy
    assert "guessed" not in told.remedy and "guessed" not in caplog.text


@pytest.mark.kafka
@pytest.mark.slow
def test_a_kafka_whose_password_travels_in_the_open_is_a_warning(tmp_path, kafka, securing):
    found = findings(tmp_path, EVENKEEL_LOG=kafka.url_of(BRIEF), **kafka_variables(securing.brief()))

    assert found["the log (EVENKEEL_LOG) answers"].state == "ok"
    assert found["Kafka's user 'evenkeel' and all records travel unencrypted"].state == "warning"


@pytest.mark.kafka
@pytest.mark.slow
def test_hosts_that_are_not_checked_are_a_warning(tmp_path, kafka, securing):
    variables = kafka_variables(securing.scram()) | {"EVENKEEL_KAFKA_CHECK_HOST": "off"}
    found = findings(tmp_path, EVENKEEL_LOG=kafka.url_of(SCRAM, host="localhost"), **variables)

    assert found["the log (EVENKEEL_LOG) answers"].state == "ok"
    assert found["whether Kafka's certificates are those of its hosts is not looked at"].state == "warning"
