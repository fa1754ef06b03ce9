"""An embedded Apache Kafka: real brokers in KRaft mode, each its own controller too, without installed Java.

Meant for tests and for trying out; a production Kafka is somebody's job. With one broker an acknowledged record survives the kill of
the broker, not the loss of the machine.
"""

import os
import signal
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from domain.errors import Unavailable
from infra.embedded.child_process import port_of, remembered_port, start_child, stop_process, wait_until
from infra.embedded.kafka_download import cache_folder, java, kafka_classpath
from infra.embedded.kafka_listeners import Listener, listening, scram_arguments

_SECONDS_TO_START = 120.0
_JAVA_OPTIONS = ("-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

_SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    # A group waits for nobody when it forms, and a member that was killed is replaced within seconds.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # Small: the defaults are for machines with dozens of cores.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    # How much later than its time-out a transaction that nobody ends may be aborted.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # A sixth of a broker's work. It keeps a write that comes late out of a transaction that has ended; ours ends only after all its writes
    # were acknowledged, and whoever aborts it (its successor, or the time-out) fences the writer.
    "transaction.partition.verification.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.cleaner.threads": "1",
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class EmbeddedKafka:
    """`brokers` Kafka brokers on 127.0.0.1 with their data below `data_dir`; the data survive stops and kills.

    Brokers that outlived their starter are adopted. Their ports are held for them until `stop`: after a crash they come back where
    everybody looks for them. `cache` holds the downloaded jars (default: see `cache_folder`). `listeners` come beside the plain one;
    `users` are those that SCRAM knows, with their passwords.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        brokers: int = 1,
        port: int | None = None,
        cache: Path | None = None,
        die_with_parent: bool = False,
        listeners: Sequence[Listener] = (),
        users: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = Path(data_dir).absolute()
        self._cache = cache
        self._brokers = [
            _Broker(
                self._folder / f"broker-{node}", node, port and port + node - 1, die_with_parent, listeners, users or {}
            )
            for node in range(1, brokers + 1)
        ]

    @property
    def bootstrap(self) -> str:
        """Addresses for `bootstrap_servers`: host:port, comma-separated."""
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self._brokers)

    @property
    def url(self) -> str:
        return f"kafka://{self.bootstrap}"

    def url_of(self, listener: str, host: str = "127.0.0.1") -> str:
        """Of the brokers' ports for this listener."""
        return "kafka://" + ",".join(f"{host}:{broker.more_ports[listener]}" for broker in self._brokers)

    @property
    def pids(self) -> list[int | None]:
        """The brokers' processes, None for one that does not run."""
        return [broker.pid for broker in self._brokers]

    @property
    def pid(self) -> int | None:
        """The first broker's process, None if any of them does not run."""
        pids = self.pids
        return pids[0] if all(pids) else None

    def start(self) -> str:
        """Start all brokers that don't run and return `bootstrap`. Raises Unavailable if Kafka can't be downloaded or started."""
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = [broker for broker in self._brokers if not broker.adopt()]
        if missing:
            classpath = kafka_classpath(self._cache or cache_folder())
            for broker in self._brokers:
                broker.choose_ports()
            voters = ",".join(f"{broker.node}@127.0.0.1:{broker.controller_port}" for broker in self._brokers)
            for broker in missing:
                broker.run(classpath, self._cluster_id(), voters, min(3, len(self._brokers)))
        for broker in self._brokers:
            broker.await_ready(len(self._brokers))
        return self.bootstrap

    def stop(self) -> None:
        """Stop all brokers in good order."""
        for broker in self._brokers:
            broker.send(signal.SIGTERM)
        for broker in self._brokers:
            broker.stop([(signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0)])
            broker.let_ports_go()

    def kill(self, node: int | None = None) -> None:
        """End one broker (counted from 1), or all of them, without warning, as a crash would (tests)."""
        for broker in self._brokers:
            if node in (None, broker.node):
                broker.stop([(signal.SIGKILL, 5.0)])

    def _cluster_id(self) -> str:
        file = self._folder / "cluster-id"
        if not file.exists():
            file.write_text(urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode())
        return file.read_text()


class _Broker:
    def __init__(
        self,
        folder: Path,
        node: int,
        port: int | None,
        die_with_parent: bool,
        listeners: Sequence[Listener],
        users: Mapping[str, str],
    ) -> None:
        self.node = node
        self.port = port or 0
        self.controller_port = 0
        self.more_ports: dict[str, int] = {}
        self._listeners = listeners
        self._users = users
        self._wanted_port = port
        self._folder = folder
        self._settings_file = folder / "server.properties"
        self._log = folder / "broker.log"
        self._die_with_parent = die_with_parent
        self._process: psutil.Process | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._held: list[socket.socket] = []

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._is_alive() else None

    def adopt(self) -> bool:
        """True if the broker runs already, ours or one that outlived its starter."""
        self._folder.mkdir(exist_ok=True)
        if self.pid is not None:
            return True
        try:
            process = psutil.Process(int((self._folder / "pid").read_text()))
            if os.fspath(self._settings_file) not in process.cmdline():
                return False
        except (FileNotFoundError, ValueError, psutil.Error):
            return False
        self._process = process
        self.port = int((self._folder / "port").read_text())
        self.controller_port = int((self._folder / "controller-port").read_text())
        self.more_ports = {each.name: int(self._port_file(each).read_text()) for each in self._listeners}
        if self._wanted_port and self._wanted_port != self.port:
            self.stop([(signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0)])
            return False
        return True

    def choose_ports(self) -> None:
        if self.pid is None:
            if not self._held:
                self._held = [
                    remembered_port(self._folder / "port", self._wanted_port),
                    remembered_port(self._folder / "controller-port", None),
                    *(remembered_port(self._port_file(each), None) for each in self._listeners),
                ]
            self.port, self.controller_port, *more = map(port_of, self._held)
            self.more_ports = {each.name: port for each, port in zip(self._listeners, more, strict=True)}

    def _port_file(self, listener: Listener) -> Path:
        return self._folder / f"port-{listener.name.lower()}"

    def let_ports_go(self) -> None:
        for held in self._held:
            held.close()
        self._held = []

    def run(self, classpath: str, cluster: str, voters: str, replicas: int) -> None:
        data = self._folder / "data"
        settings = _SETTINGS | {
            "node.id": str(self.node),
            "controller.quorum.voters": voters,
            **listening(self.port, self.controller_port, self._listeners, self.more_ports),
            "log.dirs": os.fspath(data),
            "default.replication.factor": str(replicas),
            "min.insync.replicas": str(min(2, replicas)),
            "offsets.topic.replication.factor": str(replicas),
            "transaction.state.log.replication.factor": str(replicas),
            "transaction.state.log.min.isr": str(min(2, replicas)),
            # Handing leadership over in good order needs another broker to hand it to.
            "controlled.shutdown.enable": "true" if replicas > 1 else "false",
        }
        self._settings_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._settings_file.chmod(0o600)
        command: list[str | Path] = [
            java(),
            *_JAVA_OPTIONS,
            f"-XX:ErrorFile={self._folder / 'java-error.log'}",  # else a crash leaves it in whatever folder is the current one
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            classpath,
        ]
        if not (data / "meta.properties").exists():
            self._format(
                [
                    *command,
                    "kafka.tools.StorageTool",
                    "format",
                    f"--cluster-id={cluster}",
                    "-c",
                    self._settings_file,
                    *scram_arguments(self._users),
                ]
            )
        self._child = start_child(
            [*command, "kafka.Kafka", self._settings_file], log=self._log, die_with_parent=self._die_with_parent
        )
        self._process = psutil.Process(self._child.pid)
        (self._folder / "pid").write_text(str(self._child.pid))

    def _format(self, command: list[str | Path]) -> None:
        result = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS_TO_START)
        if result.returncode:
            raise Unavailable(f"the embedded Kafka's storage could not be made: {result.stdout}{result.stderr}".strip())

    def await_ready(self, brokers: int) -> None:
        def ready() -> bool:
            return self._known_brokers() >= brokers

        wait_until(ready, self._is_alive, "the embedded Kafka", self._log, _SECONDS_TO_START)

    def _known_brokers(self) -> int:
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=f"127.0.0.1:{self.port}", bootstrap_timeout_ms=1000, request_timeout_ms=5000
            )
        except (KafkaError, OSError):
            return 0
        try:
            return len(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return 0
        finally:
            admin.close()

    def send(self, number: signal.Signals) -> None:
        if self._process and self._is_alive():
            self._process.send_signal(number)

    def stop(self, signals: list[tuple[signal.Signals, float]]) -> None:
        if self._process:
            stop_process(self._process, signals)
        if self._child:
            self._child.wait(5)
        self._process = self._child = None

    def _is_alive(self) -> bool:
        if self._child:
            return self._child.poll() is None
        return self._process is not None and self._process.is_running()
