"""What a running installation says of itself in files: who supervises it, which processes it has, and where its servers are."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO, Any

import orjson

from domain.errors import Conflict

PATIENCE = 0.5  # seconds: whoever looks whether a supervisor runs holds the lock for an instant


class RunFolder:
    """`$EVENKEEL_DATA/run`. The lock is the system's own: a supervisor that was killed holds nothing."""

    def __init__(self, data: Path) -> None:
        self.path = data / "run"
        self._lock_file: IO[str] | None = None

    def take(self) -> None:
        """Become the supervisor of this folder. Raises Conflict if there is one."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = (self.path / "supervisor.pid").open("a+")
        if not _locked(file):
            file.seek(0)
            pid = file.read().strip()
            file.close()
            raise Conflict(
                f"An Evenkeel (process {pid}) runs on {self.path.parent} already. Stop it with `make down`,"
                " or give this one another folder and port: EVENKEEL_DATA=./other EVENKEEL_PORT=8010 make up"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        os.set_inheritable(file.fileno(), False)
        self._lock_file = file

    @property
    def descriptor(self) -> int:
        """Of the lock that `take` took: it outlives a program that is replaced within its process."""
        assert self._lock_file is not None, "take() comes first"
        return self._lock_file.fileno()

    def adopt(self, descriptor: int) -> None:
        """Go on holding the lock of the program before this one in the process."""
        os.set_inheritable(descriptor, False)
        self._lock_file = os.fdopen(descriptor, "a+")

    def supervisor(self) -> int | None:
        """The supervisor's process, None if none runs."""
        path = self.path / "supervisor.pid"
        if not path.exists():
            return None
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0) or None
        return None

    def wait_until_free(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.supervisor() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def write(self, name: str, content: Any) -> None:
        """Replace a file as a whole."""
        new = self.path / f"{name}.new"
        new.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        new.chmod(0o600)
        new.replace(self.path / name)

    def read(self, name: str) -> Any:
        """The content of a file, None if it is not there."""
        path = self.path / name
        return orjson.loads(path.read_bytes()) if path.exists() else None

    def ready_file(self, process: str) -> Path:
        return self.path / f"ready-{process}"


def _locked(file: IO[str]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
