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
