"""How the installation's Kafka is spoken with, from environment variables."""

import ssl
from pathlib import Path

import pytest

from domain.errors import Invalid
from infra.event_log.kafka_security import OPEN, KafkaSecurity, NotLetIn
from infra.kafka_settings import kafka_variables
from infra.settings import Settings
from tests.certificates import Authority

SIGNED_IN = {
    "EVENKEEL_KAFKA_SECURITY": "SASL_SSL",
    "EVENKEEL_KAFKA_MECHANISM": "SCRAM-SHA-512",
    "EVENKEEL_KAFKA_USER": "keel",
    "EVENKEEL_KAFKA_PASSWORD": "opensesame",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


def kafka(folder: Path = Path("/installation"), **environment: str) -> KafkaSecurity:
    return Settings.from_environment({"EVENKEEL_LOG": "kafka://broker:9093"} | environment, folder).kafka


def faults(folder: Path = Path("/installation"), **environment: str) -> list[str]:
    with pytest.raises(Invalid) as raised:
        kafka(folder, **environment)
    return raised.value.sentence.split("\n")


def test_nothing_set_is_a_kafka_that_everybody_may_use():
    assert kafka() == OPEN
    assert kafka().client_settings() == {"security_protocol": "PLAINTEXT"}


def test_user_and_password_reach_the_librarys_clients():
    settings = kafka(**SIGNED_IN).client_settings()
    assert isinstance(settings.pop("ssl_context"), ssl.SSLContext)
    assert settings == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "keel",
        "sasl_plain_password": "opensesame",
    }


def test_a_user_with_a_comma_is_written_as_scram_has_it():
    assert KafkaSecurity(mechanism="SCRAM-SHA-256", user="a,b=c").sasl_settings()["sasl_plain_username"] == "a=2Cb=3Dc"
    assert KafkaSecurity(mechanism="PLAIN", user="a,b=c").sasl_settings()["sasl_plain_username"] == "a,b=c"


def test_hosts_are_checked_unless_that_is_switched_off():
    assert kafka(EVENKEEL_KAFKA_SECURITY="SSL").context().check_hostname
    off = kafka(EVENKEEL_KAFKA_SECURITY="SSL", EVENKEEL_KAFKA_CHECK_HOST="off").context()
    assert not off.check_hostname and off.verify_mode == ssl.CERT_REQUIRED


def test_a_password_comes_from_a_file_without_its_last_line_break(tmp_path):
    (tmp_path / "secret").write_text("open sesame\n")
    given = SIGNED_IN | {"EVENKEEL_KAFKA_PASSWORD": "", "EVENKEEL_KAFKA_PASSWORD_FILE": "secret"}
    found = kafka(tmp_path, **given)
    assert found.password == "open sesame"
    handed_on = kafka_variables(found)
    assert handed_on["EVENKEEL_KAFKA_PASSWORD"] == ""
    assert handed_on["EVENKEEL_KAFKA_PASSWORD_FILE"] == str(tmp_path / "secret")


def test_everything_set_is_the_same_when_it_was_handed_on(tmp_path, authority):
    certificate, key = authority.sign("client", password="locked")
    found = kafka(
        tmp_path,
        **SIGNED_IN,
        EVENKEEL_KAFKA_CA=str(authority.file),
        EVENKEEL_KAFKA_CERTIFICATE=str(certificate),
        EVENKEEL_KAFKA_KEY=str(key),
        EVENKEEL_KAFKA_KEY_PASSWORD="locked",
        EVENKEEL_KAFKA_CHECK_HOST="off",
    )
    assert kafka(Path("/elsewhere"), **kafka_variables(found)) == found


def test_no_secret_is_shown(authority):
    certificate, key = authority.sign("client", password="locked")
    files = {"EVENKEEL_KAFKA_CERTIFICATE": str(certificate), "EVENKEEL_KAFKA_KEY": str(key)}
    found = kafka(**SIGNED_IN, **files, EVENKEEL_KAFKA_KEY_PASSWORD="locked")
    assert "opensesame" not in repr(found) and "locked" not in repr(found)


