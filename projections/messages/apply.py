"""Events about messages, folded into rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.messages.filing import Filings
from projections.messages.fold_reports import fold_reports
from projections.messages.parts import parts_of, reports_of_messages
from projections.messages.report_names import named_id, named_uuid
from projections.messages.status_ladder import HANDLED, LEFT_US, RANKS
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, execute_and_fetch, fetch, insert, json_rows

Row = dict[str, Any]

# An external id that names a message already goes on naming it.
_NAME = """
insert into message_external_ids select * from json_populate_recordset(null::message_external_ids, %s) on conflict do nothing
returning org::text, channel_uuid::text, external_id, message_id
"""

# Waiting reports that name something that this batch made known: taken out, to be applied with the batch's own.
_TAKE_WAITING = """
with known as (select * from json_to_recordset(%s)
    as k(org uuid, message uuid, message_id bigint, channel uuid, external_id text)),
by_uuid as (delete from unmatched_reports u using known k where u.org = k.org and u.message = k.message returning u.*),
by_id as (delete from unmatched_reports u using known k where u.org = k.org and u.message_id = k.message_id returning u.*),
by_external_id as (delete from unmatched_reports u using known k
    where u.org = k.org and u.channel = k.channel and u.external_id = k.external_id returning u.*)
select org::text, partition, at_offset, index, message::text, message_id, channel::text, external_id, status, rank,
    sent_on::text, at::text
from (select * from by_uuid union all select * from by_id union all select * from by_external_id) taken
"""

_ANSWERED = """
insert into reported_errors select org, message_id, 0, max(answered), null
from json_to_recordset(%s) as a(org uuid, message_id bigint, answered int) group by org, message_id
on conflict (org, message_id) do update set answered = greatest(reported_errors.answered, excluded.answered)
"""

# Finds the message of each report, moves it up the ladder, and lets reports wait whose message is not known. Errors that aggregators
# report of what they took are counted: the sender tries again.
_REPORT = """
with report as (select * from json_to_recordset(%s) as r(org uuid, partition int, at_offset bigint, index int, message uuid,
    message_id bigint, channel uuid, external_id text, status text, rank smallint, sent_on timestamptz, at timestamptz,
    error_count int, next_attempt_on timestamptz, failed_reason text)),
found as (
    select r.*, coalesce(
        (select m.id from messages m where m.org = r.org and m.uuid = r.message),
        (select m.id from messages m where m.org = r.org and m.id = r.message_id),
        (select e.message_id from message_external_ids e
            where e.org = r.org and e.channel_uuid = r.channel and e.external_id = r.external_id)) as id
    from report r
),
wait as (
    insert into unmatched_reports
    select org, partition, at_offset, index, message, message_id, channel, external_id, status, rank, sent_on, at
    from found where id is null on conflict do nothing
),
erred as (
    insert into reported_errors
    select org, id, count(*), 0, max(at) from found where id is not null and status = 'errored' and error_count is null
    group by org, id
    on conflict (org, message_id) do update set count = reported_errors.count + excluded.count,
        last_on = greatest(reported_errors.last_on, excluded.last_on)
),
news as (
    select org, id, max(rank) as rank, min(sent_on) as sent_on, max(at) as at, max(error_count) as error_count,
        (array_agg(status order by rank desc))[1] as status,
        (array_agg(next_attempt_on order by error_count desc nulls last))[1] as next_attempt_on,
        (array_agg(failed_reason order by at) filter (where failed_reason is not null))[1] as failed_reason
    from found where id is not null group by org, id
),
changed as (update messages m set
    status = case when n.rank > m.status_rank then n.status else m.status end,
    status_rank = greatest(m.status_rank, n.rank),
    sent_on = least(m.sent_on, case when n.sent_on < m.created_on then m.created_on else n.sent_on end),
    next_attempt_on = case when n.error_count > m.error_count then n.next_attempt_on else m.next_attempt_on end,
    error_count = greatest(m.error_count, n.error_count),
    failed_reason = coalesce(m.failed_reason, n.failed_reason),
    modified_on = greatest(m.modified_on, n.at)
from news n where m.org = n.org and m.id = n.id and m.direction = 'out'
returning m.org, m.id, m.status)
select org::text, id from changed c where status in ('delivered', 'read', 'failed') and (
    exists (select 1 from reported_errors e where e.org = c.org and e.message_id = c.id)
    or exists (select 1 from found f where f.org = c.org and f.id = c.id and f.status = 'errored' and f.error_count is null))
