-- The channels of a workspace: {uuid, id, type, name, address, country, schemes, roles, config, created_on}.
create table channels (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index channels_created on channels (org, created_on desc, uuid desc);
