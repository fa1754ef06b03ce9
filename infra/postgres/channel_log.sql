create schema if not exists channel_log;

-- Exchanges with aggregators (events `exchange_logged`), in a table for each day, so that a day is forgotten by dropping it.
create table if not exists channel_log.exchange (
    id uuid not null,
    org uuid not null,
    channel uuid not null,
    at timestamptz not null,
    kind text not null,
    direction text not null,    -- in, out
    status int not null,        -- of the response; 0: none came
    elapsed_ms int not null,
    error text not null,        -- '' if all went well
    notes text[] not null,
    messages text[] not null,   -- uuid, id:<integer>, external:<id>
    urns text[] not null,
    request text storage external not null,
    response text storage external not null
) partition by range (at);
create index if not exists exchange_channel on channel_log.exchange (org, channel, at desc, id desc);
create index if not exists exchange_at on channel_log.exchange (org, at desc, id desc);
create index if not exists exchange_errors on channel_log.exchange (org, channel, at desc, id desc) where error <> '';
create index if not exists exchange_messages on channel_log.exchange using gin (messages);

-- Those that were counted instead: several rows of one minute add up.
create table if not exists channel_log.tally (
    org uuid not null,
    channel uuid not null,
    minute timestamptz not null,
    kind text not null,
    failed boolean not null,
    number int not null,
    elapsed_ms bigint not null
) partition by range (minute);
create index if not exists tally_channel on channel_log.tally (org, channel, minute desc);
