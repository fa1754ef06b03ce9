"""channel_log: exchanges with aggregators. An endpoint of Evenkeel's own; RapidPro has none for it."""

from typing import Any

from domain.ports.channel_log import Question
from gateways.api_v2.answers import Refused
from gateways.api_v2.calls import Call
from gateways.api_v2.pages import page
from gateways.http.exchanges import names_of, shown, shown_tally
from gateways.http.read_pool import Reader
from infra.postgres.channel_log import COLUMNS, TALLIES, exchange_of, tally_conditions, tally_of

Data = dict[str, Any]

_SELECT = f"select {COLUMNS} from channel_log.exchange where org = %s::uuid"
_MOST_COUNTS = 100


def get(reader: Reader, call: Call) -> Data:
    """For administrators: `channel` and `message` (uuid, id or the aggregator's id), `errors`, `before` and `after`. The first page also says
    what was counted instead of kept."""
    if call.caller.role != "administrator":
        raise Refused(403, {"detail": "You do not have permission to perform this action."})
    conditions, arguments = call.period("at")
    channel = call.uuid("channel")
    if call.text("message"):
        named = names_of(reader, call.org, call.text("message"))
        conditions.append("messages && %s::text[]")
        arguments.append(list(named.names))
        channel = channel or named.channel
    if channel:
        conditions.append("channel = %s::uuid")
        arguments.append(channel)
    if call.flag("errors"):
        conditions.append("error <> ''")
    anon = bool(call.caller.workspace.get("anon"))
    found = page(
        reader,
        call,
        _SELECT,
        order=("at", "id"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: [shown(exchange_of(list(row.values())), anon) for row in rows],
    )
    if not call.text("cursor"):
        found["counted"] = _counted(reader, Question(call.org, channel, errors=call.flag("errors"), limit=_MOST_COUNTS))
    return found


def _counted(reader: Reader, question: Question) -> list[Data]:
    where, values = tally_conditions(question)
    rows = reader.rows(TALLIES.format(where), *values, question.limit)
    return [shown_tally(tally_of(list(row.values()))) for row in rows]
