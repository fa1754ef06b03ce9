"""Addresses with passwords: their faults are said without them."""

import pytest

from domain.errors import Invalid
from infra.address_settings import without_secrets
from tests.infra.test_settings import faults, settings


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://keel:opensesame@database:5432/keel", "postgresql://…@database:5432/keel"),
        ("rediss://:open@sesame@redis:6379/0", "rediss://…@redis:6379/0"),
        ("postgresql://database/keel?user=keel&password=opensesame&sslmode=require",
         "postgresql://database/keel?user=keel&password=…&sslmode=require"),
        ("postgresql://database/keel?sslpassword=opensesame", "postgresql://database/keel?sslpassword=…"),
        ("host=database password=opensesame dbname=keel", "host=database password=… dbname=keel"),
        ("kafka://one:9092,two:9092", "kafka://one:9092,two:9092"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(address, shown):
    assert without_secrets(address) == shown


def test_settings_are_shown_without_secrets():
    found = settings(
        EVENKEEL_LOG="postgresql://keel:opensesame@log/keel",
        EVENKEEL_DATABASE="postgresql://keel:opensesame@database/keel",
        EVENKEEL_REDIS="rediss://keel:opensesame@redis:6380/0",
        EVENKEEL_SMTP="smtps://keel:opensesame@mail:465",
        EVENKEEL_META_APP_SECRET="opensesame",
        EVENKEEL_META_WEBHOOK_SECRET="opensesame",
        EVENKEEL_META_SYSTEM_USER_TOKEN="opensesame",
    )
    assert "opensesame" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EVENKEEL_DATABASE", "mysql://keel:opensesame@db", "EVENKEEL_DATABASE is 'mysql://…@db': expected an address that begins"),
        ("EVENKEEL_REDIS", "http://keel:opensesame@redis", "EVENKEEL_REDIS is 'http://…@redis': expected an address that begins"),
        ("EVENKEEL_LOG", "mysql://keel:opensesame@db", "EVENKEEL_LOG is 'mysql://…@db': expected postgres, kafka,"),
        ("EVENKEEL_DATABASE", "postgresql://keel:opensesame%zz@database/keel",
         "EVENKEEL_DATABASE is 'postgresql://…@database/keel': invalid percent-encoded token"),
        ("EVENKEEL_LOG", "postgresql://database/keel?sslmod=require",
         "EVENKEEL_LOG is 'postgresql://database/keel?sslmod=require': invalid URI query parameter: \"sslmod\""),
        ("EVENKEEL_REDIS", "redis://keel:open#sesame@redis:6379/0", "EVENKEEL_REDIS is"),
        ("EVENKEEL_REDIS", "redis://keel:opensesame@redis:6379/0?ssl_ca_certs=/etc/passwd",
         "EVENKEEL_REDIS is 'redis://…@redis:6379/0?ssl_ca_certs=/etc/passwd': with ssl_ca_certs expected it to begin with rediss://"),
        ("EVENKEEL_REDIS", "rediss://keel:opensesame@redis:6379/0?ssl_ca_certs=/none.pem",
         "EVENKEEL_REDIS says ssl_ca_certs=/none.pem: there is no such file."),
    ],
)  # fmt: skip
def test_a_fault_of_an_address_names_the_setting_and_shows_no_password(name, value, expected):
    [fault] = faults(**{name: value})
    assert fault.startswith(expected)
    assert "sesame" not in fault


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://keel:opensesame@database/keel?sslmode=verify-full&sslrootcert=system",
        "postgresql://keel@one:5432,two:5432/keel?target_session_attrs=read-write",
    ],
)
def test_what_postgres_takes_is_taken(address):
    try:
        assert settings(EVENKEEL_DATABASE=address).database_url == address
    except Invalid as error:
        pytest.fail(error.sentence)
