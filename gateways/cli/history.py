"""`evenkeel history` and `evenkeel replay`: what happened, from the log itself."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.errors import NotFound
from domain.events.partitioning import partition_of
from domain.events.record import StoredRecord
from domain.ports.event_log import EventLog
from gateways.cli.compose import connect_database, open_log
from gateways.cli.main import running, show
from gateways.cli.progress_bar import ProgressBar
from gateways.cli.workspaces import find_workspace
from infra.settings import Settings

AT_ONCE = 1_000
BY_URN = """
select c.org::text, c.uuid::text from contacts.contact_urns u join contacts.contacts c on c.org = u.org and c.id = u.contact_id
where u.scheme = %s and u.path = %s and (%s is null or u.org = %s::uuid) limit 2
"""
BY_UUID = """
select org::text, uuid::text from contacts.contacts where uuid = %s::uuid and (%s is null or org = %s::uuid) limit 2
"""
EVENTS_OF = """
select originator_version, partition, at_offset, index, recorded_on from history.history
where originator_id = %s::uuid and org = %s::uuid order by originator_version
"""


def run_history(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    org = find_workspace(installation, options.workspace)["uuid"] if options.workspace else None
    contact_org, contact = _find_contact(installation, options.contact, org)
    events = _events_of(installation, contact_org, contact)
    lines = [f"{event['n']:>5}  {event['recorded_on']}  {event['type']}  {_short(event['data'])}" for event in events]
    show(options, {"workspace": contact_org, "contact": contact, "events": events}, "\n".join(lines))
    return 0


def _find_contact(settings: Settings, wanted: str, org: str | None) -> tuple[str, str]:
    scheme, _, path = wanted.partition(":")
    connection = connect_database(settings)
    try:
        with connection.cursor() as cursor:
            if path:
                cursor.execute(BY_URN, (scheme, path, org, org))
            elif _is_uuid(wanted):
                cursor.execute(BY_UUID, (wanted, org, org))
            found = cursor.fetchall() if path or _is_uuid(wanted) else []
    finally:
        connection.close()
    if not found:
        raise NotFound(f"There is no contact {wanted}.")
    if len(found) > 1:
        raise NotFound(f"Contacts of several workspaces have {wanted}; name one with --workspace.")
    return found[0][0], found[0][1]


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _events_of(settings: Settings, org: str, contact: str) -> list[dict[str, Any]]:
    """By the history's index: which records of the log hold this contact's events; then those records."""
    connection = connect_database(settings)
    log = open_log(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute(EVENTS_OF, (contact, org))
            rows = cursor.fetchall()
        return [
            {
                "n": version,
                "position": f"{partition}.{offset}.{index}",
                "recorded_on": recorded_on.isoformat(),
                **_named(_record_at(log, partition, offset).record.events[index]),
            }
            for version, partition, offset, index, recorded_on in rows
        ]
    finally:
        log.close()
        connection.close()


def _record_at(log: EventLog, partition: int, offset: int) -> StoredRecord:
    return log.read(partition, offset - 1, 1)[0]


def run_replay(options: argparse.Namespace, settings: Settings) -> int:
    """One line of JSON per event."""
    installation = running(settings)
    org = find_workspace(installation, options.workspace)["uuid"] if options.workspace else None
    log = open_log(installation)
    bar = ProgressBar("replaying")
    shown = 0
    try:
        for stored, index, event in _replayed(log, options, org, bar):
            sys.stdout.write(orjson.dumps(_line(stored, index, event)).decode() + "\n")
            shown += 1
            if options.limit and shown >= options.limit:
                break
    finally:
        bar.end()
        log.close()
    return 0


def _replayed(
    log: EventLog, options: argparse.Namespace, org: str | None, bar: ProgressBar
) -> Iterator[tuple[StoredRecord, int, dict[str, Any]]]:
    heads = log.heads()
    total = sum(max(0, head + 1) for head in heads.values())
    done = 0
    for partition in _partitions(log, options.partition, org):
        after = options.after if options.partition is not None else -1
        while records := log.read(partition, after, AT_ONCE):
            for stored in records:
                if org is None or stored.record.org == org:
                    for index, event in enumerate(stored.record.events):
                        if not options.type or event["type"] == options.type:
                            yield stored, index, event
            done += len(records)
            after = records[-1].offset
            bar(done, total)


def _partitions(log: EventLog, wanted: int | None, org: str | None) -> list[int]:
    if org is not None:
        return [partition_of(org, log.partitions)]
    return list(range(log.partitions)) if wanted is None else [wanted]


def _line(stored: StoredRecord, index: int, event: dict[str, Any]) -> dict[str, Any]:
    record = stored.record
    return {
        "position": f"{stored.partition}.{stored.offset}.{index}",
        "recorded_on": datetime.fromtimestamp(record.recorded_on / 1e6, UTC).isoformat(),
        "workspace": record.org,
        "kind": record.kind,
        "actor": record.actor,
        "cause": str(record.cause) if record.cause else None,
        **event,
    }


def _named(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": event["type"], "id": event["id"], "data": event["data"]}


def _short(data: dict[str, Any]) -> str:
    text = orjson.dumps(data).decode()
    return text if len(text) <= 100 else text[:99] + "…"
