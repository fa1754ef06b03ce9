create schema if not exists decider;
create table if not exists decider.state_position (
    partition integer primary key,
    position bigint not null
);
create table if not exists decider.conversation (
    org uuid not null,
    contact uuid not null,
    body text storage external collate "C" not null,
    primary key (org, contact)
) with (fillfactor = 70, toast_tuple_target = 8160);
create table if not exists decider.urn_holder (
    org uuid not null,
    urn text collate "C" not null,
    contact uuid not null,
    primary key (org, urn)
);
create table if not exists decider.workspace_item (
    org uuid not null,
    kind text not null,
    uuid uuid not null,
    version integer not null,
    body text,
    primary key (org, uuid)
);