"""

# No attempt follows any more, so nobody answers these errors; whoever looks for errors without an answer would pass over them for ever.
_CLOSE = """
update reported_errors e set answered = e.count from json_to_recordset(%s) as c(org uuid, message_id bigint)
where e.org = c.org and e.message_id = c.message_id and e.answered < e.count
"""


class _Batch:
    """What a batch of events says about messages."""

    def __init__(self) -> None:
        self.messages: list[Row] = []
        self.external_ids: list[Row] = []
        self.parts: list[Row] = []
        self.reports: list[Row] = []
        self.answered: list[Row] = []
        self.filings = Filings()

    def message_handled(self, event: LoggedEvent) -> None:
        message = event.data["message"]
        self.messages.append(
            _row(event, message)
            | {
                "direction": "in",
                "status": "handled",
                "status_rank": HANDLED,
                "visibility": message.get("visibility", "visible"),
                "external_id": message.get("external_id"),
            }
        )

    def message_created(self, event: LoggedEvent) -> None:
        message = event.data["message"]
        self.messages.append(
            _row(event, message)
            | {
                "direction": "out",
                "status": message["status"],
                "status_rank": RANKS[message["status"]],
                "visibility": "visible",
                "locale": message.get("locale"),
                "templating": message.get("templating"),
                "origin": message.get("origin"),
                "priority": message.get("priority"),
                "broadcast_uuid": message.get("broadcast"),
                "reply_to": message.get("reply_to"),
                "urn_auth": message.get("urn_auth"),
                "failed_reason": message.get("failed_reason"),
            }
        )

    def message_sent(self, event: LoggedEvent) -> None:
        data = event.data
        channel, number = data["channel"], data["id"]
        for external_id in data.get("external_ids") or ():
            self.external_ids.append(
                {"org": event.org, "channel_uuid": channel, "external_id": external_id, "message_id": number}
            )
        if data.get("answers"):
            self.answered.append({"org": event.org, "message_id": number, "answered": data["answers"]})
        report = _report(event, data["status"], data.get("sent_on") or event.at)
        self.parts += [{**part, "report": dict(report)} for part in parts_of(event.org, data)]
        report["message"] = data["message"]
        report["error_count"] = data.get("error_count")
        report["next_attempt_on"] = data.get("next_attempt_on")
        report["failed_reason"] = data.get("failed_reason")
        self.reports.append(report)

    def delivery_reported(self, event: LoggedEvent) -> None:
        data = event.data
        if data["status"] not in RANKS:
            return
        report = _report(event, data["status"], data.get("reported_on") or event.at)
        uuid, number, external_id = named_uuid(data), named_id(data), data.get("external_id")
        if uuid is not None:
            report["message"] = uuid
        elif number is not None:
            report["message_id"] = number
        elif external_id:
            report["channel"], report["external_id"] = data["channel"], str(external_id)
        else:
            return
        self.reports.append(report)

    def flow_noted(self, event: LoggedEvent) -> None:
        noted = event.data["event"]
        if noted.get("type") == "input_labels_added":
            filed = self.filings.of(event, noted["input_uuid"])
            filed.labels |= {label["uuid"]: True for label in noted.get("labels", ())}

    def message_labels_changed(self, event: LoggedEvent) -> None:
        filed = self.filings.of(event, event.data["message"])
        filed.labels |= {label["uuid"]: True for label in event.data.get("labels_added", ())}
        filed.labels |= {label["uuid"]: False for label in event.data.get("labels_removed", ())}

    def message_visibility_changed(self, event: LoggedEvent) -> None:
        self.filings.of(event, event.data["message"]).show(event.data["visibility"])

    def contact_messages_archived(self, event: LoggedEvent) -> None:
        self.filings.archive_all_of_contact(event)

    def contact_deleted(self, event: LoggedEvent) -> None:
        self.filings.wipe_all_of_contact(event)

    def write(self, connection: Connection) -> None:
        named = execute_and_fetch(connection, _NAME, self.external_ids)
        reports = reports_of_messages(connection, self.parts, self.reports + self._waiting(connection))
        later = fold_reports(self.messages, named, reports)
        insert(connection, "messages", self.messages, "on conflict do nothing")
        ended = execute_and_fetch(connection, _REPORT, later)
        execute(connection, _ANSWERED, self.answered)
        execute(connection, _CLOSE, [{"org": org, "message_id": number} for org, number in ended])
        self.filings.write(connection)

    def _waiting(self, connection: Connection) -> list[Row]:
        """Reports that waited for a message or an external id of this batch."""
        if not (self.messages or self.external_ids) or not fetch(connection, "select 1 from unmatched_reports limit 1"):
            return []
        known = [{"org": row["org"], "message": row["uuid"], "message_id": row["id"]} for row in self.messages]
        known += [
            {"org": row["org"], "channel": row["channel_uuid"], "external_id": row["external_id"]}
            for row in self.external_ids
        ]
        return fetch(connection, _TAKE_WAITING, (json_rows(known),))


def _row(event: LoggedEvent, message: Row) -> Row:
    """The columns that messages of both directions have."""
    contact = message["contact"]
    channel = message.get("channel")
    flow = message.get("flow")
    return {
        "org": event.org,
        "id": message["id"],
        "uuid": message["uuid"],
        "contact_uuid": contact["uuid"],
        "contact_id": contact.get("id"),
        "urn": message.get("urn"),
        "channel_uuid": channel["uuid"] if channel else None,
        "text": message.get("text") or "",
        "attachments": message.get("attachments") or [],
        "quick_replies": message.get("quick_replies") or [],
        "flow_uuid": flow["uuid"] if flow else None,
        "flow_name": flow.get("name") if flow else None,
        "labels": [],
        "error_count": 0,
        "created_on": message["created_on"],
        "modified_on": event.at,
    }


def _report(event: LoggedEvent, status: str, left_on: str) -> Row:
    return {
        "org": event.org,
        "partition": event.partition,
        "at_offset": event.offset,
        "index": event.nth,
        "status": status,
        "rank": RANKS[status],
        "sent_on": left_on if status in LEFT_US else None,
        "at": event.at,
    }


_HANDLERS = {
    "message_handled": _Batch.message_handled,
    "message_created": _Batch.message_created,
    "message_sent": _Batch.message_sent,
    "delivery_reported": _Batch.delivery_reported,
    "flow_noted": _Batch.flow_noted,
    "message_labels_changed": _Batch.message_labels_changed,
    "message_visibility_changed": _Batch.message_visibility_changed,
    "contact_messages_archived": _Batch.contact_messages_archived,
    "contact_deleted": _Batch.contact_deleted,
}


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    batch = _Batch()
    for event in events:
        _HANDLERS[event.type](batch, event)
    batch.write(connection)


PROJECTION = Projection(
    name="messages",
    version=9,
    folder=Path(__file__).parent,
    tables=(
        "messages",
        "message_labels",
        "message_label_counts",
        "message_external_ids",
        "message_parts",
        "reported_errors",
        "unmatched_reports",
    ),
    handles=frozenset(_HANDLERS),
    apply=apply,
)
