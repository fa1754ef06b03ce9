"""`evenkeel channel log`: what went over the wire of a channel, newest last."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import Invalid, NotFound
from domain.ports.channel_log import Question
from gateways.cli.compose import connect_database, open_channel_log
from gateways.cli.main import running, show
from gateways.cli.workspaces import find_workspace
from gateways.http.exchanges import names_of, shown, shown_tally
from gateways.http.read_pool import Reader, ReadPool
from infra.clock import now
from infra.settings import Settings

Data = dict[str, Any]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CHANNEL = """
select uuid::text, doc->>'name' as name from channels.channels
where org = %s::uuid and (uuid::text = %s or doc->>'name' = %s or doc->>'address' = %s) order by removed, created_on desc limit 2"""
_ANON = "select coalesce((doc->>'anon')::boolean, false) as anon from workspaces.workspaces where org = %s::uuid"


def run_channel_log(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    org = find_workspace(installation, options.workspace)["uuid"]
    pool = ReadPool(lambda: connect_database(installation), 1)
    with pool.reading() as reader:
        channel = _find_channel(reader, org, options.channel)
        names = names_of(reader, org, options.message).names if options.message else ()
        anon = bool((reader.row(_ANON, org) or {"anon": False})["anon"])
    pool.close()
    question = Question(
        org, channel["uuid"], names, options.errors, since=read_since(options.since, now()), limit=max(1, options.limit)
    )
    log = open_channel_log(installation)
    exchanges = [shown(each, anon) for each in reversed(log.find(question))]
    counted = [shown_tally(each) for each in reversed(log.tallies(question))]
    log.close()
    lines = _lines(exchanges, counted, options.full or bool(options.message))
    found = {"workspace": org, "channel": channel, "exchanges": exchanges, "counted": counted}
    show(options, found, "\n".join(lines))
    return 0


def read_since(text: str, moment: datetime) -> datetime | None:
    """`15m`, `2h`, `3d` before `moment`, or a time. Raises Invalid."""
    if not text:
        return None
    ago = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if ago:
        return moment - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            f"expected 15m, 2h, 3d or a time such as 2026-01-31T08:15:00Z; {text!r} is neither.", field="since"
        ) from None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _find_channel(reader: Reader, org: str, wanted: str) -> Data:
    found = reader.rows(_CHANNEL, org, wanted.lower(), wanted, wanted)
    if not found:
        raise NotFound(f"The workspace has no channel {wanted!r}.")
    if len(found) > 1:
        raise Invalid(f"Several channels are called {wanted!r}; use the uuid.", field="channel")
    return found[0]


def _lines(exchanges: list[Data], counted: list[Data], full: bool) -> list[str]:
    lines = [
        f"{each['minute']}  {'':5} {each['type']:<16} {each['count']} more{' with an error' if each['failed'] else ''}:"
        " counted, not kept"
        for each in counted
    ]
    for each in exchanges:
        about = " ".join(each["messages"][:3])
        lines.append(
            f"{each['created_on']}  {each['direction']:<4} {each['type']:<16} {each['status'] or '-':<4} {each['elapsed_ms']:>6} ms  {about}"
            + (f"  ! {each['error']}" if each["error"] else "")
        )
        lines += [f"    {note}" for note in each["notes"]]
        if full:
            lines += [
                f"    {line}" for text in (each["request"], each["response"]) for line in [*text.splitlines(), ""]
            ]
    return lines or ["Nothing was kept."]
