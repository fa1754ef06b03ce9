-- Globals: {uuid, id, key, name, value, created_on}.
create table globals (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index globals_created on globals (org, created_on desc, uuid desc);
