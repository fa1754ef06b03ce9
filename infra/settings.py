"""What an operator can set, from environment variables; every fault is reported at once."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from domain.errors import Invalid
from infra.address_settings import postgres_faults, redis_faults, without_secrets
from infra.event_log.kafka_security import OPEN, KafkaSecurity
from infra.kafka_settings import read_kafka_security

ROLES = ("web", "decider", "projector", "light")
DEFAULT_PARTITIONS = 8
DEFAULT_PORT = 8000
DEFAULT_API_CALLS = 3600  # of each organization, in each of four scopes; as RapidPro has it

DEFAULT_CHANNEL_LOG_DAYS = 7  # as RapidPro has it
DEFAULT_CHANNEL_LOG_PER_MINUTE = 600  # exchanges of a channel that each process keeps whole; 0: all


@dataclass(frozen=True, slots=True)
class Settings:
    """`log` is "postgres" or "kafka" (embedded ones) or an address; a database or Redis address of "" means the embedded one.

    `data` is the installation's folder, `state` where its servers and spools keep their data: one on Kafka stands beside one on Postgres.
    Its representation holds no secret.
    """

    data: Path
    state: Path
    host: str
    port: int
    base_url: str
    log: str = field(repr=False)
    log_url: str = field(repr=False)
    kafka: KafkaSecurity
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    partitions: int
    allowed_hosts: frozenset[str]
    smtp_url: str = field(repr=False)
    fcm_service_account: str
    fcm_url: str
    api_calls_per_hour: int
    channel_log_days: int
    channel_log_per_minute: int
    meta_app_secret: str = field(repr=False)
    meta_webhook_secret: str = field(repr=False)
    meta_system_user_token: str = field(repr=False)
    processes: Mapping[str, int]

    @staticmethod
    def from_environment(environment: Mapping[str, str], folder: Path) -> "Settings":
        """The settings; relative folders are below `folder`. Raises Invalid with one line per fault."""
        reading = _Reading(environment)
        port = reading.number("EVENKEEL_PORT", DEFAULT_PORT, 1, 65_535)
        host = environment.get("EVENKEEL_HOST") or "127.0.0.1"
        log = environment.get("EVENKEEL_LOG") or "postgres"
        data = (folder / (environment.get("EVENKEEL_DATA") or "var")).absolute()
        state = environment.get("EVENKEEL_STATE")
        settings = Settings(
            data=data,
            state=Path(state) if state else data / "kafka" if log == "kafka" else data,
            host=host,
            port=port,
            base_url=reading.url("EVENKEEL_BASE_URL", ("http://", "https://")) or f"http://127.0.0.1:{port}",
            log=reading.log(log),
            log_url=log if "://" in log else "",
            kafka=reading.kafka(log, folder),
            database_url=reading.database("EVENKEEL_DATABASE"),
            redis_url=reading.redis("EVENKEEL_REDIS"),
            partitions=reading.number("EVENKEEL_PARTITIONS", DEFAULT_PARTITIONS, 1, 10_000),
            allowed_hosts=reading.hosts("EVENKEEL_ALLOWED_HOSTS"),
            smtp_url=reading.url("EVENKEEL_SMTP", ("smtp://", "smtps://")),
            fcm_service_account=reading.file("EVENKEEL_FCM_SERVICE_ACCOUNT", folder),
            fcm_url=reading.url("EVENKEEL_FCM_URL", ("http://", "https://")),
            api_calls_per_hour=reading.number("EVENKEEL_API_CALLS_PER_HOUR", DEFAULT_API_CALLS, 0, 10_000_000),
            channel_log_days=reading.number("EVENKEEL_CHANNEL_LOG_DAYS", DEFAULT_CHANNEL_LOG_DAYS, 1, 3_650),
            channel_log_per_minute=reading.number(
                "EVENKEEL_CHANNEL_LOG_PER_MINUTE", DEFAULT_CHANNEL_LOG_PER_MINUTE, 0, 1_000_000
            ),
            meta_app_secret=environment.get("EVENKEEL_META_APP_SECRET") or "",
            meta_webhook_secret=environment.get("EVENKEEL_META_WEBHOOK_SECRET") or "",
            meta_system_user_token=environment.get("EVENKEEL_META_SYSTEM_USER_TOKEN") or "",
            processes=reading.processes("EVENKEEL_PROCESSES"),
        )
        if reading.faults:
            raise Invalid("\n".join(reading.faults))
        return settings


class _Reading:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        text = self._environment.get(name) or str(otherwise)
        if not text.isdecimal() or not least <= int(text) <= most:
            self.faults.append(f"{name} is {text!r}: expected a number from {least} to {most}.")
            return otherwise
        return int(text)

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        text = (self._environment.get(name) or "").rstrip("/")
        if text and not text.startswith(schemes):
            shown = without_secrets(text)
            self.faults.append(f"{name} is {shown!r}: expected an address that begins with {' or '.join(schemes)}.")
            return ""
        return text

    def database(self, name: str) -> str:
        text = self.url(name, ("postgresql://", "postgres://"))
        if text:
            self.faults += postgres_faults(name, text)
        return text

    def redis(self, name: str) -> str:
        text = self.url(name, ("redis://", "rediss://", "unix://"))
        if text:
            self.faults += redis_faults(name, text)
        return text

    def file(self, name: str, folder: Path) -> str:
        """An existing file, below `folder` if it is relative; "" if none is named."""
        text = self._environment.get(name) or ""
        if text and not (folder / text).is_file():
            self.faults.append(f"{name} is {text!r}: there is no such file.")
        return str(folder / text) if text else ""

    def log(self, text: str) -> str:
        if text.startswith("kafka://") and "@" in text:
            self.faults.append(
                f"EVENKEEL_LOG is {without_secrets(text)!r}: expected kafka://host:port,… without a user, who is named by"
                " EVENKEEL_KAFKA_USER and EVENKEEL_KAFKA_PASSWORD."
            )
        elif text.startswith(("postgresql://", "postgres://")):
            self.faults += postgres_faults("EVENKEEL_LOG", text)
        elif text not in ("postgres", "kafka") and not text.startswith("kafka://"):
            self.faults.append(
                f"EVENKEEL_LOG is {without_secrets(text)!r}: expected postgres, kafka, or an address postgresql://… or"
                " kafka://host:port,…"
            )
            return "postgres"
        return text

    def kafka(self, log: str, folder: Path) -> KafkaSecurity:
        found, faults = read_kafka_security(self._environment, folder)
        if found.protocol != OPEN.protocol and not log.startswith("kafka://"):
            faults = [
                f"EVENKEEL_KAFKA_SECURITY is {found.protocol}, but EVENKEEL_LOG is {without_secrets(log)!r}:"
                " expected kafka://host:port,…"
            ]
        self.faults += faults
        return found

    def hosts(self, name: str) -> frozenset[str]:
        """Names, addresses and networks that messages may be sent to although they are not public."""
        hosts = frozenset(host.strip() for host in (self._environment.get(name) or "").split(",") if host.strip())
        for host in hosts:
            if "/" in host:
                try:
                    ipaddress.ip_network(host, strict=False)
                except ValueError:
                    self.faults.append(
                        f"{name} names {host!r}: expected host names, addresses or networks (10.0.0.0/8)."
                    )
        return hosts

    def processes(self, name: str) -> Mapping[str, int]:
        counts = dict.fromkeys(ROLES, 1)
        for part in filter(None, (self._environment.get(name) or "").split(",")):
            role, _, count = part.strip().partition("=")
            if role not in ROLES or not count.isdecimal() or not 0 <= int(count) <= 64:
                self.faults.append(
                    f"{name} says {part.strip()!r}: expected role=number, the roles are {', '.join(ROLES)}."
                )
            else:
                counts[role] = int(count)
        return MappingProxyType(counts)
