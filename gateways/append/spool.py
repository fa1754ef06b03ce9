"""The local spool: where a door keeps what it must not lose while the log is away.

One directory, segments named by the time they were begun, one JSON line per record. A write is complete when it is on disk (fsync); a
line cut short by a crash was never answered and is dropped. A full disk leaves the segment as it was before the write.

A directory belongs to the process that holds its lock. While a process is replaced, its successor finds the directory taken and has one
beside it; what lies in a directory that nobody holds any more (a process that ended while the log was away, one that is not started again) is
taken over by whoever looks next.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

import orjson

from domain.events.record import Record

SEGMENT_BYTES = 4 << 20
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Segment:
    path: Path
    records: list[Record]


class Spool:
    """Used by one thread. `directory` is made if absent; segments an earlier process left are drained first."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._lock = _first_free(directory)
        self._segments = _segments_in(self._directory)
        self._number = _number_of(self._segments[-1]) if self._segments else 0
        self._open: Path | None = None
        self.take_over_abandoned()

    def close(self) -> None:
        """Let others have the directory and what lies in it."""
        self._lock.close()

    def take_over_abandoned(self) -> None:
        """Take in the segments of directories beside this one that nobody holds: they are drained in the order of their times."""
        for directory in sorted(self._directory.parent.glob(f"*/{_LOCK}")):
            if directory.parent != self._directory and (lock := _locked(directory.parent)):
                with lock:
                    self._move_in(_segments_in(directory.parent))

    def _move_in(self, segments: list[Path]) -> None:
        for path in segments:
            number = _number_of(path)
            while (mine := self._directory / f"{number:020d}.jsonl").exists():
                number += 1
            path.rename(mine)
            self._segments.append(mine)
        if segments:
            self._segments.sort(key=_number_of)
            self._open = None  # what is written next comes after them
            _sync_directory(self._directory)

    @property
    def pending(self) -> int:
        """Segments that are not in the log yet."""
        return len(self._segments)

    def bytes_pending(self) -> int:
        return sum(path.stat().st_size for path in self._segments if path.exists())

    def write(self, records: Sequence[Record]) -> None:
        """Durable on return. Raises OSError (and changes nothing) if the disk does not take it."""
        lines = b"".join(orjson.dumps(_shape(record)) + b"\n" for record in records)
        path = self._current()
        size = path.stat().st_size if path.exists() else 0
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write_all(handle, lines)
            os.fsync(handle)
            if size == 0:
                _sync_directory(self._directory)
        except OSError:
            os.ftruncate(handle, size)
            raise
        finally:
            os.close(handle)
        if path not in self._segments:
            self._segments.append(path)
        if size + len(lines) > SEGMENT_BYTES:
            self._open = None

    def oldest(self) -> Segment:
        path = self._segments[0]
        if path == self._open:
            self._open = None  # no more lines are added to a segment that is being emptied
        lines = path.read_bytes().split(b"\n")
        return Segment(path, [_record(line) for line in lines[:-1]])

    def forget(self, segment: Segment) -> None:
        segment.path.unlink(missing_ok=True)
        self._segments.remove(segment.path)

    def _current(self) -> Path:
        if self._open is None:
            self._number = max(self._number + 1, time.time_ns())
            self._open = self._directory / f"{self._number:020d}.jsonl"
        return self._open


def _first_free(directory: Path) -> tuple[Path, IO[bytes]]:
    """The directory, or the first beside it that no other process has; and its lock, which ends with the process."""
    for number in count(1):
        candidate = directory if number == 1 else directory.with_name(f"{directory.name}+{number}")
        candidate.mkdir(parents=True, exist_ok=True)
        if lock := _locked(candidate):
            return candidate, lock
    raise AssertionError("numbers do not end")


def _locked(directory: Path) -> IO[bytes] | None:
    file = (directory / _LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _segments_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.jsonl"), key=_number_of)


def _number_of(path: Path) -> int:
    return int(path.stem)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _shape(record: Record) -> dict[str, object]:
    return {
        "org": record.org,
        "kind": record.kind,
        "events": record.events,
        "at": record.recorded_on,
        "actor": record.actor,
    }


def _record(line: bytes) -> Record:
    shape = orjson.loads(line)
    return Record(shape["org"], shape["kind"], tuple(shape["events"]), shape["at"], shape["actor"])
