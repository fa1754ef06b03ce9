"""A whole installation in its own processes, as `make up` runs it, for tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg2

from gateways.cli.compose import Submit, open_log, submitting
from infra.embedded.child_process import hold_port, port_of
from infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SURVEY = ROOT / "gateways" / "cli" / "demo" / "water_survey.json"
PATIENCE = 120.0
"""Seconds. A machine that is slow, or busy with other things, is no fault: whoever waits for less waits for luck."""


class RunningInstallation:
    """`start`, use, `stop`; its data stay. Its port is its own from the beginning to `stop`."""

    def __init__(self, folder: Path, log: str = "postgres", **environment: str) -> None:
        self.folder = folder
        self._held = hold_port()
        self.port = port_of(self._held)
        self.code = ROOT
        self._environment = {
            **os.environ,
            "EVENKEEL_DATA": str(folder),
            "EVENKEEL_PORT": str(self.port),
            "EVENKEEL_LOG": log,
            "EVENKEEL_ALLOWED_HOSTS": "127.0.0.1",
            "EVENKEEL_API_CALLS_PER_HOUR": "0",  # tests ask again and again
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self._child: subprocess.Popen[str] | None = None

    # ---- running -----------------------------------------------------------------------------------------------------------

    def start(self, *arguments: str) -> "RunningInstallation":
        command = [sys.executable, "-m", "gateways.cli.main", "up", *(arguments or ("--no-demo",))]
        self._child = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = []
        assert self._child.stdout is not None
        for line in self._child.stdout:
            said.append(line)
            if line.startswith("Ready"):
                return self
        raise AssertionError("The installation did not start:\n" + "".join(said))

    def stop(self) -> int:
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(PATIENCE)
        finally:
            self._child.kill()
            self._held.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(json.loads((self.folder / "run" / "installation.json").read_text()), ROOT)

    def upgrade_to(self, code: Path) -> Any:
        """To the program of another tree, while everything goes on."""
        self.code = code
        return self.evenkeel("restart")

    def processes(self) -> dict[str, int]:
        """Pids by name, of what runs."""
        rows = json.loads((self.folder / "run" / "processes.json").read_text())
        return {row["name"]: row["pid"] for row in rows if row["state"] == "ready"}

    def evenkeel(self, *arguments: str) -> Any:
        """A command of the command line, with --json."""
        command = [sys.executable, "-m", "gateways.cli.main", *arguments, "--json"]
        environment = {**self._environment, "PYTHONPATH": str(self.code)}
        done = subprocess.run(
            command, cwd=self.code, env=environment, capture_output=True, text=True, timeout=2 * PATIENCE
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    # ---- asking ------------------------------------------------------------------------------------------------------------

    def rows(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.settings.database_url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def events(self, org: str) -> list[dict[str, Any]]:
        """Everything the log holds of an organization, in order."""
        log = open_log(self.settings)
        try:
            found = []
            for partition in range(log.partitions):
                after = -1
                while records := log.read(partition, after, 2_000):
                    found += [event for each in records if each.record.org == org for event in each.record.events]
                    after = records[-1].offset
            return found
        finally:
            log.close()

    @contextmanager
    def submitting(self) -> Iterator[Submit]:
        with submitting(self.settings, "test", PATIENCE) as submit:
            yield submit


@contextmanager
def running(folder: Path, log: str = "postgres", **environment: str) -> Iterator[RunningInstallation]:
    """An installation from its start to its end in good order. It ends after a test that failed too: it would disturb the next one."""
    installation = RunningInstallation(folder, log, **environment).start()
    try:
        yield installation
    finally:
        code = installation.stop()
    assert code == 0


def post(url: str, form: dict[str, str], seconds: float = PATIENCE) -> int:
    """The status of the answer; 0 if none came."""
    return request("POST", url, urlencode(form).encode(), seconds)


def request(method: str, url: str, body: bytes | None = None, seconds: float = PATIENCE) -> int:
    """The status of the answer; 0 if none came."""
    try:
        with urlopen(Request(url, body, method=method), timeout=seconds) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (OSError, HTTPException):
        return 0


def await_(what: str, true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `true` returns when it is true."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)
    return found
