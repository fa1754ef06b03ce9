"""How the installation's Kafka is spoken with, from environment variables; every fault in a sentence that names its variable."""

from collections.abc import Mapping
from pathlib import Path

from infra.event_log.kafka_security import MECHANISMS, PROTOCOLS, KafkaSecurity, NotLetIn

_ENCRYPTED = ("SSL", "SASL_SSL")
_SIGNED_IN = ("SASL_PLAINTEXT", "SASL_SSL")
_OF_TLS = (
    "EVENKEEL_KAFKA_CA",
    "EVENKEEL_KAFKA_CERTIFICATE",
    "EVENKEEL_KAFKA_KEY",
    "EVENKEEL_KAFKA_KEY_PASSWORD",
    "EVENKEEL_KAFKA_KEY_PASSWORD_FILE",
)
_OF_SASL = (
    "EVENKEEL_KAFKA_MECHANISM",
    "EVENKEEL_KAFKA_USER",
    "EVENKEEL_KAFKA_PASSWORD",
    "EVENKEEL_KAFKA_PASSWORD_FILE",
)


def read_kafka_security(environment: Mapping[str, str], folder: Path) -> tuple[KafkaSecurity, list[str]]:
    """And the faults. Relative files are below `folder`."""
    reading = _Reading(environment, folder)
    security = reading.security()
    if security.encrypts and not reading.faults:
        try:
            security.context()
        except NotLetIn as error:
            reading.faults.append(error.sentence)
    return security, reading.faults


def kafka_variables(security: KafkaSecurity) -> dict[str, str]:
    """As environment variables again. A secret that came from a file is named, not copied."""
    return {
        "EVENKEEL_KAFKA_SECURITY": security.protocol,
        "EVENKEEL_KAFKA_MECHANISM": security.mechanism,
        "EVENKEEL_KAFKA_USER": security.user,
        "EVENKEEL_KAFKA_PASSWORD": "" if security.password_file else security.password,
        "EVENKEEL_KAFKA_PASSWORD_FILE": security.password_file,
        "EVENKEEL_KAFKA_CA": security.ca,
        "EVENKEEL_KAFKA_CERTIFICATE": security.certificate,
        "EVENKEEL_KAFKA_KEY": security.key,
        "EVENKEEL_KAFKA_KEY_PASSWORD": "" if security.key_password_file else security.key_password,
        "EVENKEEL_KAFKA_KEY_PASSWORD_FILE": security.key_password_file,
        "EVENKEEL_KAFKA_CHECK_HOST": "on" if security.check_host else "off",
    }


class _Reading:
    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self.faults: list[str] = []

    def security(self) -> KafkaSecurity:
        protocol = self._one_of("EVENKEEL_KAFKA_SECURITY", PROTOCOLS, "PLAINTEXT")
        password, password_file = self._secret("EVENKEEL_KAFKA_PASSWORD")
        key_password, key_password_file = self._secret("EVENKEEL_KAFKA_KEY_PASSWORD")
        found = KafkaSecurity(
            protocol=protocol,
            mechanism=self._one_of("EVENKEEL_KAFKA_MECHANISM", MECHANISMS, ""),
            user=self._text("EVENKEEL_KAFKA_USER"),
            password=password,
            password_file=password_file,
            ca=self._file("EVENKEEL_KAFKA_CA"),
            certificate=self._file("EVENKEEL_KAFKA_CERTIFICATE"),
            key=self._file("EVENKEEL_KAFKA_KEY"),
            key_password=key_password,
            key_password_file=key_password_file,
            check_host=self._one_of("EVENKEEL_KAFKA_CHECK_HOST", ("on", "off"), "on") == "on",
        )
        if not any(fault.startswith("EVENKEEL_KAFKA_SECURITY") for fault in self.faults):
            self._check_used(protocol)
        if found.signs_in:
            self._check_there(found)
        if found.key and not found.certificate:
            self.faults.append("EVENKEEL_KAFKA_KEY is set without EVENKEEL_KAFKA_CERTIFICATE: expected both.")
        return found

    def _check_used(self, protocol: str) -> None:
        """What would have no effect was meant to have one."""
        for names, using in ((_OF_TLS, _ENCRYPTED), (_OF_SASL, _SIGNED_IN)):
            for name in names:
                if self._text(name) and protocol not in using:
                    self.faults.append(
                        f"{name} is set, but EVENKEEL_KAFKA_SECURITY is {protocol}: expected {' or '.join(using)}."
                    )

    def _check_there(self, found: KafkaSecurity) -> None:
        needed = (
            ("EVENKEEL_KAFKA_MECHANISM", found.mechanism, f": one of {', '.join(MECHANISMS)}"),
            ("EVENKEEL_KAFKA_USER", found.user, ""),
            ("EVENKEEL_KAFKA_PASSWORD", found.password, " or EVENKEEL_KAFKA_PASSWORD_FILE"),
        )
        for name, value, more in needed:
            if not value and not any(fault.startswith(name) for fault in self.faults):
                self.faults.append(f"EVENKEEL_KAFKA_SECURITY is {found.protocol}: it needs {name}{more}.")

    def _text(self, name: str) -> str:
        return self._environment.get(name) or ""

    def _one_of(self, name: str, known: tuple[str, ...], otherwise: str) -> str:
        text = self._text(name) or otherwise
        if text and text not in known:
            self.faults.append(f"{name} is {text!r}: expected one of {', '.join(known)}.")
            return otherwise
        return text

    def _file(self, name: str) -> str:
        """As a path that is the same wherever a process runs; "" if none is named."""
        text = self._text(name)
        if not text:
            return ""
        path = (self._folder / text).absolute()
        if not path.is_file():
            self.faults.append(f"{name} is {text!r}: there is no such file.")
        return str(path)

    def _secret(self, name: str) -> tuple[str, str]:
        """And the file that it was read from, "" if it was given itself."""
        given, file = self._text(name), self._file(f"{name}_FILE")
        if not file:
            return given, ""
        if given:
            self.faults.append(f"{name} and {name}_FILE are both set: expected one of them.")
            return given, ""
        try:
            secret = Path(file).read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            if Path(file).is_file():
                why = getattr(error, "strerror", None) or "it is no text"
                self.faults.append(f"{name}_FILE is {file!r}: it can't be read ({why}).")
            return "", file
        if not secret:
            self.faults.append(f"{name}_FILE is {file!r}: the file is empty.")
        return secret, file
