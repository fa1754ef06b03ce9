"""How an installation is let in by its Kafka and knows that it is the right one: TLS, certificates, user and password."""

import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.errors import Unavailable

if TYPE_CHECKING:
    import ssl

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class NotLetIn(Unavailable):
    """Kafka does not let us in, or is not the one it should be: waiting does not help, settings (ours or its) have to change."""


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """What is "" is not used. `ca`, `certificate` and `key` are PEM files: whose signatures are trusted ("": whom this machine trusts), and who
    we are. The secrets' own files are kept to be named again to other processes."""

    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = field(default="", repr=False)
    key_password_file: str = ""
    check_host: bool = True

    @property
    def encrypts(self) -> bool:
        return self.protocol.endswith("SSL")

    @property
    def signs_in(self) -> bool:
        return self.protocol.startswith("SASL_")

    def context(self) -> "ssl.SSLContext":
        """Made anew when one of the files was replaced: certificates are renewed while we run. Raises NotLetIn, which names the setting."""
        files = tuple(filter(None, (self.ca, self.certificate, self.key)))
        try:
            stamps = tuple(os.stat(file).st_mtime_ns for file in files)
        except OSError as error:
            raise NotLetIn(f"A file of the certificates for Kafka can't be read: {error}") from error
        return _context(self, stamps)

    def sasl_settings(self) -> dict[str, str]:
        """For the library's mechanisms."""
        return {
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": _escaped(self.user) if self.mechanism.startswith("SCRAM") else self.user,
            "sasl_plain_password": self.password,
        }

    def client_settings(self) -> dict[str, Any]:
        """For the library's clients."""
        return (
            {"security_protocol": self.protocol}
            | ({"ssl_context": self.context()} if self.encrypts else {})
            | (self.sasl_settings() if self.signs_in else {})
        )


OPEN = KafkaSecurity()
"""For a Kafka that everybody may use."""


def _escaped(user: str) -> str:
    """As RFC 5802 has it; the library leaves it to us."""
    return user.replace("=", "=3D").replace(",", "=2C")


@functools.lru_cache(maxsize=4)
def _context(security: KafkaSecurity, _stamps: tuple[int, ...]) -> "ssl.SSLContext":
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = security.check_host
    try:
        if security.ca:
            context.load_verify_locations(security.ca)
        else:
            context.load_default_certs()
    except OSError as error:
        raise NotLetIn(
            f"EVENKEEL_KAFKA_CA is {security.ca!r}: expected a file of certificates in PEM ({_why(error)})."
        ) from error
    if security.certificate:
        try:
            context.load_cert_chain(security.certificate, security.key or None, security.key_password)
        except (OSError, ValueError) as error:
            raise NotLetIn(
                f"EVENKEEL_KAFKA_CERTIFICATE is {security.certificate!r} and EVENKEEL_KAFKA_KEY {security.key!r}: expected a certificate"
                " in PEM and the key that belongs to it, with EVENKEEL_KAFKA_KEY_PASSWORD if the key is encrypted"
                f" ({_why(error)})."
            ) from error
    return context


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None)  # TLS's own word for it
    if isinstance(reason, str):
        return reason.lower().replace("_", " ")
    return str(getattr(error, "strerror", None) or error).removesuffix(".")
