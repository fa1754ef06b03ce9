"""Starting, watching and stopping a server that is our child, or was the child of a process that died."""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from domain.errors import Unavailable

# Longest path the kernel takes for a Unix socket is 107 bytes; the server adds its own file name to ours.
_LONGEST_SOCKET_FOLDER = 80
_LONGEST_LOG = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


def package_folder(package: str) -> Path:
    """Where an installed package lies, without importing it: these packages do things when imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Unavailable(f"the package {package} is not installed: it brings the embedded server")
    return Path(spec.origin).parent


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on at the moment. Another may be given it in the next: hold it where that matters."""
    with hold_port() as held:
        return port_of(held)


def is_port_free(port: int) -> bool:
    """True if a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def hold_port(port: int = 0) -> socket.socket:
    """Keeps a TCP port of 127.0.0.1 (0: any) from everybody who asks for a free one or connects, until it is closed. A server that
    reuses addresses, as they do, can listen on it meanwhile. Raises OSError if it is taken.
    """
    holding = socket.socket()
    try:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holding.bind(("127.0.0.1", port))
    except OSError:
        holding.close()
        raise
    return holding


def port_of(held: socket.socket) -> int:
    """The port that is held."""
    port: int = held.getsockname()[1]
    return port


def remembered_port(file: Path, wanted: int | None) -> socket.socket:
    """Holds the wanted port, else the one noted in the file if it is still free, else a new one; notes it, so that addresses survive.
    Raises Unavailable if the wanted one is taken.
    """
    noted = int(file.read_text()) if file.exists() else 0
    try:
        held = hold_port(wanted or noted)
    except OSError as error:
        if wanted:
            raise Unavailable(f"port {wanted} of 127.0.0.1 is taken by another program") from error
        held = hold_port()
    file.write_text(str(port_of(held)))
    return held


def socket_folder(preferred: Path, longest: int = _LONGEST_SOCKET_FOLDER) -> Path:
    """A folder for a Unix socket: the preferred one, or a short stand-in below the temporary directory if its path is too long (`longest`
    bytes)."""
    if len(os.fsencode(preferred)) <= longest:
        return preferred
    name = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"evenkeel-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def start_child(
    command: Sequence[str | Path],
    *,
    log: Path,
    user: tuple[int, int] | None = None,
    environment: Mapping[str, str] | None = None,
    die_with_parent: bool = False,
    keep_open: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start a server in a session of its own (Ctrl-C is not for it), with both outputs in the log file.

    `user` is (uid, gid) to run as. `keep_open` are descriptors that it inherits. `die_with_parent` has Linux stop it with the thread
    that started it; elsewhere it is ignored.
    """
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        os.truncate(log, 0)
    with log.open("ab") as output:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user and user[0],
            group=user and user[1],
            extra_groups=[] if user else None,
            env=environment,
            pass_fds=keep_open,
            preexec_fn=_end_with_parent if die_with_parent and sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], what: str, log: Path, seconds: float) -> None:
    """Wait for a server to be ready. Raises Unavailable with the end of its log if it dies or takes too long."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not ready():
        if not alive():
            raise Unavailable(f"{what} ended while starting; the end of its log: {tail(log)}")
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} was not ready after {seconds:.0f} seconds; the end of its log: {tail(log)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def is_running(process: psutil.Process) -> bool:
    """False also for one that has ended and was never waited for: where nobody collects orphans, it stays in the process table. One that
    is our own child after all (the program before us in this process started it) is waited for here."""
    try:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
            return False
    except psutil.NoSuchProcess:
        return False
    return True


def stop_process(process: psutil.Process, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, waiting its number of seconds for the end of the process. A child is reaped."""
    for number, seconds in signals:
        try:
            process.send_signal(number)
            process.wait(seconds)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def tail(log: Path, characters: int = 1500) -> str:
    """The last lines of a log file, for an error's sentence."""
    return log.read_text(errors="replace")[-characters:].strip() if log.exists() else "(no log)"
