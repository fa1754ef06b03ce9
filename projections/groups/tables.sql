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
