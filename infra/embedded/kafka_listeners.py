"""The ports of an embedded Kafka's broker: the plain one, the controller's, and others with TLS or passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Listener:
    """Another port of each broker, with a protocol (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL) and settings of its own."""

    name: str
    protocol: str
    settings: Mapping[str, str] = field(default_factory=dict)


def listening(
    port: int, controller_port: int, listeners: Sequence[Listener], more_ports: Mapping[str, int]
) -> dict[str, str]:
    """A broker's settings for all of its ports; `more_ports` by the names of the listeners."""
    plain = f"PLAINTEXT://127.0.0.1:{port}"
    more = "".join(f",{each.name}://127.0.0.1:{more_ports[each.name]}" for each in listeners)
    protocols = "".join(f",{each.name}:{each.protocol}" for each in listeners)
    settings = {
        "listeners": f"{plain}{more},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": plain + more,
        "listener.security.protocol.map": f"PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}",
    }
    for each in listeners:
        for name, value in each.settings.items():
            settings[f"listener.name.{each.name.lower()}.{name}"] = value
    return settings


def scram_arguments(users: Mapping[str, str]) -> list[str]:
    """What makes these users (name: password) known to SCRAM when a broker's storage is made."""
    return [
        part
        for name, password in users.items()
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for part in ("--add-scram", f"{mechanism}=[name={name},password={password}]")
    ]
