-- Channel types that workspaces described themselves: {uuid, id, code, name, text, created_on}.
create table channel_types (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
