"""The ports of this run's Apache Kafka that want TLS or a password, and the settings that open them."""

from pathlib import Path

from infra.embedded.kafka_listeners import Listener
from infra.event_log.kafka_security import KafkaSecurity
from tests.certificates import Authority

USER, PASSWORD = "evenkeel", "correct-horse"
SESSION_SECONDS = 3.0
SCRAM, MUTUAL, BRIEF = "SCRAM", "MUTUAL", "BRIEF"
"""SASL_SSL with SCRAM or PLAIN; TLS for whom our authority signed; SASL_PLAINTEXT with a session of `SESSION_SECONDS`."""

_SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_PLAIN_MODULE = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'


class Securing:
    """Makes the certificates below a folder. The broker's is for 127.0.0.1, and for no name."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "authority")
        self.stranger = Authority(folder, "stranger")
        self._broker = folder / "broker.pem"
        self._broker.write_bytes(
            b"".join(part.read_bytes() for part in self.authority.sign("broker", address="127.0.0.1"))
        )
        self._client = self.authority.sign("client")

    def listeners(self) -> list[Listener]:
        tls = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(self._broker)}
        trust = {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(self.authority.file)}
        of_scram = {
            f"scram-sha-{size}.{name}": value
            for size in (256, 512)
            for name, value in (("sasl.jaas.config", _SCRAM_MODULE),)
        }
        sasl = {
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "plain.sasl.jaas.config": _PLAIN_MODULE,
            **of_scram,
        }
        brief = {
            "sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "scram-sha-256.sasl.jaas.config": _SCRAM_MODULE,
            "scram-sha-256.connections.max.reauth.ms": str(int(SESSION_SECONDS * 1000)),
        }
        return [
            Listener(SCRAM, "SASL_SSL", tls | sasl),
            Listener(MUTUAL, "SSL", tls | trust | {"ssl.client.auth": "required"}),
            Listener(BRIEF, "SASL_PLAINTEXT", brief),
        ]

    def scram(self, *, mechanism: str = "SCRAM-SHA-512", password: str = PASSWORD, **other: str) -> KafkaSecurity:
        """For the listener SCRAM."""
        settings = {"protocol": "SASL_SSL", "ca": str(self.authority.file)} | other
        return KafkaSecurity(mechanism=mechanism, user=USER, password=password, **settings)  # type: ignore[arg-type]

    def mutual(self, **other: str) -> KafkaSecurity:
        """For the listener MUTUAL."""
        certificate, key = map(str, self._client)
        settings = {"ca": str(self.authority.file), "certificate": certificate, "key": key} | other
        return KafkaSecurity(protocol="SSL", **settings)  # type: ignore[arg-type]

    def brief(self) -> KafkaSecurity:
        """For the listener BRIEF."""
        return KafkaSecurity(protocol="SASL_PLAINTEXT", mechanism="SCRAM-SHA-256", user=USER, password=PASSWORD)
