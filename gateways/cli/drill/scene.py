"""Where a drill takes place: organizations of its own, each with a channel to the drill's aggregator and a flow."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from domain.errors import Unavailable
from gateways.cli.compose import Submit, connect_database
from gateways.cli.drill import flows
from infra.ids import uuid7
from infra.settings import Settings
from projections.translated import database_errors

DECIDED_WITHIN = (
    120.0  # seconds: a drill loads its machine, and that a command takes long is what it is to show, not its end
)
URNS_OF_A_START = 2_000
AT_ONCE = 8
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Uuids."""

    org: str
    channel: str
    flow: str


def poll_place(submit: Submit, listen: int) -> Place:
    """Somebody who starts polls; the aggregator listens on port `listen`."""
    return _place(submit, "Drill poll", listen, flows.poll, "")


def crowd_place(submit: Submit, listen: int) -> Place:
    """Somebody with a crowd that says hello and is answered."""
    return _place(submit, "Drill crowd", listen, flows.echo, "hello")


def quiet_places(submit: Submit, listen: int, count: int) -> list[Place]:
    """Quiet organizations, whose people say hello and are answered. Several are made at once: each command waits for its outcome."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        makes = [
            threads.submit(_place, submit, f"Drill quiet {number + 1}", listen, flows.echo, "hello")
            for number in range(count)
        ]
        return [make.result() for make in makes]


def _place(submit: Submit, name: str, listen: int, flow_of: Callable[[str], Any], keyword: str) -> Place:
    org, channel, flow = uuid7(), uuid7(), uuid7()
    profile = {"uuid": org, "name": name, "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
    submit(org, "create_workspace", {"workspace": {**profile, "date_style": "day_first", "anon": False}})
    config = {"send_url": f"http://127.0.0.1:{listen}/send", "username": "drill", "password": "drill"}
    added = {"uuid": channel, "type": "KN", "name": "Drill", "address": "2020", "country": "RW", "config": config}
    submit(org, "add_channel", {"channel": {**added, "schemes": ["tel"], "roles": ["send", "receive"]}})
    submit(org, "save_flow", {"definition": flow_of(flow)})
    if keyword:
        trigger = {"uuid": uuid7(), "type": "keyword", "keywords": [keyword], "match": "first", "flow": flow}
        submit(org, "add_trigger", {"trigger": trigger})
    return Place(org, channel, flow)


def number_of(n: int) -> str:
    """The telephone number of the n-th contact of a poll."""
    return f"+25078{n:07}"


def start_poll(submit: Submit, place: Place, numbers: Sequence[str]) -> None:
    """Several at once: each start is decided after what was there before it, so one after the other they would pace the poll."""

    def start(first: int) -> None:
        urns = [f"tel:{number}" for number in numbers[first : first + URNS_OF_A_START]]
        wanted: dict[str, Any] = {"uuid": uuid7(), "flow": place.flow, "urns": urns, "contacts": [], "groups": []}
        wanted |= {"restart_participants": True, "exclude_active": False}
        submit(place.org, "create_flow_start", {"flow_start": wanted})

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(start, range(0, len(numbers), URNS_OF_A_START)))


def served_by_postgres(settings: Settings) -> dict[int, str]:
    """Pid of each connection's process -> the process of ours it serves; empty while Postgres can't be asked, or is on another machine."""
    try:
        rows = ask(settings, "select pid, application_name from pg_stat_activity where application_name <> ''", ())
    except Unavailable:
        return {}
    return {pid: name for pid, name in rows}


def ask(settings: Settings, statement: str, parameters: Any) -> Rows:
    """What the read models answer, over a connection of its own: an earlier one may be gone with its server. Raises Unavailable."""
    connection = connect_database(settings)
    try:
        with database_errors(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())
    finally:
        connection.close()
