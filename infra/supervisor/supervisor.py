"""Keeps servers and processes running: starts them, starts again what died, stops all of it in good order.

Everything happens in the thread that calls `start`, `watch` and `stop`, because the system ends the children with the thread that
started them (a supervisor that is killed leaves no orphans).
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from domain.errors import Unavailable
from infra.embedded.child_process import start_child, tail
from infra.supervisor.children import Child
from infra.supervisor.leftovers import MARK
from infra.supervisor.listening import FD
from infra.supervisor.log_files import keep_short
from infra.supervisor.run_folder import RunFolder

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds
STOP_SECONDS = 10.0  # what a process gets to finish before it is killed
QUICK_DEATH = 2.0  # a process that lived shorter than this is started again only after a pause
LONGEST_PAUSE = 10.0
LOGS_EVERY = 5.0  # how often their lengths are looked at


class Server(Protocol):
    """An embedded server."""

    @property
    def pid(self) -> int | None: ...

    def start(self) -> str: ...

    def stop(self) -> None: ...


@dataclass(slots=True)
class Process:
    """One of our own processes, and what became of it so far."""

    name: str
    role: str
    command: Sequence[str]
    listening: socket.socket | None = None
    child: Child | None = None
    started: float = 0.0
    ready: bool = False
    deaths: int = 0
    not_before: float = 0.0

    @property
    def state(self) -> str:
        if self.child is None:
            return "waiting" if self.deaths else "stopped"
        return "ready" if self.ready else "starting"


@dataclass(slots=True)
class Supervisor:
    """`servers` by name, in the order they start; `environment` is given to the processes; logs of servers are `server_logs`.
    `leaving`: processes that have a successor and end by themselves."""

    folder: RunFolder
    logs: Path
    pid: int
    servers: Mapping[str, Server] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    leaving: list[Process] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    server_logs: Sequence[Path] = ()
    _server_pids: dict[str, int | None] = field(default_factory=dict)
    _server_not_before: float = 0.0
    _logs_looked_at: float = 0.0

    def start_servers(self, say: Callable[[str], None]) -> None:
        """Raises Unavailable with the end of the server's log."""
        for name, server in self.servers.items():
            began = time.monotonic()
            server.start()
            self._server_pids[name] = server.pid
            say(f"{name} is ready ({time.monotonic() - began:.1f} s)")

    def start_processes(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        for process in self.processes:
            self.start(process)
        self.publish()

    def await_ready(self, seconds: float, stopping: Callable[[], bool] = lambda: False) -> None:
        """Until all are ready, or told to stop. Raises Unavailable, with the end of its log, if one is late or dies three times."""
        deadline = time.monotonic() + seconds
        while not stopping() and not all(process.ready for process in self.processes):
            self.look()
            late = next((process for process in self.processes if not process.ready), None)
            if late is not None and (time.monotonic() > deadline or late.deaths >= 3):
                raise Unavailable(f"The process {late.name} does not start. The end of its log:\n{self._tail(late)}")
            time.sleep(0.02)

    def watch(self, stopping: Callable[[], bool]) -> None:
        """Until told to stop."""
        while not stopping():
            self.look()
            time.sleep(LOOK_EVERY)

    def look(self) -> None:
        """One look at everything; what died is started again."""
        changed = self._look_at_servers()
        gone = [process for process in self.leaving if process.child is None or process.child.poll() is not None]
        if gone:
            self.leaving = [process for process in self.leaving if process not in gone]
            changed = True
        now = time.monotonic()
        for process in self.processes:
            if process.child is not None and process.child.poll() is not None:
                self._note_death(process, now)
                changed = True
            elif process.child is not None and not process.ready and self._says_ready(process):
                process.ready = True
                changed = True
            if process.child is None and now >= process.not_before:
                self.start(process)
                changed = True
        if changed:
            self.publish()
        if now - self._logs_looked_at > LOGS_EVERY:
            self._logs_looked_at = now
            keep_short([*self.logs.glob("*.log"), *self.server_logs])

    def stop(self) -> None:
        """Processes first, then servers in the reverse order of their start."""
        self.end([*self.processes, *self.leaving])
        self.leaving.clear()
        for server in reversed(list(self.servers.values())):
            server.stop()
        self._server_pids.clear()
        self.publish()

    # ---- one process ---------------------------------------------------------------------------------------------------------

    def end(self, processes: Iterable[Process]) -> None:
        """Ask them all to end, wait, and kill those that are late."""
        living = [(process, process.child) for process in processes if process.child is not None]
        for _, child in living:
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process, child in living:
            try:
                child.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop in time and is killed", process.name, extra={"action": "kill"})
                child.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)
            process.child, process.ready, process.deaths = None, False, 0

    def start(self, process: Process) -> None:
        self.folder.ready_file(process.name).unlink(missing_ok=True)
        environment = {**self.environment, MARK: os.fspath(self.folder.path)}
        descriptors = [process.listening.fileno()] if process.listening else []
        if descriptors:
            environment[FD] = str(descriptors[0])
        process.child = start_child(
            process.command,
            log=self.log_of(process),
            environment=environment,
            die_with_parent=True,
            keep_open=descriptors,
        )
        process.started, process.ready = time.monotonic(), False

    def _note_death(self, process: Process, now: float) -> None:
        assert process.child is not None
        lived = now - process.started
        process.deaths = process.deaths + 1 if lived < QUICK_DEATH or not process.ready else 1
        process.not_before = now if process.deaths == 1 else now + min(0.25 * 2**process.deaths, LONGEST_PAUSE)
        log.warning(
            "%s ended (%s); it is started again", process.name, process.child.returncode, extra={"action": "restart"}
        )
        process.child, process.ready = None, False

    def _says_ready(self, process: Process) -> bool:
        assert process.child is not None
        try:
            return self.folder.ready_file(process.name).read_text() == str(process.child.pid)
        except FileNotFoundError:
            return False

    def log_of(self, process: Process) -> Path:
        return self.logs / f"{process.name}.log"

    def _tail(self, process: Process) -> str:
        return tail(self.log_of(process))

    # ---- servers -------------------------------------------------------------------------------------------------------------

    def _look_at_servers(self) -> bool:
        changed = False
        for name, server in self.servers.items():
            if server.pid is not None or time.monotonic() < self._server_not_before:
                continue
            log.warning("%s ended; it is started again", name, extra={"action": "restart"})
            try:
                server.start()
            except Unavailable as error:
                log.error("%s does not start: %s", name, error, extra={"action": "restart_failed"})
                self._server_not_before = time.monotonic() + 1.0
            self._server_pids[name] = server.pid
            changed = True
        return changed

    def publish(self) -> None:
        """Write down what runs, for `evenkeel status`."""
        rows = [{"name": "supervisor", "role": "supervisor", "pid": self.pid, "state": "ready"}]
        for name, pid in self._server_pids.items():
            rows.append({"name": name, "role": name, "pid": pid or 0, "state": "ready" if pid else "waiting"})
        for process in self.processes:
            pid = process.child.pid if process.child is not None else 0
            rows.append({"name": process.name, "role": process.role, "pid": pid, "state": process.state})
        for process in self.leaving:
            if process.child is not None:
                row = {"name": process.name, "role": process.role, "pid": process.child.pid, "state": "leaving"}
                rows.append(row)
        self.folder.write("processes.json", rows)
