"""Phones and their outboxes in Postgres (port: `domain.ports.relayers.Relayers`). The tables are made when they are first used."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import psycopg2

from domain.errors import Unavailable
from domain.ports.relayers import Registration, Relayer, Waiting

_LOCK = 7_208_543  # any number, the same in every process: one makes the tables at a time
_TABLES = """
create schema if not exists android;
create table if not exists android.relayers (
    relayer_id int generated always as identity primary key,
    device text not null,
    channel uuid not null unique,
    secret text not null,
    claim_code text not null unique,
    fcm_id text not null,
    country text not null,
    model text not null,
    status jsonb not null default '{}',
    calls jsonb not null default '[]',
    registered_on timestamptz not null default now(),
    claimed_on timestamptz,
    released_on timestamptz,
    last_seen timestamptz not null default now(),
    woken_on timestamptz not null default '-infinity'
);
create unique index if not exists relayers_device on android.relayers (device) where released_on is null;
create index if not exists relayers_last_seen on android.relayers (last_seen) where claimed_on is not null and released_on is null;
create table if not exists android.outbox (
    channel uuid not null,
    id bigint not null,
    uuid uuid not null,
    org uuid not null,
    contact uuid not null,
    phone text not null,
    body text not null,
    created_on timestamptz not null,
    primary key (channel, id)
);
create index if not exists outbox_created on android.outbox (created_on);
"""
_ROW = "relayer_id, device, channel::text, secret, claim_code, country, model, fcm_id, claimed_on is not null, calls"
_REGISTER = f"""
insert into android.relayers as r (device, channel, secret, claim_code, fcm_id, country, model)
values (%(device)s, %(channel)s, %(secret)s, %(claim_code)s, %(fcm_id)s, %(country)s, %(model)s)
on conflict (device) where released_on is null do update set secret = excluded.secret, claim_code = excluded.claim_code,
    fcm_id = excluded.fcm_id, country = excluded.country, model = excluded.model, last_seen = now()
returning {_ROW}
"""
_SEEN = """
update android.relayers set fcm_id = %s, device = %s, status = %s::jsonb, calls = %s::jsonb, last_seen = now()
where relayer_id = %s
    and not exists (select from android.relayers o where o.device = %s and o.relayer_id <> %s and o.released_on is null)
"""
_HAND_OVER = """
insert into android.outbox (channel, id, uuid, org, contact, phone, body, created_on)
select * from json_to_recordset(%s) as v(channel uuid, id bigint, uuid uuid, org uuid, contact uuid, phone text, body text, created_on timestamptz)
on conflict do nothing
"""
_WAITING = "select channel::text, id, uuid::text, org::text, contact::text, phone, body, created_on from android.outbox"
_SLEEPING = """
update android.relayers set woken_on = now()
where claimed_on is not null and released_on is null and fcm_id <> ''
    and last_seen < now() - %s * interval '1 second' and last_seen > now() - %s * interval '1 second'
    and woken_on < now() - %s * interval '1 second'
returning channel::text, fcm_id
"""


class PostgresRelayers:
    """`connect` opens a connection of its own, when first used and again after a failure. Thread-safe: one statement at a time."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._lock = threading.Lock()

    def register(self, registration: Registration) -> Relayer:
        names = ("device", "channel", "secret", "claim_code", "fcm_id", "country", "model")
        relayer = _one(self._run(_REGISTER, {name: getattr(registration, name) for name in names}))
        assert relayer is not None
        return relayer

    def find(self, relayer_id: int) -> Relayer | None:
        return _one(
            self._run(
                f"select {_ROW} from android.relayers where relayer_id = %s and released_on is null", (relayer_id,)
            )
        )

    def find_by_device(self, device: str) -> Relayer | None:
        return _one(
            self._run(f"select {_ROW} from android.relayers where device = %s and released_on is null", (device,))
        )

    def find_by_code(self, claim_code: str) -> Relayer | None:
        where = "claim_code = %s and claimed_on is null and released_on is null"
        return _one(self._run(f"select {_ROW} from android.relayers where {where}", (claim_code,)))

    def mark_claimed(self, relayer_id: int) -> None:
        self._run(
            "update android.relayers set claimed_on = coalesce(claimed_on, now()) where relayer_id = %s", (relayer_id,)
        )

    def release(self, relayer_id: int) -> None:
        gone = "update android.relayers set released_on = now() where relayer_id = %s returning channel"
        self._run(
            f"with gone as ({gone}) delete from android.outbox where channel in (select channel from gone)",
            (relayer_id,),
        )

    def seen(self, relayer_id: int, fcm_id: str, device: str, status: Mapping[str, Any], calls: Sequence[str]) -> None:
        kept = orjson.dumps(dict(status)).decode(), orjson.dumps(list(calls)).decode()
        self._run(_SEEN, (fcm_id, device, *kept, relayer_id, device, relayer_id))

    def hand_over(self, messages: Sequence[Waiting]) -> None:
        rows = [
            {
                "channel": each.channel, "id": each.id, "uuid": each.uuid, "org": each.org, "contact": each.contact, "phone": each.phone,
                "body": each.text.replace("\0", ""), "created_on": each.created_on,
            }
            for each in messages
        ]  # fmt: skip
        self._run(_HAND_OVER, (orjson.dumps(rows).decode(),))

    def waiting(self, channel: str, but: Collection[int], most: int) -> list[Waiting]:
        where = "where channel = %s and not id = any(%s::bigint[]) order by id limit %s"
        return [Waiting(*row) for row in self._run(f"{_WAITING} {where}", (channel, list(but), most))]

    def reported(self, channel: str, ids: Collection[int]) -> None:
        self._run("delete from android.outbox where channel = %s and id = any(%s::bigint[])", (channel, list(ids)))

    def waiting_since_before(self, moment: datetime, most: int) -> list[Waiting]:
        rows = self._run(f"{_WAITING} where created_on < %s order by created_on limit %s", (moment, most))
        return [Waiting(*row) for row in rows]

    def to_wake(self, channels: Collection[str]) -> dict[str, str]:
        where = "channel = any(%s::uuid[]) and released_on is null and fcm_id <> ''"
        return dict(self._run(f"select channel::text, fcm_id from android.relayers where {where}", (list(channels),)))

    def sleeping(self, every_seconds: int, silent_seconds: int, given_up_seconds: int) -> dict[str, str]:
        return dict(self._run(_SLEEPING, (silent_seconds, given_up_seconds, every_seconds)))

    def forget_token(self, fcm_id: str) -> None:
        self._run("update android.relayers set fcm_id = '' where fcm_id = %s", (fcm_id,))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                with self._connection.cursor() as database:
                    database.execute(statement, parameters)
                    rows: list[tuple[Any, ...]] = database.fetchall() if database.description else []
                return rows
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                self._connection = None
                raise Unavailable(f"The phones' tables can't be reached: {error}") from error

    def _opened(self) -> Any:
        connection = self._connect()
        connection.autocommit = True
        with connection.cursor() as database:
            database.execute("select pg_advisory_lock(%s)", (_LOCK,))
            database.execute(_TABLES)
            database.execute("select pg_advisory_unlock(%s)", (_LOCK,))
        return connection


def _one(rows: list[tuple[Any, ...]]) -> Relayer | None:
    if not rows:
        return None
    *fields, calls = rows[0]
    return Relayer(*(*fields, tuple(calls)))
