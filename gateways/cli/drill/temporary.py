"""An installation of the drill's own: made for it, gone after it."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Unavailable
from infra.embedded.child_process import hold_port, port_of
from infra.settings import ROLES, Settings
from infra.supervisor.run_folder import RunFolder

END_SECONDS = 60


def of_each_role(processes: int) -> str:
    """As EVENKEEL_PROCESSES says it."""
    return ",".join(f"{role}={processes}" for role in ROLES)


@contextmanager
def temporary_installation(log: str, processes: str = "") -> Iterator[Settings]:
    """Starts it in a folder that is removed at the end; `log` is "postgres" or "kafka", `processes` as in EVENKEEL_PROCESSES.

    Whoever is told to end (SIGTERM) meanwhile ends as with Ctrl-C, so that nothing is left behind.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="evenkeel-drill-") as folder, hold_port() as held:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EVENKEEL_KAFKA_")},
            "EVENKEEL_DATA": folder,
            "EVENKEEL_PORT": str(port_of(held)),
            "EVENKEEL_LOG": log,
            "EVENKEEL_ALLOWED_HOSTS": "127.0.0.1",
            "EVENKEEL_PROCESSES": processes,
        }
        command = [sys.executable, "-m", "gateways.cli.main", "up", "--no-demo"]
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            _await_ready(child)
            yield Settings.from_environment(RunFolder(Path(folder)).read("installation.json") or {}, Path(folder))
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def _await_ready(child: "subprocess.Popen[str]") -> None:
    said = []
    assert child.stdout is not None
    for line in child.stdout:
        said.append(line)
        if line.startswith("Ready"):
            return
    raise Unavailable("The drill's installation did not start:\n" + "".join(said))
