-- Groups: {uuid, id, name, query?, created_on}. Who is in them is the contacts read model's.
create table groups (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index groups_created on groups (org, created_on desc, uuid desc);

-- Of a group with a query: how many of the contacts whom it concerned when it was made were looked at.
create table group_progress (
    org uuid not null,
    uuid uuid not null,
    handled bigint not null,
    modified_on timestamptz not null,
    primary key (org, uuid)
);
