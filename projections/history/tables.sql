-- Every event of every aggregate, as the eventsourcing library's recorders keep them, with its position in the log.
create table history (
    org uuid not null,
    originator_id uuid not null,
    originator_version int not null,
    topic text not null,
    state bytea storage external not null,
    type text not null,
    event uuid not null,
    recorded_on timestamptz not null,
    partition int not null,
    at_offset bigint not null,
    index int not null,
    primary key (org, originator_id, originator_version)
) with (toast_tuple_target = 8160);
