"""Long messages that left in parts have one status: delivered (read) when all parts are, failed when one was.

Each part has the highest rung of the ladder that was reported of it; the message's is the lowest of its parts', or *failed* if one ever was and
not all have arrived after all. Both only rise, so that the order of reports, and how the log is cut into batches, make no difference.

A message whose parts are not all accepted has one more row, with external id "": it holds the message back until they are.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.messages.status_ladder import LEFT_US, RANKS
from projections.set_sql import execute, execute_and_fetch, fetch

Row = dict[str, Any]

_HELD_BACK = {"errored": RANKS["queued"], "failed": RANKS["failed"]}
_HELD_NO_MORE = RANKS["read"]
_NAMES = {rank: status for status, rank in RANKS.items()}

_KNOW = """
insert into message_parts select * from json_populate_recordset(null::message_parts, %s)
on conflict (org, message_id, external_id) do update set rank = greatest(message_parts.rank, excluded.rank)
"""

_REPORT = """
with report as (select * from json_to_recordset(%s) as r(org uuid, channel uuid, external_id text, rank smallint)),
told as (
    select org, channel, external_id, max(rank) as rank, bool_or(rank = """ + str(RANKS["failed"]) + """) as failed
    from report group by org, channel, external_id
)
update message_parts p set rank = greatest(p.rank, t.rank), failed = p.failed or t.failed
from told t where p.org = t.org and p.channel_uuid = t.channel and p.external_id = t.external_id
returning p.org::text, p.channel_uuid::text, p.external_id, p.message_id
"""  # fmt: skip

_STAND = """
with asked as (select * from json_to_recordset(%s) as a(org uuid, message_id bigint))
select p.org::text, p.message_id, min(p.rank), bool_or(p.failed)
from message_parts p join (select distinct org, message_id from asked) a using (org, message_id) group by p.org, p.message_id
"""


def parts_of(org: str, sent: Row) -> Iterator[Row]:
    """Rows of `message_parts` for a message_sent; none for a message that left in one piece at the first try."""
    ids = sent.get("external_ids") or ()
    status = sent["status"]
    is_whole = len(ids) == 1 and not sent.get("error_count") and status not in _HELD_BACK
    if not ids or is_whole:
        return
    about = {"org": org, "message_id": sent["id"], "channel_uuid": sent["channel"], "failed": False}
    for id in dict.fromkeys(ids):
        yield {**about, "external_id": id, "rank": RANKS["wired"]}
    yield {**about, "external_id": "", "rank": _HELD_BACK.get(status, _HELD_NO_MORE)}


def reports_of_messages(connection: Connection, parts: Sequence[Row], reports: Sequence[Row]) -> list[Row]:
    """The reports with those about parts made into reports about their messages. `parts` are new to this batch."""
    by_name = [report for report in reports if report.get("external_id") and report["status"] != "errored"]
    if not parts and not (by_name and fetch(connection, "select 1 from message_parts limit 1")):
        return list(reports)
    execute(connection, _KNOW, _newest(parts))
    of = {tuple(row[:3]): row[3] for row in execute_and_fetch(connection, _REPORT, by_name)}
    touched = [{"org": part["org"], "message_id": part["message_id"]} for part in parts]
    touched += [{"org": org, "message_id": number} for (org, _, _), number in of.items()]
    stand = {(org, number): _rank(lowest, failed) for org, number, lowest, failed in _asked(connection, touched)}
    about_messages = [_about_message(report, of, stand) for report in reports]
    return about_messages + [
        _standing(part, stand[part["org"], part["message_id"]]) for part in parts if not part["external_id"]
    ]


def _newest(parts: Sequence[Row]) -> list[Row]:
    """One row for each part: an upsert can't touch a row twice."""
    found: dict[tuple[str, int, str], Row] = {}
    for part in parts:
        key = (part["org"], part["message_id"], part["external_id"])
        if key not in found or found[key]["rank"] < part["rank"]:
            found[key] = {name: value for name, value in part.items() if name != "report"}
    return list(found.values())


def _asked(connection: Connection, touched: Sequence[Row]) -> list[tuple[Any, ...]]:
    return execute_and_fetch(connection, _STAND, touched)


def _rank(lowest: int, failed: bool) -> int:
    return max(lowest, RANKS["failed"]) if failed else lowest


def _about_message(report: Row, of: dict[tuple[Any, ...], int], stand: dict[tuple[str, int], int]) -> Row:
    number = of.get((report["org"], report.get("channel"), report.get("external_id")))
    if number is None:
        return report
    rest = {name: value for name, value in report.items() if name not in ("channel", "external_id")}
    rank = stand[report["org"], number]
    return {**rest, "message_id": number, "rank": rank, "status": _NAMES[rank]}


def _standing(part: Row, rank: int) -> Row:
    """What is known of a message's parts when it is told how it left."""
    status = _NAMES[rank]
    return {
        **part["report"],
        "message": None,
        "message_id": part["message_id"],
        "rank": rank,
        "status": status,
        "sent_on": part["report"]["sent_on"] if status in LEFT_US else None,
    }
