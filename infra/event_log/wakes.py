"""Telling readers on this machine that the log has grown, past Postgres: it wakes every backend that listens at every NOTIFY, whoever is meant.

Each reader has a datagram socket in a folder of the installation; the socket's name says what it wants: `<log>.<letters of kinds>.<partitions>.<its
own>`. Who appends tells those that want it how far the log has come. A wake is only a hint: readers look by themselves now and then, so one
that is lost (a full socket, a killed process) costs a moment. Who can't be reached this way is told by NOTIFY (`postgres_listeners`).
"""

import contextlib
import hashlib
import itertools
import logging
import os
import secrets
import socket
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from infra.embedded.child_process import socket_folder

log = logging.getLogger(__name__)

ALL = "all"  # of the partitions: those of a larger installation don't fit into a name
NAMED_PARTITIONS = 128
LONGEST_FOLDER = 44  # with the longest name it is a socket's path yet (107)
NEW_SECONDS = 1.0
TRIES = 3  # to read a folder that changes
OVERFLOWING = 8  # so many unheard wakes may have been more: systems keep 11 and up
_SETTLED = (
    50_000_000  # nanoseconds: a folder that changed later than this may have changed again within its clock's tick
)
_BYTES = 65_536
_numbers = itertools.count()


class _Reader(NamedTuple):
    letters: frozenset[str]
    partitions: int | None  # bits; None: all
    line: socket.socket


class Heard(NamedTuple):
    """What came: payloads as they were told, and whether more may have been told than arrived."""

    payloads: list[str]
    may_lack: bool


class Wakes:
    """Of the log `identity` on this machine, in this folder, which is made if need be. Raises OSError if it can't be, or is somebody else's.

    `number` (above 0) is the same for all that can wake each other, and for nobody else.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder = socket_folder(folder, LONGEST_FOLDER)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        status = self._folder.stat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise PermissionError(f"{self._folder} is not ours alone")
        self.number = _number(self._folder, identity)
        self._lock = Lock()
        self._readers: dict[str, _Reader] = {}
        self._seen = (0, 0)  # (when the folder had changed, when it was read), nanoseconds

    def ear(self, letters: Iterable[str], partitions: Collection[int]) -> "Ear":
        """Raises OSError."""
        return Ear(self._folder, f"{self.number:08x}", "".join(sorted(letters)), partitions)

    def tell(self, letters: str, partitions: Iterable[int], payload: str) -> None:
        """Those that want one of the kinds in one of the partitions. Thread-safe; waits for nobody, and raises nothing: it is only a hint."""
        bits, wire = _bits(partitions), payload.encode()
        with self._lock:
            self._look()
            for name, reader in list(self._readers.items()):
                if reader.letters.isdisjoint(letters) or not (reader.partitions is None or reader.partitions & bits):
                    continue
                try:
                    reader.line.send(wire)
                except ConnectionError:
                    self._readers.pop(name).line.close()
                    self._remove(name)
                except OSError:
                    pass  # it has enough to hear, and will look for the rest

    def close(self) -> None:
        with self._lock:
            for name in list(self._readers):
                self._readers.pop(name).line.close()
            self._seen = (0, 0)

    def _look(self) -> None:
        """Read the folder if it may have changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
            if changed == self._seen[0] and self._seen[1] - changed > _SETTLED:
                return
            self._seen = (changed, time.time_ns())
            if any(self._read_folder() for _ in range(TRIES)):
                return
        except OSError as error:  # it is gone, or no more files can be opened: those that are known are told
            log.debug("Who wants to be woken can't be seen: %s", error)
        self._seen = (0, 0)

    def _read_folder(self) -> bool:
        """False if it changed meanwhile."""
        names = set(os.listdir(self._folder))
        for name in self._readers.keys() - names:
            self._readers.pop(name).line.close()
        mine = f"{self.number:08x}."
        return all([self._connect(name) for name in names - self._readers.keys() if name.startswith(mine)])

    def _connect(self, name: str) -> bool:
        """False if it has another name by now, or is just being made."""
        try:
            _, letters, said, _ = name.split(".")
            partitions = None if said == ALL else int(said, 16)
        except ValueError:
            return True  # of another release; it listens to Postgres too
        line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            line.connect(os.fspath(self._folder / name))
        except FileNotFoundError:
            line.close()
            return False
        except OSError as error:
            line.close()
            return not isinstance(error, ConnectionError) or self._is_removed(name)
        self._readers[name] = _Reader(frozenset(letters), partitions, line)
        return True

    def _is_removed(self, name: str) -> bool:
        """That of a dead process is; a name that is new may have no socket behind it yet."""
        try:
            is_dead = time.time() - (self._folder / name).stat().st_mtime > NEW_SECONDS
        except OSError:
            return False
        if is_dead:
            self._remove(name)
        return is_dead

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self._folder / name).unlink()


class Ear:
    """A reader's end. Used by one thread at a time."""

    def __init__(self, folder: Path, log: str, letters: str, partitions: Collection[int]) -> None:
        self._folder = folder
        self._begin = f"{log}.{letters}"
        self._own = f"{os.getpid():x}-{next(_numbers):x}"
        self._partitions = frozenset(partitions)
        self._path = self._named(self._partitions)
        self._socket = self._bound(self._path)

    def fileno(self) -> int:
        return self._socket.fileno()

    def want(self, partitions: Collection[int]) -> None:
        """These from now on; what was told before may not have been heard, so look for it afterwards. If it can't be written down now, say it
        again with the next look."""
        wanted = frozenset(partitions)
        if wanted != self._partitions:
            path = self._named(wanted)
            try:
                self._path.rename(path)
            except OSError as error:
                log.debug("Other partitions can't be asked for: %s", error)
            else:
                self._path, self._partitions = path, wanted

    def heard(self) -> Heard:
        """Without waiting."""
        payloads = []
        with contextlib.suppress(BlockingIOError):
            while True:
                payloads.append(self._socket.recv(_BYTES).decode())
        return Heard(payloads, len(payloads) >= OVERFLOWING)

    def renew(self) -> None:
        """If something took its name away, nobody finds it: it takes it again, as soon as it can."""
        try:
            if not self._path.exists():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                before, self._socket = self._socket, self._bound(self._path)
                before.close()
        except OSError as error:
            log.debug("A reader can't be woken: %s", error)

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _bound(self, path: Path) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            bound.bind(os.fspath(path))
        except OSError:
            bound.close()
            raise
        return bound

    def _named(self, partitions: Collection[int]) -> Path:
        return self._folder / f"{self._begin}.{_partitions(partitions)}.{self._own}"


def _bits(partitions: Iterable[int]) -> int:
    bits = 0
    for number in partitions:
        bits |= 1 << number
    return bits


def _partitions(wanted: Collection[int]) -> str:
    return ALL if wanted and max(wanted) >= NAMED_PARTITIONS else f"{_bits(wanted):x}"


def _number(folder: Path, identity: str) -> int:
    """Sockets reach nobody on another machine, even where both have the folder."""
    parts = (_token(folder), identity, socket.gethostname(), _boot())
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


def _token(folder: Path) -> str:
    """What no other folder has, written by whoever comes first."""
    kept = folder / "token"
    if not kept.exists():
        mine = folder / f"token.{os.getpid():x}-{next(_numbers):x}"
        mine.write_text(secrets.token_hex(16))
        with contextlib.suppress(FileExistsError):
            os.link(mine, kept)
        mine.unlink()
    return kept.read_text()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        return ""