def test_all_that_is_missing_is_said_at_once():
    assert faults(EVENKEEL_KAFKA_SECURITY="SASL_SSL") == [
        "EVENKEEL_KAFKA_SECURITY is SASL_SSL: it needs EVENKEEL_KAFKA_MECHANISM: one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.",
        "EVENKEEL_KAFKA_SECURITY is SASL_SSL: it needs EVENKEEL_KAFKA_USER.",
        "EVENKEEL_KAFKA_SECURITY is SASL_SSL: it needs EVENKEEL_KAFKA_PASSWORD or EVENKEEL_KAFKA_PASSWORD_FILE.",
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"EVENKEEL_KAFKA_SECURITY": "TLS"}, "EVENKEEL_KAFKA_SECURITY is 'TLS': expected one of PLAINTEXT, SSL,"),
        ({**SIGNED_IN, "EVENKEEL_KAFKA_SECURITY": "tls"}, "EVENKEEL_KAFKA_SECURITY is 'tls': expected one of"),
        ({**SIGNED_IN, "EVENKEEL_KAFKA_MECHANISM": "GSSAPI"}, "EVENKEEL_KAFKA_MECHANISM is 'GSSAPI': expected one of PLAIN,"),
        ({"EVENKEEL_KAFKA_USER": "keel"}, "EVENKEEL_KAFKA_USER is set, but EVENKEEL_KAFKA_SECURITY is PLAINTEXT: expected SASL_"),
        ({"EVENKEEL_KAFKA_CHECK_HOST": "maybe"}, "EVENKEEL_KAFKA_CHECK_HOST is 'maybe': expected one of on, off."),
        (
            {"EVENKEEL_KAFKA_SECURITY": "SSL", "EVENKEEL_KAFKA_CA": "none.pem"},
            "EVENKEEL_KAFKA_CA is 'none.pem': there is no such file.",
        ),
        (
            {**SIGNED_IN, "EVENKEEL_KAFKA_PASSWORD": "", "EVENKEEL_KAFKA_PASSWORD_FILE": "none"},
            "EVENKEEL_KAFKA_PASSWORD_FILE is 'none': there is no such file.",
        ),
        (
            {**SIGNED_IN, "EVENKEEL_LOG": "postgresql://keel:opensesame@database/log"},
            "EVENKEEL_KAFKA_SECURITY is SASL_SSL, but EVENKEEL_LOG is 'postgresql://…@database/log': expected kafka://host:port,…",
        ),
        ({**SIGNED_IN, "EVENKEEL_LOG": "kafka"}, "EVENKEEL_KAFKA_SECURITY is SASL_SSL, but EVENKEEL_LOG is 'kafka':"),
        (
            {"EVENKEEL_LOG": "kafka://keel:opensesame@broker:9093"},
            "EVENKEEL_LOG is 'kafka://…@broker:9093': expected kafka://host:port,… without a user",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_its_setting_and_shows_no_password(given, expected):
    [fault] = faults(**given)
    assert fault.startswith(expected)
    assert "opensesame" not in fault


def test_a_password_in_two_places_is_refused(tmp_path):
    (tmp_path / "secret").write_text("other")
    [fault] = faults(tmp_path, **SIGNED_IN, EVENKEEL_KAFKA_PASSWORD_FILE="secret")
    assert fault == "EVENKEEL_KAFKA_PASSWORD and EVENKEEL_KAFKA_PASSWORD_FILE are both set: expected one of them."


def test_an_empty_password_file_is_refused(tmp_path):
    (tmp_path / "secret").write_text("\n")
    given = SIGNED_IN | {"EVENKEEL_KAFKA_PASSWORD": "", "EVENKEEL_KAFKA_PASSWORD_FILE": "secret"}
    [fault] = faults(tmp_path, **given)
    assert fault == f"EVENKEEL_KAFKA_PASSWORD_FILE is '{tmp_path}/secret': the file is empty."


def test_a_file_without_certificates_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    [fault] = faults(tmp_path, EVENKEEL_KAFKA_SECURITY="SSL", EVENKEEL_KAFKA_CA="ca.pem")
    assert fault.startswith(f"EVENKEEL_KAFKA_CA is '{tmp_path}/ca.pem': expected a file of certificates in PEM")


def test_a_key_of_another_certificate_or_without_its_password_is_refused(authority):
    certificate, _ = authority.sign("client")
    _, other = authority.sign("other", password="locked")
    given = {
        "EVENKEEL_KAFKA_SECURITY": "SSL",
        "EVENKEEL_KAFKA_CERTIFICATE": str(certificate),
        "EVENKEEL_KAFKA_KEY": str(other),
    }
    for password in ("", "locked", "wrong"):
        [fault] = faults(**given, EVENKEEL_KAFKA_KEY_PASSWORD=password)
        assert fault.startswith("EVENKEEL_KAFKA_CERTIFICATE is") and "the key that belongs to it" in fault


def test_a_key_without_a_certificate_is_refused(authority):
    _, key = authority.sign("client")
    [fault] = faults(EVENKEEL_KAFKA_SECURITY="SSL", EVENKEEL_KAFKA_KEY=str(key))
    assert fault == "EVENKEEL_KAFKA_KEY is set without EVENKEEL_KAFKA_CERTIFICATE: expected both."


def test_a_certificate_that_was_renewed_is_used_without_a_restart(tmp_path):
    authority = Authority(tmp_path, "authority")
    security = KafkaSecurity(protocol="SSL", ca=str(authority.file))
    before = security.context()
    assert security.context() is before

    renewed = Authority(tmp_path / "next", "authority").file
    authority.file.write_bytes(renewed.read_bytes())

    assert security.context() is not before


def test_a_certificate_that_vanished_is_said(tmp_path):
    authority = Authority(tmp_path, "authority")
    authority.file.unlink()
    with pytest.raises(NotLetIn, match="authority.pem"):
        KafkaSecurity(protocol="SSL", ca=str(authority.file)).context()
