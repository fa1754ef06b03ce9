"""Settings from environment variables."""

from pathlib import Path

import pytest

from domain.errors import Invalid
from infra.settings import Settings

FOLDER = Path("/installation")


def settings(**environment: str) -> Settings:
    return Settings.from_environment(environment, FOLDER)


def faults(**environment: str) -> list[str]:
    with pytest.raises(Invalid) as raised:
        settings(**environment)
    return raised.value.sentence.split("\n")


def test_nothing_set_is_the_embedded_installation_on_port_8000() -> None:
    found = settings()
    assert (found.host, found.port, found.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (found.log, found.log_url, found.database_url, found.redis_url) == ("postgres", "", "", "")
    assert found.data == found.state == FOLDER / "var"
    assert found.partitions == 8
    assert dict(found.processes) == {"web": 1, "decider": 1, "projector": 1, "light": 1}


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert settings(EVENKEEL_PORT="", EVENKEEL_LOG="", EVENKEEL_DATA="", EVENKEEL_PROCESSES="") == settings()


def test_the_port_moves_the_base_url() -> None:
    assert settings(EVENKEEL_PORT="8010").base_url == "http://127.0.0.1:8010"


def test_a_base_url_of_its_own_loses_its_last_slash() -> None:
    assert settings(EVENKEEL_BASE_URL="https://keel.example/").base_url == "https://keel.example"


def test_a_relative_data_folder_is_below_the_installation_an_absolute_one_where_it_says() -> None:
    assert settings(EVENKEEL_DATA="other").data == FOLDER / "other"
    assert settings(EVENKEEL_DATA="/srv/keel").data == Path("/srv/keel")


def test_an_embedded_kafka_keeps_its_state_beside_that_of_postgres() -> None:
    found = settings(EVENKEEL_LOG="kafka")
    assert found.log == "kafka" and found.log_url == ""
    assert found.state == FOLDER / "var" / "kafka"


@pytest.mark.parametrize("address", ["kafka://one:9092,two:9092", "postgresql://db/log", "postgres://db/log"])
def test_an_address_of_a_log_is_used_as_it_is(address: str) -> None:
    assert settings(EVENKEEL_LOG=address).log_url == address


def test_processes_that_are_not_named_stay_single() -> None:
    found = settings(EVENKEEL_PROCESSES="web=2, decider=3,light=0")
    assert dict(found.processes) == {"web": 2, "decider": 3, "projector": 1, "light": 0}


def test_allowed_hosts_are_names_addresses_and_networks() -> None:
    found = settings(EVENKEEL_ALLOWED_HOSTS="localhost, 10.0.0.0/8,::1,")
    assert found.allowed_hosts == {"localhost", "10.0.0.0/8", "::1"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EVENKEEL_PORT", "eighty", "a number from 1 to 65535"),
        ("EVENKEEL_PORT", "0", "a number from 1 to 65535"),
        ("EVENKEEL_PORT", "65536", "a number from 1 to 65535"),
        ("EVENKEEL_PARTITIONS", "-1", "a number from 1 to 10000"),
        ("EVENKEEL_LOG", "sqlite", "expected postgres, kafka, or an address"),
        ("EVENKEEL_DATABASE", "mysql://db", "begins with postgresql:// or postgres://"),
        ("EVENKEEL_REDIS", "http://cache", "begins with redis://"),
        ("EVENKEEL_BASE_URL", "keel.example", "begins with http:// or https://"),
        ("EVENKEEL_SMTP", "mail.example", "begins with smtp:// or smtps://"),
        ("EVENKEEL_ALLOWED_HOSTS", "10.0.0.0/99", "host names, addresses or networks"),
        ("EVENKEEL_PROCESSES", "painter=2", "the roles are web, decider, projector, light"),
        ("EVENKEEL_PROCESSES", "web", "role=number"),
        ("EVENKEEL_PROCESSES", "web=65", "role=number"),
    ],
)
def test_a_fault_names_its_variable_its_value_and_what_was_expected(name: str, value: str, expected: str) -> None:
    [fault] = faults(**{name: value})
    assert fault.startswith(name) and repr(value) in fault and expected in fault


def test_all_faults_are_reported_at_once() -> None:
    said = faults(EVENKEEL_PORT="x", EVENKEEL_LOG="y", EVENKEEL_PROCESSES="a=1,b=2")
    assert [each.split()[0] for each in said] == [
        "EVENKEEL_PORT", "EVENKEEL_LOG", "EVENKEEL_PROCESSES", "EVENKEEL_PROCESSES"
    ]  # fmt: skip
