create schema if not exists starter;

-- How far the configuration was read for starts and broadcasts.
create table if not exists starter.cursors (
    partition int primary key,
    at_offset bigint not null
);

-- Starts and broadcasts that are not wholly in the log yet.
create table if not exists starter.plans (
    org uuid not null,
    uuid uuid not null,
    kind text not null,                 -- flow_start, broadcast, group (with a query)
    partition int not null,             -- where it was created: the read models must have got there
    at_offset bigint not null,
    wanted jsonb not null,              -- whom it wants to reach, as the event says it
    total int,                          -- recipients; null until they are known
    sent int not null default 0,        -- recipients whose commands are in the log
    forgiven int not null default 0,    -- of those, how many were decided without being counted as handled
    next_slice int not null default 0,
    last_offset bigint,                 -- where the last slice stands in the log
    turn bigint generated always as identity,
    primary key (org, uuid)
);

-- Who they reach: at most 500 contacts, or URNs that belonged to nobody, or one contact to be made.
create table if not exists starter.slices (
    org uuid not null,
    plan uuid not null,
    number int not null,
    first_nth int not null,
    contacts uuid[] not null default '{}',
    urns text[] not null default '{}',
    made uuid,
    primary key (org, plan, number),
    foreign key (org, plan) references starter.plans (org, uuid) on delete cascade
);
