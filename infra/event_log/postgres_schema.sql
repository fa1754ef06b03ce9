-- The event log on Postgres. Installed by infra.event_log.postgres.install; run again, it changes nothing.

create schema if not exists event_log;

-- How many partitions there are. Keys must never move, so it is fixed when the log is made.
create table if not exists event_log.installation (
    only_one boolean primary key default true check (only_one),
    partitions integer not null check (partitions > 0),
    installed_on timestamptz not null default now()
);

-- The records themselves: written once, never changed. `body` is the wire format (orjson); the columns are for readers that skip
-- and for people who ask. `cause` is "partition.offset.index"; `recorded_on` is microseconds since 1970.
create table if not exists event_log.records (
    partition integer not null,
    "offset" bigint not null,
    org text not null,
    kind text not null,
    cause text,
    recorded_on bigint not null,
    body bytea storage external not null,  -- compressing and unpacking it for every reader costs more than the disk
    primary key (partition, "offset")
) with (autovacuum_vacuum_insert_scale_factor = 0.5, toast_tuple_target = 8160);

-- The highest offset taken in each partition. An append holds the row until it commits, so offsets are dense and become visible in
-- their order. Written at every commit: room for updates within the page keeps the table at a few pages.
create table if not exists event_log.heads (
    partition integer primary key,
    head bigint not null default -1
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Who decides in each partition, and how far. The epoch counts owners: a decision is taken only from the present one.
create table if not exists event_log.owners (
    partition integer primary key,
    owner integer,
    epoch bigint not null default 0,
    cursor bytea not null default ''
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The group of deciders. A member holds an advisory lock on its number; a killed one loses it with its connection.
create sequence if not exists event_log.member_numbers as integer;
create unlogged table if not exists event_log.members (
    number integer primary key,
    name text not null,
    seen_on timestamptz not null
);

-- Appends records to several partitions. `of_partitions` are distinct and ascending (everybody locks in that order, so there are no
-- deadlocks), `counts` says how many records go to each. Per record: `slots` points into `of_partitions` (from 1), `ranks` counts
-- within the partition (from 1), its body is `lengths` bytes of `bodies` from `starts` (from 1).
-- Returns the new heads, and how many records lead to each, as "partition:head:count,partition:head:count".
create or replace function event_log.append(
    of_partitions integer[], counts integer[], slots integer[], ranks integer[],
    orgs text[], kinds text[], causes text[], times bigint[], starts integer[], lengths integer[], bodies bytea
) returns text language plpgsql as $$
declare
    before bigint[] := '{}';
    said text[] := '{}';
    head_now bigint;
begin
    for place in 1 .. cardinality(of_partitions) loop
        update event_log.heads set head = head + counts[place]
            where partition = of_partitions[place] returning head into strict head_now;
        before := before || head_now - counts[place];
        said := said || (of_partitions[place] || ':' || head_now || ':' || counts[place]);
    end loop;
    insert into event_log.records (partition, "offset", org, kind, cause, recorded_on, body)
        select of_partitions[r.slot], before[r.slot] + r.rank, r.org, r.kind, r.cause, r.time,
            substring(bodies from r.start for r.length)
        from unnest(slots, ranks, orgs, kinds, causes, times, starts, lengths)
            as r(slot, rank, org, kind, cause, time, start, length);
    return array_to_string(said, ',');
end
$$;

-- Moves the cursor if this owner is still the one; raises EK001 if it was replaced. Holds the owner's row until commit: a successor
-- waits for what its predecessor has begun. Appending follows in the same transaction.
create or replace function event_log.move_cursor(
    of_partition integer, of_owner integer, of_epoch bigint, to_cursor bytea
) returns void language plpgsql as $$
begin
    update event_log.owners set cursor = to_cursor
        where partition = of_partition and owner = of_owner and epoch = of_epoch;
    if not found then
        raise exception 'partition % has another owner', of_partition using errcode = 'EK001';
    end if;
end
$$;

-- Says that a member is alive (heard of, and its lock held) and shows the group: the numbers of living members, and owner and epoch
-- per partition in order.
create or replace function event_log.look_around(me integer, my_name text, patience interval)
returns table (alive integer[], holders integer[], epochs bigint[]) language sql as $$
    insert into event_log.members (number, name, seen_on) values (me, my_name, clock_timestamp())
        on conflict (number) do update set seen_on = excluded.seen_on;
    select
        (select coalesce(array_agg(m.number order by m.number), '{}')
         from event_log.members m
         where m.number = me
            or m.seen_on > clock_timestamp() - patience
            and m.number in (
                select l.objid::bigint::integer from pg_locks l
                where l.locktype = 'advisory' and l.classid = 1163283795 and l.objsubid = 2 and l.granted
                    and l.database = (select d.oid from pg_database d where d.datname = current_database()))),
        array_agg(o.owner order by o.partition),
        array_agg(o.epoch order by o.partition)
    from event_log.owners o;
$$;
