"""The local spool: where a door keeps what it must not lose while the log is away.

One directory, segments named by a running number, one JSON line per record. A write is complete when it is on disk (fsync); a
line cut short by a crash was never answered and is dropped. A full disk leaves the segment as it was before the write.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from domain.events.record import Record

SEGMENT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    path: Path
    records: list[Record]


class Spool:
    """Used by one thread. `directory` is made if absent; segments an earlier process left are drained first."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segments = sorted(directory.glob("*.jsonl"))
        self._number = int(self._segments[-1].stem) if self._segments else 0
        self._open: Path | None = None

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
            self._number += 1
            self._open = self._directory / f"{self._number:012d}.jsonl"
        return self._open


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
