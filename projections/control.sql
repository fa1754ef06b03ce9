create schema if not exists projections;

-- How far each set of read models has got: everything up to and with this offset is in the rows.
create table if not exists projections.cursors (
    set_name text not null,
    partition int not null,
    at_offset bigint not null,
    primary key (set_name, partition)
);

-- Which version of each read model stands in the schema that has its name.
create table if not exists projections.read_models (
    name text primary key,
    version int not null
);

-- Events that a read model can't take in; see set_aside.py.
create table if not exists projections.set_aside (
    set_name text not null,
    read_model text not null,
    org text not null,
    partition int not null,
    at_offset bigint not null,
    nth int not null,
    event text not null,
    type text not null,
    error text not null,
    trace text not null,
    set_aside_on timestamptz not null default clock_timestamp(),
    primary key (set_name, read_model, partition, at_offset, nth)
);

-- The projectors that are alive, by their connection: who has which partitions follows from it, see sharing.py.
create unlogged table if not exists projections.projectors (
    pid int primary key,
    seen_on timestamptz not null
);
