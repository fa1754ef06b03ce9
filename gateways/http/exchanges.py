"""The channel log as people see it: a message's exchanges by any of its names, and addresses hidden in anonymous workspaces."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from domain.ports.channel_log import Exchange, Tally
from gateways.http.read_pool import Reader

Data = dict[str, Any]

HIDDEN = "********"
_SUFFIX_DIGITS = 7  # of a phone number: aggregators write it with and without its country
_MESSAGE = """
select uuid::text, id, channel_uuid::text as channel, external_id from messages.messages
where org = %s::uuid and (uuid::text = %s or id::text = %s)"""
_EXTERNAL_IDS = """
select distinct name from channel_log.exchange, unnest(messages) as name
where org = %s::uuid and channel = %s::uuid and messages && %s::text[] and name like 'external:%%' limit 100"""


@dataclass(frozen=True, slots=True)
class Named:
    """How the log may call a message, and the channel it goes over if that is known."""

    names: tuple[str, ...]
    channel: str | None = None


def names_of(reader: Reader, org: str, wanted: str) -> Named:
    """`wanted` is a uuid, an integer id or what the aggregator calls it. What only the aggregator's reports name it by is found out from the
    exchange in which it was sent, if that was kept."""
    row = reader.row(_MESSAGE, org, wanted.lower(), wanted)
    if row is None:
        return Named((wanted.lower(), f"id:{wanted}", f"external:{wanted}"))
    names = [row["uuid"], f"id:{row['id']}", *([f"external:{row['external_id']}"] if row["external_id"] else [])]
    if row["channel"] is not None:
        names += [each["name"] for each in reader.rows(_EXTERNAL_IDS, org, row["channel"], names)]
    return Named(tuple(dict.fromkeys(names)), row["channel"])


def shown(exchange: Exchange, anon: bool) -> Data:
    """`anon`: people's addresses are hidden, and with them what names the message for the aggregator may not be."""
    hide = _hiding(exchange.urns) if anon else str
    return {
        "uuid": exchange.id,
        "channel": exchange.channel,
        "type": exchange.kind,
        "direction": exchange.direction,
        "status": exchange.status or None,
        "error": hide(exchange.error) or None,
        "notes": [hide(each) for each in exchange.notes],
        "messages": [hide(each) for each in exchange.messages],
        "request": hide(exchange.request),
        "response": hide(exchange.response),
        "elapsed_ms": exchange.elapsed_ms,
        "created_on": exchange.at.isoformat().replace("+00:00", "Z"),
    }


def shown_tally(tally: Tally) -> Data:
    return {
        "channel": tally.channel,
        "minute": tally.minute.isoformat().replace("+00:00", "Z"),
        "type": tally.kind,
        "failed": tally.failed,
        "count": tally.number,
        "elapsed_ms": tally.elapsed_ms,
    }


def _hiding(urns: Sequence[str]) -> Any:
    patterns = [pattern for urn in urns for pattern in _written(urn)]
    if not patterns:
        return str
    found = re.compile("|".join(patterns))
    return lambda text: found.sub(HIDDEN, text)


def _written(urn: str) -> list[str]:
    """Patterns of the ways in which an address may be written."""
    scheme, _, rest = urn.partition(":")
    path = rest.partition("?")[0].partition("#")[0]
    digits = path.removeprefix("+")
    if digits.isdecimal() and len(digits) > _SUFFIX_DIGITS:
        return [r"(?:%2B|\+)?\d*" + digits[-_SUFFIX_DIGITS:]]
    return [re.escape(form) for form in (path, quote(path, safe="")) if len(form) > 2]
