"""`evenkeel status`: processes, the log with its readers, queues and spools. The shape is a contract (design, section 9)."""

import argparse
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from domain.errors import EvenkeelError
from domain.events.record import INPUT_KINDS
from domain.ports.event_log import EventLog
from gateways.channels.log.writer import FIGURES_FILE
from gateways.cli.main import running, show
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder
from workers.decider.cursor import Cursor

COUNTED = 1_000
FIGURES_OLD_SECONDS = 60.0  # a process that works writes them every two seconds
SHOWN = 5  # events that were set aside, as text


def run_status(options: argparse.Namespace, settings: Settings) -> int:
    found = status_of(running(settings))
    show(options, found, as_text(found))
    return 0


def status_of(settings: Settings) -> dict[str, Any]:
    """{processes, log: {heads, readers: {name: {cursors, lag}}, parked}, queues, paused: [{organization, channel, name,
    since, reason}], spool, links: {channel: state}, set_aside: [{read_model,
    organization, place, event, type, error}]}. What can't be asked has `error`."""
    from gateways.cli.compose import open_log

    log = open_log(settings)
    try:
        return StatusReader(log, settings).read()
    finally:
        log.close()


class StatusReader:
    """Asks log, database, queue and disk. `log` is shared with its owner."""

    def __init__(self, log: EventLog, settings: Settings) -> None:
        self._log = log
        self._settings = settings

    def read(self) -> dict[str, Any]:
        return {
            "processes": processes(RunFolder(self._settings.data)),
            "log": _or_error(self._read_log),
            "queues": _or_error(self._read_queues),
            "paused": _or_error(self._read_paused),
            "spool": spool(self._settings.state / "spool"),
            "links": _or_error(self._read_links),
            "set_aside": _or_error(self._read_set_aside),
        }

    def _read_log(self) -> dict[str, Any]:
        heads = dict(self._log.heads())
        cursors = {number: Cursor.decode(encoded) for number, encoded in self._log.cursors().items()}
        decider = {number: cursors[number].read_to if number in cursors else -1 for number in heads}
        undecided = {number: self._undecided(number, decider[number], head) for number, head in heads.items()}
        readers = {
            "decider": {"cursors": _keys(decider), "lag": _keys(undecided)},
            "projector": _reader(heads, self._projected(heads)),
        }
        parked = [
            {"organization": org, "partition": number, "offset": place[0]}
            for number, cursor in sorted(cursors.items())
            for org, place in cursor.behind.items()
        ]
        return {"heads": _keys(heads), "readers": readers, "parked": parked}

    def _undecided(self, partition: int, after: int, head: int) -> int:
        """Inputs beyond the cursor: what follows it may be the decider's own words. Counted up to a thousand, then estimated."""
        if head <= after:
            return 0
        waiting = self._log.read(partition, after, COUNTED, INPUT_KINDS)
        return len(waiting) if len(waiting) < COUNTED else head - after

    def _projected(self, heads: Mapping[int, int]) -> dict[int, int]:
        from gateways.cli.compose import connect_database
        from projections import cursor

        connection = connect_database(self._settings)
        try:
            return cursor.read(connection, cursor.LIVE, len(heads))
        finally:
            connection.close()

    def _read_queues(self) -> dict[str, Any]:
        from gateways.cli.compose import open_queue

        sizes = open_queue(self._settings).sizes()
        return {"send": {org: dict(channels) for org, channels in sizes.items()}}

    def _read_paused(self) -> list[dict[str, Any]]:
        """Channels that send nothing because somebody said so."""
        from gateways.cli.compose import connect_database

        connection = connect_database(self._settings)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select org::text, uuid::text, doc->>'name', doc->>'paused_on', doc->>'paused_because'"
                    " from channels.channels where not removed and doc->>'paused_on' is not null order by 4"
                )
                names = ("organization", "channel", "name", "since", "reason")
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            connection.close()

    def _read_set_aside(self) -> list[dict[str, Any]]:
        """Events that a read model could not take in."""
        from gateways.cli.compose import connect_database
        from projections import cursor, set_aside

        connection = connect_database(self._settings)
        try:
            return [asdict(each) for each in set_aside.of_set(connection, cursor.LIVE)]
        finally:
            connection.close()

    def _read_links(self) -> dict[str, Any]:
        from gateways.connections.notes import RedisNotes
        from infra.redis.connection import connect

        client = connect(self._settings.redis_url)
        try:
            return dict(RedisNotes(client).shown())
        finally:
            client.close()


def processes(folder: RunFolder) -> list[dict[str, Any]]:
    """As the supervisor wrote them down; one whose process is gone is `dead`."""
    rows = folder.read("processes.json") or []
    for row in rows:
        if row["pid"] and not _alive(row["pid"]):
            row["state"] = "dead"
    return list(rows)


def spool(folder: Path) -> dict[str, int]:
    """What waits on disk for the log to come back."""
    segments = list(folder.glob("*/*.jsonl"))
    return {"segments": len(segments), "bytes": sum(path.stat().st_size for path in segments if path.exists())}


def figures(folder: Path) -> dict[str, Any]:
    """{process: {channels, log}}, as the processes of this machine wrote them down a moment ago."""
    found = {}
    for path in folder.glob(FIGURES_FILE.format("*")):
        try:
            if time.time() - path.stat().st_mtime < FIGURES_OLD_SECONDS:
                found[path.stem.removeprefix("figures-")] = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue  # its process is going
    return found


def as_text(found: dict[str, Any]) -> str:
    lines = [f"{row['name']:<14} {row['state']:<9} {row['pid'] or '-'}" for row in found["processes"]]
    log = found["log"]
    if "error" in log:
        lines.append(f"log: {log['error']}")
    else:
        lines += [f"{name:<14} lag {sum(reader['lag'].values())}" for name, reader in log["readers"].items()]
        lines.append(f"parked organizations: {len(log['parked'])}")
    lines.append(f"spool: {found['spool']['segments']} segments, {found['spool']['bytes']} bytes")
    lines += [_paused_line(each, found["queues"].get("send") or {}) for each in _of(found, "paused")]
    links = {} if "error" in found["links"] else found["links"]
    lines += [
        f"link {each['type']} {uuid}: {each['state']} since {each['since']}. {each['text']}"
        for uuid, each in links.items()
    ]
    aside = [] if "error" in found["set_aside"] else found["set_aside"]
    lines += [
        f"set aside: {each['type']} at {each['place']} is not in {each['read_model']}: {each['error']}"
        for each in aside[:SHOWN]
    ]
    return "\n".join(lines)


def _of(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of this name, empty if it couldn't be asked for."""
    said = found.get(name)
    return said if isinstance(said, list) else []


def _paused_line(paused: dict[str, Any], sizes: Mapping[str, Mapping[str, int]]) -> str:
    waiting = sizes.get(paused["organization"], {}).get(paused["channel"], 0)
    because = f": {paused['reason']}" if paused["reason"] else ""
    return f"paused {paused['name']} {paused['channel']} since {paused['since']}{because}; {waiting} messages wait"


def _reader(heads: Mapping[int, int], at: Mapping[int, int]) -> dict[str, Any]:
    lag = {number: max(0, head - at.get(number, -1)) for number, head in heads.items()}
    return {"cursors": _keys(at), "lag": _keys(lag)}


def _keys(numbers: Mapping[int, int]) -> dict[str, int]:
    return {str(number): value for number, value in sorted(numbers.items())}


def _or_error(read: Any) -> Any:
    try:
        return read()
    except EvenkeelError as error:
        return {"error": error.sentence}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
